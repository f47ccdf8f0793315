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
// and a calloc that overflows, which never has a result. So calls without a result wait for one, the last one first.
// The number is the process, not the thread: of several processes (fork) the first is read.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/processes.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace valgrind {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "valgrind --trace-malloc=yes";

struct Call {
  enum class Kind : std::uint8_t {
    Alloc,
    Overflow,  // a calloc that asks for more than 64 bits count: refused, without a result
    Realloc,
    Free,
    Other,  // malloc_usable_size: has a result, changes nothing
  } kind = Kind::Other;
  bool is_malloc = false;
  std::uint64_t addr = 0, size = 0, align = 0;
};

// "al 64, size 99" and "size 256, al 64".
bool take_aligned(std::string_view& text, Call& call) {
  if (take(text, "al ")) return take_dec(text, call.align) && take(text, ", size ") && take_dec(text, call.size);
  return take(text, "size ") && take_dec(text, call.size) && take(text, ", al ") && take_dec(text, call.align);
}

bool take_arguments(std::string_view name, std::string_view& text, Call& call) {
  using Kind = Call::Kind;
  if (name == "free" || name.starts_with("_Zd")) {
    call.kind = Kind::Free;
    return take_0x(text, call.addr);
  }
  if (name == "realloc") {
    call.kind = Kind::Realloc;
    return take_0x(text, call.addr) && take(text, ",") && take_dec(text, call.size);
  }
  if (name == "malloc_usable_size") return take_0x(text, call.addr);
  call.kind = Kind::Alloc;
  if (name == "calloc") {
    std::uint64_t count = 0, each = 0;
    if (!take_dec(text, count) || !take(text, ",") || !take_dec(text, each)) return false;
    if (__builtin_mul_overflow(count, each, &call.size)) {
      call.kind = Kind::Overflow;
      call.size = ~std::uint64_t{0};
    }
    return true;
  }
  call.is_malloc = name == "malloc";
  if (call.is_malloc) return take_dec(text, call.size);
  if (name.starts_with("_Zn")) return take_dec(text, call.size) || take_aligned(text, call);
  return (name == "memalign" || name == "posix_memalign" || name == "aligned_alloc") && take_aligned(text, call);
}

bool take_call(std::string_view& text, Call& call) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0) return false;
  const std::string_view name = text.substr(0, open);
  if (name.find_first_of(" =)") != std::string_view::npos) return false;
  text.remove_prefix(open + 1);
  return take_arguments(name, text, call) && take(text, ")");
}

struct Body {
  std::vector<Call> calls;
  std::optional<std::uint64_t> result;
};

// realloc(NULL, n) also prints malloc(n), realloc(p, 0) also free(p): one call each.
void add_call(std::vector<Call>& calls, const Call& call) {
  if (!calls.empty() && calls.back().kind == Call::Kind::Realloc) {
    Call& before = calls.back();
    if (call.is_malloc && before.addr == 0 && before.size == call.size) return;
    if (call.kind == Call::Kind::Free && before.size == 0 && before.addr == call.addr) {
      before = call;
      return;
    }
  }
  calls.push_back(call);
}

bool parse_body(std::string_view text, Body& body) {
  body.calls.clear();
  body.result.reset();
  while (!text.empty() && text.front() != ' ') {
    Call call;
    if (!take_call(text, call)) return false;
    add_call(body.calls, call);
  }
  if (text.empty()) return !body.calls.empty();
  std::uint64_t result = 0;
  if (!take(text, " = ") || (!take_0x(text, result) && !take_dec(text, result)) || !text.empty()) return false;
  body.result = result;
  return true;
}

// "--17353-- ": the process; false where the line is not one of these.
bool take_process(std::string_view& line, std::uint64_t& process) {
  return take(line, "--") && take_dec(line, process) && take(line, "-- ");
}

// One process of the log.
struct Lane {
  Lane() : lives(builder) {
    builder.header().format = kValgrind.format;
    builder.header().default_align = 16;  // memcheck's own default; only the aligned calls say theirs
  }
  trace::TraceBuilder builder;
  Lives lives;
  std::vector<Call> waiting;
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
    std::uint64_t process = 0;
    if (!take_process(line, process)) return trace::Done{};  // valgrind's messages, the program's own output
    if (!parse_body(line, body_)) {
      log_.leave_out();
      return trace::Done{};
    }
    Lane* const lane = processes_.of(process);
    if (lane == nullptr) return trace::Done{};
    return body_.calls.empty() ? take_rest(*lane, *body_.result) : take_calls(*lane);
  }

  Status take_calls(Lane& lane) {
    for (std::size_t i = 0; i < body_.calls.size(); ++i) {
      const Call& call = body_.calls[i];
      const bool answered = i + 1 == body_.calls.size() && body_.result;
      if (answered || call.kind == Call::Kind::Free || call.kind == Call::Kind::Overflow) {
        if (Status status = apply(lane, call, body_.result.value_or(0)); !status) return status;
      } else {
        lane.waiting.push_back(call);
      }
    }
    return trace::Done{};
  }

  // The result alone: of the call that was torn last, or of a realloc to 0, which needs none.
  Status take_rest(Lane& lane, std::uint64_t result) {
    if (lane.waiting.empty()) {
      if (result != 0) log_.leave_out();
      return trace::Done{};
    }
    const Call call = lane.waiting.back();
    lane.waiting.pop_back();
    return apply(lane, call, result);
  }

  Status apply(Lane& lane, const Call& call, std::uint64_t result) {
    RawEvent event;
    event.size = log_.clamp_size(call.size);
    if (call.align != 0 && (call.align & (call.align - 1)) == 0) event.align = call.align;
    switch (call.kind) {
      case Call::Kind::Alloc:
        return lane.lives.alloc(event, result);
      case Call::Kind::Overflow:
        return lane.lives.alloc(event, 0);
      case Call::Kind::Realloc:
        return lane.lives.realloc(event, call.addr, result);
      case Call::Kind::Free:
        return lane.lives.free(event, call.addr);
      case Call::Kind::Other:
        break;
    }
    return trace::Done{};
  }

  Result<Trace> finish() {
    Result<std::unique_ptr<Lane>> chosen = processes_.choose();
    if (!chosen) return log_.trouble(chosen.trouble().what, chosen.trouble().todo);
    Lane& lane = **chosen;
    if (Status status = log_.finish(lane.builder, kTitle); !status) return std::move(status).trouble();
    if (!lane.waiting.empty()) {
      lane.builder.warn(fmt::format("{} call(s) without a result were left out", lane.waiting.size()));
    }
    return std::move(lane.builder).finish();
  }

  LineLog log_;
  Processes<Lane> processes_;
  Body body_;
};

// A call of malloc and its kind in one of valgrind's lines.
int recognise(std::string_view head) {
  for (std::string_view rest = head; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.size() == rest.size()) break;
    rest.remove_prefix(line.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::uint64_t process = 0;
    Body body;
    if (take_process(line, process) && parse_body(line, body) && !body.calls.empty()) return 95;
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
