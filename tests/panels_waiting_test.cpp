// What is under way while the window goes on: a replay, an opening, the rest of a log.
#include <algorithm>

#include "tests/panels_support.h"
#include "tests/support/sanitized.h"
#include "viz/app/cursor.h"

namespace {

using namespace panels_test;
using app::Do;

struct PanelsWaiting : Panels {
  // As when a worker has just begun.
  void begin(const char* what = "Replaying A lesson") {
    state.loading = std::make_shared<app::Loading>();
    state.loading->what = what;
    state.loading->started_at_s = state.now_s;
  }
  void TearDown() override { state.loading = nullptr; }
};

TEST_F(PanelsWaiting, what_is_under_way_is_said_after_a_moment_and_moves_nothing) {
  const panels::Parts before = program.parts;
  begin();
  program.gui->frames(6);  // a tenth of a second
  EXPECT_FALSE(program.gui->sees("loading/Cancel"));
  program.gui->frames(30);
  EXPECT_TRUE(program.gui->sees("loading/Cancel"));
  EXPECT_TRUE(program.gui->sees("loading/Replaying A lesson"));
  EXPECT_TRUE(program.gui->sees("transport/position")) << "beside it";
  EXPECT_TRUE(program.gui->sees("transport/speed"));
  const auto same = [](draw::Rect a, draw::Rect b) {
    return a.x0 == b.x0 && a.y0 == b.y0 && a.x1 == b.x1 && a.y1 == b.y1;
  };
  EXPECT_TRUE(same(program.parts.center, before.center));
  EXPECT_TRUE(same(program.parts.bottom_rect, before.bottom_rect));
  EXPECT_TRUE(same(program.parts.left_rect, before.left_rect));
  EXPECT_TRUE(same(program.parts.transport, before.transport));
}

TEST_F(PanelsWaiting, it_is_cancelled_by_a_click) {
  begin();
  program.gui->frames(30);
  program.click("loading/Cancel");
  EXPECT_EQ(state.loading, nullptr);
}

TEST(Waiting, is_ended_from_the_keyboard_alone) {
  bool cancelled = false;
  for (int tabs = 1; tabs <= (test::kSanitized ? 6 : 40) && !cancelled; ++tabs) {
    Program fresh;
    fresh.state.loading = std::make_shared<app::Loading>();
    fresh.gui->frames(2);
    for (int i = 0; i < tabs; ++i) fresh.gui->key("Tab");
    fresh.key("Enter");
    cancelled = fresh.state.loading == nullptr;
    fresh.state.loading = nullptr;
  }
  EXPECT_TRUE(cancelled || test::kSanitized) << "so many frames take too long there";
}

TEST_F(PanelsWaiting, a_narrow_window_says_it_in_place_of_where_the_cursor_is) {
  for (const auto& [width, em] : {std::pair{800.0f, 13.0f}, {800.0f, 26.0f}, {1280.0f, 39.0f}, {2560.0f, 16.0f}}) {
    program.size(width, 800, em);
    begin("Reading the rest of sqlite-build.mtrace.zst: its first 2 684 events are shown");
    program.gui->frames(30);
    ASSERT_TRUE(program.gui->sees("loading/Cancel")) << width << " " << em;
    const draw::Rect cancel = program.gui->rect_of("loading/Cancel"), row = program.parts.transport;
    EXPECT_TRUE(cancel.x0 >= row.x0 && cancel.x1 <= row.x1 && cancel.y0 >= row.y0 && cancel.y1 <= row.y1) << width;
    for (const char* beside : {"transport/position", "transport/speed", "transport/Play"}) {
      const ui::Placed* other = ui::find(beside);
      if (other == nullptr) continue;
      EXPECT_TRUE(other->rect.x1 <= program.gui->rect_of("loading/Cancel").x0 || other->rect.x0 >= cancel.x1)
          << beside << " at " << width;
    }
    state.loading = nullptr;
  }
}

TEST_F(PanelsWaiting, what_is_said_to_whoever_waits_is_said_there) {
  begin();
  program.gui->frames(30);
  app::notice(state, "Try again when that is done");
  program.gui->frames(2);
  EXPECT_TRUE(program.gui->sees("loading/Try again when that is done"));
  EXPECT_TRUE(program.gui->sees("loading/Cancel"));
}

}  // namespace
