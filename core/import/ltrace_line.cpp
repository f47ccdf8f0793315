#include "core/import/ltrace_line.h"

#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import::ltrace {
namespace {

Function function_named(std::string_view name) {
  if (name == "malloc") return Function::Malloc;
  if (name == "calloc") return Function::Calloc;
  if (name == "realloc") return Function::Realloc;
  if (name == "reallocarray") return Function::Reallocarray;
  if (name == "memalign" || name == "aligned_alloc") return Function::Memalign;
  if (name == "posix_memalign") return Function::PosixMemalign;
  if (name == "valloc" || name == "pvalloc") return Function::Valloc;
  if (name == "free") return Function::Free;
  if (name.starts_with("_Znw") || name.starts_with("_Zna") || name.starts_with("operator new")) {
    return name.find("align_val_t") == std::string_view::npos ? Function::Malloc : Function::AlignedNew;
  }
  if (name.starts_with("_Zdl") || name.starts_with("_Zda") || name.starts_with("operator delete"))
    return Function::Free;
  return Function::Other;
}

std::size_t arguments_of(Function function) {
  switch (function) {
    case Function::Malloc:
    case Function::Valloc:
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

bool is_fork(std::string_view name) {
  return name == "fork" || name == "vfork";
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
    if (call.count != 0) {
      if (!take(text, ",")) return false;
      take(text, " ");
    }
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
    line.forks = is_fork(name);
    line.is_vfork = name == "vfork";
    line.starts_thread =
        name == "pthread_create" || name == "thrd_create" || name.find("_M_start_thread") != std::string_view::npos;
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

}  // namespace

bool mentions_allocation(std::string_view text) {
  for (const std::string_view name : {"alloc(", "alloc resumed", "free(", "memalign(", "reallocarray(", "_Znw", "_Zna",
                                      "_Zdl", "_Zda", "operator new", "operator delete"}) {
    if (text.find(name) != std::string_view::npos) return true;
  }
  return false;
}

bool take_integer(std::string_view& text, std::uint64_t& value) {
  value = 0;
  return take_0x(text, value) || take_dec(text, value) || take(text, "nil") || take(text, "NULL") ||
         take(text, "(nil)");
}

bool parse(std::string_view text, Line& line) {
  line = {};
  take_prefix(text, line);
  if (text.starts_with("--- Called exec")) line.kind = Line::Kind::Exec;
  if (text.starts_with("--- SIGCHLD (Child exited")) line.kind = Line::Kind::ChildExited;
  if (text.starts_with("+++ exited") || text.starts_with("+++ killed")) line.kind = Line::Kind::Exited;
  if (text.starts_with("+++ ") || text.starts_with("--- ")) return true;
  if (take(text, "<... ")) {
    const std::size_t end = text.find(" resumed>");
    if (end == std::string_view::npos) return false;
    line.kind = Line::Kind::Resumed;
    line.call.function = function_named(text.substr(0, end));
    line.forks = is_fork(text.substr(0, end));
    line.is_vfork = text.starts_with("vfork ");
    return find_result(text.substr(end), line.result);
  }
  if (!take_name(text, line)) return false;
  // The call comes back from both: which of them is said of one that a signal or another thread's news interrupts is an
  // accident of ltrace's.
  const bool unfinished = text.ends_with("<unfinished ...>") || text.ends_with("<no return ...>");
  line.kind = unfinished ? Line::Kind::Unfinished : Line::Kind::Call;
  const bool answered = unfinished || find_result(text, line.result);
  // A hook's own log may look like this and say no result where there is none.
  if (!answered && (line.call.function != Function::Free || !text.ends_with(')'))) return false;
  return take_arguments(text, line.call);
}

}  // namespace allocviz::import::ltrace
