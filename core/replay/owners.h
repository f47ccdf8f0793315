// Which slot owns the block at an offset, made when a census asks and undone when it is done: a table over the arena
// with an entry for each smallest block, of which only the entries of live blocks are ever touched.
//
//   live slots   0: 0x0400    2: 0x0000    3: 0x0100          O(live), no hashing, no sorting,
//   entries      [3] . . . [4] . . . . . . . . . [1] . .      and nothing to keep up between events
//
// Of a million live blocks each is somewhere else in the table and in the list of slots, so what is wanted soon is
// brought nearer, and an entry is taken back when it is asked for instead of by going through all slots once more.
#pragma once

#include <cstdint>
#include <utility>

#include "core/alloc/prefetch.h"
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

  // Calls use(take_owner) while the table is filled: take_owner(index) is the live block whose offset has that index,
  // or nullptr; asked once more it is nullptr. index_of(offset) tells the starts of blocks apart.
  template <class IndexOf, class Use>
  void join(const LiveTable& live, IndexOf index_of, Use use) const {
    auto* const entries = reinterpret_cast<std::uint32_t*>(table_.data());
    std::uint64_t filled = 0;
    for (std::uint32_t slot = 0; slot < live.size(); ++slot) {
      if (live.is_live(slot + kAhead)) alloc::prefetch(&entries[index_of(live[slot + kAhead].offset)]);
      if (!live.is_live(slot)) continue;
      entries[index_of(live[slot].offset)] = slot + 1;
      ++filled;
    }
    use([&](std::uint64_t index) {
      const std::uint32_t owner = std::exchange(entries[index], 0);
      filled -= owner == 0 ? 0 : 1;
      return owner == 0 ? nullptr : &live[owner - 1];
    });
    if (filled == 0) return;
    for (std::uint32_t slot = 0; slot < live.size(); ++slot) {
      if (live.is_live(slot)) entries[index_of(live[slot].offset)] = 0;
    }
  }

 private:
  explicit Owners(Reservation table) : table_(std::move(table)) {}

  static constexpr std::uint32_t kAhead = 16;

  Reservation table_;
};

}  // namespace allocviz::replay
