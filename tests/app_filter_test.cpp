// The search above the event list: what it finds, and what it says of what is no search.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/app_support.h"
#include "viz/app/filter.h"

namespace {

using namespace app_test;
using Indices = std::vector<std::uint64_t>;

constexpr std::string_view kLog = R"({
  "format": "allocviz-trace", "version": 1, "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
  "sites": ["main.c:12 parse_header", ["malloc", "pager.c:7 sqlite3PagerOpen"]],
  "events": [
    {"op": "alloc", "id": "A", "size": 100, "site": 0, "note": "A first block", "tag": "boot"},
    {"op": "alloc", "id": 17, "size": 64, "site": 1, "addr": 32512, "thread": 3},
    {"op": "realloc", "id": 17, "size": 4096, "thread": 3},
    {"op": "mark", "name": "Second Phase"},
    {"op": "free", "id": "A", "thread": 4},
    {"op": "free", "id": 99},
    {"op": "free", "id": null},
    {"op": "alloc", "id": 17, "size": 5000},
    {"op": "alloc", "size": 9, "ok": false}
  ]})";

struct AppFilter : testing::Test {
  app::State state = opened(kLog);
  Indices found(const std::string& text) {
    act(state, {.what = app::Do::SetFilter, .text = text});
    EXPECT_EQ(state.filter.fault, "") << text;
    return state.filter.matches;
  }
  std::string fault(const std::string& text) {
    act(state, {.what = app::Do::SetFilter, .text = text});
    EXPECT_FALSE(state.filter.active) << text;
    return state.filter.fault;
  }
};

TEST_F(AppFilter, a_plain_word_is_an_id_or_stands_in_a_note_a_mark_a_site_or_a_tag) {
  EXPECT_EQ(found("17"), (Indices{1, 2, 7}));
  EXPECT_EQ(found("first"), (Indices{0}));
  EXPECT_EQ(found("second"), (Indices{3}));
  EXPECT_EQ(found("PAGER"), (Indices{1}));
  EXPECT_EQ(found("boot"), (Indices{0}));
  EXPECT_EQ(found("\"first block\""), (Indices{0}));
  EXPECT_TRUE(found("nowhere").empty());
}

TEST_F(AppFilter, an_id_is_meant_exactly_where_it_is_asked_for) {
  EXPECT_EQ(found("id=A"), (Indices{0, 4}));
  EXPECT_TRUE(found("id=a").empty());
  EXPECT_EQ(found("id=17"), (Indices{1, 2, 7}));
  EXPECT_TRUE(found("id=1").empty());
}

TEST_F(AppFilter, sizes_are_compared_and_written_as_people_write_them) {
  EXPECT_EQ(found("size>4k"), (Indices{7}));
  EXPECT_EQ(found("size>=4KiB"), (Indices{2, 7}));
  EXPECT_EQ(found("size=100"), (Indices{0}));
  EXPECT_EQ(found("size<100"), (Indices{1, 8}));
  EXPECT_EQ(found("size<=100"), (Indices{0, 1, 8}));
}

TEST_F(AppFilter, operations_and_peculiarities_have_words) {
  EXPECT_EQ(found("alloc"), (Indices{0, 1, 7, 8}));
  EXPECT_EQ(found("free"), (Indices{4, 5, 6}));
  EXPECT_EQ(found("realloc"), (Indices{2}));
  EXPECT_EQ(found("mark"), (Indices{3}));
  EXPECT_EQ(found("unknown"), (Indices{5}));
  EXPECT_EQ(found("null"), (Indices{6}));
  EXPECT_EQ(found("implicit"), (Indices{7}));
  EXPECT_EQ(found("failed"), state.failures);
  EXPECT_EQ(state.failures, (Indices{2, 7, 8}));
}

TEST_F(AppFilter, fields_are_named) {
  EXPECT_EQ(found("site~header"), (Indices{0}));
  EXPECT_EQ(found("note~FIRST"), (Indices{0}));
  EXPECT_EQ(found("tag~oo"), (Indices{0}));
  EXPECT_EQ(found("thread=4"), (Indices{4}));
  EXPECT_EQ(found("addr=0x7f00"), (Indices{1}));
}

