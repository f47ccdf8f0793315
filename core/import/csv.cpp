// Tables: what home-made hooks write, FreeRTOS' traceMALLOC and Zephyr's heap listeners among them, and spreadsheets.
//
//   op,ptr,size,time_us,task          a header names the columns, in any order and in many spellings (csv_table.cpp)
//   malloc,0x20000a10,64,1200,main    , ; tab or | between the cells, quotes around them, a byte order mark, CRLF
//   free,0x20000a10,64,1310,main
//
//   address,size                      without an operation: a size is an alloc; no size, 0 or a negative one is a free
//   address,size,alloc_time,free_time  a row is a block with its whole life
//   malloc,0x20000a10,64              without a header: operation, address or id, size
//   1200 malloc 64 0x20000a10         or size and address, behind up to three other cells; blanks between them
//
// Lines of something else may stand before the header: a title, comments, what a console said.
//
// What a row means: table_row.h.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/csv_table.h"
#include "core/import/csv_words.h"
#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/scan.h"
#include "core/import/table_row.h"

namespace allocviz::import {
namespace csv {
namespace {

using trace::Op;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "CSV";
constexpr std::size_t kLookAheadBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxRowBytes = std::size_t{64} << 10;  // of a row whose quotes go over lines

class CsvReader {
 public:
  CsvReader(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options)
      : lines_(lines),
        log_(lines, progress, LineLog::Tail::Keep),
        events_(log_, options.process),
        wanted_(options.process) {}

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      if (log_.at_cut_line() && !take_last_line(line)) continue;
      if (Status status = take_line(line); !status) return std::move(status).trouble();
    }
    drop_open_row();
    return finish();
  }

 private:
  Status take_line(std::string_view line) {
    if (!columns_) return take_header(line);
    if (!open_row_.empty()) {
      open_row_ += '\n';
      open_row_ += line;
      line = open_row_;
    } else if (csv_is_preamble(line)) {
      return trace::Done{};
    }
    if (!cells_.split(line, columns_->delimiter)) return keep_open(line);
    Status status = events_.take(row());
    open_row_.clear();
    return status;
  }

  // A line break behind the last row is a habit that not everybody has. Whether the row is whole its cells tell;
  // whoever writes through a buffer and is killed leaves a multiple of its size.
  bool take_last_line(std::string_view line) {
    constexpr std::uint64_t kBufferBytes = 4096;
    if (!columns_ || log_.more_was_there() || !open_row_.empty() || !cells_.split(line, columns_->delimiter) ||
        !events_.understand(row())) {
      log_.leave_out_cut_line();
      return false;
    }
    const bool may_be_cut = (log_.bytes_read() + line.size()) % kBufferBytes == 0;
    if (cells_.size() >= columns_->width && !may_be_cut) log_.take_cut_line_as_whole();
    return true;
  }

  // A quote is open: the row goes on in the next line, unless it has done so for too long.
  Status keep_open(std::string_view line) {
    if (open_row_.empty()) {
      open_row_line_ = log_.line_number();
      open_row_ = line;
    }
    if (open_row_.size() > kMaxRowBytes) drop_open_row();
    return trace::Done{};
  }

  // All of its lines: behind a quote that nobody closes there may have been rows.
  void drop_open_row() {
    if (open_row_.empty()) return;
    for (std::uint64_t line = open_row_line_; line <= log_.line_number(); ++line) events_.leave_out(line);
    open_row_.clear();
  }

  Status take_header(std::string_view line) {
    take(line, "\xef\xbb\xbf");
    const CsvBegins what = csv_begins(line, columns_);
    if (what == CsvBegins::Row) {
      set_form(columns_->addr_is_hex, false);
      return take_line(line);
    }
    if (!columns_ && csv_is_preamble(line)) return trace::Done{};
    if (!columns_ || csv_is_preamble(line)) {
      const Result<std::string_view> behind = lines_.peek(kLookAheadBytes);
      if (!behind) return behind.trouble();
      if (csv_names_follow(*behind, columns_ ? 1 : kCsvLinesBefore)) {
        columns_.reset();
        return trace::Done{};
      }
    }
    if (!columns_) return log_.trouble("its first row names no columns that are known here", kTodo);
    if (wanted_ && !columns_->has(CsvField::Process)) {
      return log_.trouble("the table has no column of processes", "leave --process away, or name the column \"pid\"");
    }
    return look_ahead();
  }

