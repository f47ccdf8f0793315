// What the map's colours stand for: every live block in one entry, the entries' sums the figures'.
#include <numeric>

#include "tests/app_support.h"
#include "viz/app/availability.h"
#include "viz/app/coloring.h"
#include "viz/app/group_view.h"
#include "viz/app/names.h"
#include "viz/app/settings.h"

namespace {

using namespace app_test;
using app::ColorBy;
using app::Coloring;

std::vector<std::string> words(const Coloring& coloring) {
  std::vector<std::string> out;
  for (const Coloring::Entry& entry : coloring.entries) out.push_back(entry.word);
  return out;
}

Coloring coloring(const app::State& state, ColorBy by) {
  return app::coloring_of(by, *state.document.trace, state.timeline().census(), state.cursor().event);
}

TEST(Coloring, sizes_stand_on_a_scale_of_powers_of_four) {
  app::State state = opened(kLesson);
  seek(state, 3);
  const Coloring by_size = coloring(state, ColorBy::Size);
  EXPECT_TRUE(by_size.is_scale);
  EXPECT_EQ(words(by_size), (std::vector<std::string>{"≤ 64 B", "≤ 256 B"}));
  EXPECT_EQ(by_size.entries[0].blocks, 1u);
  EXPECT_EQ(by_size.entries[1].bytes, 300u);
}

TEST(Coloring, a_lifetime_ends_where_the_log_frees_and_some_never_do) {
  app::State state = opened(kLesson);
  seek(state, 3);
  const Coloring by_life = coloring(state, ColorBy::Lifetime);
  EXPECT_EQ(words(by_life), (std::vector<std::string>{"< 10", "never freed"}));
  const trace::Trace& trace = *state.document.trace;
  EXPECT_EQ(app::title_of(ColorBy::Lifetime, trace), "by lifetime, in events") << "once, for all of them";
  EXPECT_EQ(app::title_of(ColorBy::Age, trace), "by age, in events");
  EXPECT_EQ(app::title_of(ColorBy::Size, trace), "by size");
  EXPECT_EQ(by_life.entries[0].whole, "< 10 events");
  EXPECT_EQ(by_life.entries[0].kept, by_life.entries[0].word.size()) << "a number that is cut is another one";
  EXPECT_EQ(by_life.entries[0].bytes, 60u) << "B is freed by event 6";
}

TEST(Coloring, lifetimes_that_a_log_could_not_tell_are_called_approximate) {
  // As a log of heaptrack's becomes a trace of ours, whose field is read back.
  const app::State state = opened(R"({"format": "allocviz-trace", "version": 1, "lifetimes": "approximate",
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
    "events": [{"op": "alloc", "id": 1, "size": 50}, {"op": "free", "id": 1}]})");
  const trace::Trace& trace = *state.document.trace;
  EXPECT_EQ(app::title_of(ColorBy::Lifetime, trace), "by approximate lifetime");
  EXPECT_EQ(app::title_of(ColorBy::Age, trace), "by age, in events");
  EXPECT_STREQ(app::name_of(app::GroupColumn::Lifetime, trace), "~ lifetime");
  EXPECT_STREQ(app::name_of(app::GroupColumn::Bytes, trace), "allocated");
  EXPECT_NE(app::meaning_of(app::GroupColumn::Lifetime, trace).find("approximate"), std::string::npos);
}

TEST(Coloring, a_hundred_thousand_events_are_100_k_and_a_million_1_m) {
  std::string json = R"({"format":"allocviz-trace","version":1,"allocators":[{"kind":"buddy","arena":"1 MiB",
    "min_block":16}],"events":[)";
  // Blocks that live longer and longer, each of them while the next ones come and go.
  int events = 0;
  for (const int lives : {5, 50, 500, 5000}) {
    json += R"({"op":"alloc","id":)" + std::to_string(lives) + R"(,"size":8},)";
  }
  for (const int until : {5, 50, 500, 5000}) {
    for (; events < until; ++events) {
      const std::string id = std::to_string(100000 + events / 2);
      json +=
          std::string(R"({"op":")") + (events % 2 == 0 ? R"(alloc","size":8)" : R"(free")") + R"(,"id":)" + id + "},";
    }
    events += events % 2;
    json += R"({"op":"free","id":)" + std::to_string(until) + "},";
  }
  json.back() = ']';
  app::State state = opened(json + "}");
  seek(state, 4);
  EXPECT_EQ(words(coloring(state, ColorBy::Lifetime)), (std::vector<std::string>{"< 10", "< 100", "< 1 k", "< 10 k"}));
}

