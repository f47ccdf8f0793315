// Policies: what an allocator checks before it believes its caller. Freestanding.
#pragma once

namespace allocviz::alloc {

// Every misuse that the allocator's own state can show (double free, foreign pointer, middle of a block, an alignment
// that is no power of two) comes back as an Error, in O(1), and changes nothing.
struct Checked {
  static constexpr bool kChecked = true;
};

// The caller promises not to misuse it; no trace of the checks is left in the machine code.
struct Unchecked {
  static constexpr bool kChecked = false;
};

}  // namespace allocviz::alloc
