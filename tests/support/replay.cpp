#include "tests/support/replay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace allocviz::test {

using trace::Op;
using trace::RawEvent;

namespace {

RawEvent of_id(Op op, std::string_view id) {
  RawEvent event;
  event.op = op;
  event.id_kind = RawEvent::Id::Name;
  event.id_name = id;
  return event;
}

}  // namespace

Script& Script::add(const RawEvent& event) {
  const trace::Status status = builder_.append(event);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.trouble().text());
  return *this;
}
Script& Script::alloc(std::string_view id, std::uint64_t size, std::uint64_t align) {
  RawEvent event = of_id(Op::Alloc, id);
  event.size = size;
  event.align = align;
  return add(event);
}
Script& Script::realloc(std::string_view id, std::uint64_t size, std::uint64_t align) {
  RawEvent event = of_id(Op::Realloc, id);
  event.size = size;
  event.align = align;
  return add(event);
}
Script& Script::free(std::string_view id) {
  return add(of_id(Op::Free, id));
}
Script& Script::free_at(std::uint64_t offset) {
  RawEvent event;
  event.op = Op::Free;
  event.offset = offset;
  return add(event);
}
Script& Script::free_null() {
  RawEvent event;
  event.op = Op::Free;
  event.id_kind = RawEvent::Id::Null;
  return add(event);
}
Script& Script::alloc_failed_there(std::uint64_t size) {
  RawEvent event;
  event.op = Op::Alloc;
  event.size = size;
  event.ok = false;
  return add(event);
}
Script& Script::mark(std::string_view name) {
  RawEvent event;
  event.op = Op::Mark;
  event.mark_name = name;
  return add(event);
}
Script& Script::reset() {
  RawEvent event;
  event.op = Op::Reset;
  return add(event);
}
std::shared_ptr<const trace::Trace> Script::done() {
  return std::make_shared<const trace::Trace>(std::move(builder_).finish());
}

namespace {

class RandomTrace {
 public:
  RandomTrace(std::mt19937_64& random, std::uint64_t arena_bytes, std::uint64_t largest_size)
      : random_(random), arena_bytes_(arena_bytes), largest_size_(largest_size) {}

  void add_one() {
    // Now mostly growing, now mostly shrinking, so that it is both full and empty at times.
    if (script_.size() % 200 == 0) growing_ = !growing_;
    const std::uint64_t dice = random_() % 1000;
    if (dice < 8) {
      script_.free_null();
    } else if (dice < 16) {
      script_.free(fmt::format("nobody{}", dice));
    } else if (dice < 24) {
      script_.alloc_failed_there(size());
    } else if (dice < 32) {
      script_.mark("here");
    } else if (dice < 33) {
      script_.reset();
      ids_.clear();
    } else if (dice < 60) {
      script_.free_at(random_() % 8 == 0 ? random_() : random_() % (arena_bytes_ / 8 + 2) * 8);
    } else if (dice < 80 && !ids_.empty()) {
      script_.alloc(any_id(), size(), align());  // alive: an implicit free
    } else if (dice < 180 && !ids_.empty()) {
      script_.realloc(any_id(), size(), align());
    } else if (ids_.empty() || dice < (growing_ ? 720u : 430u)) {
      ids_.push_back(fmt::format("b{}", next_id_++));
      script_.alloc(ids_.back(), size(), align());
    } else {
      const std::size_t at = random_() % ids_.size();
      script_.free(ids_[at]);
      ids_[at] = ids_.back();
      ids_.pop_back();
    }
  }
  [[nodiscard]] std::shared_ptr<const trace::Trace> done() { return script_.done(); }

 private:
  [[nodiscard]] const std::string& any_id() { return ids_[random_() % ids_.size()]; }
  [[nodiscard]] std::uint64_t size() {
    if (random_() % 64 == 0) return random_() % (4 * largest_size_);  // now and then too large for anybody
    return random_() % (1 + (largest_size_ >> (random_() % 8)));
  }
  [[nodiscard]] std::uint64_t align() { return random_() % 8 == 0 ? std::uint64_t{1} << (random_() % 10) : 1; }

  std::mt19937_64& random_;
  std::uint64_t arena_bytes_, largest_size_;
  Script script_;
  std::vector<std::string> ids_;
  std::uint64_t next_id_ = 0;
  bool growing_ = false;
};

}  // namespace

std::shared_ptr<const trace::Trace> random_trace(std::mt19937_64& random, std::uint64_t events,
                                                 std::uint64_t arena_bytes, std::uint64_t largest_size) {
  RandomTrace trace(random, arena_bytes, largest_size);
  for (std::uint64_t i = 0; i < events; ++i) trace.add_one();
  return trace.done();
}

