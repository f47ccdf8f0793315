// Events that are written plainly, which is how programs write them: read without the parser, in the same meaning.
// Whatever is unusual (an escape, a blank where none is expected, a field that is not known, anything wrong) ends this
// and goes through the parser, which understands or refuses it: so faults are found and told in one place.
#include "core/trace/json_plain.h"

#include <array>
#include <charconv>
#include <span>

#include "core/trace/json_reader.h"

namespace allocviz::trace {
namespace {

bool plain_op(PlainText& text, Op& op) {
  std::string_view name;
  if (!text.take_string(name)) return false;
  const auto found = op_named(name);
  if (found) op = *found;
  return found.has_value();
}

bool plain_id(PlainText& text, RawEvent& raw) {
  if (text.peek() == '"') {
    raw.id_kind = RawEvent::Id::Name;
    return text.take_string(raw.id_name);
  }
  if (text.take("null")) {
    raw.id_kind = RawEvent::Id::Null;
    return true;
  }
  raw.id_kind = RawEvent::Id::Number;
  return text.take_number(raw.id_number);
}

bool plain_addr(PlainText& text, std::uint64_t& addr) {
  if (text.peek() != '"') return text.take_number(addr);
  std::string_view digits;
  if (!text.take_string(digits) || digits.size() < 3 || !digits.starts_with("0x")) return false;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data() + 2, end, addr, 16);
  return error == std::errc{} && rest == end;
}

bool plain_bool(PlainText& text, bool& value) {
  value = text.peek() == 't';
  return text.take(value ? "true" : "false");
}

template <class Optional>
bool plain_number(PlainText& text, Optional& value) {
  std::uint64_t number = 0;
  if (!text.take_number(number)) return false;
  value = number;
  return true;
}

}  // namespace

// The index of a site that is known to be there.
bool TraceReader::plain_site(PlainText& text, std::uint32_t& site) const {
  std::uint64_t index = 0;
  const std::uint64_t known = (header_seen_ & kSitesSeen) != 0 ? builder_.site_count() : site_limit_;
  if (!text.take_number(index) || index >= known) return false;
  site = static_cast<std::uint32_t>(index) + 1;
  return true;
}

bool TraceReader::plain_field(PlainText& text, Field field, RawEvent& raw) const {
  if (field == Field::Op) return plain_op(text, raw.op);
  if (field == Field::Id) return plain_id(text, raw);
  if (text.peek() == 'n') return text.take("null");  // the default
  switch (field) {
    case Field::Size:
      return text.take_number(raw.size);
    case Field::Align:
      return plain_number(text, raw.align);
    case Field::Time:
      return plain_number(text, raw.time_ns);
    case Field::Thread:
      return plain_number(text, raw.thread);
    case Field::Offset:
      return plain_number(text, raw.offset);
    case Field::Site:
      return plain_site(text, raw.site);
    case Field::Tag:
      return text.take_string(raw.tag);
    case Field::Addr:
      return plain_addr(text, raw.addr);
    case Field::Ok:
      return plain_bool(text, raw.ok);
    case Field::Note:
      return text.take_string(raw.note);
    default:
      return false;  // names are of marks alone, and few
  }
}

// `["a", 17, 64, 16, 250]`
bool TraceReader::plain_row(PlainText& text, RawEvent& raw) const {
  bool has_op = false;
  for (const auto& column : columns_) {
    if (!plain_field(text, column.field, raw)) return false;
    has_op = has_op || column.field == Field::Op;
    text.take(' ');
    if (text.take(']')) return has_op;
    if (!text.take(',')) return false;
    text.take(' ');
  }
  return false;
}

// `{"op": "alloc", "id": 17, "size": 64}`
bool TraceReader::plain_object(PlainText& text, RawEvent& raw) const {
  unsigned seen = 0;
  for (;;) {
    std::string_view name;
    if (!text.take_string(name) || !text.take(':')) return false;
    text.take(' ');
    const Field field = field_named(name);
    const unsigned bit = 1u << static_cast<unsigned>(field);
    if (field == Field::Unknown || (seen & bit) != 0 || !plain_field(text, field, raw)) return false;
    seen |= bit;
    text.take(' ');
    if (text.take('}')) return (seen & (1u << static_cast<unsigned>(Field::Op))) != 0;
    if (!text.take(',')) return false;
    text.take(' ');
  }
}

bool TraceReader::plain_event(PlainText& text, RawEvent& raw) const {
  raw = {};
  if (text.take('[')) return plain_row(text, raw);
  return text.take('{') && plain_object(text, raw);
}

// One event and what separates it from the next: in JSON Lines the end of its line, else the comma before it.
bool TraceReader::next_plain(PlainText& text, RawEvent& raw, bool lines) const {
  if (lines) {
    if (!plain_event(text, raw)) return false;
    text.take('\r');
    return text.take('\n');
  }
  text.skip_blanks();
  if (!text.take(',')) return false;
  text.skip_blanks();
  return plain_event(text, raw);
}

// The event before anything that is not plain is left to the parser, too: what it says of broken text then quotes what
// stands there. So one event always waits for the next.
std::size_t TraceReader::take_plain(std::string_view rest, bool lines) {
  if (state_ != State::Events) return 0;
  constexpr std::size_t kBatch = std::tuple_size_v<decltype(plain_)>;
  std::array<const char*, kBatch> ends{};
  PlainText text(rest);
  const char* taken = rest.data();
  for (std::size_t count = 0;;) {
    const std::size_t waiting = count;
    while (count < kBatch && next_plain(text, plain_[count], lines)) {
      builder_.prefetch(plain_[count]);
      ends[count++] = text.at();
    }
    if (count == 0 || count == waiting) break;
    builder_.prefetch(std::span(plain_).first(count - 1));
    for (std::size_t i = 0; i + 1 < count; ++i) {
      // What is refused was not appended, and the parser's way says what is wrong.
      if (!builder_.append(plain_[i]).ok()) return static_cast<std::size_t>(taken - rest.data());
      ++event_;
      taken = ends[i];
    }
    plain_[0] = plain_[count - 1];
    ends[0] = ends[count - 1];
    if (count < kBatch) break;
    count = 1;
  }
  return static_cast<std::size_t>(taken - rest.data());
}

}  // namespace allocviz::trace
