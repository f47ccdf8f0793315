#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

using Id = RawEvent::Id;

RawEvent alloc(std::uint64_t id, std::uint64_t size) {
  RawEvent raw;
  raw.id_kind = Id::Number;
  raw.id_number = id;
  raw.size = size;
  return raw;
}

RawEvent realloc(std::uint64_t id, std::uint64_t size) {
  RawEvent raw = alloc(id, size);
  raw.op = Op::Realloc;
  return raw;
}

RawEvent free(std::uint64_t id) {
  RawEvent raw = alloc(id, 0);
  raw.op = Op::Free;
  return raw;
}

RawEvent named(RawEvent raw, std::string_view name) {
  raw.id_kind = Id::Name;
  raw.id_name = name;
  return raw;
}

RawEvent failed(RawEvent raw) {
  raw.ok = false;
  return raw;
}

RawEvent only(Op op) {
  RawEvent raw;
  raw.op = op;
  return raw;
}

Trace build(std::initializer_list<RawEvent> events) {
  TraceBuilder builder;
  for (const auto& raw : events) {
    const auto status = builder.append(raw);
    EXPECT_TRUE(status.ok()) << status.trouble().text();
  }
  return std::move(builder).finish();
}

std::string refusal(const RawEvent& raw) {
  TraceBuilder builder;
  const auto status = builder.append(raw);
  EXPECT_EQ(builder.size(), status.ok() ? 1u : 0u);
  return status.ok() ? "" : status.trouble().text();
}

TEST(TraceBuilder, a_slot_is_a_blocks_number_while_it_lives_and_is_used_again) {
  const Trace trace = build({alloc(17, 1), alloc(18, 1), free(17), alloc(19, 1), realloc(18, 5), free(18), free(19)});
  const std::uint32_t slots[] = {0, 1, 0, 0, 1, 1, 0};
  for (std::uint64_t i = 0; i < trace.size(); ++i) EXPECT_EQ(trace.event(i).slot, slots[i]) << i;
  EXPECT_EQ(trace.slot_count(), 2u);
  EXPECT_EQ(trace.facts().peak_live_blocks, 2u);
}

TEST(TraceBuilder, partners_join_a_blocks_beginning_and_end) {
  const Trace trace =
      build({alloc(1, 10), realloc(1, 20), free(1), free(1), alloc(2, 5), alloc(2, 6), alloc(3, 1), only(Op::Reset)});
  EXPECT_EQ(trace.ended_at(0), 1u);
  EXPECT_EQ(trace.began_at(0), kNoEvent);
  EXPECT_EQ(trace.began_at(1), 0u);
  EXPECT_EQ(trace.ended_at(1), 2u);
  EXPECT_EQ(trace.began_at(2), 1u);
  EXPECT_EQ(trace.ended_at(2), kNoEvent);
  EXPECT_EQ(trace.began_at(3), kNoEvent);  // a second free of the same id
  EXPECT_EQ(trace.ended_at(4), 5u);
  EXPECT_EQ(trace.began_at(5), 4u);  // the implicit free
  EXPECT_EQ(trace.ended_at(5), 7u);  // by the reset
  EXPECT_EQ(trace.ended_at(6), 7u);
  EXPECT_EQ(trace.began_at(7), kNoEvent);
}

TEST(TraceBuilder, an_alloc_of_a_live_id_frees_it_first_and_keeps_its_slot) {
  const Trace trace = build({alloc(1, 100), alloc(2, 7), alloc(1, 40)});
  EXPECT_TRUE(trace.event(2).has(kImplicitFree));
  EXPECT_EQ(trace.event(2).slot, trace.event(0).slot);
  EXPECT_EQ(trace.facts().implicit_frees, 1u);
  EXPECT_EQ(trace.facts().frees, 0u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 107u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 47u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 2u);
}

TEST(TraceBuilder, frees_of_null_and_of_unknown_ids_do_nothing_and_are_told_apart) {
  RawEvent null = only(Op::Free);
  null.id_kind = Id::Null;
  const Trace trace = build({free(9), null, null, named(free(0), "x")});
  EXPECT_EQ(trace.facts().frees, 4u);
  EXPECT_EQ(trace.facts().unknown_frees, 2u);
  EXPECT_EQ(trace.facts().null_frees, 2u);
  EXPECT_TRUE(trace.event(0).has(kUnknownId));
  EXPECT_TRUE(trace.event(1).has(kNullFree));
  EXPECT_FALSE(trace.event(1).has(kHasId));
  EXPECT_EQ(trace.id_text(1), "");
  EXPECT_EQ(trace.id_text(3), "x");
  for (std::uint64_t i = 0; i < trace.size(); ++i) EXPECT_EQ(trace.event(i).slot, kNoSlot);
  EXPECT_EQ(trace.slot_count(), 0u);
}

