// glibc's mtrace: a line a call, written by the C library itself when MALLOC_TRACE names a file.
//
//   = Start
//   @ ./edge:[0x1365] + 0x560ec009c2a0 0x21      malloc, calloc, memalign, realloc(NULL); (nil): it failed
//   @ ./edge:[0x13b9] < 0x560ec009c2a0           realloc, the old block ...
//   @ ./edge:[0x13b9] > 0x560ec00ae0b0 0x22      ... and the new one, always the next line
//   @ ./edge:[0x1420] ! 0x560ec00ae0b0 0x7fff    a realloc that failed: the block stays
//   @ ./edge:[0x144a] - 0x560ec00ae0b0           free
//
// No thread, no time, no alignment; free(NULL) is not logged. A module's path may hold spaces and colons, so a line is
// read from its right end. Grammar: glibc malloc/mtrace-impl.c.
#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace mtrace {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "glibc mtrace";

struct Record {
  char op = 0;             // + - < > !
  std::uint64_t addr = 0;  // 0 where it says (nil)
  std::uint64_t size = 0;  // of + > !
  std::string_view where;  // "./edge:[0x1365]", empty where the line has none
};

enum class Parsed : std::uint8_t {
  Record,
  Mark,  // = Start, = End
  Tail,  // the end of a record whose beginning is missing
  No,
};

bool parse_addr(std::string_view text, std::uint64_t& addr) {
  if (text == "(nil)") {
    addr = 0;
    return true;
  }
  return take_0x(text, addr) && text.empty();
}

bool parse_size(std::string_view text, std::uint64_t& size) {
  if (text == "0") {  // %#lx prints no prefix there
    size = 0;
    return true;
  }
  return take_0x(text, size) && text.empty();
}

// Cuts the last word off the line; the space before it goes too.
std::string_view cut_word(std::string_view& line) {
  const std::size_t space = line.rfind(' ');
  const std::string_view word = line.substr(space == std::string_view::npos ? 0 : space + 1);
  line = line.substr(0, space == std::string_view::npos ? 0 : space);
  return word;
}

Parsed parse(std::string_view line, Record& record) {
  if (line.starts_with("= ")) return line == "= Start" || line == "= End" ? Parsed::Mark : Parsed::No;
  const std::string_view last = cut_word(line);
  std::string_view word = cut_word(line);
  const auto is_one_of = [](std::string_view text, std::string_view ops) {
    return text.size() == 1 && ops.find(text.front()) != std::string_view::npos;
  };
  if (is_one_of(word, "-<")) {
    if (!parse_addr(last, record.addr)) return Parsed::No;
    record.size = 0;
  } else {
    if (!parse_addr(word, record.addr) || !parse_size(last, record.size)) return Parsed::No;
    word = cut_word(line);
    if (!is_one_of(word, "+>!")) return Parsed::No;
  }
  record.op = word.front();
  if (line.empty()) {
    record.where = {};
    return Parsed::Record;
  }
  if (!take(line, "@ ") || !line.ends_with(']')) return Parsed::Tail;
  record.where = line;
  return Parsed::Record;
}

// What a stack frame shows of "perl:(Perl_safesysmalloc+26)[0xf7e16]": the address only where there is no symbol.
std::string_view frame_of(std::string_view where) {
  const std::size_t bracket = where.rfind('[');
  if (bracket != std::string_view::npos && bracket > 0 && where[bracket - 1] == ')') where = where.substr(0, bracket);
  return where;
}

class MtraceReader {
 public:
  MtraceReader(trace::LineReader& lines, const trace::Progress& progress) : log_(lines, progress), lives_(builder_) {
    builder_.header().format = kMtrace.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what malloc promises on 64-bit glibc; the log does not say more
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      Result<bool> more = log_.next(line);
      if (!more) return std::move(more).trouble();
      if (!*more) break;
      if (Status status = take_line(line); !status) return std::move(status).trouble();
    }
    drop_old();
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  Status take_line(std::string_view line) {
    Record record;
    switch (parse(line, record)) {
      case Parsed::Record:
        return take_record(record);
      case Parsed::Mark:
        drop_old();
        return line == "= Start" ? begin_anew() : trace::Done{};
      case Parsed::Tail:
        note_torn();
        [[fallthrough]];
      case Parsed::No:
        drop_old();
        log_.leave_out();
        break;
    }
    return trace::Done{};
  }

