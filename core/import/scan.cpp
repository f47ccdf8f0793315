#include "core/import/scan.h"

#include <fmt/format.h>

#include <cstddef>

#include "core/trace/utf8.h"

namespace allocviz::import {

std::string clean_text(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = trace::utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0 || first < 0x20 || first == 0x7f) {
      clean += fmt::format("\\x{:02x}", first);
      text.remove_prefix(1);
    } else {
      clean.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return clean;
}

}  // namespace allocviz::import
