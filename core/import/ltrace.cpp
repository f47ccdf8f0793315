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
// printed: its blocks are missing. ltrace numbers threads and forked processes alike, so all of them are read as one
// program; with a process named, only the calls of that number are.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
#include "core/import/scan.h"

namespace allocviz::import {
namespace ltrace {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "ltrace";

enum class Function : std::uint8_t {
  Malloc,
  Calloc,
  Realloc,
  Reallocarray,
  Memalign,
  PosixMemalign,
  AlignedNew,
  Free,
  Other,
};

struct Call {
  Function function = Function::Other;
  std::uint64_t arguments[4] = {};
  std::size_t count = 0;
};

struct Line {
  enum class Kind : std::uint8_t { Call, Unfinished, Resumed, Other } kind = Kind::Other;
  std::optional<std::uint64_t> thread;
  std::optional<std::uint64_t> clock_ns;
  std::string_view caller;
  bool inside_library = false;  // "name@library": -x, which sees the calls that a library makes of itself
  bool catches = false;         // __cxa_begin_catch
  Call call;
  std::string_view result;
};

Function function_named(std::string_view name) {
  if (name == "malloc") return Function::Malloc;
  if (name == "calloc") return Function::Calloc;
  if (name == "realloc") return Function::Realloc;
  if (name == "reallocarray") return Function::Reallocarray;
  if (name == "memalign" || name == "aligned_alloc") return Function::Memalign;
  if (name == "posix_memalign") return Function::PosixMemalign;
  if (name == "free") return Function::Free;
  if (name.starts_with("_Znw") || name.starts_with("_Zna") || name.starts_with("operator new")) {
    return name.find("align_val_t") == std::string_view::npos ? Function::Malloc : Function::AlignedNew;
  }
  if (name.starts_with("_Zdl") || name.starts_with("_Zda") || name.starts_with("operator delete"))
    return Function::Free;
  return Function::Other;
}

// Whether a line that cannot be read may have been an allocation or the end of one.
bool mentions_allocation(std::string_view text) {
  for (const std::string_view name : {"alloc(", "alloc resumed", "free(", "memalign(", "reallocarray(", "_Znw", "_Zna",
                                      "_Zdl", "_Zda", "operator new", "operator delete"}) {
    if (text.find(name) != std::string_view::npos) return true;
  }
  return false;
}

std::size_t arguments_of(Function function) {
  switch (function) {
    case Function::Malloc:
    case Function::Free:
      return 1;
    case Function::Calloc:
    case Function::Realloc:
    case Function::Memalign:
    case Function::AlignedNew:
      return 2;
    case Function::Reallocarray:
    case Function::PosixMemalign:
      return 3;
    case Function::Other:
      break;
  }
  return 0;
}

bool take_integer(std::string_view& text, std::uint64_t& value) {
  value = 0;
  return take_0x(text, value) || take_dec(text, value) || take(text, "nil") || take(text, "NULL");
}

void skip_spaces(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

// "18:24:11.050963", the time of the day, or seconds.
bool take_clock(std::string_view& text, std::uint64_t& ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  std::string_view rest = text;
  std::uint64_t hours = 0, minutes = 0, seconds = 0, fraction = 0;
  if (take_dec(rest, hours) && take(rest, ":") && take_dec(rest, minutes) && take(rest, ":") && hours < 24 &&
      minutes < 60) {
    if (!take_seconds(rest, fraction) && !take_dec(rest, seconds)) return false;
    if (seconds > 60) return false;
    ns = (hours * 3600 + minutes * 60 + seconds) * kNsPerSecond + fraction;
    text = rest;
    return true;
  }
  return take_seconds(text, ns);
}

// What stands before the call: "[thread ][time ][[address] ]", in this order.
void take_prefix(std::string_view& text, Line& line) {
  skip_spaces(text);
  std::string_view rest = text;
  std::uint64_t number = 0;
  const bool named = take(rest, "[pid ");
  if (take_dec(rest, number) && (!named || take(rest, "]")) && rest.starts_with(' ')) {
    line.thread = number;
    skip_spaces(rest);
    text = rest;
  }
  rest = text;
  if (take_clock(rest, number) && rest.starts_with(' ')) {
    line.clock_ns = number;
    skip_spaces(rest);
    text = rest;
  }
  if (text.starts_with("[0x")) {
    take_word(text);
    skip_spaces(text);
  }
}

// The numbers of the call, as many as the function needs; what else stands between the brackets does not matter.
bool take_arguments(std::string_view& text, Call& call) {
  const std::size_t wanted = arguments_of(call.function);
  for (call.count = 0; call.count < wanted; ++call.count) {
    if (call.count != 0 && !take(text, ", ")) return false;
    if (!take_integer(text, call.arguments[call.count])) return false;
  }
  return true;
}

// "name(" or "name@library(", with "caller->" before it.
bool take_name(std::string_view& text, Line& line) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return false;
  std::string_view name = text.substr(0, open);
  if (const std::size_t arrow = name.find("->"); arrow != std::string_view::npos) {
    line.caller = name.substr(0, arrow);
    name.remove_prefix(arrow + 2);
  }
  std::size_t end = open + 1;
  if (name.starts_with("operator ")) {  // "operator new(unsigned long)(": its types belong to the name
    const std::size_t types_end = text.find(")(", open);
    if (types_end == std::string_view::npos) return false;
    line.call.function = function_named(text.substr(open - name.size(), name.size() + types_end - open));
    end = types_end + 2;
  } else {
    line.inside_library = name.find('@') != std::string_view::npos;
    name = name.substr(0, name.find('@'));
    line.catches = name == "__cxa_begin_catch";
    if (name.empty() || name.find(' ') != std::string_view::npos) return false;
    line.call.function = function_named(name);
  }
  text.remove_prefix(end);
  return true;
}

// The result behind the last ") = ", spaces in between; what the call took (-T: " <0.000101>") is left away.
bool find_result(std::string_view text, std::string_view& result) {
  if (const std::size_t took = text.rfind(" <"); took != std::string_view::npos && text.ends_with('>')) {
    std::string_view time = text.substr(took + 2);
    std::uint64_t ns = 0;
    if (take_seconds(time, ns) && time == ">") text = text.substr(0, took);
  }
  const std::size_t equals = text.rfind("= ");
  if (equals == std::string_view::npos) return false;
  std::string_view before = text.substr(0, equals);
  while (before.ends_with(' ')) before.remove_suffix(1);
  result = text.substr(equals + 2);
  return before.ends_with(')');
}

// false: not a line of ltrace's.
bool parse(std::string_view text, Line& line) {
  line = {};
  take_prefix(text, line);
  if (text.starts_with("+++ ") || text.starts_with("--- ") || text.ends_with("<no return ...>")) return true;
  if (take(text, "<... ")) {
    const std::size_t end = text.find(" resumed>");
    if (end == std::string_view::npos) return false;
    line.kind = Line::Kind::Resumed;
    line.call.function = function_named(text.substr(0, end));
    return find_result(text.substr(end), line.result);
  }
  if (!take_name(text, line)) return false;
  const bool unfinished = text.ends_with("<unfinished ...>");
  line.kind = unfinished ? Line::Kind::Unfinished : Line::Kind::Call;
  const bool answered = unfinished || find_result(text, line.result);
  // A hook's own log may look like this and say no result where there is none.
  if (!answered && (line.call.function != Function::Free || !text.ends_with(')'))) return false;
  return take_arguments(text, line.call);
}

class LtraceReader {
 public:
  LtraceReader(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options)
      : log_(lines, progress), lives_(builder_), wanted_(options.process) {
    builder_.header().format = kLtrace.format;
    builder_.header().default_align = 16;  // what malloc promises; only the aligned calls say theirs
  }

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
      if (wanted_ && line.thread != wanted_) {
        ++of_others_;
        continue;
      }
      if (Status status = take_line(line); !status) return std::move(status).trouble();
    }
    if (wanted_ && builder_.size() == 0 && of_others_ != 0) {
      return log_.trouble(fmt::format("there is no call of process {} in the log", *wanted_),
                          "leave --process away, or name a number that lines begin with");
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  struct Open {
    Call call;
    bool counted = false;  // false: inside another one, or of the C library's own
    std::string caller;
    bool inside_library = false;
  };

  Status take_line(const Line& line) {
    std::vector<Open>& open = open_[line.thread.value_or(0)];
    if (Status status = end_thrown(line, open); !status) return status;
    switch (line.kind) {
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
    ++thrown_;
    return apply(call.call, "0", line);
  }

  [[nodiscard]] static bool is_alloc(Function function) {
    return function == Function::Malloc || function == Function::Calloc || function == Function::Memalign ||
           function == Function::AlignedNew;
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
    if (line.clock_ns) event.time_ns = time_.since_start(line.thread.value_or(0), now(*line.clock_ns));
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
      case Function::AlignedNew:
        if (b != 0 && (b & (b - 1)) == 0) event.align = b;
        return append_alloc(event, a, answer);
      case Function::Realloc:
        return append_realloc(event, a, b, answer);
      case Function::Reallocarray:
        return append_realloc(event, a, product(b, c), answer);
      case Function::Free:
        return lives_.free(event, a);
      case Function::PosixMemalign:
        if (answer == 0) ++unseen_;
        break;
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
    return lives_.alloc(event, addr);
  }

  Status append_realloc(RawEvent& event, std::uint64_t from, std::uint64_t size, std::uint64_t to) {
    if (size == 0 && to == 0 && from != 0) return lives_.free(event, from);
    event.size = log_.clamp_size(size);
    return lives_.realloc(event, from, to);
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (thrown_ != 0) {
      builder_.warn(fmt::format("{} call(s) never came back, as where new throws: they are shown as failed", thrown_));
    }
    if (unseen_ != 0) {
      builder_.warn(
          fmt::format("{} block(s) of posix_memalign are missing: ltrace does not print where they are", unseen_));
    }
    if (of_others_ != 0) {
      builder_.warn(fmt::format("{} lines of other threads or processes than {} were left out", of_others_, *wanted_));
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  LogTime time_;
  std::unordered_map<std::uint64_t, std::vector<Open>> open_;  // by thread, the innermost last
  std::uint64_t unseen_ = 0, thrown_ = 0;
  std::optional<bool> relative_;
  std::uint64_t elapsed_ns_ = 0;
  std::optional<std::uint64_t> wanted_;
  std::uint64_t of_others_ = 0;
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
