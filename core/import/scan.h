// Small pieces of scanning that the importers share. Each take_ moves the front of `text` past what it took and
// returns true, or returns false and leaves `text` and `value` alone.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace allocviz::import {

// Digits of the base, without sign or prefix; false where there is none or the number needs more than 64 bits.
inline bool take_number(std::string_view& text, std::uint64_t& value, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{}) return false;
  value = number;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

inline bool take_hex(std::string_view& text, std::uint64_t& value) {
  return take_number(text, value, 16);
}
inline bool take_dec(std::string_view& text, std::uint64_t& value) {
  return take_number(text, value, 10);
}

inline bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

// 0x and hex digits.
inline bool take_0x(std::string_view& text, std::uint64_t& value) {
  std::string_view rest = text;
  if (!take(rest, "0x") || !take_hex(rest, value)) return false;
  text = rest;
  return true;
}

// The text up to the next space, and that space. Empty at the end of the line.
inline std::string_view take_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

// Text of a log for people: bytes that are no UTF-8, and control characters (a path may hold anything, and a terminal
// obeys some of them), become "\xNN".
[[nodiscard]] std::string clean_text(std::string_view text);

}  // namespace allocviz::import