TEST(TraceBuilder, a_realloc_of_an_unknown_id_acts_as_an_alloc) {
  const Trace trace = build({realloc(5, 60), free(5)});
  EXPECT_TRUE(trace.event(0).has(kUnknownId));
  EXPECT_EQ(trace.event(0).slot, 0u);
  EXPECT_EQ(trace.ended_at(0), 1u);
  EXPECT_EQ(trace.facts().reallocs, 1u);
  EXPECT_EQ(trace.facts().unknown_reallocs, 1u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 60u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
}

TEST(TraceBuilder, a_request_that_failed_there_is_counted_and_changes_nothing) {
  const Trace trace =
      build({alloc(1, 10), failed(realloc(1, 1u << 30)), failed(alloc(1, 1u << 30)), failed(only(Op::Alloc)), free(1)});
  const Facts& facts = trace.facts();
  EXPECT_EQ(facts.allocs, 3u);
  EXPECT_EQ(facts.reallocs, 1u);
  EXPECT_EQ(facts.failed_requests, 3u);
  EXPECT_EQ(facts.largest_request, 10u);
  EXPECT_EQ(facts.peak_live_bytes, 10u);
  EXPECT_EQ(facts.implicit_frees, 0u);
  EXPECT_EQ(facts.unknown_frees, 0u);
  EXPECT_EQ(facts.live_blocks_at_end, 0u);
  EXPECT_EQ(trace.event(1).slot, kNoSlot);
  EXPECT_TRUE(trace.event(1).has(kFailedThere));
  EXPECT_EQ(trace.ended_at(0), 4u);
  EXPECT_EQ(trace.ended_at(1), kNoEvent);
}

TEST(TraceBuilder, a_reset_ends_every_block_and_forgets_every_id) {
  const Trace trace = build({alloc(1, 10), named(alloc(0, 20), "a"), alloc(2, 30), free(1), only(Op::Reset), free(2),
                             named(free(0), "a"), alloc(1, 5)});
  EXPECT_EQ(trace.facts().resets, 1u);
  EXPECT_EQ(trace.facts().unknown_frees, 2u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 60u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 5u);
  EXPECT_EQ(trace.ended_at(1), 4u);
  EXPECT_EQ(trace.ended_at(2), 4u);
  EXPECT_EQ(trace.ended_at(0), 3u);
  EXPECT_EQ(trace.event(7).slot, 0u);
}

TEST(TraceBuilder, a_number_and_a_name_that_looks_like_it_are_two_ids) {
  const Trace trace = build({alloc(1, 10), named(alloc(0, 20), "1"), free(1)});
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 20u);
  EXPECT_NE(trace.event(0).slot, trace.event(1).slot);
  EXPECT_EQ(trace.id_text(0), "1");
  EXPECT_EQ(trace.id_text(1), "1");
}

TEST(TraceBuilder, a_free_by_offset_is_left_to_the_allocator) {
  RawEvent raw = only(Op::Free);
  raw.offset = 128;
  const Trace trace = build({alloc(1, 10), raw, free(1)});
  EXPECT_TRUE(trace.event(1).has(kByOffset));
  EXPECT_EQ(trace.event(1).offset, 128u);
  EXPECT_EQ(trace.event(1).slot, kNoSlot);
  EXPECT_EQ(trace.facts().frees, 2u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.ended_at(0), 2u);
}

TEST(TraceBuilder, alignments_that_are_not_given_become_the_default_even_if_it_comes_last) {
  TraceBuilder builder;
  ASSERT_TRUE(builder.append(alloc(1, 10)).ok());
  RawEvent aligned = alloc(2, 10);
  aligned.align = 1;
  ASSERT_TRUE(builder.append(aligned).ok());
  ASSERT_TRUE(builder.append(free(1)).ok());
  builder.header().default_align = 16;
  const Trace trace = std::move(builder).finish();
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_EQ(trace.event(1).align(), 1u);
  EXPECT_EQ(trace.event(2).align(), 1u);
}

TEST(TraceBuilder, threads_are_counted_and_time_goes_forward_in_each) {
  const auto at = [](std::uint64_t id, std::uint64_t thread, std::uint64_t time) {
    RawEvent raw = alloc(id, 1);
    raw.thread = thread;
    raw.time_ns = time;
    return raw;
  };
  TraceBuilder builder;
  EXPECT_TRUE(builder.append(at(1, 7, 100)).ok());
  EXPECT_TRUE(builder.append(at(2, 8, 50)).ok());  // another thread may be behind
  EXPECT_TRUE(builder.append(at(3, 7, 100)).ok());
  const auto back = builder.append(at(4, 7, 99));
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(
      back.trouble().text(),
      "event 4, field \"t\": time goes back from 100 to 99 within thread 7; sort the events of each thread by time");
  RawEvent untimed = alloc(5, 1);
  untimed.thread = 9;
  EXPECT_TRUE(builder.append(untimed).ok());
  const Trace trace = std::move(builder).finish();
  EXPECT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.facts().threads, 3u);
  EXPECT_TRUE(trace.has_times());
  EXPECT_EQ(build({alloc(1, 1)}).facts().threads, 0u);
}

