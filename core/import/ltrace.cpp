// ltrace: library calls with arguments and results, as -f, -t, -tt, -ttt, -r, -i and -x print them.
//
//   17444 1795370939.008600 libjq.so.1->malloc(272)  = 0x558b9784a2c0     thread or process, time, caller, call, result
//   21736 edge->malloc(100 <unfinished ...>                               another thread's line comes in between
//   21736 <... malloc resumed> )                     = 0x7fe578000b70
//   21738 realloc@libc.so.6(0x7f4757b0d010, 0 <unfinished ...>            -x: calls inside the C library too ...
//   21738 free@libc.so.6(0x7f4757b0d010)             = <void>             ... which are part of the call around them
//
//   [pid 21738] malloc(24)                       = 0x10 <0.000101>         to the screen; -T: how long it took
//   _Znwm(24, 0, 0, 1)                           = 0x7f4757b0d010          C++; -C: operator new(unsigned long)(24,
//   ...)
//
// So a call inside an open call of the allocation interface, on the same thread, is not counted again, until it is seen
// that an exception has ended the open one. Calls that the C
// library makes through its own table are mislabelled by ltrace 0.7.3 and left out. posix_memalign's pointer is not
// printed: its blocks are missing. Each process is read for itself, with its threads (ltrace_processes.h); a thread may
// be named as a process and is read alone then.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/ltrace_line.h"
#include "core/import/ltrace_processes.h"
#include "core/import/processes.h"

namespace allocviz::import {
namespace ltrace {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "ltrace";
constexpr std::uint64_t kNoMemory = 12;     // ENOMEM of Linux, whatever this is built on
constexpr std::uint64_t kPageBytes = 4096;  // the least one; what valloc aligns to

struct Lane {
  Lane() : lives(builder) {
    builder.header().format = kLtrace.format;
    builder.set_default_align(16);  // what malloc promises; only the aligned calls say theirs
  }
  trace::TraceBuilder builder;
  Lives lives;
  LogTime time;
  std::uint64_t unseen = 0, thrown = 0, another_line = 0;
};

class LtraceReader {
 public:
  LtraceReader(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options)
      : log_(lines, progress), lanes_("process", "processes", options.process), wanted_(options.process) {}

  Result<Trace> read() {
    std::string_view text;
    while (true) {
      const Result<bool> more = log_.next(text);
      if (!more) return more.trouble();
      if (!*more) break;
      Line line;
      if (!parse(text, line)) {
        if (mentions_allocation(text)) log_.leave_out();  // else the program's own output
        continue;
      }
      if (line.clock_ns) line.clock_ns = now(*line.clock_ns);
      if (Status status = take_line(line); !status) return std::move(status).trouble();
    }
    return finish();
  }

 private:
  struct Open {
    Call call;
    bool counted = false;  // false: inside another one, or of the C library's own
    std::string caller;
    bool inside_library = false;
  };

  Status take_line(const Line& line) {
    const ProcessNumbers::Owner owner = numbers_.take(line, log_.line_number());
    if (line.kind == Line::Kind::Exited) {
      open_.erase(line.thread.value_or(0));
      return trace::Done{};
    }
    lane_ = lane_of(line, owner.process);
    if (lane_ == nullptr) return trace::Done{};
    if (owner.begins_anew) {
      if (Status status = begin_anew(line); !status) return status;
    }
    std::vector<Open>& open = open_[line.thread.value_or(0)];
    if (Status status = end_thrown(line, open); !status) return status;
    switch (line.kind) {
      case Line::Kind::Exec:
      case Line::Kind::Exited:
      case Line::Kind::ChildExited:
      case Line::Kind::Other:
        return trace::Done{};
      case Line::Kind::Resumed:
        return take_resumed(line, open);
      case Line::Kind::Call:
        return is_counted(line, open) ? apply(line.call, line.result, line) : trace::Done{};
      case Line::Kind::Unfinished:
        break;
    }
    open.push_back({line.call, is_counted(line, open), std::string(line.caller), line.inside_library});
    // A block may be given to another thread as soon as its free has begun.
    if (line.call.function == Function::Free && open.back().counted) return apply(line.call, {}, line);
    return trace::Done{};
  }

  // A new that throws never comes back. Whoever waits for it does nothing else, so when its caller catches something or
  // calls the allocation interface again, it was left: it failed, and what is called now is not inside it.
  Status end_thrown(const Line& line, std::vector<Open>& open) {
    if (line.kind != Line::Kind::Call && line.kind != Line::Kind::Unfinished) return trace::Done{};
    if (line.inside_library || line.caller.starts_with("libstdc++")) return trace::Done{};
    if (line.call.function == Function::Other && !line.catches) return trace::Done{};
    const auto left = std::find_if(open.begin(), open.end(), [&](const Open& each) {
      return each.call.function != Function::Other && !each.inside_library &&
             (line.catches || each.caller == line.caller);
    });
    if (left == open.end()) return trace::Done{};
    const Open call = std::move(*left);
    open.erase(left, open.end());
    if (!call.counted || !is_alloc(call.call.function)) return trace::Done{};
    ++lane_->thrown;
    return apply(call.call, "0", line);
  }

