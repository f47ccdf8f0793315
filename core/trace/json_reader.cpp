// The header, and values kept as text. Events are read in json_events.cpp.
#include "core/trace/json_reader.h"

#include <fmt/format.h>

#include "core/trace/json_text.h"

namespace allocviz::trace {
namespace {

constexpr std::size_t kMaxDepth = 16;                           // of values whose meaning is not known
constexpr std::size_t kMaxParsedAtOnce = std::size_t{1} << 20;  // bytes of "allocators" and "defaults"
constexpr std::size_t kMaxFaults = 1000;

}  // namespace

void append_scalar(std::string& out, const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::Null:
      out += "null";
      break;
    case Scalar::Kind::True:
      out += "true";
      break;
    case Scalar::Kind::False:
      out += "false";
      break;
    case Scalar::Kind::Integer:
      append_number(out, value.number);
      break;
    case Scalar::Kind::Negative:
    case Scalar::Kind::Float:
      out += value.text;
      break;
    case Scalar::Kind::String:
      append_quoted(out, value.text);
      break;
  }
}

bool TraceReader::fault(Place place, std::string what, std::string todo) {
  Trouble trouble{std::move(what), std::move(place), std::move(todo)};
  event_bad_ = true;
  if (!first_fault_) first_fault_ = trouble;
  if (faults_ == nullptr) return false;
  faults_->push_back(std::move(trouble));
  return faults_->size() < kMaxFaults;
}

bool TraceReader::fault(std::string field, std::string what, std::string todo) {
  const State state = state_ == State::Captured ? after_capture_ : state_;
  if (state == State::Object || state == State::Row)
    return event_fault(std::move(field), std::move(what), std::move(todo));
  Place place = here_();
  place.field = std::move(field);
  return fault(std::move(place), std::move(what), std::move(todo));
}

Place TraceReader::broken_at(Place place, bool in_value) const {
  const State state = state_ == State::Captured ? after_capture_ : state_;
  const bool in_event = state == State::Object || state == State::Row;
  if (in_event || (state == State::Events && in_value)) place.event = event_ + (in_event ? 0 : 1);
  if (!in_value) return place;
  if (state == State::Header) place.field = key_;
  if (state == State::Columns) place.field = "columns";
  if (state == State::Sites || state == State::Stack) place.field = "sites";
  if (state == State::Row && state_ != State::Captured) {
    if (cell_ < columns_.size()) place.field = columns_[cell_].name;
  } else if (in_event) {
    place.field = field_ == Field::Unknown ? key_ : std::string(name_of(field_));
  }
  return place;
}

bool TraceReader::scalar(const Scalar& value) {
  switch (state_) {
    case State::Header:
      return header_scalar(value);
    case State::Columns:
      return column(value);
    case State::Sites:
    case State::Stack:
      return site_frame(value);
    case State::Object:
      return set_field(value);
    case State::Row:
      return row_cell(&value);
    case State::Captured:
      return captured_scalar(value);
    case State::Events: {
      Place place = here_();
      place.event = ++event_;
      return fault(std::move(place), "an event is an object or a row",
                   "write {\"op\": \"alloc\", \"id\": 1, \"size\": 64}");
    }
    case State::Top:
    case State::Done:
      break;
  }
  return fault("", "a trace is a JSON object", "begin it with {\"format\": \"allocviz-trace\", \"version\": 1");
}

bool TraceReader::key(std::string_view name) {
  if (state_ == State::Header) return header_key(name);
  if (state_ == State::Object) return event_key(name);
  capture_separator();
  auto& level = levels_.back();
  append_quoted(captured_, name);
  captured_ += ": ";
  level.first = true;  // no separator between a key and its value
  if (level.keys.emplace(name).second) return true;
  return fault(std::string(name), "the key is there twice in one object", "leave one of them out");
}

bool TraceReader::open(bool object) {
  switch (state_) {
    case State::Top:
      if (object) {
        state_ = State::Header;
        return true;
      }
      return fault("", "a trace is a JSON object, not an array",
                   "begin it with {\"format\": \"allocviz-trace\", \"version\": 1");
    case State::Header:
      return header_open(object);
    case State::Columns:
      return fault("columns", "a column is named by a string", "write \"columns\": [\"op\", \"id\", \"size\"]") &&
             begin_capture(false, object);
    case State::Sites:
      if (object) break;
      sites_.push_back({{}, true});
      state_ = State::Stack;
      return true;
    case State::Events:
      return begin_event(object);
    case State::Object:
      if (field_ == Field::Unknown) return begin_capture(true, object);
      return fault(std::string(name_of(field_)), object ? "it is an object" : "it is an array",
                   "write a single value") &&
             begin_capture(false, object);
    case State::Row:
      return row_cell(nullptr) && begin_capture(field_ == Field::Unknown, object);
    case State::Captured:
      return capture_bracket(object);
    case State::Stack:
    case State::Done:
      break;
  }
  return fault("sites", "a site is a string or an array of strings",
               "write \"main.c:12\" or [\"malloc\", \"main.c:12\"]") &&
         begin_capture(false, object);
}