TEST(TraceBuilder, refuses_what_no_reader_may_pass_on) {
  RawEvent raw = alloc(1, std::uint64_t{1} << 63);
  EXPECT_EQ(refusal(raw), "event 1, field \"size\": 9223372036854775808 is too large; the most is 9223372036854775807");
  EXPECT_EQ(refusal(alloc(1, (std::uint64_t{1} << 63) - 1)), "");
  raw = alloc(1, 8);
  for (const std::uint64_t align : {0u, 3u, 48u}) {
    raw.align = align;
    EXPECT_NE(refusal(raw).find("field \"align\": " + std::to_string(align) + " is no power of two"),
              std::string::npos);
  }
  EXPECT_NE(refusal(only(Op::Alloc)).find("field \"id\": it is missing"), std::string::npos);
  EXPECT_NE(refusal(only(Op::Realloc)).find("field \"id\": it is missing"), std::string::npos);
  EXPECT_NE(refusal(only(Op::Free)).find("field \"id\": it is missing"), std::string::npos);
  RawEvent null = only(Op::Realloc);
  null.id_kind = Id::Null;
  EXPECT_NE(refusal(null).find("null is no id for realloc"), std::string::npos);
  EXPECT_NE(refusal(failed(free(1))).find("a free cannot have failed"), std::string::npos);
  EXPECT_NE(refusal(failed(only(Op::Mark))).find("a mark cannot have failed"), std::string::npos);
  RawEvent offset = alloc(1, 1);
  offset.offset = 0;
  EXPECT_NE(refusal(offset).find("an alloc has no offset"), std::string::npos);
  offset = free(1);
  offset.offset = 0;
  EXPECT_NE(refusal(offset).find("an id or an offset, not both"), std::string::npos);
  raw = only(Op::Reset);
  raw.id_kind = Id::Number;
  EXPECT_NE(refusal(raw).find("a reset has no id"), std::string::npos);
}

TEST(TraceBuilder, sums_of_the_largest_sizes_do_not_wrap_around) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 63) - 1;
  const Trace trace =
      build({alloc(1, kMost), alloc(2, kMost), alloc(3, kMost), free(1), free(2), free(3), alloc(4, 5)});
  EXPECT_EQ(trace.facts().peak_live_bytes, ~std::uint64_t{0});
  EXPECT_EQ(trace.facts().live_bytes_at_end, 5u);
}

TEST(TraceBuilder, equal_sites_are_stored_once_and_text_that_is_no_utf8_is_mended) {
  TraceBuilder builder;
  EXPECT_EQ(builder.add_site("a"), 1u);
  EXPECT_EQ(builder.add_site(Site{{"a", "b"}, true}), 2u);
  EXPECT_EQ(builder.add_site(Site{{"a"}, false}), 1u);
  EXPECT_EQ(builder.add_site(Site{{"a"}, true}), 3u);  // an array of one is another spelling
  EXPECT_EQ(builder.add_site("x\xff"), 4u);
  EXPECT_EQ(builder.add_site("x\xff"), 4u);
  EXPECT_EQ(builder.add_site(Site{{"a", "b"}, true}), 2u);
  EXPECT_EQ(builder.site_count(), 4u);
  const Trace trace = std::move(builder).finish();
  EXPECT_EQ(trace.sites()[3].frames[0], "x\xef\xbf\xbd");
}

TEST(TraceBuilder, a_site_without_a_table_is_taken_out) {
  TraceBuilder builder;
  builder.add_site("known");
  RawEvent raw = alloc(1, 1);
  raw.site = 1;
  ASSERT_TRUE(builder.append(raw).ok());
  raw.site = 2;
  ASSERT_TRUE(builder.append(raw).ok());
  const Trace trace = std::move(builder).finish();
  EXPECT_EQ(trace.event(0).site, 1u);
  EXPECT_EQ(trace.event(1).site, 0u);
}

// The same meaning, computed in the plainest way there is.
__extension__ using Wide = unsigned __int128;

std::uint64_t capped(Wide value) {
  return value > ~std::uint64_t{0} ? ~std::uint64_t{0} : static_cast<std::uint64_t>(value);
}

struct Model {
  struct Live {
    std::uint64_t size, born;
    std::uint32_t slot;
  };
  std::map<std::string, Live> live;
  Facts facts;
  Wide bytes = 0;
  std::set<std::uint64_t> threads;

  static std::string key(const Trace& trace, const Event& event) {
    return (event.has(kNamedId) ? "name " : "number ") + trace.id_text(event);
  }