  // nullptr where its lines are not wanted.
  Lane* lane_of(const Line& line, std::uint64_t process) {
    if (!wanted_) return lanes_.of(process);
    if (line.thread == wanted_) process_of_wanted_ = process;
    if (line.thread == wanted_ || process == wanted_) return lanes_.of(*wanted_);
    ++of_others_;
    if (others_.empty() || others_.back() != process) {
      if (std::find(others_.begin(), others_.end(), process) == others_.end()) others_.push_back(process);
    }
    return nullptr;
  }

  Status begin_anew(const Line& line) {
    if (lane_->builder.size() == 0) return trace::Done{};
    if (lane_->another_line == 0) lane_->another_line = log_.line_number();
    open_.erase(line.thread.value_or(0));
    RawEvent event;
    event.thread = line.thread;
    if (line.clock_ns) event.time_ns = lane_->time.since_start(line.thread.value_or(0), *line.clock_ns);
    return lane_->lives.begin_anew(event);
  }

  [[nodiscard]] static bool is_alloc(Function function) {
    return function == Function::Malloc || function == Function::Calloc || function == Function::Memalign ||
           function == Function::AlignedNew || function == Function::Valloc;
  }

  Status take_resumed(const Line& line, std::vector<Open>& open) {
    while (!open.empty() && open.back().call.function != line.call.function) open.pop_back();  // it never came back
    if (open.empty()) {
      if (line.call.function != Function::Other) log_.leave_out();
      return trace::Done{};
    }
    const Open call = open.back();
    open.pop_back();
    if (!call.counted || call.call.function == Function::Free) return trace::Done{};
    return apply(call.call, line.result, line);
  }

  [[nodiscard]] static bool is_counted(const Line& line, const std::vector<Open>& open) {
    if (line.call.function == Function::Other || line.caller.starts_with("libc.so")) return false;
    for (const Open& around : open) {
      if (around.call.function != Function::Other) return false;
    }
    return true;
  }

  Status apply(const Call& call, std::string_view result, const Line& line) {
    std::uint64_t answer = 0;
    if (call.function != Function::Free && (!take_integer(result, answer) || !result.empty())) {
      log_.leave_out();
      return trace::Done{};
    }
    RawEvent event;
    event.thread = line.thread;
    if (line.clock_ns) event.time_ns = lane_->time.since_start(line.thread.value_or(0), *line.clock_ns);
    return append(call, answer, event);
  }

  // -r prints what passed since the call before, which no clock that counts from 1970 or midnight is as small as, but
  // for the first hour of a day.
  std::uint64_t now(std::uint64_t clock_ns) {
    constexpr std::uint64_t kAnHourNs = 3'600'000'000'000;
    if (!relative_) relative_ = clock_ns < kAnHourNs;
    if (!*relative_) return clock_ns;
    elapsed_ns_ += std::min(clock_ns, kAnHourNs);
    return elapsed_ns_;
  }

  Status append(const Call& call, std::uint64_t answer, RawEvent& event) {
    const auto& [a, b, c, d] = call.arguments;
    switch (call.function) {
      case Function::Malloc:
        return append_alloc(event, a, answer);
      case Function::Calloc:
        return append_alloc(event, product(a, b), answer);
      case Function::Memalign:
        if (a != 0 && (a & (a - 1)) == 0) event.align = a;
        return append_alloc(event, b, answer);
      case Function::Valloc:
        event.align = kPageBytes;
        return append_alloc(event, a, answer);
      case Function::AlignedNew:
        if (b != 0 && (b & (b - 1)) == 0) event.align = b;
        return append_alloc(event, a, answer);
      case Function::Realloc:
        return append_realloc(event, a, b, answer);
      case Function::Reallocarray:
        return append_realloc(event, a, product(b, c), answer);
      case Function::Free:
        return lane_->lives.free(event, a);
      case Function::PosixMemalign:
        if (answer == 0) ++lane_->unseen;
        if (b != 0 && (b & (b - 1)) == 0) event.align = b;
        return answer == kNoMemory ? append_alloc(event, c, 0) : trace::Done{};
      case Function::Other:
        break;
    }
    return trace::Done{};
  }

