// How a caller's registers are found from a return address: the part of DWARF's call frame information that compilers
// write for x86-64, read where the loader mapped it. (DWARF 5, section 6.4; System V ABI for x86-64, section 3.7; the
// Linux Standard Base on .eh_frame and .eh_frame_hdr.)
#pragma once

#include <cstdint>

namespace allocviz::record::preload {

// Where the canonical frame address (the stack pointer before the call) is, in terms of the frame's registers.
enum class Base : std::uint8_t {
  Unknown,   // no information, or a form this does not know: the stack ends here
  Rsp,       // rsp + offset
  Rbp,       // rbp + offset
  RbpDeref,  // *(rbp + offset): a frame that realigned its stack; its caller's rbp stands at *rbp
};

struct Rule {
  Base base = Base::Unknown;
  std::int32_t offset = 0;      // of the canonical frame address; the return address stands 8 below that
  std::int32_t rbp_offset = 0;  // of the caller's rbp from the canonical frame address; 0: rbp was not touched
};

// The rule at a return address; Base::Unknown where there is none. O(log of the module's functions + their code). Reads
// the module's own tables and nothing else; the code at `address` must be loaded.
Rule rule_at(std::uint64_t address);

}  // namespace allocviz::record::preload
