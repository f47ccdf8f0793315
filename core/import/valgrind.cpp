// What valgrind --trace-malloc=yes prints between its other lines.
//
//   --17353-- malloc(5) = 0x4AFA040
//   --17353-- realloc(0x0,1600)malloc(1600) = 0x4AFB2F0      realloc(NULL) names the malloc that it is: one call
//   --17353-- realloc(0x4D709F0,0)free(0x4D709F0)            realloc to 0 names the free that it is,
//   --17353--  = 0                                           ... and prints its own result on the next line
//   --17353-- _ZnwmSt11align_val_t(size 256, al 64) = 0x4DA1900
//
// A call is printed in two parts, before and after it runs. What comes in between stands in the same line: calls of
// other threads, whose result is printed first (the rest of the torn call is then a line of its own, " = 0x7153310"),
// and a calloc that overflows, which never has a result; or what memcheck finds wrong with the call, in several lines:
//
//   --17353-- malloc(18446744073709551615)Argument 'size' of function malloc has a fishy (possibly negative) value: -1
//   ==17353==    at 0x48417B4: malloc (in vgpreload_memcheck-amd64-linux.so)
//   --17353--  = 0x0
//
// So calls without a result wait for one, the last one first.
// The number is the process, not the thread: of several processes (fork) the one with the most events is read. Where
// they write to one place, one writes into the other's line, whose rest then comes without a number:
//
//   --1338-- malloc(309)--1343-- malloc(25) = 0x4B4E950                   whose result it is, its address must tell
//    = 0x4B2CFE0
// Valgrind 3.21 and later
// print sizes and alignments without a label, and those of sized deletes too; --time-stamp=yes puts a time before the
// number.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/processes.h"
#include "core/import/valgrind_line.h"

namespace allocviz::import {
namespace valgrind {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "valgrind --trace-malloc=yes";

// One process of the log.
struct Lane {
  Lane() : lives(builder) {
    builder.header().format = kValgrind.format;
    builder.set_default_align(16);  // memcheck's own default; only the aligned calls say theirs
  }
  trace::TraceBuilder builder;
  Lives lives;
  LogTime time;
  std::uint64_t process = 0, another_line = 0;
};

// What a process has begun to say. Kept of each, also of those whose events are not wanted: what two of them write may
// come in one line.
struct Speaker {
  std::vector<Call> waiting;
  std::uint64_t last_result = 0;  // of the call that was answered last
};

class ValgrindReader {
 public:
  ValgrindReader(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options)
      : log_(lines, progress), processes_("process", "processes", options.process) {}

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      if (Status status = take_line(line); !status) return std::move(status).trouble();
    }
    return finish();
  }

 private:
  Status take_line(std::string_view line) {
    bool broken = false;
    std::uint64_t process = 0;
    if (take_command(line, process)) return begin_program(process);
    parse_line(line, pieces_, broken);
    if (broken) log_.leave_out();
    if (pieces_.empty())
      return torn_.empty() ? trace::Done{} : take_bare(line);  // else valgrind's or the program's words
    for (const Piece& piece : pieces_) {
      prefix_ = piece.prefix;
      Speaker& speaker = speakers_[prefix_.process];
      set_torn(prefix_.process, false);
      const bool cut = piece.cut && !piece.body.result;
      if (Status status = take_piece(piece.body); !status) return status;
      if (cut && !speaker.waiting.empty()) set_torn(prefix_.process, true);
    }
    return trace::Done{};
  }

  // The blocks of the program that the process was before are gone.
  Status begin_program(std::uint64_t process) {
    const bool again = speakers_.contains(process) && std::exchange(speakers_[process], {}).last_result != 0;
    Lane* const lane = again ? processes_.of(process) : nullptr;
    set_torn(process, false);
    if (lane == nullptr) return trace::Done{};
    if (lane->another_line == 0) lane->another_line = log_.line_number();
    RawEvent event;
    event.time_ns = lane->time.last(0);
    return lane->lives.begin_anew(event);
  }

  Status take_piece(const Body& body) {
    const std::uint64_t process = prefix_.process;
    if (body.calls.empty()) return take_rest(process, *body.result);
    for (std::size_t i = 0; i < body.calls.size(); ++i) {
      const Call& call = body.calls[i];
      const bool answered = i + 1 == body.calls.size() && body.result;
      const bool needs_none = call.kind == Call::Kind::Free || call.kind == Call::Kind::Overflow;
      if (call.kind == Call::Kind::Nothing) continue;
      if (needs_none || (answered && torn_.empty())) {
        if (Status status = apply(process, call, body.result.value_or(0)); !status) return status;
        if (!answered || torn_.empty()) continue;
      } else {
        speakers_[process].waiting.push_back(call);
      }
      if (answered) {
        const std::uint64_t whose = speaker_of(*body.result, needs_none ? std::nullopt : std::optional(process));
        if (whose != process && !needs_none) set_torn(process, true);
        if (Status status = take_rest(whose, *body.result); !status) return status;
      }
    }
    return trace::Done{};
  }

  // A line without a number, while the rest of a torn one is to come: a result, or the malloc that a realloc is.
  Status take_bare(std::string_view line) {
    Body body;
    if (!parse_body(line, body) || !body.result) return trace::Done{};
    if (body.calls.empty()) return take_rest(speaker_of(*body.result, {}), *body.result);
    if (body.calls.size() != 1 || !body.calls[0].is_malloc) return trace::Done{};
    for (const std::uint64_t process : torn_) {
      const std::vector<Call>& waiting = speakers_[process].waiting;
      if (waiting.empty()) continue;
      const Call& call = waiting.back();
      if (call.kind == Call::Kind::Realloc && call.addr == 0 && call.size == body.calls[0].size) {
        return take_rest(process, *body.result);
      }
    }
    return trace::Done{};
  }

