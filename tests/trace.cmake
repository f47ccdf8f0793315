# core/trace: columns, configurations, the builder, files, and our own format read, checked and written.
allocviz_test(trace_test
  SOURCES
    trace_builder.cpp
    trace_column.cpp
    trace_cut.cpp
    trace_files.cpp
    trace_memory.cpp
    trace_read.cpp
    trace_sizes.cpp
    trace_spec.cpp
    trace_write.cpp
    support/trace_samples.cpp
  LIBS allocviz_core ZLIB::ZLIB zstd::zstd LibArchive::LibArchive)
