// What is to be emphasised on a stage, the same for every layout of it: what the step at the cursor touched, what is
// selected.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/alloc/step.h"
#include "core/trace/spec.h"

namespace allocviz::draw {

// The shape of a buddy's tree. Levels count from the top: level 0 is the largest block.
struct BuddyShape {
  std::uint64_t arena = 1, top = 1;  // bytes; top = the largest block
  int levels = 1;
  [[nodiscard]] std::uint64_t size_of(int level) const { return top >> level; }
  [[nodiscard]] int level_of(std::uint64_t size) const;
};
[[nodiscard]] BuddyShape shape_of(const trace::AllocatorSpec& spec);

// A block that a step touched; size 0 stands for whatever block begins there.
struct Touch {
  std::uint64_t offset = 0, size = 0;
  bool operator==(const Touch&) const = default;
};

struct Focus {
  std::vector<Touch> touched;
  std::optional<std::uint64_t> selected;  // a byte of the arena
};

// The block a step is about, where it is about one: of a split the front half, of a merge the whole.
[[nodiscard]] std::optional<Touch> subject_of(const alloc::Step& step, const trace::AllocatorSpec& spec);
// Every block that the last of these steps touched: of a split the halves and their parent.
[[nodiscard]] std::vector<Touch> touched_by(std::span<const alloc::Step> done, const trace::AllocatorSpec& spec);

}  // namespace allocviz::draw
