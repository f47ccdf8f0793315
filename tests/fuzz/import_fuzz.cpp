// libFuzzer target of one importer, chosen at compile time: reading ends, and what was read holds together.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/import_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& importer : allocviz::import::importers()) (void)importer.recognise(text);
  const auto trace = allocviz::import::read_text(ALLOCVIZ_FUZZED_FORMAT, text);
  if (!trace) return 0;
  const std::string_view format = ALLOCVIZ_FUZZED_FORMAT;
  if (format == "malloclab" || format == "csv") return 0;  // their ids are the log's own, not serial
  const std::string fault = allocviz::import::fault_of_import(*trace);
  if (!fault.empty()) {
    std::cerr << fault << '\n';
    std::abort();
  }
  return 0;
}
