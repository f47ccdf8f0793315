#include "core/import/json_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/import/csv_words.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace {

constexpr std::size_t kMostDepth = 64;
constexpr std::size_t kMostStackBytes = std::size_t{64} << 10;
constexpr std::string_view kNoJson = "it is no JSON";

bool is_among(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

JsonKeys::Meaning meaning_of(std::string_view key) {
  JsonKeys::Meaning meaning;
  if (key.size() > 64) return meaning;
  const std::string plain = csv_plain(key);
  meaning.is_payload = is_among(plain, {"fields", "data", "payload", "attributes", "attrs", "extra", "context", "args",
                                        "arguments", "params", "parameters", "msg", "message", "record", "details"});
  meaning.column = csv_meaning(key);
  meaning.is_message = !meaning.column && is_among(plain, {"msg", "message"});
  if (meaning.is_message) meaning.column = CsvMeaning{.field = CsvField::Op};
  return meaning;
}

// The number that a text begins with, as JSON writes those without an exponent; empty where there is none.
std::string_view plain_number(std::string_view text) {
  const auto digits_end = [&](std::size_t at) {
    return std::min(text.find_first_not_of("0123456789", at), text.size());
  };
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  std::size_t end = digits_end(first);
  if (end == first || end - first > 19 || (text[first] == '0' && end != first + 1)) return {};
  if (end < text.size() && text[end] == '.') {
    const std::size_t point = end;
    end = digits_end(point + 1);
    if (end == point + 1) return {};
  }
  return end < text.size() && (text[end] == 'e' || text[end] == 'E') ? std::string_view() : text.substr(0, end);
}

// A string without escapes in printable ASCII; false where it is not so plain.
bool take_plain_string(std::string_view& text, std::string_view& string) {
  if (!take(text, "\"")) return false;
  std::size_t end = 0;
  while (end < text.size() && text[end] != '"') {
    const auto c = static_cast<unsigned char>(text[end]);
    if (c < 0x20 || c >= 0x7f || c == '\\') return false;
    ++end;
  }
  if (end == text.size()) return false;
  string = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
}

}  // namespace

const JsonKeys::Meaning& JsonKeys::of(std::string_view key) {
  if (const auto found = kept_.find(key); found != kept_.end()) return found->second;
  if (kept_.size() < kMostKept && key.size() <= 64) return kept_.emplace(key, meaning_of(key)).first->second;
  return other_ = meaning_of(key);
}

void JsonRows::begin_row() {
  row_ = TableRow{.line = row_.line};
  keys_seen_ = 0;
  op_is_message_ = addr_is_result_ = has_phase_ = false;
  in_payload_ = false;
  stack_depth_ = 0;
  texts_used_ = 0;
  stack_.clear();
  stack_bytes_ = 0;
}

std::string_view JsonRows::take_line(std::string_view line) {
  fault_ = {};
  if (line.size() > trace::JsonFeed::kMostValueBytes) return "it is longer than 16 MiB";
  begin_row();
  if (take_plain(line)) return row_done() ? std::string_view() : fault_;
  begin_row();
  depth_ = 0;
  is_object_ = false;
  feed_.give_line(line);
  if (!trace::parse_json(feed_, *this)) return fault_.empty() ? kNoJson : fault_;
  if (!is_object_) return "it is no object";
  if (feed_.rest().find_first_not_of(" \t\r") != std::string_view::npos) return "something stands behind its object";
  return row_done() ? std::string_view() : fault_;
}

// An object of strings, numbers, true, false and null, as most loggers write them: no text of it is copied.
bool JsonRows::take_plain(std::string_view line) {
  skip_blanks(line);
  if (!take(line, "{")) return false;
  depth_ = row_depth_;
  is_object_ = true;
  for (skip_blanks(line); !line.starts_with('}'); skip_blanks(line)) {
    std::string_view text;
    if (!take_plain_string(line, text)) return false;
    set_key(text);
    skip_blanks(line);
    if (!take(line, ":")) return false;
    skip_blanks(line);
    if (take_plain_string(line, text)) {
      text_value(text);
    } else if (const std::string_view digits = plain_number(line); !digits.empty()) {
      line.remove_prefix(digits.size());
      std::uint64_t value = 0;
      std::string_view rest = digits;
      const bool whole = take_dec(rest, value) && rest.empty();
      if (whole) number_value(digits, value, true);
      if (!whole) text_value(digits);
    } else if (take(line, "null")) {
      null();
    } else if (take(line, "true")) {
      boolean(true);
    } else if (take(line, "false")) {
      boolean(false);
    } else {
      return false;
    }
    skip_blanks(line);
    if (take(line, ",")) {
      skip_blanks(line);
      if (!line.starts_with('"')) return false;
    } else if (!line.starts_with('}')) {
      return false;
    }
  }
  line.remove_prefix(1);
  skip_blanks(line);
  return line.empty();
}

void JsonRows::set_key(std::string_view name) {
  key_ = &keys_.of(name);
  has_phase_ |= name == "ph";
  if (key_->column && !key_->is_message) keys_seen_ |= 1u << static_cast<unsigned>(key_->column->field);
}

bool JsonRows::key(std::string& name) {
  if (in_row()) set_key(name);
  feed_.value_done();
  return true;
}

