#include "core/import/table_row.h"

#include <fmt/format.h>

#include <utility>

#include "core/import/csv_words.h"
#include "core/import/scan.h"

namespace allocviz::import {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

namespace {

std::string_view first_of(std::string_view a, std::string_view b) {
  return !a.empty() ? a : !b.empty() ? b : std::string_view("mark");
}

// "never", "-1", "inf": what programs write where no end is known.
bool is_never(std::string_view text) {
  return text.empty() || text == "-1" || text == "never" || csv_plain(text.substr(0, 4)) == "inf";
}

std::uint32_t site_of(trace::TraceBuilder& builder, const TableRow& row) {
  if (!row.stack.empty()) {
    trace::Site site;
    site.stack = true;
    for (const std::string& frame : row.stack) site.frames.push_back(clean_text(frame));
    return builder.add_site(std::move(site));
  }
  const std::string_view site = row[CsvField::Site], file = row[CsvField::File], line = row[CsvField::Line];
  if (!site.empty()) return builder.add_site(clean_text(site));
  if (file.empty()) return 0;
  return builder.add_site(clean_text(line.empty() ? std::string(file) : fmt::format("{}:{}", file, line)));
}

void add_align(const TableRow& row, RawEvent& event) {
  std::uint64_t align = 0;
  bool negative = false;
  const std::string_view text = row[CsvField::Align];
  if (event.op == Op::Free || !csv_size(text, 1, align, negative) || negative) return;
  if (align != 0 && (align & (align - 1)) == 0) event.align = align;
}

}  // namespace

bool is_bare_hex(std::string_view text) {
  return text.size() <= 16 && text.find_first_of("abcdefABCDEF") != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_fraction(std::string_view text) {
  const std::size_t point = text.find_first_not_of("0123456789");
  return point != 0 && point < text.size() - 1 && (text[point] == '.' || text[point] == ',') &&
         text.find_first_not_of("0123456789", point + 1) == std::string_view::npos;
}

TableEvents::Lane::Lane() : lives(builder) {
  builder.set_default_align(16);  // a table without a column for it does not say
}

TableEvents::TableEvents(LineLog& log, std::optional<std::uint64_t> process)
    : log_(log), processes_("process", "processes", process) {}

bool TableEvents::understand(const TableRow& row) {
  Meant meant;
  const std::uint64_t multiplied = multiplied_, times_not_read = times_not_read_;  // counted when it is taken
  const bool understood = understand(row, meant);
  multiplied_ = multiplied;
  times_not_read_ = times_not_read;
  return understood;
}

Status TableEvents::take(const TableRow& row) {
  Meant meant;
  std::uint64_t process = 0;
  std::string_view text = row[CsvField::Process];
  if (!understand(row, meant) || (!text.empty() && (!take_dec(text, process) || !text.empty()) &&
                                  !fault("its process", row[CsvField::Process], "is no number"))) {
    leave_out(row.line, std::exchange(fault_, {}));
    return trace::Done{};
  }
  Lane* const lane = processes_.of(process);
  return lane == nullptr ? trace::Done{} : append(*lane, row, meant);
}

void TableEvents::leave_out(std::uint64_t line, std::string why) {
  if (log_.left_out() == 0) first_fault_ = std::move(why);
  log_.leave_out(line);
}

// A cell that is there and no number of its kind spoils the row; one that is not there is not known.
bool TableEvents::understand(const TableRow& row, Meant& meant) {
  const std::string_view addr = row[CsvField::Addr], old = row[CsvField::Old], size = row[CsvField::Size];
  if (!read_address(row.line, addr, meant.addr)) return fault("its address", addr, "is no number");
  if (!read_address(row.line, old, meant.old)) return fault("its old address", old, "is no number");
  meant.id = row[CsvField::Id];
  bool negative = false;
  if (!size.empty()) {
    meant.size = 0;
    if (!csv_size(size, row.size_unit, *meant.size, negative, form_.point))
      return fault("its size", size, "is no number of bytes");
  }
  if (form_.are_lives) return understand_life(row, meant, negative);
  if (!understand_op(row, meant, negative)) return false;
  // A free has one address, in whichever column it stands, and so has an alloc where nothing is said of its result.
  if (meant.op.op != Op::Realloc && meant.old && (!meant.addr || (meant.op.op == Op::Free && *meant.addr == 0)))
    meant.addr = meant.old;
  if (const std::string_view text = row[CsvField::Time]; !text.empty()) {
    meant.time_ns = 0;
    if (!csv_time(text, row.time_unit, *meant.time_ns, form_.point)) meant.time_ns.reset(), ++times_not_read_;
    times_without_unit_ |= row.time_unit == 0 && text.find(':') == std::string_view::npos;
  }
  return is_complete(meant) || fault("it", {}, "lacks the block or the size that its operation needs");
}

bool TableEvents::understand_op(const TableRow& row, Meant& meant, bool negative) {
  if (!form_.has_op) {
    meant.op = {negative || meant.size.value_or(0) == 0 ? Op::Free : Op::Alloc};
    return true;
  }
  const std::string_view word = row[CsvField::Op];
  const auto op = row.yes ? csv_yes_or_no(word, *row.yes) : csv_op(word);
  if (!op) return fault("its operation", word, "is none that is known here, as malloc, free or realloc are");
  if (negative && op->op != Op::Free) return fault("its size", row[CsvField::Size], "is negative");
  meant.op = *op;
  return multiply(row, meant) || fault("its count", row[CsvField::Count], "is no number, or makes it too large");
}

bool TableEvents::understand_life(const TableRow& row, Meant& meant, bool negative) {
  const std::string_view begin = row[CsvField::Begin], end = row[CsvField::End];
  if (!meant.size) return fault("it", {}, "lacks the size of its block");
  if (negative) return fault("its size", row[CsvField::Size], "is negative");
  if (form_.by_id && meant.id.empty()) return fault("it", {}, "lacks the id of its block");
  const std::uint64_t unit = row.life_unit == 0 && form_.lives_in_seconds ? 1'000'000'000 : row.life_unit;
  if (!csv_time(begin, unit, meant.span.begin_ns, form_.point)) return fault("its begin", begin, "is no time");
  times_without_unit_ |= row.life_unit == 0 && begin.find(':') == std::string_view::npos;
  if (is_never(end)) return true;
  if (!csv_time(end, unit, meant.span.end_ns, form_.point) || meant.span.end_ns == TableLife::kNever)
    return fault("its end", end, "is no time");
  return meant.span.end_ns >= meant.span.begin_ns || fault("its end", end, "is before its begin");
}

// Of calloc and its like a column of counts says how many of the size there were.
bool TableEvents::multiply(const TableRow& row, Meant& meant) {
  const std::string_view text = row[CsvField::Count];
  if (text.empty() || !meant.size) return true;
  const std::string name = csv_plain(row[CsvField::Op]);
  if (!name.ends_with("calloc") && !name.ends_with("array")) return true;
  std::uint64_t count = 0;
  bool negative = false;
  if (!csv_size(text, 1, count, negative) || negative) return false;
  if (__builtin_mul_overflow(count, *meant.size, &*meant.size)) return false;
  ++multiplied_;
  return true;
}

// Why a row is left out; false, for it to be returned.
bool TableEvents::fault(std::string_view what, std::string_view text, std::string_view why) {
  if (log_.left_out() != 0) return false;  // only the first is said
  fault_ = text.empty() ? fmt::format("{} {}", what, why)
                        : fmt::format("{}, \"{}\", {}", what, clean_text(text.substr(0, 40)), why);
  return false;
}

bool TableEvents::read_address(std::uint64_t line, std::string_view text, std::optional<std::uint64_t>& address) {
  if (text.empty()) return true;
  address = 0;
  if (!form_.bare_hex && text.size() > 3) {
    const bool decimal = text.find_first_not_of("0123456789") == std::string_view::npos;
    decimals_ |= decimal;
    if (decimals_ && !decimal && late_hex_line_ == 0 && is_bare_hex(text)) late_hex_line_ = line;
  }
  return csv_address(text, form_.bare_hex, *address);
}

// Whether the row says what its operation needs.
bool TableEvents::is_complete(const Meant& meant) const {
  if (meant.op.op == Op::Reset || meant.op.op == Op::Mark) return true;
  const bool names_block = form_.by_id ? !meant.id.empty() : meant.addr.has_value();
  if (meant.op.op == Op::Free) return names_block || form_.by_id;
  if (!meant.size) return false;
  return names_block || meant.op.failed || !form_.by_id;
}

Status TableEvents::append(Lane& lane, const TableRow& row, const Meant& meant) {
  RawEvent event;
  event.op = meant.op.op;
  if (meant.op.op == Op::Mark) event.mark_name = first_of(row[CsvField::Note], row[CsvField::Tag]);
  if (meant.op.op != Op::Mark) event.note = row[CsvField::Note];
  event.tag = row[CsvField::Tag];
  add_thread(row, event);
  const bool failed =
      meant.op.failed || (!form_.are_lives && !form_.by_id && meant.op.op != Op::Free && meant.addr.value_or(0) == 0);
  const bool has_block = meant.op.op != Op::Reset && meant.op.op != Op::Mark;
  if (has_block && meant.size.value_or(0) > kMaxSize && !failed) {
    fault("its size", row[CsvField::Size], "is more than anybody was ever given");
    leave_out(row.line, std::exchange(fault_, {}));
    return trace::Done{};
  }
  event.site = site_of(lane.builder, row);
  if (form_.are_lives) return append_life(lane, row, meant, event);
  if (meant.time_ns) event.time_ns = lane.time.since_start(event.thread.value_or(~std::uint64_t{0}), *meant.time_ns);
  if (meant.op.op == Op::Reset) lane.lives.forget();
  if (!has_block) return lane.builder.append(event);
  frees_ |= meant.op.op == Op::Free;
  add_align(row, event);
  event.size = meant.op.op == Op::Free ? 0 : log_.clamp_size(meant.size.value_or(0));
  return form_.by_id ? append_by_id(lane, meant, event, failed) : append_by_address(lane, meant, event, failed);
}

Status TableEvents::append_life(Lane& lane, const TableRow& row, const Meant& meant, RawEvent& event) {
  add_align(row, event);
  event.size = *meant.size;
  Meant named = meant;
  std::string number;
  if (!form_.by_id) named.id = number = std::to_string(lane.spans.size() + 1);
  if (Status status = append_by_id(lane, named, event, false); !status) return status;
  lane.spans.push_back(meant.span);
  return trace::Done{};
}

Status TableEvents::append_by_address(Lane& lane, const Meant& meant, RawEvent& event, bool failed) {
  if (meant.op.op == Op::Free) return lane.lives.free(event, *meant.addr);
  if (meant.op.op == Op::Alloc) return lane.lives.alloc(event, failed ? 0 : *meant.addr);
  const std::uint64_t from = meant.old.value_or(meant.addr.value_or(0));
  if (failed) return event.size == 0 ? lane.lives.free(event, from) : lane.lives.failed_realloc(event, from);
  return lane.lives.realloc(event, from, *meant.addr);
}

Status TableEvents::append_by_id(Lane& lane, const Meant& meant, RawEvent& event, bool failed) {
  std::string_view digits = meant.id;
  if (meant.id.empty()) {
    event.id_kind = meant.op.op == Op::Free ? RawEvent::Id::Null : RawEvent::Id::None;
  } else if (take_dec(digits, event.id_number) && digits.empty()) {
    event.id_kind = RawEvent::Id::Number;
  } else {
    event.id_kind = RawEvent::Id::Name;
    event.id_name = meant.id;
  }
  event.ok = !failed;
  if (meant.op.op != Op::Free) event.addr = meant.addr.value_or(trace::kNoAddr);
  return lane.builder.append(event);
}

void TableEvents::add_thread(const TableRow& row, RawEvent& event) {
  const std::string_view name = row[CsvField::Thread];
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

Result<Trace> TableEvents::finish(std::string_view format, std::string_view title) {
  auto chosen = processes_.choose();
  if (!chosen) return log_.trouble(chosen.trouble().what, chosen.trouble().todo);
  Lane& lane = **chosen;
  lane.builder.header().format = format;
  if (Status status = log_.finish(lane.builder, title); !status) {
    trace::Trouble trouble = std::move(status).trouble();
    if (!first_fault_.empty()) trouble.what += fmt::format(": of the first row, {}", first_fault_);
    return trouble;
  }
  warn(lane.builder);
  lane.lives.warn_of_added_frees();
  Trace trace = std::move(lane.builder).finish();
  return form_.are_lives ? trace_of_lives(std::move(trace), lane.spans, !form_.by_id) : std::move(trace);
}

void TableEvents::warn(trace::TraceBuilder& builder) const {
  if (!warning_.empty()) builder.warn(warning_);
  if (!first_fault_.empty()) builder.warn(fmt::format("of the first row left out, {}", first_fault_));
  if (late_hex_line_ != 0) {
    builder.warn(
        fmt::format("line {} has an address with letters, those before were read as decimal: name the column "
                    "\"address (hex)\" if all of them are hex",
                    late_hex_line_));
  }
  if (multiplied_ != 0) {
    builder.warn(fmt::format("the sizes of {} rows of calloc were multiplied by the counts beside them", multiplied_));
  }
  if (!form_.has_op && !form_.are_lives && !frees_) {
    builder.warn(
        "the table has no column of operations, so every row was read as an allocation; a free is a row with \"free\" "
        "in a column \"op\", or one without a size");
  }
  if (times_not_read_ != 0) {
    builder.warn(fmt::format("{} times are no number with a unit and were left out", times_not_read_));
  } else if (times_without_unit_) {
    builder.warn(form_.are_lives && form_.lives_in_seconds
                     ? "the columns of times name no unit: they were read as seconds, as some have fractions"
                     : "the column of times names no unit: whole numbers were read as ns, others as seconds");
  }
}

}  // namespace allocviz::import
