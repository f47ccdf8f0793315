// What stands at an address of a program or library: function, file and line, as far as its symbols and debug
// information say. Built with elfutils' libdw where that is there; without it, module and offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace allocviz::record {

class Symbols {
 public:
  Symbols();
  ~Symbols();
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  // Whether this was built with a symboliser.
  [[nodiscard]] static bool available();

  // The call before the return address `address`, an offset into `file` as it was linked: "parser.cpp:12 parse_header",
  // "strdup (libc.so.6)" or "libc.so.6+0x9a2bb". Where it was inlined, the functions it was inlined into follow. Never
  // empty; valid UTF-8, each at most kMostBytes long; valid while this lives. Expected O(1) for an address seen before.
  [[nodiscard]] const std::vector<std::string>& at(const std::string& file, std::uint64_t address);

  static constexpr std::size_t kMostBytes = 240;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace allocviz::record