bool JsonRows::open(bool is_object) {
  feed_.value_done();
  const bool under_key = in_row() && key_ != nullptr;
  if (++depth_ > kMostDepth) return stop("its brackets are nested deeper than 64");
  if (depth_ == row_depth_) {
    if (!is_object && row_depth_ == 1) return stop("it is no object");
    begin_row();
    is_object_ = is_object;
  } else if (under_key && is_object) {
    in_payload_ |= key_->is_payload && depth_ == row_depth_ + 1;
  } else if (under_key && key_->column && key_->column->field == CsvField::Site && stack_.empty()) {
    stack_depth_ = depth_;
  }
  return true;
}

bool JsonRows::close() {
  feed_.value_done();
  if (depth_ == stack_depth_) stack_depth_ = 0;
  if (depth_ == row_depth_ + 1) in_payload_ = false;
  if (depth_-- != row_depth_ || row_depth_ == 1) return true;
  return std::exchange(is_object_, false) ? row_done() : no_row();
}

void JsonRows::broken(std::string_view message) {
  fault_ = message.find("UTF-8") != std::string_view::npos ? "its text is no UTF-8" : kNoJson;
}

// Of a pointer null says that it is the null pointer; of anything else, that nothing is there.
bool JsonRows::null() {
  feed_.value_done();
  if (!in_row() || key_ == nullptr || !key_->column) return true;
  const CsvField field = key_->column->field;
  return field == CsvField::Addr || field == CsvField::Old ? set("null", true) : true;
}

bool JsonRows::number(std::uint64_t value) {
  const fmt::format_int digits(value);
  return number_value({digits.data(), digits.size()}, value, false);
}

bool JsonRows::negative(std::int64_t value) {
  const fmt::format_int digits(value);
  return stored_value({digits.data(), digits.size()});
}

// Without an exponent as it was written: no cell of a table has one.
bool JsonRows::real(double value, std::string_view text) {
  if (text.find_first_of("eE") == std::string_view::npos) return stored_value(text);
  return stored_value(value > -1e18 && value < 1e18 ? fmt::format("{:.9f}", value) : std::string(text));
}

bool JsonRows::string(std::string& text) {
  if (stack_depth_ != 0 && depth_ == stack_depth_ && stack_bytes_ + text.size() <= kMostStackBytes) {
    stack_bytes_ += text.size() + sizeof(std::string);
    stack_.push_back(text);
    row_.stack = stack_;
  }
  return stored_value(text);
}

bool JsonRows::number_value(std::string_view digits, std::uint64_t value, bool lives_on) {
  // What is written as a number is decimal, whatever the addresses are that are written as text.
  if (bare_hex_ && key_ != nullptr && key_->column &&
      (key_->column->field == CsvField::Addr || key_->column->field == CsvField::Old)) {
    return stored_value(fmt::format("{:#x}", value));
  }
  return lives_on ? text_value(digits) : stored_value(digits);
}

std::string_view JsonRows::kept(std::string_view text, bool lives_on) {
  if (lives_on) return text;
  if (texts_used_ == texts_.size()) return {};
  return texts_[texts_used_++] = text;
}

bool JsonRows::set(std::string_view text, bool lives_on) {
  feed_.value_done();
  if (row_depth_ == 2 && depth_ == 1) return no_row();
  if (!in_row() || key_ == nullptr || !key_->column) return true;
  const CsvMeaning& meaning = *key_->column;
  text = csv_trimmed(text);
  const bool pointer = meaning.field == CsvField::Addr || meaning.field == CsvField::Old;
  if (meaning.field == CsvField::Op) return set_op(text, lives_on), true;
  if (meaning.field != CsvField::Note && csv_is_nothing(text, pointer)) return true;
  std::string_view& there = row_[meaning.field];
  if (!there.empty()) {
    std::string_view& old = row_[CsvField::Old];
    if (meaning.field != CsvField::Addr || !old.empty() || addr_is_result_ == meaning.is_result) return true;
    // Of a call that takes one address and gives another.
    old = addr_is_result_ ? kept(text, lives_on) : std::exchange(there, kept(text, lives_on));
    addr_is_result_ = true;
    return true;
  }
  there = kept(text, lives_on);
  if (meaning.field == CsvField::Addr) addr_is_result_ = meaning.is_result;
  if (meaning.unit == 0) return true;
  if (meaning.field == CsvField::Size) row_.size_unit = meaning.unit;
  if (meaning.field == CsvField::Time) row_.time_unit = meaning.unit;
  if (meaning.field == CsvField::Begin || meaning.field == CsvField::End) row_.life_unit = meaning.unit;
  return true;
}

void JsonRows::set_op(std::string_view text, bool lives_on) {
  std::string_view& there = row_[CsvField::Op];
  const auto rank = [](std::string_view word, bool message, bool yes) {
    return word.empty() ? 0 : (yes || csv_op(word) ? 3 : 1) + (message ? 0 : 1);
  };
  const auto yes = key_->column->yes;
  if (!there.empty() &&
      rank(text, key_->is_message, yes.has_value()) <= rank(there, op_is_message_, row_.yes.has_value())) {
    return;
  }
  there = kept(text, lives_on);
  row_.yes = yes;
  op_is_message_ = key_->is_message;
}

}  // namespace allocviz::import
