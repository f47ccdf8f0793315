// From records to events: what the order of records means, and what is told where two threads were in each other's way.
#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "core/record/spool_events.h"

namespace allocviz::record {
namespace {

// Records as the library writes them, and the events they become, a line each.
class Spool {
 public:
  Spool& add(Kind kind, std::uint32_t thread, std::uint64_t value, std::uint64_t size = 0, unsigned align_log2 = 0) {
    return at(time_ += 10, kind, thread, value, size, align_log2);
  }
  Spool& at(std::uint64_t time, Kind kind, std::uint32_t thread, std::uint64_t value, std::uint64_t size = 0,
            unsigned align_log2 = 0) {
    events_.add({value, size, time, 0, pack(kind, align_log2, thread)}, time, 0);
    return *this;
  }
  Spool& exec() {
    events_.exec("/bin/next", time_ += 10);
    return *this;
  }
  [[nodiscard]] const std::vector<std::string>& told() const { return told_; }
  [[nodiscard]] const std::vector<std::uint64_t>& times() const { return times_; }

 private:
  void hear(const trace::RawEvent& event) {
    using Id = trace::RawEvent::Id;
    constexpr const char* kOps[] = {"alloc", "free", "realloc", "reset", "mark"};
    std::ostringstream out;
    out << kOps[static_cast<unsigned>(event.op)];
    if (event.id_kind == Id::Number) out << " #" << event.id_number;
    if (event.id_kind == Id::Name) out << " " << event.id_name;
    if (event.id_kind == Id::Null) out << " null";
    if (event.op == trace::Op::Alloc || event.op == trace::Op::Realloc) out << " " << event.size << "B";
    if (event.addr != 0) out << " at " << event.addr;
    if (event.align) out << " aligned " << *event.align;
    if (!event.ok) out << " refused";
    if (!event.mark_name.empty()) out << " " << event.mark_name;
    told_.push_back(std::move(out).str());
    times_.push_back(*event.time_ns);
  }

  std::vector<std::string> told_;
  std::vector<std::uint64_t> times_;
  std::uint64_t time_ = 0;
  SpoolEvents events_{[this](const trace::RawEvent& event) { hear(event); }};
};

using Lines = std::vector<std::string>;

TEST(SpoolEvents, ids_count_on_and_addresses_come_back) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 10).add(Kind::Free, 1, 1000).add(Kind::Alloc, 1, 1000, 20, 6).add(Kind::Free, 1, 0);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 10B at 1000", "free #1", "alloc #2 20B at 1000 aligned 64", "free null"}));
}

TEST(SpoolEvents, a_realloc_is_one_event_of_one_id) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 10).add(Kind::ReallocBegin, 1, 1000, 99).add(Kind::ReallocEnd, 1, 2000, 99);
  spool.add(Kind::Free, 1, 2000);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 10B at 1000", "realloc #1 99B at 2000", "free #1"}));
}

TEST(SpoolEvents, a_realloc_that_is_refused_leaves_its_block) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 10).add(Kind::ReallocBegin, 1, 1000, 99).add(Kind::ReallocEnd, 1, 0, 99);
  spool.add(Kind::Free, 1, 1000);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 10B at 1000", "realloc #1 99B refused", "free #1"}));
}

TEST(SpoolEvents, a_realloc_to_nothing_is_a_free) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 10).add(Kind::ReallocBegin, 1, 1000, 0).add(Kind::ReallocEnd, 1, 0, 0);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 10B at 1000", "free #1"}));
}

TEST(SpoolEvents, another_thread_that_gets_the_old_place_hears_first_that_it_is_free) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 64).add(Kind::ReallocBegin, 1, 1000, 99);
  spool.add(Kind::Alloc, 2, 1032, 8);  // within the old place
  spool.add(Kind::ReallocEnd, 1, 2000, 99).add(Kind::Free, 1, 2000);
  EXPECT_EQ(spool.told(),
            (Lines{"alloc #1 64B at 1000", "free #1", "alloc #2 8B at 1032", "alloc #3 99B at 2000", "free #3"}));
}

TEST(SpoolEvents, a_neighbour_of_the_old_place_changes_nothing) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 64).add(Kind::ReallocBegin, 1, 1000, 99);
  spool.add(Kind::Alloc, 2, 1064, 8).add(Kind::Alloc, 2, 992, 8);
  spool.add(Kind::ReallocEnd, 1, 2000, 99);
  EXPECT_EQ(spool.told().back(), "realloc #1 99B at 2000");
}

TEST(SpoolEvents, a_realloc_to_a_place_freed_meanwhile_follows_that_free) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 64).add(Kind::Alloc, 2, 2000, 64).add(Kind::ReallocBegin, 1, 1000, 99);
  spool.add(Kind::Free, 2, 2000).add(Kind::ReallocEnd, 1, 2000, 99);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 64B at 1000", "alloc #2 64B at 2000", "free #2", "realloc #1 99B at 2000"}));
}

TEST(SpoolEvents, two_threads_whose_reallocs_swap_places_are_told_apart) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 64).add(Kind::Alloc, 2, 2000, 64);
  spool.add(Kind::ReallocBegin, 1, 1000, 65).add(Kind::ReallocBegin, 2, 2000, 65);
  spool.add(Kind::ReallocEnd, 1, 2000, 65).add(Kind::ReallocEnd, 2, 1000, 65);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 64B at 1000", "alloc #2 64B at 2000", "free #2", "realloc #1 65B at 2000",
                                 "alloc #3 65B at 1000"}));
}

TEST(SpoolEvents, blocks_from_before_are_unknown_by_their_address) {
  Spool spool;
  spool.add(Kind::Free, 1, 255).add(Kind::ReallocBegin, 1, 1000, 5).add(Kind::ReallocEnd, 1, 1000, 5);
  EXPECT_EQ(spool.told(), (Lines{"free 0xff", "realloc #1 5B at 1000"}));
}

TEST(SpoolEvents, a_place_given_out_twice_keeps_its_id_so_that_readers_count_the_missed_free) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 5).add(Kind::Alloc, 1, 1000, 6);
  EXPECT_EQ(spool.told(), (Lines{"alloc #1 5B at 1000", "alloc #1 6B at 1000"}));
}

TEST(SpoolEvents, after_exec_nothing_is_live) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 1000, 5).add(Kind::ReallocBegin, 1, 1000, 6).exec();
  spool.add(Kind::ReallocEnd, 1, 3000, 6).add(Kind::Free, 1, 1000);
  EXPECT_EQ(spool.told(),
            (Lines{"alloc #1 5B at 1000", "mark exec /bin/next", "reset", "alloc #2 6B at 3000", "free 0x3e8"}));
}

TEST(SpoolEvents, times_never_go_back_within_a_thread) {
  Spool spool;
  spool.at(50, Kind::Alloc, 1, 1000, 5).at(40, Kind::Alloc, 1, 2000, 5).at(45, Kind::Alloc, 2, 3000, 5);
  spool.at(60, Kind::Free, 1, 1000);
  EXPECT_EQ(spool.times(), (std::vector<std::uint64_t>{50, 50, 45, 60}));
}

TEST(SpoolEvents, a_size_beyond_what_a_trace_can_say_is_the_largest) {
  Spool spool;
  spool.add(Kind::Alloc, 1, 0, ~std::uint64_t{0});
  EXPECT_EQ(spool.told(), Lines{"alloc 9223372036854775807B refused"});
}

}  // namespace
}  // namespace allocviz::record
