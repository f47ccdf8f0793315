#include "core/import/line_log.h"

#include <fmt/format.h>

#include <utility>

namespace allocviz::import {

using trace::Result;
using trace::Status;
using trace::Trouble;

Result<bool> LineLog::next(std::string_view& line) {
  if (lines_read_ >= report_at_) {
    if (auto cancelled = report()) return *std::move(cancelled);
  }
  ++lines_read_;
  Result<bool> more = lines_.next(line);
  if (!more || !*more) return more;
  if (lines_.last_line_was_complete()) return true;
  cut_line_ = lines_.line_number();
  return tail_ == Tail::Keep;
}

Result<std::string_view> LineLog::ahead() {
  if (lines_read_ >= report_at_) {
    if (auto cancelled = report()) return *std::move(cancelled);
  }
  return lines_.chunk();
}

void LineLog::take(std::size_t bytes, std::uint64_t lines) {
  lines_.consume(bytes, lines);
  lines_read_ += lines;
}

std::optional<Trouble> LineLog::report() {
  report_at_ = lines_read_ + kLinesBetweenReports;
  if (progress_.stop()) return Trouble{"reading was cancelled", place(0), ""};
  if (progress_.report) progress_.report(lines_.source().fraction_read());
  return {};
}

void LineLog::leave_out(std::uint64_t line) {
  if (left_out_ < first_lines_.size()) first_lines_[left_out_] = line;
  ++left_out_;
}

std::uint64_t LineLog::clamp_size(std::uint64_t size) {
  if (size <= kMaxSize) return size;
  ++clamped_;
  return kMaxSize;
}

trace::Place LineLog::place(std::uint64_t line) const {
  trace::Place place;
  place.file = lines_.source().name();
  place.line = line;
  return place;
}

Trouble LineLog::trouble(std::string what, std::string todo) const {
  return {std::move(what), place(lines_.line_number()), std::move(todo)};
}

std::string LineLog::lines_left_out() const {
  std::string text = fmt::format("{} {}", counted_, first_lines_[0]);
  if (left_out_ == 1) return text;
  text = fmt::format("{} {}s ({}", left_out_, counted_, first_lines_[0]);
  for (std::size_t i = 1; i < first_lines_.size() && i < left_out_; ++i) text += fmt::format(", {}", first_lines_[i]);
  return text + (left_out_ > first_lines_.size() ? ", …)" : ")");
}

Status LineLog::finish(trace::TraceBuilder& builder, std::string_view format_title) {
  if (builder.size() == 0 && left_out_ != 0) {
    return Trouble{fmt::format("not one event of {} in {} {}s", format_title, lines_read_ - 1, counted_),
                   place(counted_ == "line" ? first_lines_[0] : 0), "check that the log is whole"};
  }
  if (builder.size() == 0 && cut_line_ == 0 && !lines_.source().cut_short()) {
    builder.warn(
        "the log has no events: its program allocated nothing while it was recorded, or ended before it wrote any");
  }
  if (left_out_ != 0) {
    builder.warn(fmt::format("{} {} not {} and {} left out", lines_left_out(), left_out_ == 1 ? "is" : "are",
                             format_title, left_out_ == 1 ? "was" : "were"));
  }
  if (clamped_ != 0) {
    builder.warn(fmt::format("{} failed request{} for more than 2^63-1 bytes {} shown as 2^63-1", clamped_,
                             clamped_ == 1 ? "" : "s", clamped_ == 1 ? "is" : "are"));
  }
  if (cut_line_ != 0 && tail_ == Tail::Keep) {
    builder.warn(fmt::format("line {}, the last one, does not end: the log may be cut short", cut_line_));
  } else if (cut_line_ != 0) {
    builder.warn(fmt::format("the log is cut short: its last line, {}, is not complete and was left out", cut_line_));
  }
  if (lines_.source().cut_short()) {
    builder.warn("the compressed file is cut short: what could be decompressed of it was read");
  }
  if (progress_.report) progress_.report(1.0);
  return trace::Done{};
}

}  // namespace allocviz::import
