// libFuzzer target of the reader and the writer of our own format. Seeds: the lines of tests/data/trace, a file each.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/support/trace_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fault = allocviz::test::fault_of_reading({reinterpret_cast<const char*>(data), size});
  if (fault.empty()) return 0;
  std::cerr << fault << '\n';
  std::abort();
}
