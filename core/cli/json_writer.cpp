#include "core/cli/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

#include "core/trace/utf8.h"

namespace allocviz::cli {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 16;

}  // namespace

void JsonWriter::flush() {
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  buffer_.clear();
}

void JsonWriter::before_value(bool object) {
  if (buffer_.size() >= kFlushBytes) flush();
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.empty) buffer_ += object ? "," : ", ";
  if (object) {
    buffer_ += '\n';
    buffer_.append(levels_.size(), ' ');
    level.broken = true;
  }
  level.empty = false;
}

JsonWriter& JsonWriter::begin_object() {
  before_value(!levels_.empty() && levels_.back().array);
  buffer_ += '{';
  levels_.push_back({});
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  buffer_ += '}';
  levels_.pop_back();
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  before_value();
  buffer_ += '[';
  levels_.push_back({.array = true});
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  const bool broken = levels_.back().broken;
  levels_.pop_back();
  if (broken) {
    buffer_ += '\n';
    buffer_.append(levels_.size(), ' ');
  }
  buffer_ += ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  before_value();
  put_text(name);
  buffer_ += ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  put_text(text);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  before_value();
  buffer_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  before_value();
  buffer_ += fmt::format("{}", number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  before_value();
  buffer_ += "null";
  return *this;
}

void JsonWriter::put_text(std::string_view text) {
  const std::string valid = trace::is_utf8(text) ? std::string(text) : trace::to_utf8(text);
  buffer_ += '"';
  for (const char c : valid) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      buffer_ += '\\';
      buffer_ += c;
    } else if (byte < 0x20) {
      buffer_ += fmt::format("\\u{:04x}", byte);
    } else {
      buffer_ += c;
    }
  }
  buffer_ += '"';
}

void JsonWriter::end() {
  buffer_ += '\n';
  flush();
}

}  // namespace allocviz::cli
