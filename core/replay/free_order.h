// In which order a buddy's free lists hand their blocks out, kept from one look at them to the next.
//
//   then   tail  3  9  4  7  head         what is pushed or popped is at the head, so that of a long list most stays
//   now    tail  3     4  12 head         the first 3 of then, without the second; then 12
//
// The links of a list lie anywhere in memory, one after the other: each would be waited for. Where the list went when
// it was last looked at says where it goes now, so that they are there in time. And a keyframe holds what became of a
// list instead of all of it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/alloc/buddy_geometry.h"
#include "core/replay/buddy_keyframe.h"
#include "core/replay/bytes.h"

namespace allocviz::replay {

// What became of one list: the first `kept` of it, from its tail on, without those at `gone`; then `come`.
struct ListChange {
  std::uint64_t kept = 0;
  std::vector<std::uint64_t> gone;  // places in the list as it was, ascending, below `kept`
  std::vector<std::uint64_t> come;  // blocks, in smallest blocks

  void clear();
};

class FreeOrder {
 public:
  using Buddy = RealBuddy<alloc::Beside>;

  // links: those beside the buddy's tags.
  explicit FreeOrder(alloc::BuddySideLinks links) : links_(links) {}

  // Looks at the lists of a buddy that is always the same one. O(free blocks then and now).
  void look(const Buddy& buddy);
  // Each list from its tail to its head, in smallest blocks, as it was when last looked at.
  [[nodiscard]] const std::vector<std::uint32_t>& list(unsigned level) const { return lists_[level]; }

  void save(ByteWriter& out) const;
  // What the last look() found changed: then, for the next one.
  void save_changes(ByteWriter& out) const;
  // What save() wrote where it is whole; else what save_changes() wrote, of lists as they are here.
  void load(ByteReader& in, bool whole);
  // Makes these the lists of a buddy with the same geometry, whose free blocks are tagged as nothing.
  void put_into(Buddy& buddy) const;
  // The same in parts, of which several threads can do some each: the state without its lists; then each level's list;
  // then buddy.restore(state).
  [[nodiscard]] Buddy::State sums(const Buddy& buddy) const;
  void put_level(Buddy& buddy, unsigned level, Buddy::State& state) const;

 private:
  static constexpr unsigned kMaxLevels = alloc::RuntimeBuddy::kMaxLevels;

  void look_at(const Buddy& buddy, unsigned level);

  alloc::BuddySideLinks links_;
  unsigned levels_ = 0;
  std::array<std::vector<std::uint32_t>, kMaxLevels> lists_;
  std::array<ListChange, kMaxLevels> changes_;
  std::vector<std::uint32_t> now_;  // look's own, kept for its memory
};

// What two keyframes' lists, the later one changes of the earlier one's, are as one. O(bytes of both).
void write_both_as_one(ByteReader& earlier, ByteReader& changes, ByteWriter& out);

}  // namespace allocviz::replay
