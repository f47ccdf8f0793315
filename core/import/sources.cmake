# The sources of core/import, relative to core/.
list(APPEND import_sources
  import/bionic.cpp
  import/csv.cpp
  import/csv_table.cpp
  import/csv_words.cpp
  import/csv_numbers.cpp
  import/esp_heap.cpp
  import/heaptrack.cpp
  import/heaptrack_interpreted.cpp
  import/heaptrack_raw.cpp
  import/hook_log.cpp
  import/kmem.cpp
  import/line_log.cpp
  import/lives.cpp
  import/ltrace.cpp
  import/malloclab.cpp
  import/process_log.cpp
  import/mtrace.cpp
  import/pickle.cpp
  import/refused.cpp
  import/registry.cpp
  import/scan.cpp
  import/torch_json.cpp
  import/torch_pickle.cpp
  import/torch_snapshot.cpp
  import/valgrind.cpp)
