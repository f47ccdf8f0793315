// Objects of JSON as rows of a table: the names of their keys are names of columns.
//
//   {"type": "malloc", "ptr": "0x10", "size": 5, "ts": 1}              in any order; keys without a meaning are not
//   seen
//   {"event": "free", "address": 16}                                   and may be other ones in each row
//   {"time": "2026-01-02T03:04:05.123Z", "level": "info", "msg": "malloc", "ptr": ...}       the message as operation
//   {"timestamp": 1, "level": "INFO", "fields": {"message": "malloc", "ptr": ...}}           one level down
//   {"op": "malloc", ..., "stack": ["parse", "main"]}                  a call site, innermost first
//
// Of two keys that mean the same the first one counts, and a word that is known as an operation before one that is not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/import/csv_table.h"
#include "core/import/table_row.h"
#include "core/trace/json_parse.h"

namespace allocviz::import {

// What a key means, found out once.
class JsonKeys {
 public:
  struct Meaning {
    std::optional<CsvMeaning> column{};
    bool is_message = false;  // an operation where nothing better says one
    bool is_payload = false;  // an object under it belongs to the row
  };
  [[nodiscard]] const Meaning& of(std::string_view key);

 private:
  static constexpr std::size_t kMostKept = 1000;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, Meaning, Hash, std::equal_to<>> kept_;
  Meaning other_;  // the last one beyond what is kept
};

// Builds rows from the values of objects, from their text where that is plain, else from the parser's events. Whoever
// derives from it says what is done with a row.
class JsonRows : public trace::JsonEvents {
 public:
  // At which depth of brackets the rows are: 1, or 2 for those of an array.
  JsonRows(trace::JsonFeed& feed, std::size_t row_depth, bool bare_hex)
      : feed_(feed), row_depth_(row_depth), bare_hex_(bare_hex) {}

  // One line that holds an object and nothing else; "" or why it is none.
  std::string_view take_line(std::string_view line);

  bool null() override;
  bool boolean(bool value) override { return text_value(value ? "true" : "false"); }
  bool number(std::uint64_t value) override;
  bool negative(std::int64_t value) override;
  bool real(double value, std::string_view text) override;
  bool string(std::string& text) override;
  bool open(bool is_object) override;
  bool key(std::string& name) override;
  bool close() override;
  void broken(std::string_view message) override;

  [[nodiscard]] std::string_view fault() const { return fault_; }
  [[nodiscard]] TableRow& row() { return row_; }
  // Whether the row has a key of that meaning, with a value or not.
  [[nodiscard]] bool has_key(CsvField field) const { return (keys_seen_ >> static_cast<unsigned>(field) & 1) != 0; }
  [[nodiscard]] bool is_span() const { return has_phase_; }  // of a Chrome trace

 protected:
  // The object at hand is complete; false ends the reading.
  virtual bool row_done() = 0;
  // Of an array: what is no object.
  virtual bool no_row() { return true; }

 private:
  void begin_row();
  [[nodiscard]] bool in_row() const {
    return is_object_ && (depth_ == row_depth_ || (depth_ == row_depth_ + 1 && in_payload_));
  }
  void set_key(std::string_view name);
  bool text_value(std::string_view text) { return set(text, true); }
  bool stored_value(std::string_view text) { return set(text, false); }
  bool number_value(std::string_view digits, std::uint64_t value, bool lives_on);
  // `lives_on`: the text stands in the line, or for ever, and need not be kept.
  bool set(std::string_view text, bool lives_on);
  void set_op(std::string_view text, bool lives_on);
  [[nodiscard]] std::string_view kept(std::string_view text, bool lives_on);
  bool take_plain(std::string_view line);
  bool stop(std::string_view why) {
    fault_ = why;
    return false;
  }

  trace::JsonFeed& feed_;
  std::size_t row_depth_;
  bool bare_hex_;
  JsonKeys keys_;
  TableRow row_;
  const JsonKeys::Meaning* key_ = nullptr;
  std::uint32_t keys_seen_ = 0;
  bool op_is_message_ = false, addr_is_result_ = false, has_phase_ = false, is_object_ = false;
  bool in_payload_ = false;
  std::size_t depth_ = 0, stack_depth_ = 0;        // stack_depth_: of the array whose strings are frames; 0 = none
  std::array<std::string, kCsvFields + 8> texts_;  // of values that do not stand in the line as they are
  std::size_t texts_used_ = 0;
  std::vector<std::string> stack_;
  std::size_t stack_bytes_ = 0;
  std::string_view fault_;
};

}  // namespace allocviz::import
