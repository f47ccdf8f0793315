// memory.log, which courses on operating systems have their students' buddy allocators write: a block for each process.
//
//   #At time x allocated y bytes for process z from i to j
//   At time 7 allocated 200 bytes for process 1 from 0 to 255
//   At time 20 freed 200 bytes from process 1 from 0 to 255        or "for process"
//
// The processes are the ids of the blocks and stay as they are; x counts seconds of a simulated clock. Where a block
// lay (i to j, or to the byte behind j) is what that allocator answered: the replay finds places of its own. But it
// says how large the arena and its smallest block were, a few bytes often, which no free block's two pointers fit into:
// then all is larger in the same proportion.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"
#include "core/trace/spec.h"

namespace allocviz::import {
namespace process_log {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "memory.log of processes";
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

struct Line {
  RawEvent event;
  std::uint64_t clock_s = 0, from = 0, to = 0;
};

// Tabs and several blanks, as people line their columns up with, as one blank each.
std::string with_single_blanks(std::string_view line) {
  std::string plain;
  for (const char c : line) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) plain += c;
    if (blank && !plain.empty() && plain.back() != ' ') plain += ' ';
  }
  if (plain.ends_with(' ')) plain.pop_back();
  return plain;
}

bool parse(std::string_view line, Line& parsed) {
  std::string plain;
  if (line.find('\t') != std::string_view::npos || line.find("  ") != std::string_view::npos)
    line = plain = with_single_blanks(line);
  auto& [event, clock_s, from, to] = parsed;
  take(line, "#");
  if (!take(line, "At time ") || !take_dec(line, clock_s) || clock_s > kMaxSize / kNsPerSecond) return false;
  event.op = take(line, " allocated ") ? Op::Alloc : Op::Free;
  if (event.op == Op::Free && !take(line, " freed ")) return false;
  if (!take_dec(line, event.size) || !take(line, " bytes ") || event.size > kMaxSize) return false;
  if (!take(line, "for ") && !take(line, "from ")) return false;
  event.id_kind = RawEvent::Id::Number;
  if (!take(line, "process ") || !take_dec(line, event.id_number)) return false;
  if (event.op == Op::Free) event.size = 0;
  return take(line, " from ") && take_dec(line, from) && take(line, " to ") && take_dec(line, to) && from <= to;
}

class ProcessLogReader {
 public:
  ProcessLogReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Keep) {
    builder_.header().format = kProcessLog.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(1);  // what is handed out are numbers, no memory
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      Line parsed;
      if (!parse(line, parsed)) {
        if (!line.empty() && line.front() != '#') log_.leave_out();
        continue;
      }
      parsed.event.time_ns = time_.since_start(0, parsed.clock_s * kNsPerSecond);
      highest_ = std::max(highest_, parsed.to);
      const std::uint64_t length = std::min(parsed.to - parsed.from, kMaxSize / 2);
      smallest_ = std::min(smallest_, std::bit_ceil(std::max<std::uint64_t>(length, 1)));
      if (Status status = builder_.append(parsed.event); !status) return std::move(status).trouble();
    }
    if (Status status = log_.finish(builder_, kTitle); !status) return std::move(status).trouble();
    add_allocator();
    return std::move(builder_).finish();
  }

 private:
  void add_allocator() {
    constexpr std::uint64_t kLeast = 16;  // two pointers
    if (builder_.size() == 0 || highest_ > trace::kMaxArenaBytes / kLeast) return;
    trace::AllocatorSpec spec{.kind = trace::AllocatorKind::Buddy};
    spec.min_block_bytes = std::max(smallest_, kLeast);
    spec.arena_bytes = std::bit_ceil(std::max<std::uint64_t>(highest_, 1)) * (spec.min_block_bytes / smallest_);
    spec.arena_bytes = std::max(spec.arena_bytes, spec.min_block_bytes);
    if (spec.arena_bytes / spec.min_block_bytes <= trace::kMostDefaultBlocks) builder_.header().allocators = {spec};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  LogTime time_;
  std::uint64_t highest_ = 0, smallest_ = kMaxSize / 2 + 1;
};

int recognise(std::string_view head) {
  for (int lines = 0; lines < 64 && !head.empty(); ++lines) {
    const std::size_t end = head.find('\n');
    Line parsed;
    if (parse(head.substr(0, end), parsed)) return 95;
    if (end == std::string_view::npos) break;
    head.remove_prefix(end + 1);
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return ProcessLogReader(lines, progress).read();
}

}  // namespace
}  // namespace process_log

constinit const Importer kProcessLog{"process-log", process_log::kTitle, process_log::recognise, process_log::read};

}  // namespace allocviz::import
