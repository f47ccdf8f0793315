// One line of valgrind's, which may hold what several processes say. What it means: valgrind.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace allocviz::import::valgrind {

struct Call {
  enum class Kind : std::uint8_t {
    Alloc,
    Overflow,  // a calloc that asks for more than 64 bits count: refused, without a result
    Realloc,
    Free,
    Other,    // malloc_usable_size: has a result, changes nothing
    Nothing,  // mallinfo: not even a result
  } kind = Kind::Other;
  bool is_malloc = false;
  std::uint64_t addr = 0, size = 0, align = 0;
};

struct Body {
  std::vector<Call> calls;
  std::optional<std::uint64_t> result;
};

struct Prefix {
  std::uint64_t process = 0;
  std::optional<std::uint64_t> clock_ns;
};

// One process' part of a line.
struct Piece {
  Prefix prefix;
  Body body;
  bool cut = false;  // by what another process says behind it
};

// The calls of a line behind its number, and the result: false where it is nothing of these.
[[nodiscard]] bool parse_body(std::string_view text, Body& body);
// "==17353== Command: ./a", which a process says again when it calls exec under --trace-children=yes.
[[nodiscard]] bool take_command(std::string_view line, std::uint64_t& process);
// A program that writes to the same place may have left its line open: then ours begins in the middle. So may another
// process: then there are several. What begins like a call and cannot be read is told by `broken`.
void parse_line(std::string_view line, std::vector<Piece>& pieces, bool& broken);

}  // namespace allocviz::import::valgrind
