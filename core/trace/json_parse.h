// The one place where JSON is parsed: nlohmann/json over a LineReader, character by character, so that a text of any
// length costs no memory of its own; and its document type for the few small and deep texts. The parser is a large
// template: whoever needs it calls it here instead of compiling it again.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/trace/io.h"
#include "core/trace/trouble.h"

namespace allocviz::trace {

// The characters a parser is given: all that is left of the input, or one line of it.
class JsonFeed {
 public:
  // A single text, number or name that goes on for more, or a line of more, is a trouble, not a way to fill the memory:
  // the parser holds a text twice.
  static constexpr std::size_t kMostValueBytes = std::size_t{16} << 20;
  JsonFeed(LineReader& lines, const Progress& progress) : lines_(lines), progress_(progress) {}

  // From now on line by line: gives back to the LineReader what was not used, then each call takes one line.
  void begin_lines();
  [[nodiscard]] bool next_line();
  // Gives one line that somebody else took from the LineReader.
  void give_line(std::string_view line);
  // What was read from the input and not yet given; skip() gives some of it at once.
  [[nodiscard]] std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  void skip(std::size_t bytes) { at_ += bytes; }
  // Of a line: the zeros at its end are not given. Whether there were some.
  bool drop_zeros();
  [[nodiscard]] bool by_lines() const { return !whole_input_; }

  [[nodiscard]] bool more() { return at_ != end_ || refill(); }
  [[nodiscard]] char get() const { return *at_; }
  void next() { ++at_; }

  // Where the last character given stands.
  [[nodiscard]] Place here() const;
  [[nodiscard]] std::uint64_t bytes_read() const;
  // A parser knows where a number ends from the character behind it.
  void look_ahead(bool looked_ahead) { looked_ahead_ = looked_ahead; }
  [[nodiscard]] bool asked_past_end() const { return asked_past_end_; }
  // A value, a key or a bracket has been understood, and the parser forgets its text.
  void value_done() { since_value_ = 0; }
  // What the input itself gave, or that the reading was cancelled.
  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_; }

  // False when the reading is to stop.
  bool report_progress();

 private:
  bool refill();
  bool too_long(std::string_view what, std::uint64_t byte);  // false, as a refill that gave nothing

  LineReader& lines_;
  const Progress& progress_;
  bool whole_input_ = true, asked_past_end_ = false, looked_ahead_ = false;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::size_t since_value_ = 0;  // bytes given since the last value was done
  std::optional<Trouble> trouble_;
};

// What stands in a text, in its order. Each returns whether to go on.
class JsonEvents {
 public:
  JsonEvents() = default;
  JsonEvents(const JsonEvents&) = delete;
  JsonEvents& operator=(const JsonEvents&) = delete;
  virtual ~JsonEvents() = default;

  virtual bool null() = 0;
  virtual bool boolean(bool value) = 0;
  virtual bool number(std::uint64_t value) = 0;
  virtual bool negative(std::int64_t value) = 0;
  virtual bool real(double value, std::string_view text) = 0;  // also a whole number beyond 64 bits
  virtual bool string(std::string& text) = 0;                  // may be moved from
  virtual bool key(std::string& name) = 0;                     // may be moved from
  virtual bool open(bool is_object) = 0;
  virtual bool close() = 0;
  virtual void broken(std::string_view message) = 0;  // the parser's own words; the end of it
};

// Parses one value. The parser checks brackets, strings, numbers and UTF-8. False when it is broken, cut, or when an
// event said not to go on. Nesting costs the parser a bit a level.
[[nodiscard]] bool parse_json(JsonFeed& feed, JsonEvents& events);

// A whole text as a document; a discarded one where it is no JSON. For texts whose size is known to be small.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);
// Indented by two spaces; what is no UTF-8 is replaced.
[[nodiscard]] std::string json_text(const nlohmann::json& document);

}  // namespace allocviz::trace
