// Reading: bytes -> the parser -> TraceReader, and what is told apart by content on the way.
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/trace/json.h"
#include "core/trace/json_parse.h"
#include "core/trace/json_reader.h"
#include "core/trace/spec.h"
#include "core/trace/utf8.h"

namespace allocviz::trace {
namespace {

// The parser's events as the TraceReader takes them; the parser's message, where it could not go on.
class Events final : public JsonEvents {
 public:
  Events(TraceReader& reader, JsonFeed& feed) : reader_(reader), feed_(feed) {}

  bool null() override { return done(reader_.scalar({Scalar::Kind::Null})); }
  bool boolean(bool value) override { return done(reader_.scalar({value ? Scalar::Kind::True : Scalar::Kind::False})); }
  bool number(std::uint64_t value) override { return number({Scalar::Kind::Integer, value}); }
  bool negative(std::int64_t value) override { return number({Scalar::Kind::Negative, 0, fmt::format("{}", value)}); }
  bool real(double /*value*/, std::string_view text) override {
    const bool digits = text.find_first_not_of("0123456789", 1) == std::string_view::npos;
    return number({text.starts_with('-') && digits ? Scalar::Kind::Negative : Scalar::Kind::Float, 0, text});
  }
  bool string(std::string& text) override { return done(reader_.scalar({Scalar::Kind::String, 0, text})); }
  bool open(bool is_object) override { return done(reader_.open(is_object)); }
  bool key(std::string& name) override { return done(reader_.key(name)); }
  bool close() override {
    const bool go_on = reader_.close();
    if (go_on && !feed_.by_lines()) feed_.skip(reader_.take_plain(feed_.rest(), false));
    return done(go_on);
  }
  void broken(std::string_view message) override {
    constexpr std::string_view kOverflow = "number overflow parsing ";
    const auto overflow = message.find(kOverflow);
    in_value_ = overflow != std::string_view::npos || message.find("while parsing value") != std::string_view::npos;
    broken_ = overflow == std::string_view::npos
                  ? shortened(message)
                  : fmt::format("{} is larger than any number is", message.substr(overflow + kOverflow.size(), 60));
  }

  // Empty while the JSON itself is sound.
  [[nodiscard]] const std::string& what_broke() const { return broken_; }
  [[nodiscard]] bool broke_in_value() const { return in_value_; }

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
  JsonFeed& feed_;
  std::string broken_;
  bool in_value_ = false;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// One reading of one input. `faults` as in TraceReader.
class Reading {
 public:
  Reading(LineReader& lines, const Progress& progress, std::vector<Trouble>* faults)
      : lines_(lines), feed_(lines, progress), reader_([this] { return feed_.here(); }, faults, progress.watcher) {}

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
    if (!cut_at_) return reader_.finish("");
    const std::uint64_t kept = reader_.kept();
    return reader_.finish(
        fmt::format("{}: its {} {} kept", cut_text(), count_text(kept, "complete event"), kept == 1 ? "is" : "are"));
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

  Parsed parse(bool may_be_cut) {
    Events events(reader_, feed_);
    if (parse_json(feed_, events)) return Parsed::Whole;
    if (feed_.trouble() || events.what_broke().empty()) return Parsed::Faulty;  // cancelled, or the reader noted it
    if (may_be_cut && feed_.asked_past_end()) {
      cut_at_ = feed_.here();
      return Parsed::Cut;
    }
    note(reader_.broken_at(feed_.here(), events.broke_in_value()), events.what_broke(),
         "correct it, or write the file again");
    return Parsed::Faulty;
  }

  void nothing_follows() {
    while (feed_.next_line()) {
      if (is_blank(feed_.rest())) continue;
      note(feed_.here(), "something follows the end of the trace", "take it out, or put it into a file of its own");
      return;
    }
  }

  // As many of the buffered lines as are plain; false when the reading is to stop. What keeps the input from being read
  // is met again, and noted, by next_line().
  bool take_plain_lines(std::uint64_t count) {
    const auto buffered = lines_.chunk();
    const std::size_t taken = buffered.ok() ? reader_.take_plain(*buffered, true) : 0;
    lines_.consume(taken);
    return (taken == 0 && count % 4096 != 4095) || feed_.report_progress();
  }

  void read_lines() {
    for (std::uint64_t count = 0; !reader_.enough(); ++count) {
      if (!take_plain_lines(count) || !feed_.next_line()) return;
      // A machine that stopped leaves zeros where the rest of the file was to be.
      if (!lines_.last_line_was_complete() && feed_.drop_zeros()) cut_at_ = feed_.here();
      if (is_blank(feed_.rest())) continue;
      reader_.begin_line();
      if (parse(!lines_.last_line_was_complete()) != Parsed::Whole || is_blank(feed_.rest())) continue;
      Place place = feed_.here();
      place.event = reader_.events();
      note(std::move(place), "something follows the event on its line", "write one event a line");
    }
  }

  LineReader& lines_;
  JsonFeed feed_;
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
