// Reading the values of plain JSON quickly: whole numbers of up to 19 digits, strings of printable ASCII without
// escapes, true, false and null. What is not plain is not wrong: whoever asked reads it with the parser that knows all
// of JSON.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace allocviz::trace {

class PlainText {
 public:
  explicit PlainText(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] const char* at() const { return at_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] char peek() const { return at_ == end_ ? '\0' : *at_; }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view wanted) {
    if (static_cast<std::size_t>(end_ - at_) < wanted.size()) return false;
    if (std::memcmp(at_, wanted.data(), wanted.size()) != 0) return false;
    at_ += wanted.size();
    return true;
  }

  bool take_number(std::uint64_t& number) {
    const char* const first = at_;
    number = 0;
    for (unsigned digits = eight_digits(number); digits == 8;) digits = eight_digits(number);
    while (at_ != end_ && is_digit(*at_)) number = number * 10 + static_cast<unsigned>(*at_++ - '0');
    const auto digits = at_ - first;
    return digits >= 1 && digits <= 19 && (*first != '0' || digits == 1);
  }

  // The characters between the quotes; they stand in the text that was given.
  bool take_string(std::string_view& string) {
    if (!take('"')) return false;
    const char* const first = at_;
    while (at_ != end_ && *at_ != '"') {
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20 || c >= 0x7f || c == '\\') return false;
      ++at_;
    }
    string = {first, static_cast<std::size_t>(at_ - first)};
    return take('"');
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  // Takes up to eight digits at once: each pair of bytes becomes a number below 100, each pair of those one below 10
  // 000. Returns how many they were. (D. Lemire, "Quickly parsing eight digits", 2018.)
  unsigned eight_digits(std::uint64_t& number) {
    static_assert(std::endian::native == std::endian::little, "the first digit stands in the lowest byte");
    constexpr std::array<std::uint64_t, 9> kTen = {1,       10,        100,        1000,       10'000,
                                                   100'000, 1'000'000, 10'000'000, 100'000'000};
    if (end_ - at_ < 8) return 0;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at_, 8);
    bytes ^= 0x3030'3030'3030'3030u;  // a digit is 0 ... 9 now
    // A carry out of a byte that is no digit reaches only those behind it.
    const std::uint64_t others = ((bytes + 0x7676'7676'7676'7676u) | bytes) & 0x8080'8080'8080'8080u;
    const auto digits = static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (digits == 0) return 0;
    bytes <<= 64 - 8 * digits;  // zeros before them
    bytes = (bytes * 10) + (bytes >> 8);
    bytes = (((bytes & 0x0000'00ff'0000'00ffu) * 0x000f'4240'0000'0064u) +
             (((bytes >> 16) & 0x0000'00ff'0000'00ffu) * 0x0000'2710'0000'0001u)) >>
            32;
    number = number * kTen[digits] + (bytes & 0xffff'ffffu);
    at_ += digits;
    return digits;
  }

  const char* at_;
  const char* end_;
};

}  // namespace allocviz::trace