  void end(const Trace& trace, const std::string& id, std::uint64_t at) {
    EXPECT_EQ(trace.ended_at(live.at(id).born), at);
    bytes -= live.at(id).size;
    live.erase(id);
  }

  void apply(const Trace& trace, std::uint64_t i) {
    const Event event = trace.event(i);
    if (event.has(kHasThread)) threads.insert(event.thread);
    const std::string id = key(trace, event);
    const auto found = live.find(id);
    const bool is_live = event.has(kHasId) && found != live.end();
    switch (event.op) {
      case Op::Alloc:
      case Op::Realloc:
        ++(event.op == Op::Alloc ? facts.allocs : facts.reallocs);
        if (event.has(kFailedThere)) {
          ++facts.failed_requests;
          EXPECT_EQ(event.slot, kNoSlot);
          return;
        }
        EXPECT_EQ(trace.began_at(i), is_live ? found->second.born : kNoEvent);
        if (is_live) {
          EXPECT_EQ(event.slot, found->second.slot);
        }
        facts.implicit_frees += event.op == Op::Alloc && is_live;
        facts.unknown_reallocs += event.op == Op::Realloc && !is_live;
        if (is_live) end(trace, id, i);
        for (const auto& [other, block] : live) EXPECT_NE(block.slot, event.slot) << other;  // I2
        EXPECT_LT(event.slot, trace.slot_count());
        live[id] = {event.size, i, event.slot};
        bytes += event.size;
        facts.peak_live_bytes = std::max(facts.peak_live_bytes, capped(bytes));
        facts.peak_live_blocks = std::max<std::uint64_t>(facts.peak_live_blocks, live.size());
        facts.largest_request = std::max(facts.largest_request, event.size);
        return;
      case Op::Free:
        ++facts.frees;
        facts.null_frees += event.has(kNullFree);
        facts.unknown_frees += event.has(kHasId) && !is_live;
        EXPECT_EQ(event.has(kUnknownId), event.has(kHasId) && !is_live);
        EXPECT_EQ(event.slot, is_live ? found->second.slot : kNoSlot);
        EXPECT_EQ(trace.began_at(i), is_live ? found->second.born : kNoEvent);
        if (is_live) end(trace, id, i);
        return;
      case Op::Reset:
        ++facts.resets;
        while (!live.empty()) end(trace, live.begin()->first, i);
        return;
      case Op::Mark:
        ++facts.marks;
        EXPECT_NE(trace.mark_name(i), nullptr);
    }
  }
};

TEST(TraceBuilder, agrees_with_a_plain_model_on_random_traces) {
  const std::uint64_t seed = test::seed();
  for (std::uint64_t round = 0; round < 40 && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const Trace trace = test::random_trace(seed + round, 600);
    Model model;
    for (std::uint64_t i = 0; i < trace.size(); ++i) model.apply(trace, i);
    for (const auto& [id, block] : model.live) EXPECT_EQ(trace.ended_at(block.born), kNoEvent);
    model.facts.live_blocks_at_end = model.live.size();
    model.facts.live_bytes_at_end = capped(model.bytes);
    model.facts.threads = model.threads.size();
    EXPECT_EQ(model.facts, trace.facts());
    EXPECT_LE(trace.slot_count(), trace.facts().peak_live_blocks);  // I3
  }
}

TEST(Trace, several_events_at_once_are_those_one_by_one) {
  const std::uint64_t seed = test::seed();
  std::mt19937_64 random(seed);
  for (std::uint64_t round = 0; round < 20; ++round) {
    const Trace trace = test::random_trace(seed + round, 1 + random() % 1000);
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t first = random() % trace.size();
      std::vector<Event> events(random() % (trace.size() - first + 1));
      trace.events(first, events);
      for (std::uint64_t at = 0; at < events.size(); ++at) {
        ASSERT_EQ(events[at], trace.event(first + at)) << first << " + " << at;
      }
      trace.requests(first, events);
      for (std::uint64_t at = 0; at < events.size(); ++at) {
        ASSERT_EQ(events[at], trace.request(first + at)) << first << " + " << at;
      }
    }
  }
}

TEST(TraceBuilder, a_million_ids_at_once_and_again_after_each_reset) {
  TraceBuilder builder;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 300'000; ++i) ASSERT_TRUE(builder.append(alloc(i << 20, 1)).ok());
    for (std::uint64_t i = 0; i < 300'000; i += 2) ASSERT_TRUE(builder.append(free(i << 20)).ok());
    ASSERT_TRUE(builder.append(only(Op::Reset)).ok());
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(builder.append(only(Op::Reset)).ok());
  }
  const Trace trace = std::move(builder).finish();
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_EQ(trace.slot_count(), 300'000u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

}  // namespace
}  // namespace allocviz::trace
