// The grammar of our format above the grammar of JSON: a machine that is fed keys, values and brackets in order and
// builds a Trace. It knows nothing of files or of a JSON library.
//
//   Top -> Header -> Columns | Sites -> Stack | Events -> Object | Row        each with its own meaning
//                 -> Captured                                                 kept as text: what is not known, and the
//                                                                             small parts of the header read at once
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::trace {

struct Scalar {
  enum class Kind : std::uint8_t { Null, True, False, Integer, Negative, Float, String } kind = Kind::Null;
  std::uint64_t number = 0;  // Integer
  std::string_view text{};   // String: the text; Negative, Float: as it was written
};

void append_scalar(std::string& out, const Scalar& value);  // as JSON text

enum class Field : std::uint8_t {
  Op,
  Id,
  Size,
  Align,
  Time,
  Thread,
  Site,
  Tag,
  Addr,
  Ok,
  Note,
  Name,
  Mark,
  Offset,
  Unknown
};
inline constexpr unsigned kFields = static_cast<unsigned>(Field::Unknown);
[[nodiscard]] Field field_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Field field);
[[nodiscard]] std::optional<Op> op_named(std::string_view text);

class PlainText;

class TraceReader {
 public:
  // `here` says where in the file the value just read ends. With `faults` every fault is gathered there and reading
  // goes on as far as it makes sense; without, the first one ends it.
  TraceReader(std::function<Place()> here, std::vector<Trouble>* faults, TraceWatcher* watcher)
      : here_(std::move(here)), faults_(faults) {
    builder_.watch(watcher);
  }

  // What the JSON library calls. False ends the reading: see fault().
  bool scalar(const Scalar& value);
  bool key(std::string_view name);
  bool open(bool object);
  bool close();

  // JSON Lines: the value that follows is an event. An event that broke off on the line before is forgotten.
  void begin_line();
  // Takes events at the beginning of `rest`, as far as they are written plainly, and returns how many bytes they are:
  // each on a line of its own, or each after a comma. (core/trace/json_plain.cpp)
  [[nodiscard]] std::size_t take_plain(std::string_view rest, bool lines);
  // Notes a fault at `place`; false when reading ends with it.
  bool fault(Place place, std::string what, std::string todo);
  [[nodiscard]] bool enough() const;  // no further fault is wanted
  // That place with what is known of it where the JSON is broken there: the event, and, in a value, its field.
  [[nodiscard]] Place broken_at(Place place, bool in_value) const;

  [[nodiscard]] bool begun() const { return state_ != State::Top; }
  [[nodiscard]] bool events_seen() const { return (header_seen_ & kEventsSeen) != 0; }
  // Whether it is known to be a trace whose events have begun, so that a file cut here is worth something.
  [[nodiscard]] bool usable() const {
    return (header_seen_ & kIdentified) == kIdentified && (events_seen() || header_done_);
  }
  [[nodiscard]] std::uint64_t events() const { return event_; }         // begun so far
  [[nodiscard]] std::uint64_t kept() const { return builder_.size(); }  // complete ones

  // After the last value: checks what only the whole file can tell, or, with a warning that it was cut, what is left.
  Result<Trace> finish(const std::string& cut_warning);

 private:
  enum class State : std::uint8_t { Top, Header, Columns, Sites, Stack, Events, Object, Row, Captured, Done };
  enum HeaderBit : unsigned {
    kFormatSeen = 1u << 0,
    kVersionSeen = 1u << 1,
    kNameSeen = 1u << 2,
    kAboutSeen = 1u << 3,
    kAllocatorsSeen = 1u << 4,
    kDefaultsSeen = 1u << 5,
    kColumnsSeen = 1u << 6,
    kSitesSeen = 1u << 7,
    kEventsSeen = 1u << 8,
    kIdentified = kFormatSeen | kVersionSeen,
  };
  struct Column {
    Field field;
    std::string name;
  };
  struct SiteUse {  // of a site that is not known yet
    Place place;
    std::uint64_t index;
  };

  bool fault(std::string field, std::string what, std::string todo);
  bool event_fault(std::string field, std::string what, std::string todo);
  static HeaderBit header_bit(std::string_view name);

  bool header_key(std::string_view name);
  bool header_scalar(const Scalar& value);
  bool header_open(bool object);
  bool header_close();
  bool identify(const Scalar& value);
  bool column(const Scalar& value);
  bool site_frame(const Scalar& value);
  bool captured_header(std::string text);

  bool begin_event(bool object);
  bool end_event();
  bool event_key(std::string_view name);
  bool row_cell(const Scalar* value);  // nullptr: a bracket opens in it
  bool set_field(const Scalar& value);
  bool set_op(const Scalar& value);
  bool set_id(const Scalar& value);
  bool set_number(const Scalar& value);
  bool set_text(const Scalar& value);
  bool set_addr(const Scalar& value);
  bool set_site(const Scalar& value);
  bool set_ok(const Scalar& value);
  void add_extra(std::string_view name, std::string_view json);
  std::optional<std::uint64_t> number_in(const Scalar& value, bool sizes_as_text);

  bool plain_site(PlainText& text, std::uint32_t& site) const;
  bool plain_field(PlainText& text, Field field, RawEvent& raw) const;
  bool plain_row(PlainText& text, RawEvent& raw) const;
  bool plain_object(PlainText& text, RawEvent& raw) const;
  bool plain_event(PlainText& text, RawEvent& raw) const;
  bool next_plain(PlainText& text, RawEvent& raw, bool lines) const;

  bool begin_capture(bool keep, bool object);
  bool captured_scalar(const Scalar& value);
  bool capture_bracket(bool object);
  bool end_capture();
  void capture_separator();

  std::function<Place()> here_;
  std::vector<Trouble>* faults_;
  std::optional<Trouble> first_fault_;
  TraceBuilder builder_;
  State state_ = State::Top;

  unsigned header_seen_ = 0;
  bool header_done_ = false;
  HeaderBit header_bit_ = kFormatSeen;
  std::string key_;  // of the header, or of an unknown field of an event
  std::vector<Column> columns_;
  std::vector<Site> sites_;
  std::vector<SiteUse> uses_;     // each larger than those before it
  std::uint64_t site_limit_ = 0;  // 1 + the largest index used before `sites` was known

  std::uint64_t event_ = 0;
  RawEvent raw_;
  std::array<RawEvent, 32> plain_;  // a run of them, until they are appended
  bool event_bad_ = false, row_ = false;
  unsigned fields_seen_ = 0;
  Field field_ = Field::Unknown;
  std::size_t cell_ = 0;
  std::string id_, tag_, note_, name_, mark_, extra_;
  std::unordered_set<std::string> unknown_seen_;

  struct Level {  // one bracket of a captured value
    bool object;
    bool first = true;
    std::unordered_set<std::string> keys{};
  };
  std::vector<Level> levels_;
  std::string captured_;
  bool keep_ = false;  // whether the captured text is of use
  State after_capture_ = State::Top;
};

}  // namespace allocviz::trace
