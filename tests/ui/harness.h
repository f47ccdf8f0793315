// The whole program without a display: the real state, the real panels, a null renderer. What a person does with mouse
// and keyboard, a test does here, and reads what came of it from the state and from what stands on the screen.
//
//   ui_test::Session s;
//   s.open_scenario("01");          // or s.open("tests/data/small.json")
//   s.key("Right");
//   s.click("transport/Play");
//   EXPECT_EQ(s.cursor().event, 1u);
#pragma once

#include <string>
#include <string_view>

#include "tests/ui/gui.h"
#include "viz/app/command.h"
#include "viz/app/startup.h"
#include "viz/app/state.h"
#include "viz/draw/stage_cache.h"

namespace ui_test {

class Session : public Gui {
 public:
  // Opens the first lesson, or what the arguments say, as the program does; nothing is remembered between sessions.
  explicit Session(const allocviz::app::Arguments& arguments = {}, float width = 1280, float height = 800);

  // Through the command that a dropped file gives; waits until it is open.
  void open(const std::string& path);
  void open_scenario(std::size_t index);
  void open_scenario(std::string_view title_begins_with);
  void command(allocviz::app::Do what);
  void command(allocviz::app::Command command);
  // Frames until nothing is being loaded and nothing moves any more (at most about ten seconds of the session's clock).
  void settle();

  allocviz::app::State state;
  allocviz::app::Commands commands;
  allocviz::draw::Caches caches;
  [[nodiscard]] allocviz::replay::Position cursor() const { return state.cursor(); }
  [[nodiscard]] const allocviz::replay::Timeline& timeline() const { return state.timeline(); }
};

}  // namespace ui_test
