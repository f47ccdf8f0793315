# The sources of core/trace, relative to core/.
list(APPEND trace_sources
  trace/trouble.cpp
  trace/column.cpp
  trace/utf8.cpp
  trace/sizes.cpp
  trace/spec.cpp
  trace/spec_fault.cpp
  trace/trace.cpp
  trace/builder.cpp
  trace/event_fault.cpp
  trace/beginning.cpp
  trace/line_reader.cpp
  trace/source.cpp
  trace/decompress.cpp
  trace/unicode_source.cpp
  trace/atomic_file.cpp
  trace/cache.cpp
  trace/cache_image.cpp
  trace/json_text.cpp
  trace/json_parse.cpp
  trace/json_plain.cpp
  trace/json_header.cpp
  trace/json_events.cpp
  trace/json_reader.cpp
  trace/json_read.cpp
  trace/json_write.cpp
)
