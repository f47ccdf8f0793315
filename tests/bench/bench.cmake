# Benchmarks, with Google Benchmark (libbenchmark-dev); none of them is a test.
find_package(benchmark REQUIRED)
include(bench/alloc_bench.cmake)
