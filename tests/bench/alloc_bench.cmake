# The allocators beside their peers; payload untouched, one thread. Boost's pool is a peer where it is installed.
find_path(ALLOCVIZ_BOOST_POOL boost/pool/pool.hpp)
if(ALLOCVIZ_BOOST_POOL)
  add_executable(alloc_bench bench/alloc_bench.cpp)
  target_link_libraries(alloc_bench PRIVATE allocviz_alloc allocviz_flags benchmark::benchmark)
else()
  message(STATUS "no alloc_bench: its peer boost::pool is missing (libboost-dev)")
endif()
