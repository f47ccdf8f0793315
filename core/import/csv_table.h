// Tables as text: a line of cells and a delimiter between them, as RFC 4180 and the programs that came before it write
// it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::import {

// The cells of one row. A cell may stand in quotes, in which a quote is written twice and a delimiter means nothing.
class CsvRow {
 public:
  // Splits `line`, which must outlive the cells. false where a quote is still open at its end. A blank as the delimiter
  // stands for any number of them. O(length).
  bool split(std::string_view line, char delimiter);

  [[nodiscard]] std::size_t size() const { return cells_.size(); }
  // The cell without the white space around it; empty where the row has no such cell.
  [[nodiscard]] std::string_view operator[](std::size_t column) const {
    return column < cells_.size() ? cells_[column] : std::string_view();
  }

 private:
  std::vector<std::string_view> cells_;
  std::deque<std::string> unquoted_;  // of the cells that are not in the line as they are
};

// What a column means.
enum class CsvField : std::uint8_t {
  Op,
  Id,
  Addr,
  Old,
  Size,
  Align,
  Time,
  Thread,
  Process,
  Site,
  File,
  Line,
  Tag,
  Note,
  Count,
  Begin,  // of a block whose whole life is a row
  End,
};
inline constexpr std::size_t kCsvFields = 17;

// How numbers are written: 1,234.5 or, as in tables with semicolons, 1.234,5.
enum class CsvPoint : std::uint8_t { Dot, Comma };

// What the name of a column means: "Ptr", "block_id", "Size (KiB)", "time_us".
struct CsvMeaning {
  CsvField field = CsvField::Op;
  std::uint64_t unit = 0;          // that it names for its sizes or times; 0 = none
  std::optional<trace::Op> yes{};  // "is_alloc", "is_free": an operation by yes and no
  bool is_result = false;          // what a call gave, of two addresses
  bool is_hex = false;             // "Address (hex)"
};
[[nodiscard]] std::optional<CsvMeaning> csv_meaning(std::string_view name);

// The columns of a table, from its header: which cell holds which field, and in which unit.
struct CsvColumns {
  static constexpr std::size_t kNone = ~std::size_t{0};

  char delimiter = ',';
  std::size_t width = 0;  // cells a row has
  std::size_t at[kCsvFields] = {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                                kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
  std::uint64_t size_unit = 1;  // bytes
  std::uint64_t time_unit = 0;  // nanoseconds; 0 = the header does not say
  std::uint64_t life_unit = 0;  // the same of where lives begin and end
  // "is_alloc", "is_free": the column of operations says yes or no.
  std::optional<trace::Op> yes{};
  bool addr_is_result = false;  // what a call gave; what it took stands in another column
  bool addr_is_hex = false;     // "Address (hex)"
  bool is_named = true;         // false: seen from a first row

  // A row is a block from its begin to its end.
  [[nodiscard]] bool are_lives() const { return has(CsvField::Begin) && has(CsvField::End) && !has(CsvField::Op); }
  [[nodiscard]] CsvPoint point() const { return delimiter == ';' ? CsvPoint::Comma : CsvPoint::Dot; }
  [[nodiscard]] bool has(CsvField field) const { return at[static_cast<std::size_t>(field)] != kNone; }
  [[nodiscard]] std::string_view cell(const CsvRow& row, CsvField field) const {
    return row[at[static_cast<std::size_t>(field)]];
  }
};

// The columns that a header line names: a size beside an id or an address at least, or an operation beside one of them,
// or nothing but lives with their sizes.
// Names are read generously: "Ptr", "block_id", "Size (KiB)", "time_us". Nothing where the line is no such header.
[[nodiscard]] std::optional<CsvColumns> csv_columns(std::string_view header_line);
// Whether each cell of the line is the name of a column.
[[nodiscard]] bool csv_all_known(std::string_view header_line, char delimiter);
// The columns of a table without a header, seen from a first row: operation, id or address, and size, or operation,
// size and address in hex, with up to three other cells before them.
[[nodiscard]] std::optional<CsvColumns> csv_columns_of_row(std::string_view row_line);

// Whether a cell without a name can only be an address: 0x, or the sixteen digits that %016lx writes.
[[nodiscard]] bool csv_is_hex(std::string_view text);

// What a line in front of the rows is. "#,op,ptr,size" numbers its rows, and some put "# " before the names themselves.
enum class CsvBegins : std::uint8_t { Names, Row, Nothing };
[[nodiscard]] CsvBegins csv_begins(std::string_view line, std::optional<CsvColumns>& columns);
// What may stand before the header: nothing, a comment, Excel's "sep=;".
[[nodiscard]] bool csv_is_preamble(std::string_view line);
inline constexpr int kCsvLinesBefore = 64;  // what may stand in front of the header and is no comment
// A title, comments of another kind, what a console said: the names may stand behind such lines, and the line behind
// the names then has as many cells.
[[nodiscard]] bool csv_names_follow(std::string_view text, int most_lines);
// The next line of a text, without its end.
std::string_view csv_take_line(std::string_view& text);

struct CsvOp {
  trace::Op op = trace::Op::Alloc;
  bool failed = false;
};
// "malloc", "A", "traceMALLOC", "pvPortMalloc", "realloc()", "+", "free", "delete[]" ...; nothing for any other word.
[[nodiscard]] std::optional<CsvOp> csv_op(std::string_view word);

// Whether a cell says that nothing is there: "", "-", "N/A", "nan", and where no null pointer can be meant, "NULL".
[[nodiscard]] bool csv_is_nothing(std::string_view cell, bool may_be_pointer);

// The operation of a column of yes and no, 1 and 0.
[[nodiscard]] std::optional<CsvOp> csv_yes_or_no(std::string_view word, trace::Op yes);

// "4096", "0x1000", "4 KiB", "1.5K", "12,345,678", "-64" (negative is set, the number is its size). false for anything
// else. Groups of three digits are seen as such; a single one behind a point ("1.024") is one in a number of bytes
// only.
[[nodiscard]] bool csv_size(std::string_view cell, std::uint64_t unit, std::uint64_t& bytes, bool& negative,
                            CsvPoint point = CsvPoint::Dot);
// "0x20001000", "(nil)", "NULL", "0", "20001000h", "536875008.0": the null pointer is 0. Digits without 0x are hex
// where one of them is a letter, and where `bare_hex` says that the column writes them so.
[[nodiscard]] bool csv_address(std::string_view cell, bool bare_hex, std::uint64_t& address);
// "12", "0.000123", "17 us", "12:00:01.5", "2024-05-01T12:00:01.5Z": in nanoseconds; a number without a unit is of
// `unit`, or of seconds where it has a fraction, or of nanoseconds.
[[nodiscard]] bool csv_time(std::string_view cell, std::uint64_t unit, std::uint64_t& ns,
                            CsvPoint point = CsvPoint::Dot);

}  // namespace allocviz::import
