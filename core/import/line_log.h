// What every importer of a log in lines does around its grammar: progress and cancelling, lines that are not of the
// format, an end that was cut, and how all of that is said.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::import {

// Sizes above this are no sizes: no format of ours holds them, and no program has them.
inline constexpr std::uint64_t kMaxSize = ~std::uint64_t{0} >> 1;

class LineLog {
 public:
  // What is done with a last line that does not end: a killed program leaves half a record, a person's editor a whole
  // one, and some recorders never write the last line break. Kept or dropped, it is said.
  enum class Tail : std::uint8_t { Drop, Keep };

  LineLog(trace::LineReader& lines, const trace::Progress& progress, Tail tail = Tail::Drop)
      : lines_(lines), progress_(progress), tail_(tail) {}

  // The next line to parse; false at the end. Trouble where reading failed or the user cancelled.
  trace::Result<bool> next(std::string_view& line);
  // For readers that know the most frequent lines by a look at their bytes: what is buffered, from the beginning of a
  // line on (empty at the end; valid until the next call), and how much of it was taken, in whole lines.
  trace::Result<std::string_view> ahead();
  void take(std::size_t bytes, std::uint64_t lines);
  static constexpr std::uint64_t kLinesBetweenReports = 1u << 14;  // more are not to be taken at once
  [[nodiscard]] std::uint64_t line_number() const { return lines_.line_number(); }
  [[nodiscard]] std::uint64_t bytes_read() const { return lines_.line_offset(); }
  // The line last returned is not of the format; it is left out and counted.
  void leave_out() { leave_out(lines_.line_number()); }
  void leave_out(std::uint64_t line);
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  // With Tail::Keep: whether the line last returned does not end, and what its reader, who knows how a whole one looks,
  // makes of it: it is whole and nothing is said, or it is left out as with Tail::Drop.
  [[nodiscard]] bool at_cut_line() const { return cut_line_ != 0; }
  void take_cut_line_as_whole() { cut_line_ = 0; }
  void leave_out_cut_line() { tail_ = Tail::Drop; }
  // What is counted are rows or, by their name in the singular, other things, so many of them, and not lines.
  void count_rows(std::uint64_t rows, std::string_view what = "row") {
    lines_read_ = rows + 1;
    counted_ = what;
  }
  // Whether there was more, which is not to be read or could not be decompressed.
  [[nodiscard]] bool more_was_there() const { return lines_.source().cut_short(); }

  // A size as the trace can hold it: what lies beyond (only requests that failed) becomes the largest size there is.
  [[nodiscard]] std::uint64_t clamp_size(std::uint64_t size);

  // Trouble at the line last returned.
  [[nodiscard]] trace::Trouble trouble(std::string what, std::string todo) const;
  // Adds the warnings to the builder; Trouble where lines were there and not one of them was of the format.
  trace::Status finish(trace::TraceBuilder& builder, std::string_view format_title);

 private:
  [[nodiscard]] trace::Place place(std::uint64_t line) const;
  [[nodiscard]] std::string lines_left_out() const;
  [[nodiscard]] std::optional<trace::Trouble> report();  // where that is due; Trouble where the user cancelled

  trace::LineReader& lines_;
  const trace::Progress& progress_;
  Tail tail_;
  std::string_view counted_ = "line";
  std::uint64_t lines_read_ = 0, report_at_ = 0;
  std::uint64_t left_out_ = 0, clamped_ = 0, cut_line_ = 0;
  std::array<std::uint64_t, 5> first_lines_{};
};

}  // namespace allocviz::import
