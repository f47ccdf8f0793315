// What a row of a table means, however it was written: CSV (csv.cpp) and objects of JSON (json_rows.cpp) say the same
// with the same words.
//
// A block is named by its id, or else by its address; where both are there the address is only shown. A request that
// got no address failed. A column of processes splits the log; a column of names that are no numbers counts as threads.
// Without an operation a size is an alloc, and no size, 0 or a negative one is a free; where a begin and an end are
// named instead, a row is a block with its whole life (table_lives.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/import/csv_table.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/processes.h"
#include "core/import/table_lives.h"
#include "core/trace/trace.h"

namespace allocviz::import {

// One row as it reads, before it means anything: a text for each field, empty where nothing is there.
struct TableRow {
  std::uint64_t line = 0;  // where it stands, for people
  std::array<std::string_view, kCsvFields> text{};
  std::span<const std::string> stack{};  // a call site of several frames, innermost first
  std::uint64_t size_unit = 1, time_unit = 0, life_unit = 0;
  std::optional<trace::Op> yes{};  // as in CsvColumns

  [[nodiscard]] std::string_view& operator[](CsvField field) { return text[static_cast<std::size_t>(field)]; }
  [[nodiscard]] std::string_view operator[](CsvField field) const { return text[static_cast<std::size_t>(field)]; }
};

// What holds of all rows.
struct TableForm {
  bool by_id = false;             // blocks are named by ids
  bool has_op = false;            // rows name their operation
  bool are_lives = false;         // a row is a block from its begin to its end
  bool lives_in_seconds = false;  // where no unit is named: some of their times are fractions
  bool bare_hex = false;          // addresses without 0x are hex
  CsvPoint point = CsvPoint::Dot;
};

// Whether digits without 0x can only be hex.
[[nodiscard]] bool is_bare_hex(std::string_view text);
// Whether it is a number with digits behind its point.
[[nodiscard]] bool is_fraction(std::string_view text);

// Rows in their order, each with its meaning, to the events of a trace.
class TableEvents {
 public:
  TableEvents(LineLog& log, std::optional<std::uint64_t> process);

  void set_form(const TableForm& form) { form_ = form; }
  // Whether the row says what its operation needs; why it does not is kept for leave_out().
  [[nodiscard]] bool understand(const TableRow& row);
  // Appends what the row means, or leaves it out. Trouble only where the builder has one.
  trace::Status take(const TableRow& row);
  // Leaves out what is no row, with the reason where that is known.
  void leave_out(std::uint64_t line, std::string why = {});

  void warn_also(std::string text) { warning_ = std::move(text); }
  [[nodiscard]] trace::Result<trace::Trace> finish(std::string_view format, std::string_view title);

 private:
  struct Lane {
    Lane();
    trace::TraceBuilder builder;
    Lives lives;
    LogTime time;
    std::vector<TableLife> spans;  // of lives: of each event so far its row's
  };
  struct Meant {
    CsvOp op;
    std::optional<std::uint64_t> addr, old;
    std::string_view id;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> time_ns;
    TableLife span;
  };

  [[nodiscard]] bool understand(const TableRow& row, Meant& meant);
  [[nodiscard]] bool understand_op(const TableRow& row, Meant& meant, bool negative);
  [[nodiscard]] bool understand_life(const TableRow& row, Meant& meant, bool negative);
  [[nodiscard]] bool multiply(const TableRow& row, Meant& meant);
  [[nodiscard]] bool read_address(std::uint64_t line, std::string_view text, std::optional<std::uint64_t>& address);
  [[nodiscard]] bool is_complete(const Meant& meant) const;
  bool fault(std::string_view what, std::string_view text, std::string_view why);

  trace::Status append(Lane& lane, const TableRow& row, const Meant& meant);
  trace::Status append_life(Lane& lane, const TableRow& row, const Meant& meant, trace::RawEvent& event);
  static trace::Status append_by_address(Lane& lane, const Meant& meant, trace::RawEvent& event, bool failed);
  static trace::Status append_by_id(Lane& lane, const Meant& meant, trace::RawEvent& event, bool failed);
  void add_thread(const TableRow& row, trace::RawEvent& event);
  void warn(trace::TraceBuilder& builder) const;

  LineLog& log_;
  Processes<Lane> processes_;
  TableForm form_;
  std::string warning_;
  std::string fault_, first_fault_;  // why the row at hand, and the first one, are left out
  std::uint64_t multiplied_ = 0, times_not_read_ = 0;
  std::uint64_t late_hex_line_ = 0;
  bool times_without_unit_ = false, frees_ = false, decimals_ = false;
  std::unordered_map<std::string, std::uint64_t> threads_;
};

}  // namespace allocviz::import