  // Nobody writes a second "= Start" to a file: mtrace() empties it. Two logs were joined, or a program that was
  // started by this one writes to the same place.
  Status begin_anew() {
    if (builder_.size() == 0) return trace::Done{};
    if (another_line_ == 0) another_line_ = log_.line_number();
    RawEvent event;
    return lives_.begin_anew(event);
  }

  Status take_record(const Record& record) {
    if (record.op != '>') drop_old();
    if (record.size > kMaxSize && record.addr != 0 && record.op != '!') {  // nobody was ever given that much
      drop_old();
      log_.leave_out();
      return trace::Done{};
    }
    RawEvent event;
    event.size = log_.clamp_size(record.size);
    event.site = site_of(record.where);
    switch (record.op) {
      case '+':
        return lives_.alloc(event, record.addr);
      case '-':
        return lives_.free(event, record.addr);
      case '!':
        return lives_.failed_realloc(event, record.addr);
      case '<':
        old_ = {log_.line_number(), record.addr, event.site};
        return trace::Done{};
      default:
        return take_new(record, event);
    }
  }

  // The second line of a realloc. Without its first line the block it came from is not known: it starts a life.
  Status take_new(const Record& record, RawEvent& event) {
    if (event.site == 0) event.site = old_.site;
    const std::uint64_t from = old_.addr;
    old_ = {};
    return lives_.realloc(event, from, record.addr);
  }

  // The first line of a realloc that has no second one: what became of the block is not known.
  void drop_old() {
    if (old_.line != 0) log_.leave_out(old_.line);
    old_ = {};
  }

  std::uint32_t site_of(std::string_view where) {
    if (where.empty()) return 0;
    if (where.find("[0x") == where.rfind("[0x")) return builder_.add_site(frame_of(where));
    note_torn();  // a record broke off, and another one begins in the same line
    return 0;
  }

  void note_torn() {
    if (torn_line_ == 0) torn_line_ = log_.line_number();
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (torn_line_ != 0) {
      builder_.warn(
          fmt::format("line {} is torn, as in a log that a forked child wrote to as well: from there on events of "
                      "several processes may be mixed, and some may be there twice",
                      torn_line_));
    }
    if (another_line_ != 0) {
      builder_.warn(
          fmt::format("line {} begins another log: what lived until then ends there, in a reset; open each alone "
                      "to see what it left",
                      another_line_));
    }
    lives_.warn_of_added_frees();
    return trace::Done{};
  }

  struct OldBlock {
    std::uint64_t line = 0;  // 0 = no realloc is open
    std::uint64_t addr = 0;
    std::uint32_t site = 0;
  };

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  OldBlock old_;
  std::uint64_t torn_line_ = 0, another_line_ = 0;
};

// "= Start" is certain; without it (a log cut at its front) at least half of the first lines have to be records.
int recognise(std::string_view head) {
  if (head.starts_with("= Start\n") || head.starts_with("= Start\r\n")) return 100;
  int lines = 0, records = 0;
  while (lines < 32) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) break;
    Record record;
    ++lines;
    if (parse(head.substr(0, end), record) == Parsed::Record && !record.where.empty()) ++records;
    head.remove_prefix(end + 1);
  }
  return lines > 0 && 2 * records >= lines ? 80 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return MtraceReader(lines, progress).read();
}

}  // namespace
}  // namespace mtrace

constinit const Importer kMtrace{"mtrace", mtrace::kTitle, mtrace::recognise, mtrace::read};

}  // namespace allocviz::import
