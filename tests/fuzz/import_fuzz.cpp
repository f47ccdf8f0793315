// libFuzzer target of the importers: reading ends, and what was read holds together. One importer, chosen at compile
// time, or, without such a choice, whichever recognises the input; of what none does the first byte chooses.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/import_support.h"

namespace {

using allocviz::import::Importer;

[[maybe_unused]] const Importer& chosen_by(std::string_view text) {
  const auto all = allocviz::import::importers();
  const Importer* best = nullptr;
  int best_score = 0;
  for (const Importer& importer : all) {
    const int score = importer.recognise(text);
    if (score <= best_score) continue;
    best = &importer;
    best_score = score;
  }
  if (best != nullptr) return *best;
  return all[text.empty() ? 0 : static_cast<unsigned char>(text.front()) % all.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
#ifdef ALLOCVIZ_FUZZED_FORMAT
  for (const auto& importer : allocviz::import::importers()) (void)importer.recognise(text);
  const std::string_view format = ALLOCVIZ_FUZZED_FORMAT;
#else
  const std::string_view format = chosen_by(text).format;
#endif
  const auto trace = allocviz::import::read_text(format, text);
  if (!trace) return 0;
  if (format == "malloclab" || format == "csv" || format == "json-rows" || format == "process-log" ||
      format == "wee-alloc")
    return 0;  // their ids are the log's own, not serial
  const std::string fault = allocviz::import::fault_of_import(*trace);
  if (!fault.empty()) {
    std::cerr << format << ": " << fault << '\n';
    std::abort();
  }
  return 0;
}
