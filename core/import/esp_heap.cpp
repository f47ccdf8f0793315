// ESP-IDF's heap tracing, as its console shows it. Two texts:
//
//   ====== Heap Trace: 3 records (100 capacity) ======
//       16 bytes (@ 0x3ffd1914, Internal) allocated CPU 1 ccount 0x419d1cf8 caller 0x4010a09b:0x4010a0c6
//   0x4010a09b: pcTaskGetName at .../tasks.c:2323     the console's own look-up of an address in the line above
//   freed by 0x400e1234:0x400e5678                    of this record, whenever that was
//        3 bytes (@ 0x3fcb26f8, Internal) allocated CPU 0 ccount 0x1e7af728 freed     where no callers are kept
//
//   [0.002272225] HEAP: Allocated 8 bytes @ 0x3ffaff6c from task "main" on core 0 by:
//   .../main/sysview_heap_log.c:47                    call stack, innermost first, up to an empty line
//   [0.003011432] HEAP: Freed bytes @ 0x3ffaff6c from task "main" on core 0 by:
//
// The first is a table of allocations in their order; a record says that its block was freed, not when. Such a free is
// put as late as the addresses allow: before the next allocation that covers the block, else at the end. Every figure
// in between is an upper bound, and the trace says so. Its ccount wraps within seconds and differs per core: no time.
// The second, from SystemView, is a log of events with times. Formats: ESP-IDF, heap_trace_standalone.c,
// sysviewtrace_proc.py.
//
// What a console or a terminal puts before a line (a time, colours) is passed over. A chip may print its table more
// than once: a record with the address, size and ccount of one that was read is that one again.
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace esp_heap {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "ESP-IDF heap trace";
constexpr std::size_t kMaxFrames = 32;  // what the tool itself can be configured to keep

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// What stands behind `name` and a space, up to the next space.
std::optional<std::string_view> word_behind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  return text.substr(0, text.find(' '));
}

struct Record {
  std::uint64_t addr = 0, size = 0, ccount = 0;
  std::string memory;                  // "Internal", "PSRAM"; empty where it is not said
  std::vector<std::uint64_t> callers;  // innermost first
  bool freed = false;
};

void parse_callers(std::string_view text, std::vector<std::uint64_t>& callers) {
  std::uint64_t addr = 0;
  while (callers.size() < kMaxFrames && take_0x(text, addr)) {
    if (addr != 0) callers.push_back(addr);  // 0 fills up a stack that is not so deep
    if (!take(text, ":")) break;
  }
}

// "16 bytes (@ 0x3ffd1914, Internal) allocated CPU 1 ccount 0x419d1cf8 caller 0x4010a09b:0x4010a0c6", whatever stands
// before it.
bool parse_record(std::string_view line, Record& record) {
  const std::size_t bytes = line.find(" bytes (@ 0x");
  if (bytes == std::string_view::npos) return false;
  std::size_t digits = bytes;
  while (digits > 0 && line[digits - 1] >= '0' && line[digits - 1] <= '9') --digits;
  std::string_view text = line.substr(digits);
  if (!take_dec(text, record.size) || !take(text, " bytes (@ ") || !take_0x(text, record.addr)) return false;
  if (take(text, ",")) {
    const std::size_t end = text.find(')');
    if (end == std::string_view::npos) return false;
    record.memory = clean_text(trimmed(text.substr(0, end)));
    text.remove_prefix(end);
  }
  if (!take(text, ") allocated CPU ") || record.addr == 0 || record.size > kMaxSize) return false;
  if (auto ccount = word_behind(text, " ccount ")) take_0x(*ccount, record.ccount);
  if (const auto callers = word_behind(text, " caller ")) parse_callers(*callers, record.callers);
  record.freed = trimmed(text).ends_with(" freed");
  return true;
}

// "10:11:12.5", "[2024-05-01", "10:11:12]", "->", ">": a piece of the time that a terminal writes before a line.
bool is_of_a_time(std::string_view word) {
  if (word == "->" || word == ">") return true;
  if (word.find_first_not_of("0123456789:.-/,+TZ[]") != std::string_view::npos) return false;
  return word.find(':') != std::string_view::npos || word.find('-') != word.rfind('-');
}

// "freed by 0x400e1234:0x400e5678", whatever stands before it.
bool is_freed_by(std::string_view line) {
  const std::size_t at = line.find("freed by ");
  return at == 0 || (at != std::string_view::npos && line[at - 1] == ' ' && line.substr(at).starts_with("freed by 0x"));
}

std::string_view without_time(std::string_view line) {
  while (true) {
    std::string_view rest = line;
    if (!is_of_a_time(take_word(rest))) return line;
    line = trimmed(rest);
  }
}