TEST(AppFilterOfGuesses, what_rests_on_ends_that_the_log_could_not_tell_says_so) {
  app::State guessed = opened(R"({"format": "allocviz-trace", "version": 1, "lifetimes": "approximate",
    "events": [{"op": "alloc", "id": 1, "size": 50}, {"op": "free", "id": 1}]})");
  const auto said = [&](app::State& state, const std::string& text) {
    act(state, {.what = app::Do::SetFilter, .text = text});
    return app::found_text(state);
  };
  EXPECT_EQ(said(guessed, ""), "2 events");
  EXPECT_EQ(said(guessed, "lifetime<5"), "1 of 2 · frees are approximate");
  EXPECT_EQ(said(guessed, "size=50 or freed<9"), "1 of 2 · frees are approximate");
  for (const std::string exact : {"size=50", "born=1"}) EXPECT_EQ(said(guessed, exact), "1 of 2") << exact;
  app::State known = opened(R"({"format": "allocviz-trace", "version": 1,
    "events": [{"op": "alloc", "id": 1, "size": 50}, {"op": "free", "id": 1}]})");
  EXPECT_EQ(said(known, "lifetime<5"), "1 of 2");
}

TEST_F(AppFilter, several_words_must_all_hold) {
  EXPECT_EQ(found("alloc size>60"), (Indices{0, 1, 7}));
  EXPECT_EQ(found("alloc size>60 17"), (Indices{1, 7}));
  EXPECT_EQ(found("alloc size>60 17 failed"), (Indices{7}));
}

TEST_F(AppFilter, what_is_no_search_says_why_and_leaves_the_list_whole) {
  EXPECT_NE(fault("size>").find("nothing follows size>"), std::string::npos);
  EXPECT_NE(fault("size>x").find("\"x\" is no size"), std::string::npos);
  EXPECT_NE(fault("addr=xyz").find("no address"), std::string::npos);
  EXPECT_NE(fault("thread=1x").find("\"1x\" is no number; write thread=3"), std::string::npos);
  EXPECT_NE(fault("id>4").find("id is not compared with >"), std::string::npos);
  EXPECT_NE(fault("site>main").find("site is not compared with >; write site~parse"), std::string::npos);
  EXPECT_NE(fault("size=9..3").find("nothing lies in 9..3; write size=3..9"), std::string::npos);
  EXPECT_NE(fault("lifetime>1x").find("no number of events and no time"), std::string::npos);
  EXPECT_NE(fault("born=3..5ms").find("goes from events to time"), std::string::npos);
  EXPECT_NE(fault("live at").find("write live at 500"), std::string::npos);
  EXPECT_NE(fault("live@x").find("\"x\" is no event"), std::string::npos);
  EXPECT_NE(fault("allocated between 3").find("wants two events; write allocated between 100 and 200"),
            std::string::npos);
  EXPECT_NE(fault("failed or").find("stands between"), std::string::npos);
  EXPECT_NE(fault("age>5ms").find("this log names no times; leave the unit out"), std::string::npos);
  EXPECT_NE(fault("szie>4").find("no \"szie\""), std::string::npos);
}

// Of the blocks of kLog on its buddy of 1 KiB: A lives in events 1 ... 5, 17 from 2 on (its realloc is refused at 3,
// and what frees it first at 8, too), 9 B never (refused there).
TEST_F(AppFilter, blocks_are_found_by_when_they_lived) {
  EXPECT_EQ(found("born=1..2"), (Indices{0, 1}));
  EXPECT_EQ(found("born>1"), (Indices{1}));
  EXPECT_EQ(found("freed<6"), (Indices{0}));
  EXPECT_EQ(found("freed>5"), (Indices{1}));
  EXPECT_EQ(found("lifetime<=4"), (Indices{0}));
  EXPECT_EQ(found("lifetime>4"), (Indices{1}));
  EXPECT_TRUE(found("freed=never").empty());
  EXPECT_EQ(found("live at 4"), (Indices{0, 1}));
  EXPECT_EQ(found("live@5"), (Indices{1}));
  EXPECT_EQ(found("live@1"), (Indices{0}));
  EXPECT_TRUE(found("live@0").empty());
}

