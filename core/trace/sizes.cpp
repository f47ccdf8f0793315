// Sizes, offsets and counts as text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <string>

#include "core/trace/spec.h"

namespace allocviz::trace {
namespace {

constexpr std::array<std::string_view, 7> kUnitNames = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

Trouble bad_size(std::string_view text, std::string_view why) {
  return {.what = fmt::format("\"{}\" is no size: {}", text, why),
          .where = {},
          .todo = "write bytes, or 1 KiB, 1 MiB, 1 GiB"};
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty()) return bad_size(text, "it is empty");
  if (text.front() == '-' || text.front() == '+') return bad_size(text, "it has a sign");
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return bad_size(text, "it is larger than 64 bits hold");
  if (error != std::errc{}) return bad_size(text, "it does not begin with a number");
  auto unit = text.substr(static_cast<std::size_t>(rest - text.data()));
  if (unit.starts_with('.') || unit.starts_with(',')) return bad_size(text, "it has a fraction");
  if (unit.starts_with(' ')) {
    unit.remove_prefix(1);
    if (unit.empty()) return bad_size(text, "it ends with a space");
  }
  if (unit.empty() || unit == "B") return number;
  for (unsigned i = 1; i < 4; ++i) {
    if (unit != kUnitNames[i]) continue;
    if (number > (~std::uint64_t{0} >> (10 * i))) return bad_size(text, "it is larger than 64 bits hold");
    return number << (10 * i);
  }
  return bad_size(text, fmt::format("the unit \"{}\" is none of B, KiB, MiB, GiB", unit));
}

Result<std::uint64_t> parse_typed_size(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return parse_size(text);
  text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  const std::size_t letters = std::min(text.find_last_of("0123456789 ") + 1, text.size());
  std::string unit(text.substr(letters));
  for (char& c : unit) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (unsigned i = 0; i < 4; ++i) {
    std::string name(kUnitNames[i]);
    std::string small(1, static_cast<char>(name[0] - 'A' + 'a'));
    if (unit != small && (i == 0 || unit != small + "ib")) continue;
    return parse_size(std::string(text.substr(0, letters)) + name);
  }
  return parse_size(text);
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return exact_size_text(bytes);
  auto unit = static_cast<unsigned>(std::bit_width(bytes) - 1) / 10;
  // Tenths of the unit, rounded to nearest. Split so that nothing overflows at 16 EiB.
  const auto tenths_of = [bytes](unsigned u) {
    const std::uint64_t one = std::uint64_t{1} << (10 * u);
    return bytes / one * 10 + (bytes % one / (one >> 10) * 10 + 512) / 1024;
  };
  std::uint64_t tenths = tenths_of(unit);
  if (tenths >= 10240 && unit + 1 < kUnitNames.size()) tenths = tenths_of(++unit);
  if (tenths % 10 == 0) return fmt::format("{} {}", tenths / 10, kUnitNames[unit]);
  return fmt::format("{}.{} {}", tenths / 10, tenths % 10, kUnitNames[unit]);
}

std::string exact_size_text(std::uint64_t bytes) {
  return count_text(bytes) + " B";
}

std::string with_article(std::string_view size) {
  const std::string_view spoken_first = size.substr(0, std::min(size.find_first_of(" ."), size.size()));
  const bool vowel = spoken_first.starts_with('8') || spoken_first == "11" || spoken_first == "18";
  return fmt::format("{} {}", vowel ? "an" : "a", size);
}

std::string offset_text(std::uint64_t offset, std::uint64_t extent_bytes) {
  const unsigned digits = (static_cast<unsigned>(std::bit_width(extent_bytes)) + 3) / 4;
  return fmt::format("0x{:0{}x}", offset, digits < 3 ? 3 : digits);
}

std::string count_text(std::uint64_t count) {
  const std::string plain = fmt::format("{}", count);
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i != 0 && (plain.size() - i) % 3 == 0) out += ' ';
    out += plain[i];
  }
  return out;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  const std::string_view ending = count == 1 ? "" : noun.ends_with('s') ? "es" : "s";
  return fmt::format("{} {}{}", count_text(count), noun, ending);
}

}  // namespace allocviz::trace
