#include "core/replay/free_order.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>

#include "core/alloc/prefetch.h"
#include "core/replay/rows.h"

namespace allocviz::replay {
namespace {

constexpr std::size_t kListAhead = 16;

unsigned unit_shift(const FreeOrder::Buddy& buddy) {
  return static_cast<unsigned>(std::countr_zero(buddy.min_block_size()));
}

void write_change(const ListChange& change, ByteWriter& out) {
  out.put(change.kept);
  AscendingWriter<1> gone(out);
  for (const std::uint64_t place : change.gone) gone.put({place});
  gone.end();
  RowWriter<1> come(out);
  for (const std::uint64_t block : change.come) come.put({block});
  come.end();
}

void read_change(ByteReader& in, ListChange& change) {
  change.clear();
  change.kept = in.get();
  AscendingReader<1> gone(in);
  for (std::array<std::uint64_t, 1> row; gone.next(row);) change.gone.push_back(row[0]);
  RowReader<1> come(in);
  for (std::array<std::uint64_t, 1> row; come.next(row);) change.come.push_back(row[0]);
}

void make(const ListChange& change, std::vector<std::uint32_t>& list) {
  assert(change.kept <= list.size() && "a change is of the list that stands here");
  const auto place = [&list](std::uint64_t at) { return list.begin() + static_cast<std::ptrdiff_t>(at); };
  auto to = list.begin();
  std::uint64_t from = 0;
  for (const std::uint64_t gone : change.gone) {
    to = std::copy(place(from), place(gone), to);
    from = gone + 1;
  }
  to = std::copy(place(from), place(change.kept), to);
  list.erase(to, list.end());
  for (const std::uint64_t block : change.come) list.push_back(static_cast<std::uint32_t>(block));
}

// Where in the list before a change its places in the list behind it stood; asked in ascending order, of those kept.
class PlacesBefore {
 public:
  explicit PlacesBefore(const ListChange& change) : gone_(change.gone) {}
  [[nodiscard]] std::uint64_t of(std::uint64_t place) {
    while (passed_ < gone_.size() && gone_[passed_] - passed_ <= place) ++passed_;
    return place + passed_;
  }