  // Empty where the cell says that nothing is there.
  [[nodiscard]] std::string_view cell(CsvField field) const {
    const std::string_view text = columns_->cell(cells_, field);
    if (field == CsvField::Op || field == CsvField::Note) return text;
    return csv_is_nothing(text, field == CsvField::Addr || field == CsvField::Old) ? std::string_view() : text;
  }

  // The cells of the row at hand under the fields that its columns have.
  const TableRow& row() {
    row_.line = log_.line_number();
    for (std::size_t i = 0; i < kCsvFields; ++i) {
      if (columns_->at[i] != CsvColumns::kNone) row_.text[i] = cell(static_cast<CsvField>(i));
    }
    if (columns_->is_named) return row_;
    row_[CsvField::Old] = {};
    row_[CsvField::Count] = {};
    if (take_journal_row()) return row_;
    // calloc's row has a cell more than malloc's.
    if (cells_.size() == columns_->width + 1) row_[CsvField::Count] = cells_[cells_.size() - 1];
    if (columns_->has(CsvField::Id)) return row_;
    const Places places = places_in_row();
    if (places.addr) row_[CsvField::Addr] = *places.addr;
    if (places.old) row_[CsvField::Old] = *places.old;
    if (places.size) row_[CsvField::Size] = *places.size;
    return row_;
  }

  // "a 435 00007FF600015950 8 1200", "f 00007FF600015950 8 1300": a journal of single letters, whose rows end with the
  // thread and nanoseconds.
  bool take_journal_row() {
    const std::size_t cells = cells_.size();
    const bool allocates = cells == 5 && cells_[0] == "a";
    if (columns_->delimiter != ' ' || !(allocates || (cells == 4 && cells_[0] == "f"))) return false;
    const std::string_view address = cells_[cells - 3];
    const auto are_digits = [&](std::size_t i) {
      return cells_[i].find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (address.size() != 16 || !csv_is_hex(address) || !are_digits(cells - 2) || !are_digits(cells - 1)) return false;
    row_[CsvField::Op] = cells_[0];
    row_[CsvField::Size] = allocates ? cells_[1] : std::string_view();
    row_[CsvField::Addr] = address;
    row_[CsvField::Thread] = cells_[cells - 2];
    row_[CsvField::Time] = cells_[cells - 1];
    row_.time_unit = 1;
    return true;
  }

  // Cells that stand elsewhere than in the first row.
  struct Places {
    std::optional<std::string_view> addr, old, size;
  };

  // Without a header a row has the cells that its call has: free one address, realloc two, and the size wherever it
  // was printed.
  [[nodiscard]] Places places_in_row() const {
    Places places;
    const auto op = csv_op(cell(CsvField::Op));
    if (!op) return places;
    std::string_view first, second, last, size;
    std::size_t addresses = 0;
    for (std::size_t i = columns_->at[static_cast<std::size_t>(CsvField::Op)] + 1; i < cells_.size(); ++i) {
      const std::string_view text = cells_[i];
      std::uint64_t number = 0;
      const bool hex = csv_is_hex(text);
      if (!hex && !text.empty() && is_csv_digit(text.front())) {
        if (size.empty()) size = text;
      } else if ((hex || csv_is_nothing(text, false)) && csv_address(text, hex, number)) {
        if (addresses++ == 0) first = text;
        if (addresses == 2) second = text;
        last = text;
      }
    }
    if (op->op == Op::Free && addresses == 1) places.addr = first, places.size = size;
    if (op->op == Op::Alloc && addresses == 1 && !size.empty()) places.addr = first, places.size = size;
    if (op->op == Op::Realloc && addresses == 2 && !size.empty()) {
      places.old = first, places.addr = last, places.size = size;
    }
    if (op->op == Op::Realloc && addresses == 3 && size.empty()) {  // whose size is hex, too
      places.old = first, places.addr = second, places.size = last;
    }
    return places;
  }

  // Addresses without 0x are hex if one of the first thousands has a letter: digits alone would not tell. And lives
  // whose times are fractions here and there are all in seconds.
  trace::Status look_ahead() {
    const Result<std::string_view> head = lines_.peek(kLookAheadBytes);
    if (!head) return head.trouble();
    if (!columns_->has(CsvField::Op) && !columns_->are_lives()) find_operations(*head);
    CsvRow row;
    bool bare_hex = columns_->addr_is_hex, fractions = false;
    const bool lives = columns_->are_lives();
    for (std::string_view rest = *head; !rest.empty() && (!bare_hex || lives);) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      if (row.split(rest.substr(0, end), columns_->delimiter)) {
        const auto text = [&](CsvField field) { return columns_->cell(row, field); };
        bare_hex |= is_bare_hex(text(CsvField::Addr)) || is_bare_hex(text(CsvField::Old));
        fractions |= lives && (is_fraction(text(CsvField::Begin)) || is_fraction(text(CsvField::End)));
      }
      rest.remove_prefix(end + 1);
    }
    set_form(bare_hex, fractions);
    return trace::Done{};
  }

