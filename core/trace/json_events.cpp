// Events of our format: objects and rows.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <limits>

#include "core/trace/json_reader.h"
#include "core/trace/json_text.h"

namespace allocviz::trace {
namespace {

constexpr std::array<std::string_view, kFields> kNames = {"op",  "id",   "size", "align", "t",    "thread", "site",
                                                          "tag", "addr", "ok",   "note",  "name", "mark",   "offset"};
constexpr std::uint64_t kMaxSite = 0xffff'fffe;  // held as 1 + index in 32 bits

unsigned bit(Field field) {
  return 1u << static_cast<unsigned>(field);
}

// What a value is, for a sentence that says what it should have been.
std::string kind_of(const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::Null:
      return "it is null";
    case Scalar::Kind::True:
    case Scalar::Kind::False:
      return "it is true or false";
    case Scalar::Kind::Integer:
      return "it is a number";
    case Scalar::Kind::Negative:
      return fmt::format("{} is negative", value.text.substr(0, 40));
    case Scalar::Kind::Float:
      if (value.text.find_first_not_of("0123456789") == std::string_view::npos) {
        return fmt::format("{} is larger than 64 bits hold", value.text.substr(0, 40));
      }
      return fmt::format("{} is no whole number in plain digits", value.text.substr(0, 40));
    case Scalar::Kind::String:
      return fmt::format("it is a string, \"{}\"", value.text.substr(0, 40));
  }
  return {};
}

}  // namespace

std::optional<Op> op_named(std::string_view text) {
  if (text == "a" || text == "alloc") return Op::Alloc;
  if (text == "f" || text == "free") return Op::Free;
  if (text == "r" || text == "realloc") return Op::Realloc;
  if (text == "mark") return Op::Mark;
  if (text == "reset") return Op::Reset;
  return {};
}

Field field_named(std::string_view name) {
  for (unsigned i = 0; i < kFields; ++i) {
    if (kNames[i] == name) return static_cast<Field>(i);
  }
  return Field::Unknown;
}

std::string_view name_of(Field field) {
  return kNames[static_cast<unsigned>(field)];
}

bool TraceReader::begin_event(bool object) {
  ++event_;
  raw_ = {};
  event_bad_ = false;
  fields_seen_ = 0;
  extra_.clear();
  if (!unknown_seen_.empty()) unknown_seen_.clear();
  row_ = !object;
  cell_ = 0;
  state_ = object ? State::Object : State::Row;
  if (object || !columns_.empty()) return true;
  if (!fault("columns", "a row, but no columns were named before it",
             "write \"columns\": [\"op\", \"id\", \"size\"] in the header")) {
    return false;
  }
  state_ = State::Events;
  return begin_capture(false, false);
}

void TraceReader::begin_line() {
  levels_.clear();
  state_ = State::Events;
}

bool TraceReader::event_key(std::string_view name) {
  field_ = field_named(name);
  if (field_ != Field::Unknown) {
    if ((fields_seen_ & bit(field_)) == 0) {
      fields_seen_ |= bit(field_);
      return true;
    }
  } else {
    key_ = name;
    if (unknown_seen_.insert(key_).second) return true;
  }
  return fault(std::string(name), "the key is there twice in one event", "leave one of them out");
}

bool TraceReader::row_cell(const Scalar* value) {
  if (cell_ == columns_.size()) {
    if (!fault("columns", fmt::format("a row has more cells than there are columns, {}", columns_.size()),
               "name the column or leave the cell out")) {
      return false;
    }
    field_ = Field::Time;  // a bracket that opens here is passed over
    ++cell_;
    return true;
  }
  if (cell_ > columns_.size()) return true;  // said once a row
  const auto& column = columns_[cell_++];
  field_ = column.field;
  if (field_ == Field::Unknown) {
    key_ = column.name;
    if (value == nullptr || value->kind == Scalar::Kind::Null) return true;
  } else if (value == nullptr) {
    return fault(column.name, "a cell holds an array or an object", "write a single value");
  }
  if (field_ != Field::Unknown) fields_seen_ |= bit(field_);
  return set_field(*value);
}

void TraceReader::add_extra(std::string_view name, std::string_view json) {
  if (!extra_.empty()) extra_ += ", ";
  append_quoted(extra_, name);
  extra_ += ": ";
  extra_ += json;
}

bool TraceReader::set_field(const Scalar& value) {
  if (field_ == Field::Unknown) {
    std::string json;
    append_scalar(json, value);
    add_extra(key_, json);
    return true;
  }
  if (value.kind == Scalar::Kind::Null && field_ != Field::Id && field_ != Field::Op) {
    fields_seen_ &= ~bit(field_);  // null is the default
    return true;
  }
  switch (field_) {
    case Field::Op:
      return set_op(value);
    case Field::Id:
      return set_id(value);
    case Field::Tag:
    case Field::Note:
    case Field::Name:
    case Field::Mark:
      return set_text(value);
    case Field::Addr:
      return set_addr(value);
    case Field::Site:
      return set_site(value);
    case Field::Ok:
      return set_ok(value);
    default:
      return set_number(value);
  }
}

bool TraceReader::set_op(const Scalar& value) {
  constexpr std::string_view kWrite = "write alloc, free, realloc, reset or mark (in short a, f, r)";
  if (value.kind != Scalar::Kind::String) return fault("op", kind_of(value), std::string(kWrite));
  const auto op = op_named(value.text);
  if (!op) return fault("op", fmt::format("\"{}\" is no operation", value.text.substr(0, 40)), std::string(kWrite));
  raw_.op = *op;
  return true;
}