TEST(Coloring, a_call_site_is_told_by_its_function_or_its_address_not_by_a_path_that_all_share) {
  EXPECT_EQ(app::short_site("/lib/x86_64-linux-gnu/libc.so.6:(_IO_file_doallocate+0x8c)[0x75d9c]"),
            "_IO_file_doallocate");
  EXPECT_EQ(app::short_site("/lib/x86_64-linux-gnu/libsqlite3.so.0:[0xa7504]"), "libsqlite3.so.0+0xa7504");
  EXPECT_EQ(app::short_site("/usr/bin/jq:(+0x8c)[0x75d9c]"), "jq+0x8c");
  EXPECT_EQ(app::short_site("sqlite3:[0x3000"), "sqlite3:[0x3000") << "no address";
  EXPECT_EQ(app::short_site("/home/me/src/main.c:12 parse_header"), "main.c:12 parse_header");
  EXPECT_EQ(app::short_site("std::vector<int>::push_back(int&&)"), "std::vector<int>::push_back(int&&)");
  EXPECT_EQ(app::short_site(""), "");
  EXPECT_EQ(app::short_site("a/"), "a/");
}

TEST(Coloring, the_telling_part_of_a_call_site_is_its_function) {
  EXPECT_EQ(app::telling_part("main.c:12 parse_header"), "parse_header");
  EXPECT_EQ(app::telling_part("b.py:7 f"), "f");
  EXPECT_EQ(app::telling_part("jq+0x3570a"), "jq+0x3570a");
  EXPECT_EQ(app::offset_bytes("jq+0x3570a"), 8u);
  EXPECT_EQ(app::offset_bytes("0x3570a"), 7u) << "all of a bare address";
  EXPECT_EQ(app::offset_bytes("eventfs_set_attr+0x10d/0x140"), 0u);
  EXPECT_EQ(app::offset_bytes("main.c:12 parse_header"), 0u);
  EXPECT_EQ(app::offset_bytes(""), 0u);
  EXPECT_EQ(app::telling_part("eventfs_set_attr+0x10d/0x140"), "eventfs_set_attr");
  EXPECT_EQ(app::telling_part("cc1plus+0x6a3a19"), "cc1plus+0x6a3a19");
  EXPECT_EQ(app::telling_part("std::vector<int>::push_back(int&&)"), "std::vector<int>::push_back");
  EXPECT_EQ(app::telling_part("e.cc:7 Lambda::operator()"), "Lambda::operator()");
  EXPECT_EQ(app::telling_part("(anonymous namespace)::f"), "(anonymous namespace)::f");
  EXPECT_EQ(app::telling_part("sqlite3 0x3000"), "sqlite3 0x3000");
  EXPECT_EQ(app::telling_part("main.c:12"), "main.c:12");
  EXPECT_EQ(app::telling_part(""), "");
  app::State state = opened(kLesson);
  seek(state, 3);
  const Coloring by_site = coloring(state, ColorBy::Site);
  EXPECT_EQ(by_site.entries[1].telling, "parse_header");
  EXPECT_EQ(by_site.entries[1].whole, "main.c:12 parse_header");
}

TEST(Coloring, call_sites_are_kinds_and_what_has_none_says_so) {
  app::State state = opened(kLesson);
  seek(state, 3);
  const Coloring by_site = coloring(state, ColorBy::Site);
  EXPECT_FALSE(by_site.is_scale);
  EXPECT_EQ(words(by_site), (std::vector<std::string>{"no site", "main.c:12 parse_header"})) << "most bytes first";
  EXPECT_FALSE(app::can_color_by(ColorBy::Thread, *state.document.trace));
  EXPECT_FALSE(app::can_color_by(ColorBy::Tag, *state.document.trace));
}

// C: whatever is coloured by, every live block has one entry and no byte is counted twice.
TEST(Coloring, call_sites_that_are_called_the_same_are_one_kind) {
  app::State state =
      opened(R"({"format":"allocviz-trace","version":1,"allocators":[{"kind":"buddy","arena":"4 KiB","min_block":64}],
    "sites":["/a/main.c:12 parse","/b/main.c:12 parse","other"],"events":[
    {"op":"alloc","id":1,"size":100,"site":0},{"op":"alloc","id":2,"size":200,"site":2},
    {"op":"alloc","id":3,"size":150,"site":1}]})");
  seek(state, 3);
  const Coloring by_site = coloring(state, ColorBy::Site);
  EXPECT_EQ(words(by_site), (std::vector<std::string>{"main.c:12 parse", "other"})) << "most bytes first, of both";
  EXPECT_EQ(by_site.entries[0].bytes, 250u);
  EXPECT_EQ(by_site.entries[0].blocks, 2u);
  for (const replay::Block& block : state.timeline().census().blocks) {
    if (block.state != replay::BlockState::Live) continue;
    EXPECT_EQ(by_site.entry_of(block), block.requested == 200 ? 1u : 0u);
  }
}