  static std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t size = 0;
    return __builtin_mul_overflow(a, b, &size) ? ~std::uint64_t{0} : size;
  }

  Status append_alloc(RawEvent& event, std::uint64_t size, std::uint64_t addr) {
    event.size = log_.clamp_size(size);
    return lane_->lives.alloc(event, addr);
  }

  Status append_realloc(RawEvent& event, std::uint64_t from, std::uint64_t size, std::uint64_t to) {
    if (size == 0 && to == 0 && from != 0) return lane_->lives.free(event, from);
    event.size = log_.clamp_size(size);
    return lane_->lives.realloc(event, from, to);
  }

  Result<Trace> finish() {
    for (const std::uint64_t other : others_) {
      if (process_of_wanted_ && other != process_of_wanted_) (void)lanes_.of(other);
    }
    Result<std::unique_ptr<Lane>> chosen =
        of_others_ != 0 && !process_of_wanted_ ? nothing_of_wanted() : lanes_.choose();
    if (!chosen) return std::move(chosen).trouble();
    Lane& lane = **chosen;
    if (of_others_ != 0 && lane.builder.size() == 0) return nothing_of_wanted().trouble();
    if (Status status = log_.finish(lane.builder, kTitle); !status) return std::move(status).trouble();
    warn(lane);
    lane.lives.warn_of_added_frees();
    return std::move(lane.builder).finish();
  }

  [[nodiscard]] Result<std::unique_ptr<Lane>> nothing_of_wanted() const {
    return log_.trouble(fmt::format("there is no call of process {} in the log", *wanted_),
                        "leave --process away, or name a number that lines begin with");
  }

  void warn(Lane& lane) const {
    trace::TraceBuilder& builder = lane.builder;
    if (lane.thrown != 0) {
      builder.warn(
          fmt::format("{} call(s) never came back, as where new throws: they are shown as failed", lane.thrown));
    }
    if (lane.unseen != 0) {
      builder.warn(
          fmt::format("{} block(s) of posix_memalign are missing: ltrace does not print where they are", lane.unseen));
    }
    if (lane.another_line != 0) {
      builder.warn(fmt::format("line {} begins another program: what lived until then ends there, in a reset",
                               lane.another_line));
    }
    if (numbers_.several_line() != 0 && !wanted_) {
      builder.warn(
          fmt::format("from line {} on there are several processes, which ltrace numbers as it numbers threads: "
                      "they were read as one program, whose blocks may be mixed up; --process NUMBER reads one, and a "
                      "log with fork and vfork among its calls tells them apart",
                      numbers_.several_line()));
    }
    if (numbers_.guessed_threads() != 0 && !wanted_) {
      builder.warn(
          fmt::format("{} thread(s) were counted to the process that had spoken last: no pthread_create in the "
                      "log tells theirs",
                      numbers_.guessed_threads()));
    }
    if (of_others_ != 0) {
      builder.warn(fmt::format("{} lines of other threads or processes than {} were left out", of_others_, *wanted_));
    }
  }

  LineLog log_;
  Processes<Lane> lanes_;
  ProcessNumbers numbers_;
  Lane* lane_ = nullptr;                                       // of the line at hand
  std::unordered_map<std::uint64_t, std::vector<Open>> open_;  // by thread, the innermost last
  std::optional<bool> relative_;
  std::uint64_t elapsed_ns_ = 0;
  std::optional<std::uint64_t> wanted_, process_of_wanted_;
  std::vector<std::uint64_t> others_;  // processes that are not wanted
  std::uint64_t of_others_ = 0;        // their lines, and those of other threads
};

// Whether the line is a whole call of the allocation interface with a result such as those have.
bool is_sure_call(const Line& line) {
  if (line.kind != Line::Kind::Call || line.call.function == Function::Other) return false;
  std::string_view result = line.result;
  std::uint64_t number = 0;
  return line.call.function == Function::Free ? !result.empty() : take_integer(result, number) && result.empty();
}

// A call of the allocation interface, in a text of which most lines are ltrace's, or some calls between others: the
// program may have written its own output to the same place.
int recognise(std::string_view head) {
  constexpr int kSome = 3;
  int lines = 0, parsed = 0, calls = 0;
  while (true) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) break;
    std::string_view text = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    Line line;
    ++lines;
    if (!parse(text, line)) continue;
    ++parsed;
    if (is_sure_call(line)) ++calls;
  }
  if (calls > 0 && 2 * parsed >= lines) return 70;
  return calls >= kSome ? 40 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  return LtraceReader(lines, progress, options).read();
}

}  // namespace
}  // namespace ltrace

constinit const Importer kLtrace{"ltrace", ltrace::kTitle, ltrace::recognise, ltrace::read, true};

}  // namespace allocviz::import
