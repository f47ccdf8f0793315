// The formats that are read, a file each; registry.cpp puts them in order.
#pragma once

#include "core/import/importer.h"

namespace allocviz::import {

extern const Importer kBionic;        // bionic.cpp
extern const Importer kCsv;           // csv.cpp
extern const Importer kEspHeap;       // esp_heap.cpp
extern const Importer kGlibcTrace;    // glibc_trace.cpp
extern const Importer kHeaptrack;     // heaptrack_interpreted.cpp
extern const Importer kHeaptrackRaw;  // heaptrack_raw.cpp
extern const Importer kHookLog;       // hook_log.cpp
extern const Importer kJsonRows;      // json_rows.cpp
extern const Importer kKmem;          // kmem.cpp
extern const Importer kLtrace;        // ltrace.cpp
extern const Importer kMallocBench;   // malloc_bench.cpp
extern const Importer kMalloclab;     // malloclab.cpp
extern const Importer kMtrace;        // mtrace.cpp
extern const Importer kProcessLog;    // process_log.cpp
extern const Importer kTorchJson;     // torch_json.cpp
extern const Importer kTorchPickle;   // torch_pickle.cpp
extern const Importer kValgrind;      // valgrind.cpp
extern const Importer kVma;           // vma.cpp
extern const Importer kWeeAlloc;      // wee_alloc.cpp

}  // namespace allocviz::import
