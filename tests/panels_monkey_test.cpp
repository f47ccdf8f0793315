// Whatever is pressed, clicked, dragged, typed and resized, in whatever order: the window goes on, its cursor stands
// where an event is, what it draws is what the allocators hold, and undo and redo lead back to the same document.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/panels_support.h"
#include "tests/support/sanitized.h"
#include "tests/support/seed.h"
#include "viz/app/availability.h"
#include "viz/app/cursor.h"
#include "viz/app/scenario_list.h"

namespace {

using namespace panels_test;
using app::Do;

constexpr int kRounds = test::kSanitized ? 2 : 6;
constexpr int kActions = test::kSanitized ? 60 : 300;

// A log with all that a log may have: addresses, times, threads, sites, tags, failures here and there.
std::string some_log(std::mt19937_64& random) {
  std::string json =
      R"({"format":"allocviz-trace","version":1,"sites":["a.c:1 f",["malloc","b.c:2 g","main"]],"events":[)";
  std::vector<int> live;
  std::uint64_t t = 0;
  for (int i = 0; i < 400; ++i) {
    const bool frees = !live.empty() && random() % 5 < 2;
    if (i > 0) json += ',';
    t += random() % 1000;
    if (i % 131 == 130) {
      json += fmt::format(R"({{"op":"mark","name":"at {}","t":{}}})", i, t);
    } else if (frees) {
      const std::size_t which = random() % live.size();
      json += fmt::format(R"({{"op":"free","id":{},"t":{},"thread":{}}})", live[which], t, random() % 3);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (!live.empty() && random() % 7 == 0) {
      json += fmt::format(R"({{"op":"realloc","id":{},"size":{},"t":{}}})", live[random() % live.size()],
                          random() % 3000, t);
    } else {
      json += fmt::format(
          R"({{"op":"alloc","id":{},"size":{},"align":{},"t":{},"thread":{},"site":{},"tag":"{}","addr":{}}})", i,
          random() % 2000, 1u << random() % 9, t, random() % 3, random() % 2, random() % 2 == 0 ? "x" : "yz",
          4096 + i * 4096);
      live.push_back(i);
    }
  }
  return json + "]}";
}

struct Monkey : Panels {
  std::mt19937_64 random{test::seed()};
  std::string done;  // what was done in this round, for whoever looks for the fault

  std::uint64_t below(std::uint64_t count) { return random() % count; }
  float between(float from, float to) { return from + (to - from) * static_cast<float>(below(10'001)) / 10'000.0f; }
  template <class List>
  const auto& any_of(const List& list) {
    return list[below(std::size(list))];
  }
  draw::Point anywhere() { return {between(-20, program.width + 20), between(-20, program.height + 20)}; }
  // In what stands there: a control, a block, a curve.
  draw::Point somewhere() {
    const auto& placed = ui::placed();
    if (placed.empty() || below(4) == 0) return anywhere();
    const draw::Rect seen = any_of(placed).seen;
    return {between(seen.x0, seen.x1), between(seen.y0, seen.y1)};
  }

  void open_something() {
    static constexpr std::string_view kBesides[] = {"bump:arena=64KiB", "slab:block=256,count=40", "recorded",
                                                    "buddy:arena=32KiB,min=16", "tiered:arena=256KiB,min=64"};
    std::vector<trace::AllocatorSpec> specs;
    for (std::uint64_t count = below(4); count > 0; --count) specs.push_back(spec(any_of(kBesides)));
    state = below(2) == 0 ? opened(any_of(app::scenario_list()).json) : opened(some_log(random), specs);
  }

  void press() {
    static constexpr std::string_view kKeys[] = {"Tab",  "Shift+Tab", "Enter", "Escape", "Up",        "Down",
                                                 "Left", "Right",     "Space", "Home",   "Backspace", "Delete"};
    const app::CommandInfo& info = any_of(app::command_infos());
    const std::string key(below(3) != 0 && !info.key.empty() ? info.key : any_of(kKeys));
    done += " " + key;
    program.key(key.c_str());
  }
  // As the palette does, which would take a name to be typed.
  void command() {
    const app::CommandInfo& info = any_of(app::command_infos());
    const app::Command command = app::command_of(state, info);
    if (!app::is_enabled(state, info) || program.refuses(command)) return;
    done += fmt::format(" [{}]", info.name);
    app::update(state, command);
    program.gui->frames(2);
  }
  void type() {
    static constexpr std::string_view kTexts[] = {"12",     "3.2",      "size>1k",  "live at 5", "a",      "~/",
                                                  "failed", "64 KiB",   "48",       "-1",        "../",    "site~f",
                                                  "0x40",   "tag=x or", "\xc3\xa4", "999999999", "step 2", "born=1..3"};
    const std::string_view text = any_of(kTexts);
    done += fmt::format(" '{}'", text);
    program.type(text);
  }
  void click() {
    const draw::Point at = somewhere();
    const int button = below(5) == 0 ? 1 : 0;
    done += fmt::format(" click({:.0f},{:.0f},{})", at.x, at.y, button);
    program.gui->click_at(at, button);
    program.gui->frames(2);
  }
  void drag() {
    const draw::Point from = somewhere(), to = anywhere();
    const int button = below(4) == 0 ? 1 : 0;
    done += fmt::format(" drag({:.0f},{:.0f} {:.0f},{:.0f},{})", from.x, from.y, to.x, to.y, button);
    const bool shift = below(4) == 0;
    ui::feed_mods(ImGui::GetIO(), false, shift, false);
    program.gui->drag(from, to, button);
    ui::feed_mods(ImGui::GetIO(), false, false, false);
    program.gui->frames(2);
  }
  void wheel() {
    const draw::Point at = somewhere();
    done += fmt::format(" wheel({:.0f},{:.0f})", at.x, at.y);
    program.gui->wheel(at, between(-5, 5), between(-2, 2), below(2) == 0);
    program.gui->frames(2);
  }
  void resize() {
    const float em = any_of(std::vector<float>{10, 13, 13, 26});
    const float width = between(200, 2600), height = between(150, 1500);
    done += fmt::format(" size({:.0f},{:.0f},{})", width, height, em);
    program.size(width, height, em);
    program.gui->frames(2);
  }
  void wait() {
    done += " wait";
    program.gui->frames(static_cast<int>(below(30)));
  }

  void do_something() {
    static constexpr void (Monkey::*kWays[])() = {&Monkey::press,   &Monkey::press,   &Monkey::press,   &Monkey::type,
                                                  &Monkey::command, &Monkey::command, &Monkey::command, &Monkey::click,
                                                  &Monkey::click,   &Monkey::click,   &Monkey::drag,    &Monkey::wheel,
                                                  &Monkey::wait};
    if (below(40) == 0) return resize();
    (this->*any_of(kWays))();
  }

  // What must hold in any frame.
  void look() {
    const std::uint64_t count = app::event_count(state);
    ASSERT_LE(state.cursor().event, count);
    ASSERT_LE(state.cursor().step, state.timeline().step_count());
    ASSERT_FALSE(state.stages.empty());
    for (const auto& stage : state.stages) ASSERT_EQ(stage.timeline->position().event, state.cursor().event);
    for (const ui::Placed& placed : ui::placed()) {
      const draw::Rect& rect = placed.rect;
      ASSERT_TRUE(std::isfinite(rect.x0) && std::isfinite(rect.y0) && std::isfinite(rect.x1) && std::isfinite(rect.y1))
          << placed.label;
    }
    ASSERT_GE(program.gui->vertices(), 0);
  }
  // What is shown is what the allocators hold who come here from the start.
  void compare_with_the_start() {
    for (const auto& stage : state.stages) {
      replay::Timeline& timeline = *stage.timeline;
      const replay::Census here = timeline.census();
      const replay::Position at = timeline.position();
      timeline.seek({0, 0});
      timeline.seek(at);
      ASSERT_EQ(timeline.census().blocks, here.blocks) << trace::to_text(timeline.spec());
    }
  }
  void undo_and_redo_everything() {
    const std::string before = make_up_text(state);
    std::size_t undone = 0;
    for (; !state.history.undo.empty(); ++undone) act(state, Do::Undo);
    for (; undone > 0; --undone) act(state, Do::Redo);
    ASSERT_EQ(make_up_text(state), before);
  }
};

TEST_F(Monkey, at_the_window_does_no_harm) {
  // Files of whoever runs this are not its to write, nor to open.
  program.refuses = [](const app::Command& command) {
    const bool files = command.what == Do::OpenFile || command.what == Do::SaveAs || command.what == Do::Save;
    return files && (!command.text.empty() || command.what == Do::Save);
  };
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
    open_something();
    done = fmt::format("round {}:", round);
    for (int action = 0; action < kActions && !HasFatalFailure(); ++action) {
      do_something();
      look();
      ASSERT_FALSE(HasFatalFailure()) << done;
    }
    app::finish_moving(state);
    compare_with_the_start();
    ASSERT_FALSE(HasFatalFailure()) << done;
    undo_and_redo_everything();
    ASSERT_FALSE(HasFatalFailure()) << done;
  }
}

}  // namespace
