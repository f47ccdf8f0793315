// One line of ltrace's: what stands before the call, the call with its arguments, its result. What it means:
// ltrace.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace allocviz::import::ltrace {

enum class Function : std::uint8_t {
  Malloc,
  Calloc,
  Realloc,
  Reallocarray,
  Memalign,
  PosixMemalign,
  AlignedNew,
  Valloc,  // and pvalloc
  Free,
  Other,
};

struct Call {
  Function function = Function::Other;
  std::uint64_t arguments[4] = {};
  std::size_t count = 0;
};

struct Line {
  enum class Kind : std::uint8_t { Call, Unfinished, Resumed, Exec, Exited, ChildExited, Other } kind = Kind::Other;
  std::optional<std::uint64_t> thread;
  std::optional<std::uint64_t> clock_ns;
  std::string_view caller;
  bool inside_library = false;  // "name@library": -x, which sees the calls that a library makes of itself
  bool catches = false;         // __cxa_begin_catch
  bool forks = false;           // fork, vfork: its result is the number of another process
  bool is_vfork = false;        // of these
  bool starts_thread = false;   // pthread_create and its like
  Call call;
  std::string_view result;
};

// Whether a line that cannot be read may have been an allocation or the end of one.
[[nodiscard]] bool mentions_allocation(std::string_view text);
// A number as ltrace prints it: 0x..., decimal, nil.
[[nodiscard]] bool take_integer(std::string_view& text, std::uint64_t& value);
// false: not a line of ltrace's.
[[nodiscard]] bool parse(std::string_view text, Line& line);

}  // namespace allocviz::import::ltrace
