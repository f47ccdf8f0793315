// What a buddy tells of its blocks, in sentences: how one was split, and how several became one again.
#pragma once

#include <span>
#include <string>

#include "core/alloc/step.h"
#include "core/trace/spec.h"

namespace allocviz::replay {

// Of the block that was found and what each split of it pushed onto a list, one at least: "Level 2 has one at 0x400
// (1 KiB): split it. 0x600 goes to level 3's free list; 0x400 is the answer."
[[nodiscard]] std::string splits_text(const alloc::Step& found, std::span<const alloc::Step> pushes,
                                      const trace::AllocatorSpec& spec);
// Of one merge at least: "0x080 + 0x0c0 make 0x080 (128 B); with 0x000 they make 0x000 (256 B)." Of many: the first two
// and the last.
[[nodiscard]] std::string merges_text(std::span<const alloc::Step> merges, const trace::AllocatorSpec& spec);

}  // namespace allocviz::replay