TEST_F(AppFilter, the_sentence_means_what_its_short_form_means) {
  EXPECT_EQ(found("allocated between 1 and 2 and freed after 5"), (Indices{1}));
  EXPECT_EQ(found("born=1..2 freed>5"), (Indices{1}));
  EXPECT_EQ(found("Allocated between event 1 and 2 and freed before 6"), (Indices{0}));
  EXPECT_EQ(found("born at 2"), (Indices{1}));
  EXPECT_TRUE(found("never freed").empty());
  EXPECT_TRUE(found("allocated").empty()) << "alone it is a text";
}

TEST_F(AppFilter, what_lives_at_the_cursor_is_found_anew_where_the_cursor_goes) {
  seek(state, 3);
  EXPECT_EQ(found("live"), (Indices{0, 1}));
  EXPECT_EQ(found("age>1"), (Indices{0}));
  EXPECT_EQ(found("live or failed"), (Indices{0, 1, 2, 7, 8})) << "the whole log is searched";
  EXPECT_EQ(found("age>1"), (Indices{0}));
  seek(state, 5);
  app::tick(state, 1);
  EXPECT_EQ(state.filter.matches, (Indices{1}));
  EXPECT_TRUE(app::is_found(state, 1));
  EXPECT_FALSE(app::is_found(state, 0));
  seek(state, 8);
  EXPECT_TRUE(app::is_searching(state));
  app::tick(state, 2);
  EXPECT_TRUE(state.filter.matches.empty());
}

TEST_F(AppFilter, a_word_is_turned_round_and_searches_are_joined) {
  EXPECT_EQ(found("alloc -failed"), (Indices{0, 1}));
  EXPECT_EQ(found("alloc not failed"), (Indices{0, 1}));
  EXPECT_EQ(found("mark or free"), (Indices{3, 4, 5, 6}));
  EXPECT_EQ(found("alloc size>4k or realloc | mark"), (Indices{2, 3, 7}));
  EXPECT_TRUE(found("\"-failed\"").empty()) << "in quotes it is a text";
}

TEST_F(AppFilter, numbers_lie_in_ranges_and_texts_may_be_meant_as_a_whole) {
  EXPECT_EQ(found("size=64..100"), (Indices{0, 1}));
  EXPECT_EQ(found("size=1k.."), (Indices{2, 7}));
  EXPECT_EQ(found("event=2..4"), (Indices{1, 2, 3}));
  EXPECT_EQ(found("addr=0x7000..0x8000"), (Indices{1}));
  EXPECT_EQ(found("addr>=0x7f01"), (Indices{}));
  EXPECT_EQ(found("thread=3..4"), (Indices{1, 2, 4}));
  EXPECT_EQ(found("site=\"pager.c:7 sqlite3PagerOpen\""), (Indices{1})) << "malloc is passed by";
  EXPECT_TRUE(found("site=pager").empty());
  EXPECT_EQ(found("tag=boot"), (Indices{0}));
  EXPECT_EQ(found("tag=none alloc"), (Indices{1, 7, 8}));
  EXPECT_EQ(found("site=none free"), (Indices{4, 5, 6}));
  EXPECT_EQ(found("thread=none free"), (Indices{5, 6}));
}

TEST(AppFilterTimes, are_compared_where_the_log_has_them) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}], "events": [
    {"op": "alloc", "id": 1, "size": 8, "t": 0}, {"op": "alloc", "id": 2, "size": 8, "t": 2000000},
    {"op": "free", "id": 1, "t": 7000000}, {"op": "free", "id": 2, "t": 7500000}]})");
  const auto found = [&](const std::string& text) {
    act(state, {.what = app::Do::SetFilter, .text = text});
    EXPECT_EQ(state.filter.fault, "") << text;
    return state.filter.matches;
  };
  EXPECT_EQ(found("lifetime>6ms"), (Indices{0}));
  EXPECT_EQ(found("lifetime=5.5ms"), (Indices{1}));
  EXPECT_EQ(found("born>1ms"), (Indices{1}));
  EXPECT_EQ(found("freed<=7000us"), (Indices{0}));
  seek(state, 2);
  EXPECT_EQ(found("age>=2ms"), (Indices{0}));
}

