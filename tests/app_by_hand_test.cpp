// Requests that somebody tries in the window.
#include "tests/app_support.h"
#include "viz/app/by_hand.h"

namespace {

using namespace app_test;
using app::Do;

constexpr const char* kTwoBlocks = R"({"format": "allocviz-trace", "version": 1, "name": "two",
  "allocators": [{"kind": "buddy", "arena": "256 B", "min_block": 64}],
  "events": [{"op": "alloc", "id": "A", "size": 50}, {"op": "alloc", "id": "B", "size": 50, "note": "B's"},
             {"op": "free", "id": "A"}]})";

struct ByHand : testing::Test {
  app::State state = opened(kTwoBlocks);
  [[nodiscard]] std::string words(std::string_view text) const {
    const auto hand = app::by_hand(state, text);
    return hand.ok() ? hand->words : "no: " + hand.trouble().what;
  }
  void insert(std::string text) { act(state, {.what = Do::InsertEvent, .text = std::move(text)}); }
  [[nodiscard]] const trace::Trace& trace() const { return *state.document.trace; }
  [[nodiscard]] bool is_free(std::uint64_t offset) const {
    return state.timeline().census().block_at(offset)->state == replay::BlockState::Free;
  }
};

TEST_F(ByHand, what_is_typed_is_understood_at_the_cursor) {
  seek(state, 2);
  EXPECT_EQ(words("100"), "alloc C, 100 B");
  EXPECT_EQ(words("  4k "), "alloc C, 4 096 B");
  EXPECT_EQ(words("alloc 1 KiB align 64"), "alloc C, 1 024 B, at a multiple of 64 B");
  EXPECT_EQ(words("free A"), "free A");
  EXPECT_EQ(words("free 0x40"), "free B") << "which begins there";
  EXPECT_EQ(words("free 0x48"), "free 0x48: no block of the trace begins there");
  EXPECT_EQ(words("realloc B 120"), "realloc B to 120 B");
  EXPECT_EQ(words("reset"), "reset: every block is given back");
  EXPECT_EQ(words(""), "no: nothing is asked for");
  EXPECT_EQ(words("take 5"), "no: \"take\" is no request");
  EXPECT_EQ(words("free"), "no: a free is of one block");
  EXPECT_EQ(words("free Q"), "no: no block called Q is live after event 2");
  EXPECT_EQ(words("realloc A"), "no: a realloc is of a block, to a size");
  EXPECT_EQ(words("alloc much").substr(0, 4), "no: ");
  seek(state, 3);
  EXPECT_EQ(words("free A"), "no: no block called A is live after event 3");
}

TEST_F(ByHand, what_to_do_about_a_block_that_is_not_live_is_about_what_was_asked) {
  const auto todo = [&](std::string_view text) { return app::by_hand(state, text).trouble().todo; };
  seek(state, 2);
  EXPECT_EQ(todo("free Q"), "name one that is; to free Q a second time write its address, as in free 0x040");
  EXPECT_EQ(todo("realloc Q 100"), "name one that is");
  seek(state, 0);
  EXPECT_EQ(words("realloc A 100"), "no: no block is live before the first event");
}

TEST_F(ByHand, a_request_becomes_the_event_behind_the_cursor_and_the_allocator_serves_it) {
  seek(state, 2);
  insert("100");
  EXPECT_EQ(trace().size(), 4u);
  EXPECT_EQ(state.cursor().event, 3u);
  EXPECT_EQ(trace().id_text(2), "C");
  EXPECT_FALSE(is_free(0x80)) << "it is there";
  EXPECT_TRUE(state.document.edited);
  ASSERT_NE(trace().note(1), nullptr);
  EXPECT_EQ(*trace().note(1), "B's") << "what was written stays with its event";
  insert("200");
  EXPECT_EQ(state.failures, std::vector<std::uint64_t>{3}) << "there is no room: it fails, as it would in a program";
}

TEST_F(ByHand, a_block_is_freed_twice_and_the_second_time_is_refused) {
  seek(state, 2);
  act(state, {.what = Do::Select, .number = 0x10});
  act(state, Do::FreeSelected);
  EXPECT_TRUE(is_free(0));
  EXPECT_EQ(trace().op(2), trace::Op::Free);
  EXPECT_EQ(trace().id_text(2), "A");
  ASSERT_TRUE(state.selection.offset.has_value()) << "the same place is still looked at";
  const std::vector<replay::Block> before = state.timeline().census().blocks;
  act(state, Do::FreeSelected);
  EXPECT_NE(trace().flags(3) & trace::kByOffset, 0);
  EXPECT_EQ(state.timeline().census().blocks, before) << "refused, and nothing has changed";
}

TEST_F(ByHand, undo_takes_it_away_and_redo_brings_it_back_with_what_was_written_meanwhile) {
  seek(state, 1);
  act(state, {.what = Do::SetEventText, .position = {2}, .text = "two"});
  std::vector<std::string> was{make_up_text(state)};
  insert("10");
  was.push_back(make_up_text(state));
  EXPECT_EQ(trace().marks().begin()->first, 2u) << "the mark went with its event";
  act(state, {.what = Do::SetEventText, .position = {3}, .text = "three"});
  was.push_back(make_up_text(state));
  insert("free B");
  EXPECT_TRUE(state.trouble.has_value()) << "there is no B yet";
  for (const std::size_t i : {1u, 0u}) {
    act(state, Do::Undo);
    EXPECT_EQ(make_up_text(state), was[i]) << i;
  }
  EXPECT_EQ(state.cursor().event, 1u);
  for (const std::size_t i : {1u, 2u}) {
    act(state, Do::Redo);
    EXPECT_EQ(make_up_text(state), was[i]) << i;
  }
  for (int i = 0; i < 3; ++i) act(state, Do::Undo);
  EXPECT_FALSE(state.document.edited);
}

TEST_F(ByHand, several_allocators_all_get_the_request_and_what_is_looked_at_stays) {
  act(state, {.what = Do::AddStage, .spec = spec("bump:arena=4KiB")});
  seek(state, 2);
  act(state, {.what = Do::SetView, .value = 64, .value2 = 128});
  insert("64");
  EXPECT_EQ(state.stages.size(), 2u);
  for (const app::Stage& stage : state.stages) EXPECT_EQ(stage.timeline->event_count(), 4u);
  EXPECT_EQ(state.bytes.from, 64);
  EXPECT_EQ(state.time.last, state.time_end()) << "all of it is still seen";
}

TEST_F(ByHand, before_the_first_event_and_behind_the_last_one_there_is_room_too) {
  insert("8");
  EXPECT_EQ(trace().id_text(0), "C");
  act(state, Do::LastEvent);
  insert("free C");
  EXPECT_EQ(state.cursor().event, 5u);
  EXPECT_EQ(trace().op(4), trace::Op::Free);
}

}  // namespace
