// JSON of one's own hooks, as structured loggers write it: an object a line, or an array of objects.
//
//   {"type": "malloc", "ptr": "0x10", "size": 5, "ts": 1}              [{"type": "malloc", ...},
//   {"type": "free", "ptr": "0x10"}                                     {"type": "free", ...}]
//
// What a key says: json_row.h. What a row means: table_row.h. Whether blocks are named by ids, whether rows have
// operations or whole lives, and whether bare digits are hex is seen in the first rows and holds for all of them. Other
// JSON is much of what there is, so a log has to show an alloc with its block and its size to be one.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/import/csv_table.h"
#include "core/import/formats.h"
#include "core/import/json_row.h"
#include "core/import/line_log.h"
#include "core/import/scan.h"
#include "core/import/table_row.h"
#include "core/trace/json_parse.h"

namespace allocviz::import {
namespace json_rows {
namespace {

using trace::Op;
using trace::Result;
using trace::Status;
using trace::Trace;
using trace::Trouble;

constexpr std::string_view kTitle = "a row in JSON";
constexpr std::size_t kHeadBytes = std::size_t{256} << 10;
constexpr std::size_t kMostObjects = 1000;
constexpr std::size_t kMostOthersFirst = 64;  // lines that are no objects, before the first one that is
constexpr std::string_view kBlanks = " \t\r\n";

// What the first rows have.
struct Look {
  std::size_t objects = 0, others = 0;
  std::size_t ops = 0, allocs = 0, frees = 0;  // a known operation; of those beside a block, and with its size
  std::size_t sizes = 0;                       // an address and a size, and no operation
  std::size_t lives = 0;                       // a begin and an end, and no operation
  std::size_t with_id = 0, with_both = 0;      // an id, and an address too
  bool id_comes_again = false, bare_hex = false, fractions = false, spans = false, first_is_row = false;

  // A logger may number its lines: such ids name no blocks.
  [[nodiscard]] bool by_id() const {
    const bool may_number_lines = ops != 0 && frees != 0 && with_both == with_id && !id_comes_again;
    return with_id != 0 && !may_number_lines;
  }
  [[nodiscard]] TableForm form() const {
    TableForm form;
    form.by_id = by_id();
    form.has_op = ops != 0;
    form.are_lives = ops == 0 && lives != 0;
    form.lives_in_seconds = fractions;
    form.bare_hex = bare_hex;
    return form;
  }
};

class Glance final : public JsonRows {
 public:
  using JsonRows::JsonRows;
  [[nodiscard]] Look& look() { return look_; }

 private:
  bool row_done() override {
    const TableRow& at = row();
    ++look_.objects;
    look_.spans |= is_span();
    const std::string_view id = at[CsvField::Id], addr = at[CsvField::Addr], old = at[CsvField::Old];
    const auto op = at.yes ? csv_yes_or_no(at[CsvField::Op], *at.yes) : csv_op(at[CsvField::Op]);
    const bool block = !id.empty() || !addr.empty() || !old.empty(), size = !at[CsvField::Size].empty();
    const bool life = has_key(CsvField::Begin) && has_key(CsvField::End) && size && !op;
    look_.ops += op && block;
    look_.allocs += op && op->op == Op::Alloc && block && size;
    look_.frees += op && op->op == Op::Free && block;
    look_.sizes += !op && !addr.empty() && size;
    look_.lives += life;
    look_.first_is_row |= look_.objects == 1 && ((op && block) || life);
    look_.bare_hex |= is_bare_hex(addr) || is_bare_hex(old);
    look_.fractions |= life && (is_fraction(at[CsvField::Begin]) || is_fraction(at[CsvField::End]));
    if (((op && block) || life || look_.sizes != 0) && !id.empty()) {
      ++look_.with_id;
      look_.with_both += !addr.empty();
      look_.id_comes_again |= !ids_.emplace(id).second;
    }
    return look_.objects < kMostObjects;
  }
  bool no_row() override { return ++look_.others < kMostObjects; }

  Look look_;
  std::unordered_set<std::string> ids_;
};

// Without what a logger writes before the object: "2024-05-01 12:00:00 INFO {...}".
std::string_view without_prefix(std::string_view line) {
  constexpr std::size_t kMostBefore = 128;
  if (!line.ends_with('}') || line.starts_with('{')) return line;
  const std::size_t object = line.substr(0, kMostBefore).find(" {\"");
  return object == std::string_view::npos ? line : line.substr(object + 1);
}

bool is_array(std::string_view head) {
  const std::size_t first = head.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || head[first] != '[') return false;
  const std::size_t second = head.find_first_not_of(kBlanks, first + 1);
  return second != std::string_view::npos && head[second] == '{';
}

Look look_at(std::string_view head) {
  take(head, "\xef\xbb\xbf");
  const bool goes_on = head.size() > kHeadBytes;
  head = head.substr(0, kHeadBytes);
  const std::unique_ptr<trace::ByteSource> nothing = trace::source_of_text({}, "");
  trace::LineReader lines(*nothing);
  const trace::Progress progress;
  trace::JsonFeed feed(lines, progress);
  Glance glance(feed, is_array(head) ? 2 : 1, false);
  if (is_array(head)) {
    feed.give_line(head);
    (void)trace::parse_json(feed, glance);  // it ends in the midst of a row, mostly
    return glance.look();
  }
  Look& look = glance.look();
  while (!head.empty() && look.objects < kMostObjects && (look.objects != 0 || look.others < kMostOthersFirst)) {
    if (goes_on && head.find('\n') == std::string_view::npos) break;
    const std::string_view line = without_prefix(csv_take_line(head));
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) continue;
    const std::size_t objects = look.objects;
    if (line[first] == '{') (void)glance.take_line(line);
    look.others += look.objects == objects;
  }
  return look;
}

class Rows final : public JsonRows {
 public:
  Rows(trace::JsonFeed& feed, TableEvents& events, std::size_t depth, bool bare_hex)
      : JsonRows(feed, depth, bare_hex), events_(events), by_lines_(depth == 1) {}
  void set_line(std::uint64_t line) { line_ = line; }
  [[nodiscard]] std::uint64_t rows() const { return line_; }
  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_; }

