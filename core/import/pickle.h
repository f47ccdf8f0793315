// A reader of Python pickles that executes nothing: plain values (None, booleans, numbers, text, lists, tuples, dicts)
// are built, and every opcode that would import, call or construct anything ends the reading with a Trouble that names
// it.
//
//   bytes   80 04 | } | 94 | 8c 03 k e y | 4b 07 | s | .        protocol 4, {}, memoize, "key", 7, setitem, stop
//   stack   {} "key" 7  ->  {"key": 7}
//   memo    0: {}  1: "key"
//
// A value is a kind and a number; what is larger lies in the reader's tables. Items of lists are shown to a taker as
// they are appended, and what it takes is forgotten at once, so that a snapshot of ten million entries is never held
// whole. Opcodes: Python's Lib/pickletools.py, protocols 0 to 5.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/io.h"
#include "core/trace/trouble.h"

namespace allocviz::import {

struct PickleValue {
  enum class Kind : std::uint8_t {
    None,   // also what has no meaning here: bytes, a number of more than 64 bits, something taken
    Bool,   // number: 0 or 1
    Int,    // number
    Minus,  // a negative number
    Float,  // number: without its fraction; 0 where it is negative
    Text,   // number: index of the text
    List,   // number: index of the items; tuples and sets too
    Dict,   // number: index of the items, key and value in turn
  };
  Kind kind = Kind::None;
  std::uint64_t number = 0;
};

class PickleReader {
 public:
  // Called with the list and an item that was appended to it; true where the item was taken and is to be forgotten.
  using Taker = std::function<bool(std::uint64_t list, const PickleValue& item)>;

  PickleReader(trace::LineReader& lines, const trace::Progress& progress, Taker taker);

  // Reads up to the end of the pickle: the value it holds, or nothing where the input breaks off before it. Trouble for
  // opcodes that are refused, unknown or impossible, and for a value past the limits. O(bytes).
  trace::Result<std::optional<PickleValue>> read();

  [[nodiscard]] std::string_view text(const PickleValue& value) const {  // "" where it is no text
    return value.kind == PickleValue::Kind::Text ? std::string_view(texts_[value.number]) : std::string_view();
  }
  // The items of a List or a Dict.
  [[nodiscard]] const std::vector<PickleValue>& items(const PickleValue& value) const { return items_[value.number]; }
  // The items of a List or a Dict are of no more use.
  void forget(const PickleValue& value) { std::vector<PickleValue>().swap(items_[value.number]); }
  // The value of a key in a Dict; nullptr where there is none. O(keys).
  [[nodiscard]] const PickleValue* find(const PickleValue& dict, std::string_view key) const;
  // What has been built and belongs to nothing yet, where the input broke off.
  [[nodiscard]] const std::vector<PickleValue>& stack() const { return stack_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_; }

 private:
  using Kind = PickleValue::Kind;

  // The input, a byte or a run at a time; false at its end or where reading it failed (trouble_).
  bool byte(std::uint8_t& value);
  bool number(unsigned bytes, std::uint64_t& value);  // little endian
  bool run(std::uint64_t bytes, std::string* into);
  bool line(std::string& text);
  bool refill();

  // One opcode. false where reading ends: at the end of the input, or with trouble_ set.
  bool take(std::uint8_t opcode);
  bool take_atom(std::uint8_t opcode);
  bool take_text(std::uint8_t opcode);
  bool take_memo(std::uint8_t opcode);
  bool take_container(std::uint8_t opcode);
  bool take_long(std::uint64_t bytes);
  bool take_line_number(bool is_float);
  bool refuse(std::uint8_t opcode);
  bool fault(std::string what, std::string todo);

  bool push(Kind kind, std::uint64_t number);
  bool push_text(std::string text);
  bool push_list(Kind kind, std::size_t from);  // of what stands on the stack from there
  bool append(std::size_t from);                // that to the list below it
  bool set_items(std::size_t from);
  bool pop_mark(std::size_t& from);
  bool memoize(std::uint64_t index);
  bool recall(std::uint64_t index);

  trace::LineReader& lines_;
  const trace::Progress& progress_;
  Taker taker_;
  std::string_view chunk_;
  std::size_t at_ = 0;
  std::uint64_t bytes_ = 0, opcodes_ = 0, opcode_at_ = 0, chunks_ = 0;
  std::optional<trace::Trouble> trouble_;
  bool stopped_ = false;

  std::vector<PickleValue> stack_, memo_;
  std::vector<std::size_t> marks_;
  std::vector<std::string> texts_;
  std::vector<std::vector<PickleValue>> items_;
};

}  // namespace allocviz::import
