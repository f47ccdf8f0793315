// Which slot owns the block at an offset, made when a census asks and undone when it is done: a table over the arena
// with an entry for each smallest block, of which only the entries of live blocks are ever touched.
//
//   live slots   0: 0x0400    2: 0x0000    3: 0x0100          O(live), no hashing, no sorting,
//   entries      [3] . . . [4] . . . . . . . . . [1] . .      and nothing to keep up between events
#pragma once

#include <cstdint>
#include <utility>

#include "core/replay/live_table.h"
#include "core/replay/reservation.h"

namespace allocviz::replay {

class Owners {
 public:
  [[nodiscard]] static trace::Result<Owners> make(std::uint64_t entries) {
    auto table = Reservation::make(entries * sizeof(std::uint32_t), sizeof(std::uint32_t), "A table of owners");
    if (!table.ok()) return std::move(table).trouble();
    return Owners(std::move(table).value());
  }

  // Calls use(owner_of) while the table is filled: owner_of(index) is the live block whose offset has that index, or
  // nullptr. index_of(offset) tells the starts of blocks apart.
  template <class IndexOf, class Use>
  void join(const LiveTable& live, IndexOf index_of, Use use) const {
    auto* const entries = reinterpret_cast<std::uint32_t*>(table_.data());
    for_each(live, [&](std::uint32_t slot) { entries[index_of(live[slot].offset)] = slot + 1; });
    use([&](std::uint64_t index) { return entries[index] == 0 ? nullptr : &live[entries[index] - 1]; });
    for_each(live, [&](std::uint32_t slot) { entries[index_of(live[slot].offset)] = 0; });
  }

 private:
  explicit Owners(Reservation table) : table_(std::move(table)) {}

  template <class F>
  static void for_each(const LiveTable& live, F f) {
    for (std::uint32_t slot = 0; slot < live.size(); ++slot) {
      if (live.is_live(slot)) f(slot);
    }
  }

  Reservation table_;
};

}  // namespace allocviz::replay