  // Of the processes that wait for a result, the one that it is of: it moves its own block there, or has blocks nearby,
  // for a process and its child hand out addresses of their own from the fork on.
  std::uint64_t speaker_of(std::uint64_t result, std::optional<std::uint64_t> speaking) {
    std::optional<std::uint64_t> best;
    std::uint64_t least = 0;
    int candidates = 0;
    const auto compare = [&](std::uint64_t process) {
      const Speaker& speaker = speakers_[process];
      if (speaker.waiting.empty()) return;
      ++candidates;
      const Call& call = speaker.waiting.back();
      const std::uint64_t near = call.kind == Call::Kind::Realloc && call.addr != 0 ? call.addr : speaker.last_result;
      const std::uint64_t distance = std::min(near - result, result - near);
      if (!best || distance < least) best = process, least = distance;
    };
    for (const std::uint64_t process : torn_) compare(process);
    if (speaking) compare(*speaking);
    if (candidates > 1) ++guessed_;
    return best.value_or(speaking.value_or(prefix_.process));
  }

  void set_torn(std::uint64_t process, bool torn) {
    constexpr std::size_t kMost = 16;  // that were torn at once; of more nobody could tell the results apart
    if (!torn_.empty()) std::erase(torn_, process);
    if (torn && torn_.size() < kMost) torn_.push_back(process);
  }

  // The result alone: of the call that was torn last, or of a realloc to 0, which needs none, or the one of
  // reallocarray, which is printed twice.
  Status take_rest(std::uint64_t process, std::uint64_t result) {
    Speaker& speaker = speakers_[process];
    set_torn(process, false);
    if (speaker.waiting.empty()) {
      if (result != 0 && result != speaker.last_result) log_.leave_out();
      return trace::Done{};
    }
    const Call call = speaker.waiting.back();
    speaker.waiting.pop_back();
    return apply(process, call, result);
  }

  Status apply(std::uint64_t process, const Call& call, std::uint64_t result) {
    if (call.kind != Call::Kind::Free) speakers_[process].last_result = result;
    Lane* const of = processes_.of(process);
    if (of == nullptr) return trace::Done{};
    Lane& lane = *of;
    lane.process = process;
    RawEvent event;
    if (prefix_.clock_ns) event.time_ns = lane.time.since_start(0, *prefix_.clock_ns);
    event.size = log_.clamp_size(call.size);
    if (call.align != 0 && (call.align & (call.align - 1)) == 0) event.align = call.align;
    switch (call.kind) {
      case Call::Kind::Alloc:
        return lane.lives.alloc(event, result);
      case Call::Kind::Overflow:
        return lane.lives.alloc(event, 0);
      case Call::Kind::Realloc:
        if (call.size == 0 && result == 0 && call.addr != 0) return lane.lives.free(event, call.addr);
        return lane.lives.realloc(event, call.addr, result);
      case Call::Kind::Free:
        return lane.lives.free(event, call.addr);
      case Call::Kind::Other:
      case Call::Kind::Nothing:
        break;
    }
    return trace::Done{};
  }

  Result<Trace> finish() {
    Result<std::unique_ptr<Lane>> chosen = processes_.choose();
    if (!chosen) return log_.trouble(chosen.trouble().what, chosen.trouble().todo);
    Lane& lane = **chosen;
    if (Status status = log_.finish(lane.builder, kTitle); !status) return std::move(status).trouble();
    if (const std::size_t waiting = speakers_[lane.process].waiting.size(); waiting != 0) {
      lane.builder.warn(fmt::format("{} call(s) without a result were left out", waiting));
    }
    if (lane.another_line != 0) {
      lane.builder.warn(
          fmt::format("in line {} the process becomes another program (exec): what lived until then ends "
                      "there, in a reset",
                      lane.another_line));
    }
    if (guessed_ != 0) {
      lane.builder.warn(
          fmt::format("processes wrote into each other's lines: {} results were given to the one whose blocks lie "
                      "nearest; --log-file=NAME.%p gives each a log of its own",
                      guessed_));
    }
    lane.lives.warn_of_added_frees();
    return std::move(lane.builder).finish();
  }

  LineLog log_;
  Processes<Lane> processes_;
  std::vector<Piece> pieces_;
  Prefix prefix_;  // of the piece at hand, or of the last one
  std::unordered_map<std::uint64_t, Speaker> speakers_;
  std::vector<std::uint64_t> torn_;  // processes into whose line another one wrote: the rest comes without a number
  std::uint64_t guessed_ = 0;        // results that may be another's
};

// A call of malloc and its kind in one of valgrind's lines.
int recognise(std::string_view head) {
  std::vector<Piece> pieces;
  bool broken = false;
  for (std::string_view rest = head; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.size() == rest.size()) break;
    rest.remove_prefix(line.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    parse_line(line, pieces, broken);
    const auto has_call = [](const Piece& piece) { return !piece.body.calls.empty(); };
    if (std::any_of(pieces.begin(), pieces.end(), has_call)) return 95;
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  return ValgrindReader(lines, progress, options).read();
}

}  // namespace
}  // namespace valgrind

constinit const Importer kValgrind{"valgrind", valgrind::kTitle, valgrind::recognise, valgrind::read, true};

}  // namespace allocviz::import
