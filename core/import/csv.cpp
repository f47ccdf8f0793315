// Tables: what home-made hooks write, FreeRTOS' traceMALLOC and Zephyr's heap listeners among them, and spreadsheets.
//
//   op,ptr,size,time_us,task          a header names the columns, in any order and in many spellings (csv_table.cpp)
//   malloc,0x20000a10,64,1200,main    , ; tab or | between the cells, quotes around them, a byte order mark, CRLF
//   free,0x20000a10,64,1310,main
//
//   address,size                      without an operation: a size is an alloc; no size, 0 or a negative one is a free
//   malloc,0x20000a10,64              without a header: operation, address or id, size
//   1200 malloc 64 0x20000a10         or size and address, behind up to three other cells; blanks between them
//
// Lines of something else may stand before the header: a title, comments, what a console said.
//
// A block is named by its id, or else by its address; where both are there the address is only shown. A request that
// got no address failed. A column of processes splits the log; a column of names that are no numbers counts as threads.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/import/csv_table.h"
#include "core/import/csv_words.h"
#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/processes.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace csv {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "CSV";
constexpr std::size_t kLookAheadBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxRowBytes = std::size_t{64} << 10;  // of a row whose quotes go over lines

struct Lane {
  Lane() : lives(builder) {
    builder.header().format = kCsv.format;
    builder.set_default_align(16);  // a table without a column for it does not say
  }
  trace::TraceBuilder builder;
  Lives lives;
  LogTime time;
};

// One row as it reads, before it means anything.
struct Row {
  CsvOp op;
  std::optional<std::uint64_t> addr, old;
  std::string_view id;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> time_ns;
};