 private:
  bool row_done() override {
    if (!by_lines_) ++line_;
    row().line = line_;
    Status status = events_.take(row());
    if (!status) trouble_ = std::move(status).trouble();
    return !trouble_;
  }
  bool no_row() override {
    events_.leave_out(++line_, "it is no object");
    return true;
  }

  TableEvents& events_;
  bool by_lines_;
  std::uint64_t line_ = 0;  // or the row's number
  std::optional<Trouble> trouble_;
};

class JsonRowsReader {
 public:
  JsonRowsReader(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options)
      : lines_(lines),
        log_(lines, progress, LineLog::Tail::Keep),
        events_(log_, options.process),
        feed_(lines, progress) {}

  Result<Trace> read() {
    const Result<std::string_view> head = lines_.peek(kHeadBytes + 1);
    if (!head) return head.trouble();
    const TableForm form = look_at(*head).form();
    events_.set_form(form);
    Rows rows(feed_, events_, is_array(*head) ? 2 : 1, form.bare_hex);
    if (Status status = is_array(*head) ? read_array(rows) : read_lines(rows); !status)
      return std::move(status).trouble();
    return events_.finish(kJsonRows.format, kTitle);
  }

 private:
  Status read_lines(Rows& rows) {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) return trace::Done{};
      if (log_.line_number() == 1) take(line, "\xef\xbb\xbf");
      rows.set_line(log_.line_number());
      const bool is_blank = line.find_first_not_of(kBlanks) == std::string_view::npos;
      const std::string_view why = is_blank ? std::string_view() : rows.take_line(without_prefix(line));
      if (rows.trouble()) return *rows.trouble();
      if (why.empty()) {
        log_.take_cut_line_as_whole();  // its last bracket says so
      } else if (log_.at_cut_line()) {
        log_.leave_out_cut_line();
      } else {
        events_.leave_out(log_.line_number(), std::string(why));
      }
    }
  }

  Status read_array(Rows& rows) {
    const bool whole = trace::parse_json(feed_, rows);
    if (feed_.trouble()) return *feed_.trouble();
    if (rows.trouble()) return *rows.trouble();
    log_.count_rows(rows.rows());
    if (whole) return trace::Done{};
    const trace::Place place = feed_.here();
    if (!feed_.asked_past_end() && rows.rows() == 0) return Trouble{"the JSON is broken here", place, "write it again"};
    events_.warn_also(feed_.asked_past_end()
                          ? fmt::format("the log is cut short: what stands behind row {} was left out", rows.rows())
                          : fmt::format("behind row {}, in line {}, {}: the rest was left out", rows.rows(), place.line,
                                        rows.fault()));
    return trace::Done{};
  }

  trace::LineReader& lines_;
  LineLog log_;
  TableEvents events_;
  trace::JsonFeed feed_;
};

int recognise(std::string_view head) {
  for (const std::string_view other : {"\"allocviz-trace\"", "\"device_traces\"", "\"traceEvents\""}) {
    if (head.find(other) != std::string_view::npos) return 0;
  }
  const Look look = look_at(head);
  if (look.objects == 0 || look.spans) return 0;
  // The header of a trace of ours that is not as it should be: its reader says what is wrong.
  const std::string_view first = head.substr(0, head.find('\n'));
  const bool format = first.find("\"format\"") != std::string_view::npos;
  const bool version = first.find("\"version\"") != std::string_view::npos;
  if ((format && version) || ((format || version) && !look.first_is_row)) return 0;
  if (look.allocs != 0 && look.objects >= look.others) return 45;
  if (look.ops != 0 || look.others != 0) return 0;
  return 2 * look.lives >= look.objects || (look.sizes == look.objects && look.sizes >= 2) ? 40 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  return JsonRowsReader(lines, progress, options).read();
}

}  // namespace
}  // namespace json_rows

constinit const Importer kJsonRows{"json-rows", "JSON of one's own hooks (lines or an array of objects)",
                                   json_rows::recognise, json_rows::read, true};

}  // namespace allocviz::import
