#include "core/trace/json_parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/trace/spec.h"

namespace allocviz::trace {
namespace {

struct FeedIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  JsonFeed* feed = nullptr;  // nullptr: the end
  char operator*() const { return feed->get(); }
  FeedIterator& operator++() {
    feed->next();
    return *this;
  }
  FeedIterator operator++(int) {
    feed->next();
    return *this;
  }
  bool operator==(const FeedIterator&) const { return !feed->more(); }
  bool operator!=(const FeedIterator&) const { return feed->more(); }
};

// nlohmann/json's events, handed on.
class Sax final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Sax(JsonEvents& events) : events_(events) {}

  bool null() override { return events_.null(); }
  bool boolean(bool value) override { return events_.boolean(value); }
  bool number_unsigned(number_unsigned_t value) override { return events_.number(value); }
  bool number_integer(number_integer_t value) override {
    return value >= 0 ? events_.number(static_cast<std::uint64_t>(value)) : events_.negative(value);
  }
  bool number_float(number_float_t value, const string_t& text) override { return events_.real(value, text); }
  bool string(string_t& text) override { return events_.string(text); }
  bool binary(binary_t& /*value*/) override { return false; }  // JSON has none
  bool start_object(std::size_t /*size*/) override { return events_.open(true); }
  bool key(string_t& name) override { return events_.key(name); }
  bool end_object() override { return events_.close(); }
  bool start_array(std::size_t /*size*/) override { return events_.open(false); }
  bool end_array() override { return events_.close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const nlohmann::json::exception& error) override {
    events_.broken(error.what());
    return false;
  }

 private:
  JsonEvents& events_;
};

}  // namespace

void JsonFeed::begin_lines() {
  lines_.consume(static_cast<std::size_t>(at_ - begin_));
  whole_input_ = false;
}

bool JsonFeed::next_line() {
  std::string_view line;
  auto got = lines_.next(line);
  if (!got.ok()) trouble_ = std::move(got).trouble();
  if (trouble_ || !*got) return false;
  if (line.size() > kMostValueBytes) return too_long("a line", lines_.line_offset());
  give_line(line);
  return true;
}

void JsonFeed::give_line(std::string_view line) {
  whole_input_ = asked_past_end_ = false;
  begin_ = at_ = line.data();
  end_ = line.data() + line.size();
}

bool JsonFeed::drop_zeros() {
  const char* const end = end_;
  while (end_ != at_ && end_[-1] == '\0') --end_;
  return end_ != end;
}

std::uint64_t JsonFeed::bytes_read() const {
  return lines_.line_offset() + static_cast<std::uint64_t>(at_ - begin_);
}

Place JsonFeed::here() const {
  const std::size_t behind = looked_ahead_ ? 2 : 1;
  const char* last = at_ - std::min(behind, static_cast<std::size_t>(at_ - begin_));
  Place place{.file = lines_.source().name()};
  place.byte = bytes_read();
  place.byte -= std::min<std::uint64_t>(place.byte, behind);
  place.line = lines_.line_number();
  if (whole_input_) place.line += 1 + static_cast<std::uint64_t>(std::count(begin_, last, '\n'));
  return place;
}

bool JsonFeed::report_progress() {
  if (progress_.report) progress_.report(lines_.source().fraction_read());
  if (!progress_.stop()) return true;
  trouble_ = Trouble{"reading was cancelled", {.file = lines_.source().name()}, ""};
  return false;
}

bool JsonFeed::too_long(std::string_view what, std::uint64_t byte) {
  Place place{.file = lines_.source().name(), .byte = byte};
  if (!whole_input_) place.line = lines_.line_number();
  trouble_ = Trouble{fmt::format("{} is longer than {}", what, size_text(kMostValueBytes)), std::move(place),
                     "no trace holds such a text; check what it is"};
  return false;
}

bool JsonFeed::refill() {
  asked_past_end_ = true;
  if (!whole_input_ || trouble_) return false;
  const auto used = static_cast<std::size_t>(at_ - begin_);
  lines_.consume(used);
  begin_ = at_ = end_ = nullptr;
  if ((since_value_ += used) > kMostValueBytes) return too_long("one value", lines_.line_offset());
  if (!report_progress()) return false;
  auto chunk = lines_.chunk();
  if (!chunk.ok()) {
    trouble_ = std::move(chunk).trouble();
    return false;
  }
  if (chunk->empty()) return false;
  asked_past_end_ = false;
  begin_ = at_ = chunk->data();
  end_ = at_ + chunk->size();
  return true;
}

bool parse_json(JsonFeed& feed, JsonEvents& events) {
  Sax sax(events);
  const FeedIterator begin{&feed}, end;
  return nlohmann::json::sax_parse(begin, end, &sax, nlohmann::json::input_format_t::json, false);
}

nlohmann::json parse_json(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::string json_text(const nlohmann::json& document) {
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace allocviz::trace
