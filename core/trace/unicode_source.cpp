// Text in the encodings that Windows' programs write (PowerShell's `>`, Excel's "Unicode text") as UTF-8.
//
//   EF BB BF  f   o   o        the mark is passed over
//   FF FE     f 00 o 00 o 00   UTF-16, least byte first     FE FF   00 f 00 o 00 o   most byte first
//             f 00 o 00        without a mark: two units that are ASCII, and no zero soon behind them, as there is
//             where
//                              these are the first number of a binary log
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "core/trace/file.h"

namespace allocviz::trace {
namespace {

enum class Encoding : std::uint8_t { AsItIs, MarkedUtf8, Utf16Least, Utf16Most };

constexpr std::size_t kSignBytes = 8;  // what the encoding is seen by

bool is_plain_text(char c) {
  return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n';
}

// Two units that are ASCII, the first or the second of whose two bytes is 0, and none behind them that is 0.
bool begins_with_ascii_units(std::string_view head, std::size_t zero) {
  if (head.size() < 4) return false;
  for (std::size_t i = 0; i < 4; i += 2) {
    if (head[i + zero] != 0 || !is_plain_text(head[i + 1 - zero])) return false;
  }
  for (std::size_t i = 4; i + 1 < head.size(); i += 2) {
    if (head[i] == 0 && head[i + 1] == 0) return false;
  }
  return true;
}

Encoding encoding_of(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) return Encoding::MarkedUtf8;
  if (head.starts_with("\xff\xfe")) return Encoding::Utf16Least;
  if (head.starts_with("\xfe\xff")) return Encoding::Utf16Most;
  if (begins_with_ascii_units(head, 1)) return Encoding::Utf16Least;
  if (begins_with_ascii_units(head, 0)) return Encoding::Utf16Most;
  return Encoding::AsItIs;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0 | code >> 12);
    } else {
      byte(0xf0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3f));
    }
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

class UnicodeSource final : public ByteSource {
 public:
  explicit UnicodeSource(std::unique_ptr<ByteSource> raw) : raw_(std::move(raw)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (!begun_) {
      if (Status status = begin(); !status.ok()) return std::move(status).trouble();
    }
    while (taken_ == ready_.size()) {
      if (encoding_ == Encoding::AsItIs || encoding_ == Encoding::MarkedUtf8) return raw_->read(into);
      Result<bool> more = decode_more();
      if (!more.ok()) return std::move(more).trouble();
      if (!*more) return std::size_t{0};
    }
    const std::size_t count = std::min(into.size(), ready_.size() - taken_);
    std::memcpy(into.data(), ready_.data() + taken_, count);
    taken_ += count;
    return count;
  }
  bool cut_short() const override { return raw_->cut_short(); }
  double fraction_read() const override { return raw_->fraction_read(); }
  const std::string& name() const override { return raw_->name(); }

 private:
  Status begin() {
    begun_ = true;
    char head[kSignBytes];
    std::size_t count = 0;
    while (count < kSignBytes) {
      auto got = raw_->read({head + count, kSignBytes - count});
      if (!got.ok()) return std::move(got).trouble();
      if (*got == 0) break;
      count += *got;
    }
    std::string_view rest(head, count);
    encoding_ = encoding_of(rest);
    if (encoding_ == Encoding::MarkedUtf8) rest.remove_prefix(3);
    if (encoding_ == Encoding::AsItIs || encoding_ == Encoding::MarkedUtf8) {
      ready_ = rest;
      return Done{};
    }
    if (rest.starts_with("\xff\xfe") || rest.starts_with("\xfe\xff")) rest.remove_prefix(2);
    decode(rest);
    return Done{};
  }

  Result<bool> decode_more() {
    ready_.clear();
    taken_ = 0;
    block_.resize(kIoBlock);
    auto got = raw_->read(block_);
    if (!got.ok()) return std::move(got).trouble();
    if (*got == 0) {  // what was cut in the middle of a character cannot be told
      if (high_ != 0) append_utf8(ready_, kReplacement);
      high_ = 0;
      return !ready_.empty();
    }
    decode(std::string_view(block_.data(), *got));
    return true;
  }

  void decode(std::string_view bytes) {
    for (const char byte : bytes) {
      const auto value = static_cast<unsigned char>(byte);
      if (!half_) {
        half_ = true;
        first_ = value;
        continue;
      }
      half_ = false;
      add_unit(encoding_ == Encoding::Utf16Least ? std::uint32_t{first_} | std::uint32_t{value} << 8
                                                 : std::uint32_t{first_} << 8 | std::uint32_t{value});
    }
  }

  void add_unit(std::uint32_t unit) {
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high_ != 0) {
      const std::uint32_t high = std::exchange(high_, 0);
      if (is_low) return append_utf8(ready_, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      append_utf8(ready_, kReplacement);
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      high_ = unit;
    } else {
      append_utf8(ready_, is_low ? kReplacement : unit);
    }
  }

  static constexpr std::uint32_t kReplacement = 0xfffd;

  std::unique_ptr<ByteSource> raw_;
  Encoding encoding_ = Encoding::AsItIs;
  bool begun_ = false;
  std::string ready_;  // decoded, of which `taken_` bytes were handed out
  std::size_t taken_ = 0;
  std::string block_;
  bool half_ = false;        // of a unit: `first_` is its first byte
  unsigned char first_ = 0;  // in the order of the file
  std::uint32_t high_ = 0;   // a surrogate that waits for its other half
};

}  // namespace

std::unique_ptr<ByteSource> make_utf8_source(std::unique_ptr<ByteSource> raw) {
  return std::make_unique<UnicodeSource>(std::move(raw));
}

}  // namespace allocviz::trace
