// Reading: bytes -> nlohmann/json's parser -> TraceReader, and what is told apart by content on the way.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/trace/json.h"
#include "core/trace/json_reader.h"
#include "core/trace/utf8.h"

namespace allocviz::trace {
namespace {

constexpr std::size_t kMaxValueBytes = std::size_t{64} << 20;  // as of a line

// The characters a parser is given: all that is left of the input, or one line of it.
class Feed {
 public:
  Feed(LineReader& lines, const Progress& progress) : lines_(lines), progress_(progress) {}

  // From now on line by line: gives back to the LineReader what was not used, then each call takes one line.
  void begin_lines() {
    lines_.consume(static_cast<std::size_t>(at_ - begin_));
    whole_input_ = false;
  }
  [[nodiscard]] bool next_line() {
    std::string_view line;
    auto got = lines_.next(line);
    if (!got.ok()) trouble_ = std::move(got).trouble();
    if (trouble_ || !*got) return false;
    asked_past_end_ = false;
    begin_ = at_ = line.data();
    end_ = line.data() + line.size();
    return true;
  }
  [[nodiscard]] std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

  [[nodiscard]] bool more() {
    if (at_ != end_) return true;
    return refill();
  }
  [[nodiscard]] char get() const { return *at_; }
  void next() { ++at_; }

  // Where the last character given stands.
  [[nodiscard]] Place here() const {
    const std::size_t behind = looked_ahead_ ? 2 : 1;
    const std::size_t given = static_cast<std::size_t>(at_ - begin_);
    const char* last = at_ - std::min(behind, given);
    Place place{.file = lines_.source().name()};
    place.byte = lines_.line_offset() + given;
    place.byte -= std::min<std::uint64_t>(place.byte, behind);
    place.line = lines_.line_number();
    if (whole_input_) place.line += 1 + static_cast<std::uint64_t>(std::count(begin_, last, '\n'));
    return place;
  }
  // A parser knows where a number ends from the character behind it.
  void look_ahead(bool looked_ahead) { looked_ahead_ = looked_ahead; }
  [[nodiscard]] bool asked_past_end() const { return asked_past_end_; }
  // A value, a key or a bracket has been understood, and the parser forgets its text.
  void value_done() { since_value_ = 0; }
  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_; }

  bool report_progress() {
    if (progress_.report) progress_.report(lines_.source().fraction_read());
    if (!progress_.stop()) return true;
    trouble_ = Trouble{"reading was cancelled", {.file = lines_.source().name()}, ""};
    return false;
  }

 private:
  bool refill() {
    asked_past_end_ = true;
    if (!whole_input_ || trouble_) return false;
    const auto used = static_cast<std::size_t>(at_ - begin_);
    lines_.consume(used);
    begin_ = at_ = end_ = nullptr;
    if ((since_value_ += used) > kMaxValueBytes) {
      trouble_ = Trouble{fmt::format("one value is longer than {} bytes", kMaxValueBytes),
                         {.file = lines_.source().name(), .byte = lines_.line_offset()},
                         "no trace holds such a text; check what it is"};
      return false;
    }
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

  LineReader& lines_;
  const Progress& progress_;
  bool whole_input_ = true, asked_past_end_ = false, looked_ahead_ = false;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::size_t since_value_ = 0;  // bytes given since the last value was done
  std::optional<Trouble> trouble_;
};

struct FeedIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  Feed* feed = nullptr;  // nullptr: the end
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

// nlohmann/json's events, handed on; its message, where it could not parse.
class Sax final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Sax(TraceReader& reader, Feed& feed) : reader_(reader), feed_(feed) {}

  bool null() override { return done(reader_.scalar({Scalar::Kind::Null})); }
  bool boolean(bool value) override { return done(reader_.scalar({value ? Scalar::Kind::True : Scalar::Kind::False})); }
  bool number_unsigned(number_unsigned_t value) override { return number({Scalar::Kind::Integer, value}); }
  bool number_integer(number_integer_t value) override {
    if (value >= 0) return number({Scalar::Kind::Integer, static_cast<std::uint64_t>(value)});
    return number({Scalar::Kind::Negative, 0, fmt::format("{}", value)});
  }
  bool number_float(number_float_t, const string_t& text) override {
    const bool digits = text.find_first_not_of("0123456789", 1) == std::string::npos;
    return number({text.starts_with('-') && digits ? Scalar::Kind::Negative : Scalar::Kind::Float, 0, text});
  }
  bool string(string_t& text) override { return done(reader_.scalar({Scalar::Kind::String, 0, text})); }
  bool binary(binary_t&) override { return false; }  // JSON has none
  bool start_object(std::size_t) override { return done(reader_.open(true)); }
  bool key(string_t& name) override { return done(reader_.key(name)); }
  bool end_object() override { return done(reader_.close()); }
  bool start_array(std::size_t) override { return done(reader_.open(false)); }
  bool end_array() override { return done(reader_.close()); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    broken_ = shortened(error.what());
    return false;
  }

  // Empty while the JSON itself is sound.
  [[nodiscard]] const std::string& broken() const { return broken_; }