class CsvReader {
 public:
  CsvReader(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options)
      : lines_(lines),
        log_(lines, progress, LineLog::Tail::Keep),
        processes_("process", "processes", options.process),
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
    Status status = take_row();
    open_row_.clear();
    return status;
  }

  // A line break behind the last row is a habit that not everybody has. Whether the row is whole its cells tell;
  // whoever writes through a buffer and is killed leaves a multiple of its size.
  bool take_last_line(std::string_view line) {
    constexpr std::uint64_t kBufferBytes = 4096;
    Row row;
    if (!columns_ || log_.more_was_there() || !open_row_.empty() || !cells_.split(line, columns_->delimiter) ||
        !parse(row)) {
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
    for (std::uint64_t line = open_row_line_; line <= log_.line_number(); ++line) log_.leave_out(line);
    open_row_.clear();
  }

  Status take_header(std::string_view line) {
    take(line, "\xef\xbb\xbf");
    const CsvBegins what = csv_begins(line, columns_);
    if (what == CsvBegins::Row) return take_line(line);
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

  Status take_row() {
    Row row;
    if (!parse(row)) {
      if (log_.left_out() == 0) first_fault_ = fault_;
      log_.leave_out();
      return trace::Done{};
    }
    std::uint64_t process = 0;
    std::string_view text = cell(CsvField::Process);
    if (!text.empty() && (!take_dec(text, process) || !text.empty())) {
      log_.leave_out();
      return trace::Done{};
    }
    Lane* const lane = processes_.of(process);
    return lane == nullptr ? trace::Done{} : append(*lane, row);
  }

  // A cell that is there and no number of its kind spoils the row; one that is not there is not known.
  bool parse(Row& row) {
    const Places places = columns_->is_named || by_id() ? Places{} : places_in_row();
    const std::string_view addr = places.addr.value_or(cell(CsvField::Addr));
    const std::string_view old = places.old.value_or(cell(CsvField::Old));
    if (!parse_address(addr, row.addr)) return fault("its address", addr, "is no number");
    if (!parse_address(old, row.old)) return fault("its old address", old, "is no number");
    row.id = cell(CsvField::Id);
    bool negative = false;
    if (const std::string_view text = places.size.value_or(cell(CsvField::Size)); !text.empty()) {
      row.size = 0;
      if (!csv_size(text, columns_->size_unit, *row.size, negative, columns_->point()))
        return fault("its size", text, "is no number of bytes");
    }
    if (columns_->has(CsvField::Op)) {
      const std::string_view word = cell(CsvField::Op);
      const auto op = columns_->yes ? csv_yes_or_no(word, *columns_->yes) : csv_op(word);
      if (!op) return fault("its operation", word, "is none that is known here, as malloc, free or realloc are");
      if (negative && op->op != Op::Free) return fault("its size", cell(CsvField::Size), "is negative");
      row.op = *op;
      if (!multiply(word, row)) return fault("its count", cell(CsvField::Count), "is no number, or makes it too large");
    } else {
      row.op = {negative || row.size.value_or(0) == 0 ? Op::Free : Op::Alloc};
    }
    // A free has one address, in whichever column it stands, and so has an alloc where nothing is said of its result.
    if (row.op.op != Op::Realloc && row.old && (!row.addr || (row.op.op == Op::Free && *row.addr == 0)))
      row.addr = row.old;
    if (const std::string_view text = cell(CsvField::Time); !text.empty()) {
      row.time_ns = 0;
      if (!csv_time(text, columns_->time_unit, *row.time_ns, columns_->point())) row.time_ns.reset(), ++times_not_read_;
      times_without_unit_ |= text.find(':') == std::string_view::npos;
    }
    return is_complete(row) || fault("it", {}, "lacks the block or the size that its operation needs");
  }

  // Of calloc and its like a column of counts says how many of the size there were.
  bool multiply(std::string_view word, Row& row) {
    // Without a header calloc's row has a cell more than malloc's.
    const bool has_more = !columns_->is_named && cells_.size() == columns_->width + 1;
    const std::string_view text = has_more ? cells_[cells_.size() - 1] : cell(CsvField::Count);
    const std::string name = csv_plain(word);
    if (text.empty() || !row.size || (!name.ends_with("calloc") && !name.ends_with("array"))) return true;
    std::uint64_t count = 0;
    bool negative = false;
    if (!csv_size(text, 1, count, negative) || negative) return false;
    if (__builtin_mul_overflow(count, *row.size, &*row.size)) return false;
    ++multiplied_;
    return true;
  }

  // Why a row is left out; false, for it to be returned.
  bool fault(std::string_view what, std::string_view text, std::string_view why) {
    fault_ = text.empty() ? fmt::format("{} {}", what, why)
                          : fmt::format("{}, \"{}\", {}", what, clean_text(text.substr(0, 40)), why);
    return false;
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
    std::string_view first, last, size;
    std::size_t addresses = 0;
    for (std::size_t i = columns_->at[static_cast<std::size_t>(CsvField::Op)] + 1; i < cells_.size(); ++i) {
      const std::string_view text = cells_[i];
      std::uint64_t number = 0;
      const bool hex = text.starts_with("0x") || text.starts_with("0X");
      if (!hex && !text.empty() && is_csv_digit(text.front())) {
        if (size.empty()) size = text;
      } else if ((hex || csv_is_nothing(text, false)) && csv_address(text, false, number)) {
        if (addresses++ == 0) first = text;
        last = text;
      }
    }
    if (op->op == Op::Free && addresses == 1) places.addr = first, places.size = size;
    if (op->op == Op::Realloc && addresses == 2 && !size.empty()) {
      places.old = first, places.addr = last, places.size = size;
    }
    return places;
  }

  bool parse_address(std::string_view text, std::optional<std::uint64_t>& address) {
    if (text.empty()) return true;
    address = 0;
    if (!bare_hex_ && text.size() > 3) {
      const bool decimal = text.find_first_not_of("0123456789") == std::string_view::npos;
      decimals_ |= decimal;
      if (decimals_ && !decimal && late_hex_line_ == 0 && is_bare_hex(text)) late_hex_line_ = log_.line_number();
    }
    return csv_address(text, bare_hex_, *address);
  }

  // Addresses without 0x are hex if one of the first thousands has a letter: digits alone would not tell.
  trace::Status look_ahead() {
    const Result<std::string_view> head = lines_.peek(kLookAheadBytes);
    if (!head) return head.trouble();
    CsvRow row;
    bare_hex_ = columns_->addr_is_hex;
    for (std::string_view rest = *head; !rest.empty() && !bare_hex_;) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      if (row.split(rest.substr(0, end), columns_->delimiter)) {
        bare_hex_ = is_bare_hex(columns_->cell(row, CsvField::Addr)) || is_bare_hex(columns_->cell(row, CsvField::Old));
      }
      rest.remove_prefix(end + 1);
    }
    return trace::Done{};
  }

  static bool is_bare_hex(std::string_view text) {
    return text.size() <= 16 && text.find_first_of("abcdefABCDEF") != std::string_view::npos &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }

  [[nodiscard]] bool by_id() const { return columns_->has(CsvField::Id); }

  // Whether the row says what its operation needs.
  [[nodiscard]] bool is_complete(const Row& row) const {
    if (row.op.op == Op::Reset || row.op.op == Op::Mark) return true;
    const bool names_block = by_id() ? !row.id.empty() : row.addr.has_value();
    if (row.op.op == Op::Free) return names_block || by_id();
    if (!row.size) return false;
    return names_block || row.op.failed || !by_id();
  }

  Status append(Lane& lane, const Row& row) {
    RawEvent event;
    event.op = row.op.op;
    if (row.op.op == Op::Mark) event.mark_name = first_of(cell(CsvField::Note), cell(CsvField::Tag));
    if (row.op.op != Op::Mark) event.note = cell(CsvField::Note);
    event.tag = cell(CsvField::Tag);
    add_thread(event);
    if (row.time_ns) event.time_ns = lane.time.since_start(event.thread.value_or(~std::uint64_t{0}), *row.time_ns);
    event.site = site_of(lane);
    if (row.op.op == Op::Reset) lane.lives.forget();
    if (row.op.op == Op::Reset || row.op.op == Op::Mark) return lane.builder.append(event);
    frees_ |= row.op.op == Op::Free;
    add_align(event);
    const bool failed = row.op.failed || (!by_id() && row.op.op != Op::Free && row.addr.value_or(0) == 0);
    if (row.size.value_or(0) > kMaxSize && !failed) {  // nobody was ever given that much
      log_.leave_out();
      return trace::Done{};
    }
    event.size = row.op.op == Op::Free ? 0 : log_.clamp_size(row.size.value_or(0));
    return by_id() ? append_by_id(lane, row, event, failed) : append_by_address(lane, row, event, failed);
  }

  static Status append_by_address(Lane& lane, const Row& row, RawEvent& event, bool failed) {
    if (row.op.op == Op::Free) return lane.lives.free(event, *row.addr);
    if (row.op.op == Op::Alloc) return lane.lives.alloc(event, failed ? 0 : *row.addr);
    const std::uint64_t from = row.old.value_or(row.addr.value_or(0));
    if (failed) return event.size == 0 ? lane.lives.free(event, from) : lane.lives.failed_realloc(event, from);
    return lane.lives.realloc(event, from, *row.addr);
  }

  static Status append_by_id(Lane& lane, const Row& row, RawEvent& event, bool failed) {
    std::string_view digits = row.id;
    if (row.id.empty()) {
      event.id_kind = row.op.op == Op::Free ? RawEvent::Id::Null : RawEvent::Id::None;
    } else if (take_dec(digits, event.id_number) && digits.empty()) {
      event.id_kind = RawEvent::Id::Number;
    } else {
      event.id_kind = RawEvent::Id::Name;
      event.id_name = row.id;
    }
    event.ok = !failed;
    if (row.op.op != Op::Free) event.addr = row.addr.value_or(trace::kNoAddr);
    return lane.builder.append(event);
  }

  void add_thread(RawEvent& event) {
    std::string_view name = cell(CsvField::Thread);
    if (name.empty()) return;
    std::uint64_t number = 0;
    std::string_view digits = name;
    if ((take_0x(digits, number) || take_dec(digits, number)) && digits.empty()) {
      event.thread = number;
      return;
    }
    event.thread = threads_.try_emplace(std::string(name), threads_.size() + 1).first->second;
    if (event.tag.empty()) event.tag = name;
  }

  void add_align(RawEvent& event) {
    std::uint64_t align = 0;
    bool negative = false;
    if (event.op == Op::Free || !csv_size(cell(CsvField::Align), 1, align, negative) || negative) return;
    if (align != 0 && (align & (align - 1)) == 0) event.align = align;
  }

  std::uint32_t site_of(Lane& lane) {
    const std::string_view site = cell(CsvField::Site), file = cell(CsvField::File), line = cell(CsvField::Line);
    if (!site.empty()) return lane.builder.add_site(clean_text(site));
    if (file.empty()) return 0;
    return lane.builder.add_site(clean_text(line.empty() ? std::string(file) : fmt::format("{}:{}", file, line)));
  }

  static std::string_view first_of(std::string_view a, std::string_view b) {
    return !a.empty() ? a : !b.empty() ? b : std::string_view("mark");
  }

  Result<Trace> finish() {
    if (!columns_) return log_.trouble("it has no header", kTodo);
    auto chosen = processes_.choose();
    if (!chosen) return log_.trouble(chosen.trouble().what, chosen.trouble().todo);
    Lane& lane = **chosen;
    if (Status status = log_.finish(lane.builder, kTitle); !status) {
      trace::Trouble trouble = std::move(status).trouble();
      if (!first_fault_.empty()) trouble.what += fmt::format(": of the first row, {}", first_fault_);
      return trouble;
    }
    if (!first_fault_.empty()) lane.builder.warn(fmt::format("of the first row left out, {}", first_fault_));
    if (late_hex_line_ != 0) {
      lane.builder.warn(
          fmt::format("line {} has an address with letters, those before were read as decimal: name the column "
                      "\"address (hex)\" if all of them are hex",
                      late_hex_line_));
    }
    if (multiplied_ != 0) {
      lane.builder.warn(
          fmt::format("the sizes of {} rows of calloc were multiplied by the counts beside them", multiplied_));
    }
    if (!columns_->has(CsvField::Op) && !frees_) {
      lane.builder.warn(
          "the table has no column of operations, so every row was read as an allocation; a free is a row with "
          "\"free\" "
          "in a column \"op\", or one without a size");
    }
    if (times_not_read_ != 0) {
      lane.builder.warn(fmt::format("{} times are no number with a unit and were left out", times_not_read_));
    } else if (columns_->has(CsvField::Time) && columns_->time_unit == 0 && times_without_unit_) {
      lane.builder.warn("the column of times names no unit: whole numbers were read as ns, others as seconds");
    }
    return std::move(lane.builder).finish();
  }

  static constexpr const char* kTodo = "begin the table with a header, as in: op,id,size or op,address,size,time_us";

  trace::LineReader& lines_;
  LineLog log_;
  Processes<Lane> processes_;
  std::optional<std::uint64_t> wanted_;
  std::optional<CsvColumns> columns_;
  CsvRow cells_;
  std::string open_row_;
  std::string fault_, first_fault_;  // why the row at hand, and the first one, are left out
  std::uint64_t multiplied_ = 0;
  std::uint64_t late_hex_line_ = 0;
  bool times_without_unit_ = false, frees_ = false, decimals_ = false;
  std::uint64_t open_row_line_ = 0, times_not_read_ = 0;
  bool bare_hex_ = false;
  std::unordered_map<std::string, std::uint64_t> threads_;
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