TEST(SearchLanguage, every_example_is_a_search_and_what_was_begun_goes_on) {
  for (const app::Phrase& phrase : app::language()) {
    EXPECT_TRUE(app::parse_query(phrase.example).ok()) << phrase.example;
    EXPECT_FALSE(phrase.means.empty());
  }
  EXPECT_EQ(app::completions("").size(), app::language().size());
  ASSERT_EQ(app::completions("alloc -LIF").size(), 1u);
  EXPECT_EQ(app::completed("alloc -LIF", *app::completions("alloc -LIF").front()), "alloc -lifetime<");
  EXPECT_TRUE(app::completions("size>4").empty());
}

TEST_F(AppFilter, nothing_written_is_no_filter) {
  EXPECT_TRUE(found("  ").empty());
  EXPECT_FALSE(state.filter.active);
}

TEST_F(AppFilter, a_text_of_any_bytes_is_a_filter_or_a_fault_and_never_more) {
  std::uint64_t seed = 20240607;
  RecordProperty("seed", std::to_string(seed));
  const std::string letters = "size<>=~\"k0x19 ai.\\\t";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint64_t n = (seed >> 40) % 12; n > 0; --n) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      text += letters[(seed >> 33) % letters.size()];
    }
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    act(state, {.what = app::Do::SetFilter, .text = text});
    EXPECT_FALSE(state.filter.active && !state.filter.fault.empty()) << "seed 20240607, text " << text;
    for (const std::uint64_t index : state.filter.matches) ASSERT_LT(index, 9u);
  }
}

TEST(AppFilterLong, a_search_of_a_long_log_goes_on_from_frame_to_frame) {
  std::string json = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"], "events": [)";
  constexpr int kEvents = 1000;
  for (int i = 0; i < kEvents; ++i) {
    json += fmt::format("{}[\"a\",{},{}]", i == 0 ? "" : ",", i, i % 10 == 0 ? 64 : 16);
  }
  app::State state = opened(json + "]}");
  app::set_filter(state, "size=64");
  state.filter.scanned = 0;
  state.filter.matches.clear();
  int slices = 0;
  for (; state.filter.scanned < kEvents; ++slices) app::search_on(state, 300);
  EXPECT_EQ(slices, 4);
  EXPECT_EQ(state.filter.matches.size(), 100u);
}

// Every look at this clock takes a millisecond.
double looked_at_ms() {
  static double now_ms = 0;
  return now_ms += 1;
}

TEST(AppFilterLong, a_frame_searches_as_many_portions_as_its_time_holds) {
  std::string json = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"], "events": [)";
  constexpr std::uint64_t kEvents = 5 * app::kEventsSearchedAtOnce + 1;
  for (std::uint64_t i = 0; i < kEvents; ++i) json += fmt::format("{}[\"a\",{},{}]", i == 0 ? "" : ",", i, 16);
  app::State state = opened(json + "]}");
  app::set_filter(state, "size=16");
  state.filter.scanned = 0;
  state.filter.matches.clear();
  app::search_on(state, app::Slice(3, &looked_at_ms));
  EXPECT_EQ(state.filter.scanned, 3 * app::kEventsSearchedAtOnce);
  app::search_on(state, app::Slice(0, &looked_at_ms));
  EXPECT_EQ(state.filter.scanned, 4 * app::kEventsSearchedAtOnce) << "one portion is done however little time there is";
  app::search_on(state, app::Slice(9, &looked_at_ms));
  EXPECT_EQ(state.filter.matches.size(), kEvents);
}

TEST_F(AppFilter, other_failures_on_another_allocator_are_found_anew) {
  EXPECT_EQ(found("failed"), (Indices{2, 7, 8}));
  act(state, {.what = app::Do::SetAllocator, .spec = spec("buddy:arena=64KiB,min=64")});
  EXPECT_EQ(state.filter.matches, (Indices{8}));
}

}  // namespace
