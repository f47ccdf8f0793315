// Marks and notes that a person writes, cards that are pinned, and what is tried on a copy.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <utility>

#include "core/trace/json.h"
#include "tests/app_support.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"
#include "viz/app/in_the_way.h"
#include "viz/app/unsaved.h"
#include "viz/app/what_if.h"

namespace {

using namespace app_test;
using app::Do;
using app::TextKind;

void write(app::State& state, TextKind kind, std::uint64_t event, std::string text) {
  act(state, {.what = Do::SetEventText,
              .position = {event},
              .number = static_cast<std::uint64_t>(kind),
              .text = std::move(text)});
}

struct Texts : testing::Test {
  app::State state = opened(kLesson);
  [[nodiscard]] const trace::Trace& trace() const { return *state.document.trace; }
};

TEST_F(Texts, a_mark_is_asked_for_by_name_and_found_again) {
  seek(state, 2);
  act(state, Do::EditMark);
  EXPECT_EQ(state.popup, app::Popup::EventText);
  EXPECT_EQ(state.popup_state.text, "mark 3") << "in haste it has a name all the same";
  write(state, TextKind::Mark, 2, "B arrives");
  EXPECT_EQ(state.popup, app::Popup::None);
  seek(state, 0);
  act(state, Do::NextMark);
  EXPECT_EQ(state.cursor().event, 2u);
  act(state, Do::EditMark);
  EXPECT_EQ(state.popup_state.text, "B arrives");
  act(state, Do::ClosePopup);
  act(state, Do::RemoveMark);
  EXPECT_EQ(trace().mark_name(1), nullptr);
  EXPECT_FALSE(state.document.edited) << "it is as it was opened";
}

TEST_F(Texts, each_change_is_undone_and_done_again_in_order_configurations_among_them) {
  std::vector<std::string> was{make_up_text(state)};
  const auto then = [&](auto&& change) {
    change();
    was.push_back(make_up_text(state));
    EXPECT_NE(was.back(), was[was.size() - 2]);
  };
  then([&] { write(state, TextKind::Note, 1, "Another sentence."); });
  then([&] { write(state, TextKind::Mark, 3, "seven"); });
  then([&] { act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=4KiB,min=32")}); });
  then([&] { write(state, TextKind::Mark, 4, "phase two"); });
  then([&] { write(state, TextKind::Note, 1, ""); });
  EXPECT_EQ(trace().note(0), nullptr);
  for (std::size_t i = was.size() - 1; i-- > 0;) {
    act(state, Do::Undo);
    EXPECT_EQ(make_up_text(state), was[i]) << i;
  }
  for (std::size_t i = 1; i < was.size(); ++i) {
    act(state, Do::Redo);
    EXPECT_EQ(make_up_text(state), was[i]) << i;
  }
}

TEST_F(Texts, the_same_words_again_and_places_that_are_no_event_change_nothing) {
  const std::string before = make_up_text(state);
  write(state, TextKind::Note, 1, "100 B do not fit a 64 B block.");
  write(state, TextKind::Mark, 0, "nowhere");
  write(state, TextKind::Mark, 8, "beyond");
  EXPECT_EQ(make_up_text(state), before);
  EXPECT_TRUE(state.history.undo.empty());
  act(state, Do::EditMark);
  EXPECT_EQ(state.popup, app::Popup::None) << "before the first event there is nothing to mark";
}

TEST_F(Texts, what_is_written_is_saved_with_the_trace_and_edited_ends) {
  write(state, TextKind::Mark, 2, "here");
  write(state, TextKind::Note, 2, "look");
  EXPECT_TRUE(state.document.edited);
  const std::string path = testing::TempDir() + "texts.json";
  act(state, {.what = Do::SaveAs, .text = path});
  app::finish_loading(state);
  EXPECT_FALSE(state.document.edited);
  const auto source = trace::open_source(path);
  ASSERT_TRUE(source.ok());
  const auto again = trace::read_json(**source);
  ASSERT_TRUE(again.ok()) << again.trouble().text();
  EXPECT_EQ(*again->mark_name(1), "here");
  EXPECT_EQ(*again->note(1), "look");
  act(state, Do::Undo);
  EXPECT_TRUE(state.document.edited) << "the file says more now than the document";
  act(state, Do::Redo);
  EXPECT_FALSE(state.document.edited);
}

TEST_F(Texts, nothing_is_written_while_a_worker_reads_the_document) {
  state.loading = std::make_shared<app::Loading>();
  const std::string before = make_up_text(state);
  write(state, TextKind::Mark, 2, "here");
  EXPECT_EQ(make_up_text(state), before);
  EXPECT_FALSE(state.notice.empty());
}

TEST_F(Texts, a_search_finds_what_was_just_written) {
  act(state, {.what = Do::SetFilter, .text = "arrives"});
  EXPECT_TRUE(state.filter.matches.empty());
  write(state, TextKind::Note, 2, "B arrives");
  app::tick(state, 1);
  ASSERT_FALSE(state.filter.matches.empty());
  EXPECT_EQ(state.filter.matches.front(), 1u);
}

TEST_F(Texts, cards_stay_until_each_is_taken_away_and_a_block_has_one) {
  seek(state, 3);
  const auto pin = [&](std::uint64_t byte) {
    act(state, {.what = Do::Select, .number = byte});
    act(state, Do::Pin);
  };
  pin(10);
  pin(130);
  pin(20);
  ASSERT_EQ(state.pins.size(), 2u) << "10 and 20 lie in one block";
  EXPECT_EQ(state.pins.back().offset, 0u);
  seek(state, 6);
  EXPECT_EQ(state.pins.size(), 2u);
  act(state, {.what = Do::MovePin, .number = 0, .value = 5, .value2 = 6});
  EXPECT_FLOAT_EQ(state.pins[0].x, 5);
  act(state, Do::ClearSelection);
  EXPECT_FALSE(state.selection.offset.has_value());
  EXPECT_EQ(state.pins.size(), 2u) << "the selection goes first";
  act(state, Do::ClearSelection);
  EXPECT_EQ(state.pins.size(), 1u);
  act(state, {.what = Do::Unpin, .number = 0});
  EXPECT_TRUE(state.pins.empty());
  pin(10);
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=4KiB,min=32")});
  EXPECT_TRUE(state.pins.empty()) << "its bytes mean something else now";
}

// On random traces over every kind: what the inspector offers is tried, and the request is served.
TEST(WhatIf, the_request_fits_once_what_is_in_the_way_is_freed_and_nothing_really_changes) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 800, 16384, 3000);
  std::size_t tried = 0;
  for (const char* text :
       {"buddy:arena=8KiB,min=64", "bump:arena=16KiB", "slab:block=3000,count=5", "tiered:arena=8KiB,min=64"}) {
    auto stages = app::build_stages(trace, {spec(text)});
    ASSERT_TRUE(stages.ok());
    app::State state = opened(kLesson);
    state.document.trace = std::make_shared<trace::Trace>(*trace);
    state.stages = std::move(stages).value();
    for (const std::uint64_t index : std::vector(state.timeline().failures())) {
      seek(state, index + 1);
      const trace::Event event = trace->event(index);
      if (event.op != trace::Op::Alloc || event.has(trace::kImplicitFree)) continue;
      ASSERT_NE(state.blocked, nullptr);
      if (!state.blocked->frees_help) continue;
      const replay::Keyframe real = state.timeline().snapshot();
      act(state, Do::TryFrees);
      ASSERT_TRUE(state.is_what_if()) << text << ", event " << index + 1;
      EXPECT_EQ(state.shown().run().outcome.kind, replay::OutcomeKind::Placed) << text << ", event " << index + 1;
      test::expect_conditions(state.shown().census());
      EXPECT_NE(app::what_if_text(state, 0).find("would fit at"), std::string::npos);
      EXPECT_EQ(state.timeline().snapshot(), real);
      act(state, Do::ClearSelection);
      EXPECT_FALSE(state.is_what_if()) << "Escape returns";
      ++tried;
    }
  }
  EXPECT_GT(tried, 30u);
}

TEST(WhatIf, ends_when_the_cursor_moves_and_is_offered_only_where_frees_would_help) {
  app::State state = opened(kLesson);
  act(state, Do::TryFrees);
  EXPECT_FALSE(state.is_what_if());
  EXPECT_FALSE(state.notice.empty());
  seek(state, 5);
  act(state, Do::TryFrees);
  ASSERT_TRUE(state.is_what_if());
  EXPECT_EQ(app::what_if_text(state, 0),
            "If A, B and 7 had been freed before event 5, the request would fit at 0x000.");
  EXPECT_EQ(app::question_of(state), "what if they had been freed earlier?");
  seek(state, 4);
  EXPECT_FALSE(state.is_what_if());
}

TEST_F(Texts, nothing_that_was_typed_is_lost_without_a_question) {
  act(state, Do::Quit);
  EXPECT_TRUE(std::exchange(state.quit, false)) << "nothing was typed";
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=2KiB,min=64")});
  act(state, Do::Quit);
  EXPECT_TRUE(std::exchange(state.quit, false)) << "an allocator is chosen again in a moment";
  write(state, TextKind::Note, 2, "why so?");
  act(state, Do::Quit);
  EXPECT_FALSE(state.quit);
  EXPECT_EQ(state.popup, app::Popup::Unsaved);
  EXPECT_EQ(app::unsaved_text(state), "\"A lesson\" has notes that no file holds. Quitting loses them.");
  act(state, Do::ClosePopup);
  app::tick(state, 1);
  EXPECT_FALSE(state.quit);
  act(state, {.what = Do::InsertEvent, .text = "100"});
  state.scenarios.emplace_back().json = kLesson;
  act(state, {.what = Do::OpenScenario, .number = 0});
  EXPECT_EQ(app::unsaved_text(state),
            "\"A lesson\" has notes and events by hand that no file holds. Opening something else loses them.");
  act(state, Do::DropUnsaved);
  EXPECT_EQ(state.popup, app::Popup::None);
  EXPECT_EQ(state.document.trace->size(), 7u) << "the lesson as it was";
  EXPECT_EQ(trace().note(1), nullptr);
  act(state, Do::Quit);
  EXPECT_TRUE(state.quit);
}

TEST_F(Texts, what_was_put_off_follows_when_the_file_stands_and_not_when_it_cannot_be_written) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("put-off-{}.json", getpid());
  write(state, TextKind::Mark, 2, "here");
  act(state, Do::Quit);
  act(state, Do::SaveUnsaved);
  ASSERT_EQ(state.popup, app::Popup::SavePath) << "it came from no file";
  act(state, {.what = Do::SaveAs, .text = "/nowhere/at/all.json"});
  EXPECT_TRUE(state.trouble.has_value());
  EXPECT_FALSE(state.quit);
  act(state, {.what = Do::SaveAs, .text = path.string()});
  EXPECT_FALSE(state.trouble.has_value()) << "the bar does not go on about the folder before";
  EXPECT_FALSE(state.quit) << "that was given up when the first file could not be written";
  write(state, TextKind::Mark, 3, "there");
  act(state, Do::Quit);
  act(state, Do::SaveUnsaved);
  EXPECT_TRUE(state.quit) << "the file has a name now";
  EXPECT_FALSE(state.document.edited);
  std::filesystem::remove(path);
}

