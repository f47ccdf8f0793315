// Steps: what an allocator tells a listener while it works, one call a primitive.
//
// An allocator takes its sink as a template parameter; NoSteps, the default, is an empty class whose calls compile to
// nothing. Between any two steps every byte of the region belongs to exactly one block: free, live or in flight, and
// the walk is legal inside the sink's call. So the state at step k is what a walk inside the k-th call sees.
#pragma once

#include "layout.h"

namespace allocviz::alloc {

enum class StepKind : std::uint8_t {
  Round,   // size: what the request became; level: where that belongs (buddy); other: what was asked
  Look,    // level was looked at; other: 1 when its list has a block, 0 when it is empty (tiered: a class's slabs, of
           // blocks of `size`)
  Pop,     // offset left the head of level's list and is in flight
  Split,   // the block at offset, size, level became two; other: the offset of the back half, in flight until pushed
  Push,    // offset is now the head of level's list
  Remove,  // offset left level's list from wherever it stood (its buddy is being merged, or a run takes it)
  Merge,   // offset, size, level: the block made of two; other: the half that disappeared
  Take,    // offset, size: the answer; live from here on
  Move,    // bump: the mark went from other to offset; size: bytes in between
  Rewind,  // bump: the mark returned from other to offset, nothing is outstanding
  Fail,    // why: nothing changed
};

struct Step {
  StepKind kind = StepKind::Round;
  Error why = Error::None;
  std::uint8_t level = 0;
  std::uint8_t size_class = kNoClass;  // tiered: the class whose slab this is about; kNoClass: the buddy below
  usize offset = 0;
  usize size = 0;
  usize other = 0;
};

struct NoSteps {
  [[gnu::always_inline]] constexpr void operator()(const Step&) const noexcept {}
};

// Whether anybody hears the steps told to an S. What only a listener could see, in the midst of a call, is written only
// where this holds.
template <class S>
inline constexpr bool kHeard = true;
template <>
inline constexpr bool kHeard<NoSteps> = false;

}  // namespace allocviz::alloc