bool TraceReader::close() {
  switch (state_) {
    case State::Header:
      return header_close();
    case State::Columns:
    case State::Events:
      state_ = State::Header;
      return true;
    case State::Sites:
      state_ = State::Header;
      builder_.set_sites(std::move(sites_));
      return true;
    case State::Stack:
      state_ = State::Sites;
      if (!sites_.back().frames.empty()) return true;
      sites_.back().frames.emplace_back();
      return fault("sites", "a stack has no frame", "write at least one string in it");
    case State::Object:
    case State::Row:
      state_ = State::Events;
      return end_event();
    case State::Captured:
      return end_capture();
    case State::Top:
    case State::Done:
      break;
  }
  return true;
}

TraceReader::HeaderBit TraceReader::header_bit(std::string_view name) {
  if (name == "format") return kFormatSeen;
  if (name == "version") return kVersionSeen;
  if (name == "name") return kNameSeen;
  if (name == "about") return kAboutSeen;
  if (name == "allocators") return kAllocatorsSeen;
  if (name == "defaults") return kDefaultsSeen;
  if (name == "columns") return kColumnsSeen;
  if (name == "sites") return kSitesSeen;
  if (name == "events") return kEventsSeen;
  return HeaderBit{};
}

bool TraceReader::header_key(std::string_view name) {
  key_ = name;
  header_bit_ = header_bit(name);
  const bool twice = (header_seen_ & header_bit_) != 0 || builder_.header().extra.contains(key_);
  header_seen_ |= header_bit_;
  if (header_bit_ == HeaderBit{}) builder_.header().extra.emplace(key_, std::string());
  if (twice) return fault(key_, "the key is there twice in the header", "leave one of them out");
  return true;
}

bool TraceReader::identify(const Scalar& value) {
  if (header_bit_ == kFormatSeen) {
    if (value.kind == Scalar::Kind::String && value.text == "allocviz-trace") return true;
    return fault("format", "it is not \"allocviz-trace\"", "write \"format\": \"allocviz-trace\"");
  }
  if (value.kind == Scalar::Kind::Integer && value.number == 1) return true;
  if (value.kind == Scalar::Kind::Integer && value.number > 1) {
    return fault("version", fmt::format("version {} is newer than this program, which reads version 1", value.number),
                 "read it with a newer allocviz");
  }
  return fault("version", "it is no version there is", "write \"version\": 1");
}

bool TraceReader::header_scalar(const Scalar& value) {
  auto& header = builder_.header();
  switch (header_bit_) {
    case kFormatSeen:
    case kVersionSeen:
      return identify(value);
    case kNameSeen:
    case kAboutSeen:
      if (value.kind != Scalar::Kind::String) return fault(key_, "it is no string", "write it in quotes");
      (header_bit_ == kNameSeen ? header.name : header.about) = value.text;
      return true;
    case kDefaultsSeen:
      return fault(key_, "it is no object", "write \"defaults\": {\"align\": 16}");
    case kAllocatorsSeen:
    case kColumnsSeen:
    case kSitesSeen:
    case kEventsSeen:
      return fault(key_, "it is no array", fmt::format("write \"{}\": […]", key_));
    default:
      append_scalar(header.extra[key_], value);
      return true;
  }
}

bool TraceReader::header_open(bool object) {
  switch (header_bit_) {
    case kColumnsSeen:
      if (object) break;
      state_ = State::Columns;
      builder_.header().rows = true;
      if (!events_seen()) return true;
      return fault("columns", "it stands after the events", "name columns before \"events\"");
    case kSitesSeen:
      if (object) break;
      state_ = State::Sites;
      return true;
    case kEventsSeen:
      if (object) break;
      state_ = State::Events;
      return true;
    case kAllocatorsSeen:
      if (object) break;
      return begin_capture(true, object);
    case kDefaultsSeen:
      if (!object) break;
      return begin_capture(true, object);
    case kFormatSeen:
    case kVersionSeen:
      return identify({}) && begin_capture(false, object);
    case kNameSeen:
    case kAboutSeen:
      return fault(key_, "it is no string", "write it in quotes") && begin_capture(false, object);
    default:
      return begin_capture(true, object);
  }
  return header_scalar({}) && begin_capture(false, object);  // says what it should be
}