// Without the sequences that colour a terminal, ESC [ ... m.
std::string without_colours(std::string_view line) {
  std::string plain;
  for (std::size_t escape = line.find('\x1b'); escape != std::string_view::npos; escape = line.find('\x1b')) {
    plain += line.substr(0, escape);
    const std::size_t end = line.find_first_not_of("[0123456789;", escape + 1);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return plain += line;
}

// "[0.002272225] HEAP: Allocated 8 bytes @ 0x3ffaff6c from task "main" on core 0 by:"
struct HeapLine {
  bool allocates = false;
  std::uint64_t time_ns = 0, size = 0, addr = 0;
  std::string_view task;
};

bool parse_heap_line(std::string_view text, HeapLine& heap) {
  if (!take(text, "[") || !take_seconds(text, heap.time_ns) || !take(text, "] HEAP: ")) return false;
  heap.allocates = take(text, "Allocated ");
  if (heap.allocates ? !(take_dec(text, heap.size) && take(text, " bytes @ ")) : !take(text, "Freed bytes @ "))
    return false;
  if (!take_0x(text, heap.addr) || heap.size > kMaxSize) return false;
  if (take(text, " from task \"") || take(text, " from the task \"")) heap.task = text.substr(0, text.find('"'));
  return true;
}

// "0x4010a09b: pcTaskGetName at /esp/tasks.c:2323", with "--- " before it in newer consoles.
bool parse_lookup(std::string_view line, std::uint64_t& addr, std::string& frame) {
  take(line, "--- ");
  if (!take_0x(line, addr) || !take(line, ": ")) return false;
  const std::size_t at = line.find(" at ");
  if (at == std::string_view::npos) {
    frame = clean_text(line);
    return !line.empty();
  }
  std::string_view file = trimmed(line.substr(at + 4));
  file = file.substr(file.rfind('/') + 1);
  frame = clean_text(fmt::format("{} {}", file, line.substr(0, at)));
  return true;
}

// The live blocks of the table by address, so that whoever covers one of them ends it.
class Ends {
 public:
  explicit Ends(Lives& lives) : lives_(lives) {}

  // Frees what the new block covers and is known to have been freed.
  Status before(std::uint64_t addr, std::uint64_t size) {
    auto at = blocks_.lower_bound(addr);
    if (at != blocks_.begin() && std::prev(at)->first + std::prev(at)->second.size > addr) --at;
    while (at != blocks_.end() && at->first < addr + std::max<std::uint64_t>(size, 1)) {
      if (!at->second.freed) {
        ++at;
        continue;
      }
      if (Status status = free(at->first); !status) return status;
      at = blocks_.erase(at);
    }
    return trace::Done{};
  }
  void add(std::uint64_t addr, std::uint64_t size, bool freed) { blocks_[addr] = {size, freed}; }
  // The block at addr, if it is there, has been freed since.
  void was_freed(std::uint64_t addr) {
    if (const auto at = blocks_.find(addr); at != blocks_.end()) at->second.freed = true;
  }

  Status at_the_end() {
    for (const auto& [addr, block] : blocks_) {
      if (!block.freed) continue;
      if (Status status = free(addr); !status) return status;
    }
    return trace::Done{};
  }
  [[nodiscard]] std::uint64_t frees() const { return frees_; }

 private:
  struct Block {
    std::uint64_t size = 0;
    bool freed = false;
  };

  Status free(std::uint64_t addr) {
    ++frees_;
    RawEvent event;
    return lives_.free(event, addr);
  }

  Lives& lives_;
  std::map<std::uint64_t, Block> blocks_;
  std::uint64_t frees_ = 0;
};

class EspReader {
 public:
  EspReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Drop), lives_(builder_), ends_(lives_) {
    builder_.header().format = kEspHeap.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(4);  // what the chip's heap promises of any block
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      std::string plain;
      if (line.find('\x1b') != std::string_view::npos) line = plain = without_colours(line);
      if (Status status = take_line(trimmed(line)); !status) return std::move(status).trouble();
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  // A console's log is full of other things; only what begins like a line of ours and is none is said to be left out.
  Status take_line(std::string_view line) {
    std::uint64_t addr = 0;
    std::string frame;
    const std::string_view behind_time = without_time(line);
    if (parse_lookup(behind_time, addr, frame)) {
      if (frames_.size() < kMaxLookups) frames_.try_emplace(addr, std::move(frame));
      return trace::Done{};
    }
    if (is_freed_by(behind_time)) {
      if (record_) record_->freed = true;
      return trace::Done{};
    }
    if (in_stack_ && !line.empty() && !line.starts_with('[')) {
      if (stack_.size() < kMaxFrames) stack_.push_back(clean_text(line.substr(line.rfind('/') + 1)));
      return trace::Done{};
    }
    Record record;
    HeapLine heap;
    const bool is_record = parse_record(line, record);
    const bool is_heap_line = !is_record && parse_heap_line(line, heap);
    // A record waits for its "freed by" over whatever else is said, blank lines behind a look-up among it.
    if (!record_ || is_record || is_heap_line) {
      if (Status status = end_record(); !status) return status;
    }
    if (is_record) {
      record_ = std::move(record);
    } else if (is_heap_line) {
      return take_heap_line(heap);
    } else if (line.find(" bytes (@ ") != std::string_view::npos || line.find(" HEAP: ") != std::string_view::npos) {
      log_.leave_out();
      return end_record();  // what freed the block of this line did not free the one before
    } else if (line.find("Internal Buffer has overflowed") != std::string_view::npos) {
      overflowed_ = true;
    }
    return trace::Done{};
  }

  // An event of the log waits for its stack, a record of the table for its fate.
  Status take_heap_line(const HeapLine& heap) {
    RawEvent event;
    event.thread = threads_.try_emplace(std::string(heap.task), threads_.size() + 1).first->second;
    event.time_ns = time_.since_start(*event.thread, heap.time_ns);
    event.size = heap.size;
    waiting_ = {event, heap.addr, heap.allocates, clean_text(heap.task)};
    in_stack_ = true;
    return trace::Done{};
  }

  Status end_record() {
    in_stack_ = false;
    if (waiting_) {
      Waiting waiting = *std::exchange(waiting_, std::nullopt);
      waiting.event.tag = waiting.task;
      waiting.event.site = add_site(std::move(stack_));
      stack_ = {};
      return waiting.allocates ? lives_.alloc(waiting.event, waiting.addr) : lives_.free(waiting.event, waiting.addr);
    }
    if (!record_) return trace::Done{};
    const Record record = *std::exchange(record_, std::nullopt);
    if (is_known(record)) {
      if (record.freed) ends_.was_freed(record.addr);
      return trace::Done{};
    }
    if (Status status = ends_.before(record.addr, record.size); !status) return status;
    ends_.add(record.addr, record.size, record.freed);
    RawEvent event;
    event.size = record.size;
    event.tag = record.memory;
    std::vector<std::string> stack;
    for (const std::uint64_t caller : record.callers) {
      const auto known = frames_.find(caller);
      stack.push_back(known != frames_.end() ? known->second : fmt::format("0x{:08x}", caller));
    }
    event.site = add_site(std::move(stack));
    return lives_.alloc(event, record.addr);
  }

  // Whether the record was read before and is printed again.
  bool is_known(const Record& record) {
    if (record.ccount == 0 || printed_.insert({record.addr, record.size, record.ccount}).second) return false;
    ++printed_again_;
    return true;
  }

  std::uint32_t add_site(std::vector<std::string> stack) {
    return stack.empty() ? 0 : builder_.add_site(trace::Site{std::move(stack), true});
  }

  Status finish() {
    if (Status status = end_record(); !status) return status;
    if (Status status = ends_.at_the_end(); !status) return status;
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (ends_.frees() != 0) {
      builder_.header().set_approximate_lifetimes();
      builder_.warn(
          fmt::format("lifetimes are approximate: the table does not say when its {} freed blocks were freed; each is "
                      "freed here as late as the addresses allow",
                      ends_.frees()));
    }
    if (printed_again_ != 0) {
      builder_.warn(fmt::format("{} records are printed more than once and were read once", printed_again_));
    }
    if (overflowed_) builder_.warn("the chip's buffer overflowed: older records are missing");
    return trace::Done{};
  }

  static constexpr std::size_t kMaxLookups = std::size_t{1} << 20;
  struct Waiting {
    RawEvent event;
    std::uint64_t addr = 0;
    bool allocates = false;
    std::string task;
  };

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  LogTime time_;
  Ends ends_;
  std::optional<Record> record_;
  std::optional<Waiting> waiting_;
  std::vector<std::string> stack_;
  bool in_stack_ = false, overflowed_ = false;
  std::unordered_map<std::uint64_t, std::string> frames_;
  std::set<std::array<std::uint64_t, 3>> printed_;  // address, size and ccount of each record
  std::uint64_t printed_again_ = 0;
  std::unordered_map<std::string, std::uint64_t> threads_;
};

int recognise(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) return 0;
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    Record record;
    HeapLine heap;
    if (parse_record(trimmed(line), record) || parse_heap_line(trimmed(line), heap)) return 90;
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return EspReader(lines, progress).read();
}

}  // namespace
}  // namespace esp_heap

constinit const Importer kEspHeap{"esp-heap", esp_heap::kTitle, esp_heap::recognise, esp_heap::read};

}  // namespace allocviz::import