bool TraceReader::set_id(const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::Null:
      raw_.id_kind = RawEvent::Id::Null;
      return true;
    case Scalar::Kind::Integer:
      raw_.id_kind = RawEvent::Id::Number;
      raw_.id_number = value.number;
      return true;
    case Scalar::Kind::String:
      raw_.id_kind = RawEvent::Id::Name;
      id_ = value.text;
      return true;
    default:
      return fault("id", kind_of(value), "an id is a whole number from 0 to 2^64-1 or a string");
  }
}

std::optional<std::uint64_t> TraceReader::number_in(const Scalar& value, bool sizes_as_text) {
  if (value.kind == Scalar::Kind::Integer) return value.number;
  const std::string field(name_of(field_));
  if (value.kind == Scalar::Kind::String && sizes_as_text) {
    auto size = parse_size(value.text);
    if (size.ok()) return *size;
    (void)fault(field, size.trouble().what, size.trouble().todo);
  } else {
    (void)fault(field, kind_of(value), "write a whole number, 0 or more");
  }
  return {};
}

bool TraceReader::set_number(const Scalar& value) {
  const bool is_size = field_ == Field::Size || field_ == Field::Align || field_ == Field::Offset;
  const auto number = number_in(value, is_size);
  if (!number) return faults_ != nullptr;
  switch (field_) {
    case Field::Size:
      raw_.size = *number;
      break;
    case Field::Align:
      raw_.align = *number;
      break;
    case Field::Offset:
      raw_.offset = *number;
      break;
    case Field::Time:
      raw_.time_ns = *number;
      break;
    default:
      raw_.thread = *number;
  }
  return true;
}

bool TraceReader::set_text(const Scalar& value) {
  if (value.kind != Scalar::Kind::String) return fault(std::string(name_of(field_)), kind_of(value), "write a string");
  switch (field_) {
    case Field::Tag:
      tag_ = value.text;
      break;
    case Field::Note:
      note_ = value.text;
      break;
    case Field::Mark:
      mark_ = value.text;
      break;
    default:
      name_ = value.text;
  }
  return true;
}

bool TraceReader::set_addr(const Scalar& value) {
  if (value.kind == Scalar::Kind::String && value.text.size() > 2 && value.text.starts_with("0x")) {
    const char* end = value.text.data() + value.text.size();
    const auto [rest, error] = std::from_chars(value.text.data() + 2, end, raw_.addr, 16);
    if (error == std::errc{} && rest == end) return true;
  }
  if (value.kind == Scalar::Kind::Integer) {
    raw_.addr = value.number;
    return true;
  }
  return fault("addr", kind_of(value), "write a number or \"0x…\" of at most 64 bits");
}

bool TraceReader::set_site(const Scalar& value) {
  const auto index = number_in(value, false);
  if (!index) return faults_ != nullptr;
  if ((header_seen_ & kSitesSeen) == 0 && *index <= kMaxSite) {
    // The table may still come. An index below one that was used before is no further question.
    if (*index >= site_limit_) {
      Place place = here_();
      place.event = event_;
      place.field = "site";
      uses_.push_back({std::move(place), *index});
      site_limit_ = *index + 1;
    }
  } else if (*index >= builder_.site_count()) {
    return fault("site", fmt::format("site {} is used, but \"sites\" has {}", *index, builder_.site_count()),
                 "write an index into \"sites\", from 0");
  }
  raw_.site = static_cast<std::uint32_t>(*index) + 1;
  return true;
}

bool TraceReader::set_ok(const Scalar& value) {
  if (value.kind != Scalar::Kind::True && value.kind != Scalar::Kind::False) {
    return fault("ok", kind_of(value), "write true or false");
  }
  raw_.ok = value.kind == Scalar::Kind::True;
  return true;
}

bool TraceReader::event_fault(std::string field, std::string what, std::string todo) {
  Place place = here_();
  place.event = event_;
  place.field = std::move(field);
  return fault(std::move(place), std::move(what), std::move(todo));
}

bool TraceReader::end_event() {
  if (event_bad_) return true;
  if ((fields_seen_ & bit(Field::Op)) == 0) {
    if (unknown_seen_.contains("format") && unknown_seen_.contains("version"))
      return event_fault("format", "a second trace begins here", "put each into a file of its own");
    return event_fault("op", "it is missing", "write alloc, free, realloc, reset or mark");
  }
  if ((fields_seen_ & bit(Field::Name)) != 0) {
    if (raw_.op == Op::Mark) {
      raw_.mark_name = name_;
    } else {  // only a mark has a name: here it is a field that is not known
      std::string json;
      append_quoted(json, name_);
      add_extra("name", json);
    }
  }
  if ((fields_seen_ & bit(Field::Mark)) != 0) {
    if (raw_.op != Op::Mark) {
      raw_.mark_name = mark_;
    } else {  // it is one, by its own name
      std::string json;
      append_quoted(json, mark_);
      add_extra("mark", json);
    }
  }
  raw_.id_name = id_;
  if ((fields_seen_ & bit(Field::Tag)) != 0) raw_.tag = tag_;
  if ((fields_seen_ & bit(Field::Note)) != 0) raw_.note = note_;
  raw_.extra = extra_;
  auto status = builder_.append(raw_);
  if (status.ok()) return true;
  return event_fault(status.trouble().where.field, status.trouble().what, status.trouble().todo);
}

}  // namespace allocviz::trace