// Each from another caller, and none of them among the largest.
TEST(Coloring, call_stacks_that_end_in_one_call_are_one_kind_however_many_they_are) {
  std::string sites, events;
  int id = 0;
  const auto add = [&](const std::string& stack, int size) {
    sites += (sites.empty() ? "" : ",") + stack;
    events += std::string(events.empty() ? "" : ",") + R"({"op":"alloc","id":)" + std::to_string(id) + R"(,"size":)" +
              std::to_string(size) + R"(,"site":)" + std::to_string(id) + "}";
    ++id;
  };
  for (int i = 0; i < 70; ++i) add(R"(["large","caller )" + std::to_string(i) + R"("])", 1000);
  for (int i = 0; i < 200; ++i) add(R"(["small","caller )" + std::to_string(i) + R"("])", 10);
  for (int i = 0; i < 9; ++i) add(R"("f)" + std::to_string(i) + R"(")", 9 - i);
  app::State state =
      opened(R"({"format":"allocviz-trace","version":1,"allocators":[{"kind":"buddy","arena":"1 MiB","min_block":64}],
    "sites":[)" +
             sites + R"(],"events":[)" + events + "]}");
  seek(state, 279);
  const Coloring by_site = coloring(state, ColorBy::Site);
  EXPECT_EQ(words(by_site), (std::vector<std::string>{"large", "small", "f0", "f1", "f2", "f3", "f4", "4 others"}));
  EXPECT_EQ(by_site.entries[0].blocks, 70u);
  EXPECT_EQ(by_site.entries[1].blocks, 200u);
  EXPECT_EQ(by_site.entries[1].bytes, 2000u);
}

TEST(Coloring, entries_sum_up_to_what_lives_whatever_is_coloured_by) {
  std::string json = R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "1 MiB", "min_block": 16}], "events": [)";
  for (int i = 0; i < 400; ++i) {
    json += R"({"op": "alloc", "id": )" + std::to_string(i) + R"(, "size": )" + std::to_string(1 + (i * i) % 3000) +
            R"(, "thread": )" + std::to_string(i % 13) + R"(, "tag": "t)" + std::to_string(i % 5) + "\"},";
    if (i % 3 == 2) json += R"({"op": "free", "id": )" + std::to_string(i - 1) + "},";
  }
  json.back() = ']';
  json += '}';
  app::State state = opened(json);
  seek(state, 500);
  for (std::size_t by = 1; by < app::kColorBys; ++by) {
    SCOPED_TRACE(app::name_of(static_cast<ColorBy>(by)));
    const Coloring all = coloring(state, static_cast<ColorBy>(by));
    EXPECT_LE(all.entries.size(), app::kMostEntries);
    std::vector<Coloring::Entry> counted = all.entries;
    for (Coloring::Entry& entry : counted) entry.blocks = entry.bytes = 0;
    for (const replay::Block& block : state.timeline().census().blocks) {
      if (block.state != replay::BlockState::Live) continue;
      Coloring::Entry& entry = counted.at(all.entry_of(block));
      ++entry.blocks;
      entry.bytes += block.requested;
    }
    EXPECT_EQ(counted, all.entries);
    const std::uint64_t bytes = std::accumulate(counted.begin(), counted.end(), std::uint64_t{0},
                                                [](std::uint64_t sum, const auto& entry) { return sum + entry.bytes; });
    EXPECT_EQ(bytes, state.timeline().figures().live_requested);
  }
  EXPECT_EQ(words(coloring(state, ColorBy::Thread)).back(), "6 others");
  EXPECT_TRUE(coloring(state, ColorBy::State).entries.empty());
}

TEST(Coloring, the_next_one_passes_by_what_the_log_does_not_say) {
  app::State state = opened(kLesson);
  std::vector<ColorBy> met;
  for (int i = 0; i < 5; ++i) {
    act(state, app::Do::NextColorBy);
    met.push_back(state.settings.color_by);
  }
  EXPECT_EQ(met, (std::vector{ColorBy::Size, ColorBy::Age, ColorBy::Lifetime, ColorBy::Site, ColorBy::State}));
  act(state, {.what = app::Do::SetColorBy, .number = static_cast<std::uint64_t>(ColorBy::Tag)});
  EXPECT_EQ(state.settings.color_by, ColorBy::State) << "this log has no tags";
  state.settings.color_by = ColorBy::Tag;
  EXPECT_EQ(app::color_by(state), ColorBy::State) << "remembered from another log";
}

TEST(Coloring, one_entry_is_lit_until_it_is_chosen_again_or_the_colouring_changes) {
  app::State state = opened(kLesson);
  act(state, {.what = app::Do::SetColorBy, .number = 1});
  act(state, {.what = app::Do::OnlyColor, .number = 1});
  EXPECT_EQ(state.only_color, 1u);
  act(state, {.what = app::Do::OnlyColor, .number = 1});
  EXPECT_FALSE(state.only_color);
  act(state, {.what = app::Do::OnlyColor, .number = 0});
  act(state, app::Do::NextColorBy);
  EXPECT_FALSE(state.only_color);
}

}  // namespace