trace::AllocatorSpec spec_of(std::string_view text) {
  auto spec = trace::parse_spec(text);
  EXPECT_TRUE(spec.ok()) << (spec.ok() ? "" : spec.trouble().text());
  return spec.ok() ? *spec : trace::AllocatorSpec{};
}

std::unique_ptr<replay::Machine> machine_of(const trace::AllocatorSpec& spec, const trace::Trace& trace) {
  auto machine = replay::make_machine(spec, trace);
  EXPECT_TRUE(machine.ok()) << (machine.ok() ? "" : machine.trouble().text());
  return machine.ok() ? std::move(machine).value() : nullptr;
}

std::unique_ptr<replay::Timeline> timeline_of(std::shared_ptr<const trace::Trace> trace,
                                              const trace::AllocatorSpec& spec,
                                              const replay::TimelineOptions& options) {
  auto timeline = replay::Timeline::build(std::move(trace), spec, {}, options);
  EXPECT_TRUE(timeline.ok()) << (timeline.ok() ? "" : timeline.trouble().text());
  return timeline.ok() ? std::move(timeline).value() : nullptr;
}

namespace {

// C4, with each slab's count of blocks handed out: live ones, and at most one in flight.
void expect_slabs(const replay::Census& census) {
  std::size_t in_slabs = 0;
  for (const replay::SlabRun& slab : census.slabs) {
    std::uint64_t at = slab.offset, blocks = 0, live = 0;
    while (at < slab.offset + slab.size) {
      const replay::Block* block = census.block_at(at);
      ASSERT_EQ(block->offset, at) << "C4: slabs begin and end with blocks";
      ASSERT_EQ(census.slab_at(at), &slab);
      ASSERT_EQ(block->size_class, slab.size_class) << "C4: of the slab's class";
      ASSERT_EQ(block->level, -1);
      if (block->state != replay::BlockState::Padding) {
        ASSERT_EQ(block->size, slab.block_bytes);
        ++blocks;
      }
      live += block->state == replay::BlockState::Live || block->state == replay::BlockState::InFlight ? 1u : 0u;
      ++in_slabs;
      at += block->size;
    }
    ASSERT_EQ(at, slab.offset + slab.size);
    ASSERT_EQ(blocks, slab.blocks);
    ASSERT_EQ(live, slab.outstanding);
  }
  std::size_t of_classes = 0;
  for (const replay::Block& block : census.blocks) of_classes += block.size_class >= 0 ? 1u : 0u;
  ASSERT_EQ(of_classes, in_slabs) << "C4: only slabs have such blocks";
}

}  // namespace

void expect_conditions(const replay::Census& census) {
  using replay::BlockState;
  std::uint64_t at = 0;
  constexpr int kClasses = 100;  // keys of lists: a level, or a class behind them
  std::set<std::pair<int, std::uint64_t>> free_blocks;
  for (const replay::Block& block : census.blocks) {
    ASSERT_EQ(block.offset, at) << "C1: blocks tile the arena";
    ASSERT_GT(block.size, 0u) << "C1: no block is empty";
    at += block.size;
    if (block.state == BlockState::Free || block.state == BlockState::Fresh) {
      const int key = block.size_class >= 0 ? kClasses + block.size_class : block.level;
      free_blocks.insert({census.kind == trace::AllocatorKind::Slab ? 0 : key, block.offset});
    }
    if (block.state == BlockState::Live) {
      ASSERT_GT(block.requested, 0u);
      ASSERT_LE(block.requested, block.size);
    }
  }
  ASSERT_EQ(at, census.arena_bytes) << "C1: to its end";
  replay::Figures sums = sums_of(census);
  sums.failed = census.figures.failed;
  ASSERT_EQ(sums, census.figures) << "C2: the figures are the sums";
  if (census.kind == trace::AllocatorKind::Bump || census.kind == trace::AllocatorKind::Recorded) {
    ASSERT_TRUE(census.free_lists.empty());
    return;
  }
  ASSERT_NO_FATAL_FAILURE(expect_slabs(census));
  for (const replay::FreeList& list : census.free_lists) {
    const int key = list.size_class >= 0 ? kClasses + list.size_class : list.level;
    for (const std::uint64_t offset : list.offsets) {
      ASSERT_EQ(free_blocks.erase({key, offset}), 1u) << "C3: on a list, so free, and once: " << offset;
      ASSERT_EQ(census.block_at(offset)->size, list.block_bytes) << "C3: of its list's size";
    }
  }
  ASSERT_TRUE(free_blocks.empty()) << "C3: free, so on a list";
}

}  // namespace allocviz::test