bool TraceReader::header_close() {
  state_ = State::Done;
  header_done_ = true;
  if ((header_seen_ & kIdentified) == kIdentified) return true;
  const bool no_format = (header_seen_ & kFormatSeen) == 0;
  return fault(no_format ? "format" : "version", "the header lacks it",
               "begin with {\"format\": \"allocviz-trace\", \"version\": 1");
}

bool TraceReader::column(const Scalar& value) {
  if (value.kind != Scalar::Kind::String) {
    columns_.push_back({Field::Unknown, {}});
    return fault("columns", "a column is named by a string", "write \"columns\": [\"op\", \"id\", \"size\"]");
  }
  for (const auto& other : columns_) {
    if (other.name != value.text) continue;
    columns_.push_back({Field::Unknown, {}});
    return fault("columns", fmt::format("\"{}\" is named twice", value.text), "name each column once");
  }
  if (columns_.size() >= 256)
    return fault("columns", "there are more than 256 columns", "a trace has 13; leave the others out");
  columns_.push_back({field_named(value.text), std::string(value.text)});
  return true;
}

bool TraceReader::site_frame(const Scalar& value) {
  const bool is_text = value.kind == Scalar::Kind::String;
  std::string frame(is_text ? value.text : std::string_view{});
  if (state_ == State::Stack) {
    sites_.back().frames.push_back(std::move(frame));
  } else {
    Site site;
    site.frames.push_back(std::move(frame));
    sites_.push_back(std::move(site));
  }
  if (is_text) return true;
  return fault("sites", "a site is a string or an array of strings",
               "write \"main.c:12\" or [\"malloc\", \"main.c:12\"]");
}

bool TraceReader::begin_capture(bool keep, bool object) {
  after_capture_ = state_;
  state_ = State::Captured;
  keep_ = keep;
  captured_.clear();
  levels_.clear();
  return capture_bracket(object);
}

void TraceReader::capture_separator() {
  if (levels_.empty()) return;
  if (!levels_.back().first) captured_ += ", ";
  levels_.back().first = false;
}

bool TraceReader::capture_bracket(bool object) {
  if (levels_.size() == kMaxDepth) {
    (void)fault(broken_at(here_(), true), fmt::format("brackets are nested deeper than {}", kMaxDepth),
                "keep what you add to a trace flat");
    return false;  // nothing after this would be understood
  }
  capture_separator();
  captured_ += object ? '{' : '[';
  levels_.push_back({object});
  return true;
}

bool TraceReader::captured_scalar(const Scalar& value) {
  capture_separator();
  append_scalar(captured_, value);
  if (!keep_) captured_.clear();
  return true;
}

bool TraceReader::end_capture() {
  captured_ += levels_.back().object ? '}' : ']';
  levels_.pop_back();
  if (!keep_) captured_.clear();
  if (!levels_.empty()) return true;
  state_ = after_capture_;
  if (!keep_) return true;
  if (state_ == State::Header) return captured_header(std::move(captured_));
  add_extra(key_, captured_);
  return true;
}

bool TraceReader::captured_header(std::string text) {
  auto& header = builder_.header();
  if (header_bit_ == HeaderBit{}) {
    header.extra[key_] = std::move(text);
    return true;
  }
  if (text.size() > kMaxParsedAtOnce) {
    return fault(key_, fmt::format("it is longer than {}", size_text(kMaxParsedAtOnce)),
                 "name fewer allocators or gaps");
  }
  if (header_bit_ == kAllocatorsSeen) {
    std::vector<Trouble> faults;
    header.allocators = allocators_from_json(text, faults);
    for (auto& found : faults) {
      if (!fault(found.where.field, found.what, found.todo)) return false;
    }
    return true;
  }
  auto align = default_align_from_json(text);
  if (!align.ok()) return fault(align.trouble().where.field, align.trouble().what, align.trouble().todo);
  header.default_align = *align;
  return true;
}

bool TraceReader::enough() const {
  return first_fault_ && (faults_ == nullptr || faults_->size() >= kMaxFaults);
}

Result<Trace> TraceReader::finish(const std::string& cut_warning) {
  const bool cut = !cut_warning.empty();
  const std::uint64_t known = builder_.site_count();
  for (const auto& use : uses_) {
    if (cut || use.index < known) continue;
    Place place = use.place;
    if (!fault(std::move(place), fmt::format("site {} is used, but \"sites\" has {}", use.index, known),
               known == 0 ? "add \"sites\", or leave the field out" : fmt::format("write 0 to {}", known - 1))) {
      break;
    }
  }
  if (first_fault_ && faults_ == nullptr) return *first_fault_;
  if (cut) builder_.warn(cut_warning);
  // A field of the header that the text ends in has a name and no value.
  std::erase_if(builder_.header().extra, [](const auto& field) { return field.second.empty(); });
  return std::move(builder_).finish();
}

}  // namespace allocviz::trace
