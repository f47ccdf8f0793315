// Android's record_allocs: what bionic's malloc debug writes and its memory_replay reads.
//
//   202: malloc 0xb4827400 1024             pointer, size
//   202: calloc 0xb4872020 17 8             pointer, count, size of one
//   202: realloc 0xb4840a60 0xb48390a0 80   new pointer, old pointer, size
//   485: memalign 0xae42d080 16 104         pointer, alignment, size; also posix_memalign, valloc, pvalloc
//   202: free 0xb4827400                    0x0: the null pointer
//   486: thread_done 0x0
//
// The number in front is the thread. Newer Androids add the start and the end of each call in nanoseconds. The last
// line may lack its line break. Grammar: bionic malloc_debug, record and replay.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace bionic {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "Android record_allocs";

enum class Call : std::uint8_t { Malloc, Calloc, Realloc, Memalign, Free, ThreadDone };

struct Record {
  std::uint64_t thread = 0;
  Call call = Call::Malloc;
  std::uint64_t addr = 0, old_addr = 0;
  std::uint64_t size = 0, count = 1, align = 0;
  std::optional<std::uint64_t> start_ns;
};

std::optional<Call> call_named(std::string_view name) {
  if (name == "malloc") return Call::Malloc;
  if (name == "calloc") return Call::Calloc;
  if (name == "realloc") return Call::Realloc;
  if (name == "memalign") return Call::Memalign;
  if (name == "free") return Call::Free;
  if (name == "thread_done") return Call::ThreadDone;
  return {};
}

bool take_arguments(std::string_view& line, Record& record) {
  const auto number = [&line](std::uint64_t& value) { return take(line, " ") && take_dec(line, value); };
  switch (record.call) {
    case Call::Malloc:
      return number(record.size);
    case Call::Calloc:
      return number(record.count) && number(record.size);
    case Call::Realloc:
      return take(line, " ") && take_0x(line, record.old_addr) && number(record.size);
    case Call::Memalign:
      return number(record.align) && number(record.size);
    case Call::Free:
    case Call::ThreadDone:
      return true;
  }
  return false;
}

bool parse(std::string_view line, Record& record) {
  while (take(line, " ")) continue;
  if (!take_dec(line, record.thread) || !take(line, ": ")) return false;
  const std::optional<Call> call = call_named(take_word(line));
  if (!call || !take_0x(line, record.addr)) return false;
  record.call = *call;
  if (!take_arguments(line, record)) return false;
  if (line.empty()) return true;
  std::uint64_t start = 0, end = 0;
  if (!take(line, " ") || !take_dec(line, start)) return false;
  record.start_ns = start;
  return line.empty() || (take(line, " ") && take_dec(line, end) && line.empty());
}

class BionicReader {
 public:
  BionicReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Keep), lives_(builder_) {
    builder_.header().format = kBionic.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what malloc promises on 64-bit Android
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      Record record;
      if (!parse(line, record)) {
        if (!line.empty()) log_.leave_out();
        continue;
      }
      if (Status status = take_record(record); !status) return std::move(status).trouble();
    }
    if (Status status = log_.finish(builder_, kTitle); !status) return std::move(status).trouble();
    lives_.warn_of_added_frees();
    return std::move(builder_).finish();
  }

 private:
  Status take_record(const Record& record) {
    if (record.call == Call::ThreadDone) return trace::Done{};
    RawEvent event;
    event.thread = record.thread;
    if (record.start_ns) event.time_ns = time_.since_start(record.thread, *record.start_ns);
    if (record.call == Call::Free) return lives_.free(event, record.addr);
    if (record.call == Call::Realloc && record.size == 0 && record.addr == 0)
      return lives_.free(event, record.old_addr);
    std::uint64_t size = 0;
    const bool overflows = __builtin_mul_overflow(record.size, record.count, &size);
    if (overflows) size = ~std::uint64_t{0};
    if (size > kMaxSize && record.addr != 0) {  // nobody was ever given that much
      log_.leave_out();
      return trace::Done{};
    }
    event.size = log_.clamp_size(size);
    if (record.align != 0) event.align = std::bit_ceil(std::min(record.align, std::uint64_t{1} << 63));
    if (record.call == Call::Realloc) return lives_.realloc(event, record.old_addr, record.addr);
    return lives_.alloc(event, record.addr);
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  LogTime time_;
};

// Half of the first lines: what was cut at its front, or a console showed, begins with something else.
int recognise(std::string_view head) {
  constexpr int kMostLines = 64;
  int lines = 0, records = 0;
  while (lines < kMostLines && !head.empty()) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    ++lines;
    Record record;
    if (parse(line, record)) ++records;
  }
  return records > 0 && 2 * records >= lines ? 95 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return BionicReader(lines, progress).read();
}

}  // namespace
}  // namespace bionic

constinit const Importer kBionic{"bionic", bionic::kTitle, bionic::recognise, bionic::read};

}  // namespace allocviz::import