  // A column of a name that is not known here, in whose first rows stand operations alone.
  void find_operations(std::string_view head) {
    constexpr std::size_t kFewRows = 2, kEnoughRows = 64;
    std::vector<bool> may_be(columns_->width, true);
    for (const std::size_t known : columns_->at) {
      if (known != CsvColumns::kNone) may_be[known] = false;
    }
    CsvRow row;
    std::size_t rows = 0;
    while (rows < kEnoughRows && head.find('\n') != std::string_view::npos) {
      const std::string_view line = csv_take_line(head);
      if (csv_is_preamble(line) || !row.split(line, columns_->delimiter)) continue;
      ++rows;
      for (std::size_t i = 0; i < may_be.size(); ++i)
        may_be[i] = may_be[i] && i < row.size() && row[i].size() > 1 && csv_op(row[i]).has_value();
    }
    const auto found = std::find(may_be.begin(), may_be.end(), true);
    if (rows < kFewRows || found == may_be.end()) return;
    columns_->at[static_cast<std::size_t>(CsvField::Op)] = static_cast<std::size_t>(found - may_be.begin());
  }

  void set_form(bool bare_hex, bool fractions) {
    TableForm form;
    form.by_id = columns_->has(CsvField::Id);
    form.has_op = columns_->has(CsvField::Op);
    form.are_lives = columns_->are_lives();
    form.lives_in_seconds = fractions;
    form.bare_hex = bare_hex;
    form.point = columns_->point();
    events_.set_form(form);
    row_.size_unit = columns_->size_unit;
    row_.time_unit = columns_->time_unit;
    row_.life_unit = columns_->life_unit;
    row_.yes = columns_->yes;
  }

  Result<Trace> finish() {
    if (!columns_) return log_.trouble("it has no header", kTodo);
    return events_.finish(kCsv.format, kTitle);
  }

  static constexpr const char* kTodo = "begin the table with a header, as in: op,id,size or op,address,size,time_us";

  trace::LineReader& lines_;
  LineLog log_;
  TableEvents events_;
  std::optional<std::uint64_t> wanted_;
  std::optional<CsvColumns> columns_;
  CsvRow cells_;
  TableRow row_;
  std::string open_row_;
  std::uint64_t open_row_line_ = 0;
};

// A header that names enough, or a first row that reads as one.
int recognise(std::string_view head) {
  take(head, "\xef\xbb\xbf");
  // JSON has commas and may name columns, too: our own trace in rows does.
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || head[first] == '{' || head[first] == '[') return 0;
  while (head.find('\n') != std::string_view::npos) {
    const std::string_view line = csv_take_line(head);
    std::optional<CsvColumns> columns;
    const CsvBegins what = csv_begins(line, columns);
    if (what != CsvBegins::Nothing) return what == CsvBegins::Names ? 60 : 50;
    if (!csv_is_preamble(line)) return csv_names_follow(head, kCsvLinesBefore) ? 55 : 0;
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  return CsvReader(lines, progress, options).read();
}

}  // namespace
}  // namespace csv

constinit const Importer kCsv{"csv", csv::kTitle, csv::recognise, csv::read, true};

}  // namespace allocviz::import
