// memory.log, which courses on operating systems have their students' buddy allocators write: a block for each process.
//
//   #At time x allocated y bytes for process z from i to j
//   At time 7 allocated 200 bytes for process 1 from 0 to 255
//   At time 20 freed 200 bytes from process 1 from 0 to 255        or "for process"
//
// The processes are the ids of the blocks and stay as they are; x counts seconds of a simulated clock. Where a block
// lay (i to j) is what that allocator answered: it is not read, for the replay finds places of its own, and one of them
// is 0.
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"

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

bool parse(std::string_view line, RawEvent& event, std::uint64_t& clock_s) {
  take(line, "#");
  if (!take(line, "At time ") || !take_dec(line, clock_s) || clock_s > kMaxSize / kNsPerSecond) return false;
  event.op = take(line, " allocated ") ? Op::Alloc : Op::Free;
  if (event.op == Op::Free && !take(line, " freed ")) return false;
  if (!take_dec(line, event.size) || !take(line, " bytes ") || event.size > kMaxSize) return false;
  if (!take(line, "for ") && !take(line, "from ")) return false;
  event.id_kind = RawEvent::Id::Number;
  std::uint64_t from = 0, to = 0;
  if (!take(line, "process ") || !take_dec(line, event.id_number)) return false;
  if (event.op == Op::Free) event.size = 0;
  return take(line, " from ") && take_dec(line, from) && take(line, " to ") && take_dec(line, to);
}

class ProcessLogReader {
 public:
  ProcessLogReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Keep) {
    builder_.header().format = kProcessLog.format;
    builder_.watch(progress.watcher);
    builder_.header().default_align = 1;  // what is handed out are numbers, no memory
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      RawEvent event;
      std::uint64_t clock_s = 0;
      if (!parse(line, event, clock_s)) {
        if (!line.empty() && line.front() != '#') log_.leave_out();
        continue;
      }
      event.time_ns = time_.since_start(0, clock_s * kNsPerSecond);
      if (Status status = builder_.append(event); !status) return std::move(status).trouble();
    }
    if (Status status = log_.finish(builder_, kTitle); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  trace::TraceBuilder builder_;
  LineLog log_;
  LogTime time_;
};

int recognise(std::string_view head) {
  for (int lines = 0; lines < 64 && !head.empty(); ++lines) {
    const std::size_t end = head.find('\n');
    RawEvent event;
    std::uint64_t clock_s = 0;
    if (parse(head.substr(0, end), event, clock_s)) return 95;
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