 private:
  bool done(bool go_on) {
    feed_.value_done();
    return go_on;
  }
  bool number(const Scalar& value) {
    feed_.look_ahead(!feed_.asked_past_end());
    const bool go_on = reader_.scalar(value);
    feed_.look_ahead(false);
    return done(go_on);
  }

  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected
  // end of input; …" -> what stands after the place, at most a line of it.
  static std::string shortened(std::string_view message) {
    for (const std::string_view lead : {": syntax error ", "] "}) {
      if (const auto at = message.find(lead); at != std::string_view::npos) {
        message.remove_prefix(at + lead.size());
        break;
      }
    }
    const bool long_one = message.size() > 160;
    return "broken JSON " + to_utf8(message.substr(0, 160)) + (long_one ? "…" : "");
  }

  TraceReader& reader_;
  Feed& feed_;
  std::string broken_;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// One reading of one input. `faults` as in TraceReader.
class Reading {
 public:
  Reading(LineReader& lines, const Progress& progress, std::vector<Trouble>* faults)
      : lines_(lines), feed_(lines, progress), reader_([this] { return feed_.here(); }, faults) {}

  // Reads all there is. Trouble where the input itself cannot be read; faults are noted in the reader.
  Status run() {
    const Parsed header = parse(true);
    const Place end = feed_.here();
    if (header == Parsed::Whole) {
      feed_.begin_lines();
      if (reader_.events_seen()) {
        nothing_follows();
      } else if (end.line != 1) {
        note({.file = end.file, .field = "events"},
             "it is missing, and a header with an event a line below it is one line long", "add \"events\": []");
      } else {
        read_lines();
      }
    }
    if (feed_.trouble()) return *feed_.trouble();
    if (!cut_at_ && lines_.source().cut_short()) cut_at_ = feed_.here();
    if (cut_at_ && !reader_.usable()) {
      note(*std::exchange(cut_at_, std::nullopt),
           reader_.begun() ? "the file is cut short inside its header" : "it is empty", "copy or record it again");
    }
    return Done{};
  }

  Result<Trace> finish() {
    return reader_.finish(cut_at_ ? fmt::format("{}: its {} complete events are kept", cut_text(), reader_.kept())
                                  : "");
  }
  // Set when the file breaks off where it may: after its header.
  [[nodiscard]] std::optional<Trouble> cut() const {
    if (!cut_at_) return {};
    return Trouble{"the file is cut short", *cut_at_, "copy or record it again"};
  }

 private:
  enum class Parsed : std::uint8_t { Whole, Cut, Faulty };

  [[nodiscard]] std::string cut_text() const {
    return fmt::format("the file is cut short (line {}, byte {})", cut_at_->line, cut_at_->byte);
  }
  void note(Place place, std::string what, std::string todo) {
    (void)reader_.fault(std::move(place), std::move(what), std::move(todo));
  }

  // Parses one value. The parser checks brackets, strings, numbers and UTF-8, and reports through `sax`.
  Parsed parse(bool may_be_cut) {
    Sax sax(reader_, feed_);
    const FeedIterator begin{&feed_}, end;
    if (nlohmann::json::sax_parse(begin, end, &sax, nlohmann::json::input_format_t::json, false)) return Parsed::Whole;
    if (feed_.trouble() || sax.broken().empty()) return Parsed::Faulty;  // cancelled, or the reader noted it
    if (may_be_cut && feed_.asked_past_end()) {
      cut_at_ = feed_.here();
      return Parsed::Cut;
    }
    note(feed_.here(), sax.broken(), "correct it, or write the file again");
    return Parsed::Faulty;
  }

  void nothing_follows() {
    while (feed_.next_line()) {
      if (is_blank(feed_.rest())) continue;
      note(feed_.here(), "something follows the end of the trace", "take it out, or put it into a file of its own");
      return;
    }
  }

  void read_lines() {
    for (std::uint64_t count = 0; !reader_.enough() && feed_.next_line(); ++count) {
      if (count % 4096 == 4095 && !feed_.report_progress()) return;
      if (is_blank(feed_.rest())) continue;
      reader_.begin_line();
      if (parse(!lines_.last_line_was_complete()) != Parsed::Whole || is_blank(feed_.rest())) continue;
      Place place = feed_.here();
      place.event = reader_.events();
      note(std::move(place), "something follows the event on its line", "write one event a line");
    }
  }

  LineReader& lines_;
  Feed feed_;
  TraceReader reader_;
  std::optional<Place> cut_at_;
};

}  // namespace

Result<Trace> read_json(LineReader& lines, const Progress& progress) {
  Reading reading(lines, progress, nullptr);
  if (auto status = reading.run(); !status.ok()) return std::move(status).trouble();
  return reading.finish();
}

Result<Trace> read_json(ByteSource& source, const Progress& progress) {
  LineReader lines(source);
  return read_json(lines, progress);
}

Result<std::vector<Trouble>> check_json(LineReader& lines, const Progress& progress) {
  std::vector<Trouble> faults;
  Reading reading(lines, progress, &faults);
  if (auto status = reading.run(); !status.ok()) return std::move(status).trouble();
  if (auto trace = reading.finish(); !trace.ok()) return std::move(trace).trouble();
  if (auto cut = reading.cut()) faults.push_back(*std::move(cut));
  return faults;
}

Result<std::vector<Trouble>> check_json(ByteSource& source, const Progress& progress) {
  LineReader lines(source);
  return check_json(lines, progress);
}

}  // namespace allocviz::trace
