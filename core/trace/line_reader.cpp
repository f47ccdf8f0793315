#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/trace/io.h"

namespace allocviz::trace {
namespace {

constexpr std::size_t kFirstBlock = std::size_t{32} << 10;  // what is smaller needs no more

}  // namespace

LineReader::LineReader(ByteSource& source, std::size_t max_line_bytes)
    : source_(source), max_line_bytes_(max_line_bytes) {}

// Moves what is left to the front, then reads on behind it. The buffer grows to a block's size once the input has
// filled it, and beyond that only where a line needs it to.
Result<bool> LineReader::refill() {
  if (at_end_) return false;
  const bool was_filled = end_ == buffer_.size();
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.empty()) {
    buffer_.resize(kFirstBlock);
  } else if (end_ == buffer_.size() || (was_filled && buffer_.size() < kIoBlock)) {
    buffer_.resize(std::max(kIoBlock, buffer_.size() * 2));
  }
  auto got = source_.read({buffer_.data() + end_, buffer_.size() - end_});
  if (!got.ok()) return std::move(got).trouble();
  end_ += *got;
  at_end_ = *got == 0;
  return !at_end_;
}

Result<bool> LineReader::next(std::string_view& line) {
  for (std::size_t searched = 0;;) {
    const char* from = buffer_.data() + begin_;
    const void* found = std::memchr(from + searched, '\n', end_ - begin_ - searched);
    std::size_t length = end_ - begin_;
    complete_ = found != nullptr;
    if (complete_) {
      length = static_cast<std::size_t>(static_cast<const char*>(found) - from);
    } else {
      searched = length;
    }
    if (length > max_line_bytes_) {
      return Trouble{fmt::format("a line is longer than {} bytes", max_line_bytes_),
                     {.file = source_.name(), .line = line_number_ + 1, .byte = next_offset_},
                     "this is hardly a text file; check what it is"};
    }
    if (!complete_) {
      auto more = refill();
      if (!more.ok()) return std::move(more).trouble();
      if (*more) continue;
      if (length == 0) return false;
      from = buffer_.data() + begin_;
    }
    line = {from, length};
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++line_number_;
    line_offset_ = next_offset_;
    const std::size_t used = length + (complete_ ? 1 : 0);
    next_offset_ += used;
    begin_ += used;
    return true;
  }
}

Result<std::string_view> LineReader::peek(std::size_t bytes) {
  while (end_ - begin_ < bytes && !at_end_) {
    if (auto more = refill(); !more.ok()) return std::move(more).trouble();
  }
  return std::string_view(buffer_.data() + begin_, std::min(bytes, end_ - begin_));
}

Result<std::string_view> LineReader::chunk() {
  if (begin_ == end_) {
    if (auto more = refill(); !more.ok()) return std::move(more).trouble();
  }
  return std::string_view(buffer_.data() + begin_, end_ - begin_);
}

void LineReader::consume(std::size_t bytes) {
  const char* from = buffer_.data() + begin_;
  const char* const to = from + bytes;
  std::uint64_t line_breaks = 0;
  while (const void* found = from == to ? nullptr : std::memchr(from, '\n', static_cast<std::size_t>(to - from))) {
    from = static_cast<const char*>(found) + 1;
    ++line_breaks;
  }
  consume(bytes, line_breaks);
}

void LineReader::consume(std::size_t bytes, std::uint64_t line_breaks) {
  line_number_ += line_breaks;
  begin_ += bytes;
  next_offset_ += bytes;
  line_offset_ = next_offset_;
}

}  // namespace allocviz::trace
