// The buddy tree as a picture: one row a level, x = address, a block over the bytes it owns.
//
//   level 0  [            split            ]   - empty
//   level 1  [    split    ][     free     ]   0x200
//   level 2  [ A  ][ free  ]                   0x100
//
// Levels that do not fit are made thinner; then runs of levels that hold nothing but split blocks in view fold into one
// thin row each. Blocks narrower than two pixels go into the rows' columns (lod.h).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/alloc/step.h"
#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "core/trace/spec.h"
#include "viz/draw/axis.h"
#include "viz/draw/focus.h"
#include "viz/draw/scene.h"
#include "viz/draw/strip.h"

namespace allocviz::draw {

enum class Motion : std::uint8_t { None, Forward, Backward };

struct BuddyInput {
  const replay::Census& census;
  const trace::AllocatorSpec& spec;
  Moment now;                             // the event at the cursor
  std::optional<std::uint64_t> selected;  // a byte of the arena
  Rect rect;                              // the panel's content
  Span view;
  Style style;
  const NameOf& name_of;
  Motion motion = Motion::None;
  std::span<const alloc::Step> crossed{};  // the steps that lie between where the cursor was and where it is
  const replay::Digest* digest = nullptr;  // of this census, where there is one: changes how long it takes alone
};

struct BuddyRow {
  int first = 0, last = 0;  // levels; more than one only when folded
  bool folded = false;
  bool looked = false;   // a Look of this event was at this level
  bool now = false;      // the current step is about this level
  float pitch = 0;       // to the next row: what its free list may use
  Rect rect;             // over the axis
  std::size_t band = 0;  // index into scene.bands, unless folded
};

// A block and its buddy: one bit of the offset apart.
struct Relation {
  std::uint64_t offset = 0, size = 0, buddy = 0;
  std::string status;    // what the buddy is: "live: D", "free", "split, cannot merge"
  bool blocked = false;  // the buddy is not free as one block
  bool drawn = false;    // the buddy is marked in the tree: a block is selected, or could not be merged just now
};

struct BuddyScene {
  Scene scene;
  ByteAxis axis;
  BuddyShape shape;
  std::vector<BuddyRow> rows;
  std::vector<Rect> lit;             // behind everything: the level of the current step
  std::vector<Rect> ticks;           // beside their labels: levels that were looked at before
  std::optional<Rect> relation_box;  // where the buddy arithmetic stands, or why the event was refused
  std::optional<Relation> relation;
  std::string refused;  // why the event at the cursor was; empty where it was not
};

// The buddy below a tiered allocator, whose largest block has so many bytes: each slab as the one live block that it is
// there, of which the live blocks in it are asked for, and each run as the live blocks that it is made of.
[[nodiscard]] replay::Census buddy_below(const replay::Census& census, std::uint64_t largest);

[[nodiscard]] BuddyScene lay_out_buddy(const BuddyInput& input);

// What stands at a point: the row's level and the bytes of the pixel there; nothing outside the rows.
struct BuddyHit {
  int level = 0;
  Span bytes;
};
[[nodiscard]] std::optional<BuddyHit> hit(const BuddyScene& scene, Point at);

// Parts of lay_out_buddy, each adding to the scene (buddy_marks.cpp, buddy_lists.cpp, buddy_relation.cpp).
void mark_levels(BuddyScene& out, const BuddyInput& input);
void add_marks(BuddyScene& out, const BuddyInput& input, const Focus& focus);
[[nodiscard]] std::optional<Relation> relation_of(const BuddyInput& input, const BuddyShape& shape);
void add_level_labels(BuddyScene& out, const BuddyInput& input);
void add_free_lists(BuddyScene& out, const BuddyInput& input);
void add_relation(BuddyScene& out, const BuddyInput& input);

// The longest run of free bytes at least as long as the request that was just refused for want of memory: free
// neighbours that are not one block. `boundary` is the address in it that no merge can cross.
struct FreeRun {
  std::uint64_t from = 0, to = 0, boundary = 0;
};
[[nodiscard]] std::optional<FreeRun> run_in_vain(const BuddyInput& input);

}  // namespace allocviz::draw