 private:
  const std::vector<std::uint64_t>& gone_;
  std::uint64_t passed_ = 0;
};

ListChange both_as_one(const ListChange& earlier, const ListChange& later) {
  const std::uint64_t kept_then = earlier.kept - earlier.gone.size();
  ListChange both;
  PlacesBefore before(earlier);
  // Of what the earlier one kept, the later one keeps so many places.
  const std::uint64_t kept_since = std::min(later.kept, kept_then);
  both.kept = kept_since == 0 ? 0 : PlacesBefore(earlier).of(kept_since - 1) + 1;
  auto gone = later.gone.begin();
  std::vector<std::uint64_t> gone_since;
  for (; gone != later.gone.end() && *gone < kept_then; ++gone) gone_since.push_back(before.of(*gone));
  const auto end = std::lower_bound(earlier.gone.begin(), earlier.gone.end(), both.kept);
  both.gone.resize(static_cast<std::size_t>(end - earlier.gone.begin()) + gone_since.size());
  std::merge(earlier.gone.begin(), end, gone_since.begin(), gone_since.end(), both.gone.begin());
  // And of what came with the earlier one, what is below the later one's kept and not gone.
  for (std::uint64_t place = kept_then; place < later.kept; ++place) {
    if (gone != later.gone.end() && *gone == place) {
      ++gone;
    } else {
      both.come.push_back(earlier.come[place - kept_then]);
    }
  }
  both.come.insert(both.come.end(), later.come.begin(), later.come.end());
  return both;
}

}  // namespace

void ListChange::clear() {
  kept = 0;
  gone.clear();
  come.clear();
}

void FreeOrder::look(const Buddy& buddy) {
  levels_ = buddy.levels();
  for (unsigned level = 0; level < levels_; ++level) look_at(buddy, level);
}

// From the tail on: there a list stays as it was, but for blocks that were taken from its middle.
void FreeOrder::look_at(const Buddy& buddy, unsigned level) {
  const Buddy::State& state = buddy.state();
  const std::uint64_t size_bit = buddy.size_at(level) >> unit_shift(buddy);
  std::vector<std::uint32_t>& then = lists_[level];
  ListChange& change = changes_[level];
  change.clear();
  now_.clear();
  if ((state.filled & size_bit) != 0) {
    const alloc::usize head = state.heads[level];
    bool all_come = false;
    for (alloc::usize at = state.tails[level];; at = links_.prev(at)) {
      const auto block = static_cast<std::uint32_t>(at);
      now_.push_back(block);
      if (!all_come) {
        if (change.kept + kListAhead < then.size()) links_.prefetch(then[change.kept + kListAhead]);
        const auto rest = then.begin() + static_cast<std::ptrdiff_t>(change.kept);
        const auto found = std::find(rest, then.end(), block);
        all_come = found == then.end();
        if (!all_come) {
          for (auto gone = rest; gone != found; ++gone) change.gone.push_back(change.kept++);
          ++change.kept;
        }
      }
      if (all_come) change.come.push_back(block);
      if (at == head) break;
    }
  }
  then.swap(now_);
}

void FreeOrder::save(ByteWriter& out) const {
  out.put(levels_);
  ListChange all;
  for (unsigned level = 0; level < levels_; ++level) {
    all.come.assign(lists_[level].begin(), lists_[level].end());
    write_change(all, out);
  }
}

void FreeOrder::save_changes(ByteWriter& out) const {
  out.put(levels_);
  for (unsigned level = 0; level < levels_; ++level) write_change(changes_[level], out);
}

void FreeOrder::load(ByteReader& in, bool whole) {
  levels_ = static_cast<unsigned>(in.get());
  ListChange change;
  for (unsigned level = 0; level < levels_; ++level) {
    read_change(in, change);
    if (whole) lists_[level].clear();
    make(change, lists_[level]);
  }
}

FreeOrder::Buddy::State FreeOrder::sums(const Buddy& buddy) const {
  Buddy::State state;
  state.managed_bytes = buddy.managed_bytes();
  for (unsigned level = 0; level < levels_; ++level) {
    if (!lists_[level].empty()) state.filled |= buddy.size_at(level) >> unit_shift(buddy);
    state.free_bytes += lists_[level].size() * buddy.size_at(level);
  }
  return state;
}

// A list is what pushing its blocks, the last one first, makes of it.
void FreeOrder::put_level(Buddy& buddy, unsigned level, Buddy::State& state) const {
  auto* const tags = reinterpret_cast<alloc::BuddyTag*>(buddy.metadata().data);
  alloc::usize filled = 0;
  alloc::Beside::Lists<kMaxLevels> lists(filled, state, links_);
  const std::vector<std::uint32_t>& list = lists_[level];
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i + kListAhead < list.size()) {
      alloc::prefetch(tags + list[i + kListAhead]);
      links_.prefetch(list[i + kListAhead]);
    }
    tags[list[i]] = alloc::free_head(level);
    lists.push({list[i], buddy.size_at(level) >> unit_shift(buddy), level});
  }
}

void FreeOrder::put_into(Buddy& buddy) const {
  Buddy::State state = sums(buddy);
  for (unsigned level = 0; level < levels_; ++level) put_level(buddy, level, state);
  buddy.restore(state);
}

void write_both_as_one(ByteReader& earlier, ByteReader& changes, ByteWriter& out) {
  const std::uint64_t levels = earlier.get();
  [[maybe_unused]] const std::uint64_t later_levels = changes.get();
  assert(levels == later_levels && "two keyframes of one machine");
  out.put(levels);
  ListChange before, after;
  for (std::uint64_t level = 0; level < levels; ++level) {
    read_change(earlier, before);
    read_change(changes, after);
    write_change(both_as_one(before, after), out);
  }
}

}  // namespace allocviz::replay