TEST_F(Texts, a_notice_that_nothing_can_be_undone_ends_when_something_is) {
  act(state, Do::Undo);
  EXPECT_EQ(state.notice, "Nothing to undo");
  write(state, TextKind::Mark, 2, "here");
  act(state, Do::Undo);
  EXPECT_EQ(state.notice, "");
}

TEST(WhatIf, asks_for_one_or_for_several) {
  const auto asked = [](const char* allocator) {
    app::State state = opened(fmt::format(R"({{"format": "allocviz-trace", "version": 1, "allocators": [{}],
      "events": [{{"op": "alloc", "id": "A", "size": 64}}, {{"op": "alloc", "id": "B", "size": 64}}]}})",
                                          allocator));
    seek(state, 2);
    const std::string question = app::question_of(state);
    act(state, Do::TryFrees);
    EXPECT_EQ(app::what_if_text(state, 0), "If A had been freed before event 2, the request would fit at 0x000.");
    seek(state, 1);
    EXPECT_EQ(app::question_of(state), "");
    return question;
  };
  EXPECT_EQ(asked(R"({"kind": "buddy", "arena": 64, "min_block": 64})"), "what if it had been freed earlier?");
  EXPECT_EQ(asked(R"({"kind": "bump", "arena": 64})"), "what if it had been freed earlier?");
  EXPECT_EQ(asked(R"({"kind": "slab", "block": 64, "count": 1})"), "what if one had been freed earlier?");
}

TEST(AppInTheWay, a_refused_free_says_why_and_the_state_keeps_what_is_asked_in_each_frame) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
    "events": [{"op": "alloc", "id": "A", "size": 100}, {"op": "free", "id": "A"}, {"op": "free", "offset": 0}]})");
  seek(state, 3);
  ASSERT_NE(state.blocked, nullptr);
  EXPECT_FALSE(state.blocked->frees_help);
  EXPECT_EQ(state.blocked->verdict, "The free was refused.");
  EXPECT_FALSE(state.blocked->reason.empty());
  const app::InTheWay* kept = state.blocked.get();
  app::tick(state, 1);
  EXPECT_EQ(state.blocked.get(), kept);
  seek(state, 2);
  EXPECT_EQ(state.blocked, nullptr);
}

}  // namespace
