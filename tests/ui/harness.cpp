#include "tests/ui/harness.h"

#include <gtest/gtest.h>

#include <utility>

#include "viz/app/loader.h"
#include "viz/app/update.h"
#include "viz/platform/frame.h"

namespace ui_test {

namespace app = allocviz::app;

namespace {

constexpr float kEm = 13;  // ImGui's own font, which needs no file

app::State started_with(app::Arguments arguments) {
  arguments.wait = true;
  arguments.remember = false;
  auto started = app::start(arguments);
  if (started.ok()) return std::move(started).value();
  ADD_FAILURE() << started.trouble().text();
  return std::move(app::start({})).value();
}

}  // namespace

Session::Session(const app::Arguments& arguments, float width, float height)
    : Gui(
          [this] {
            const ImVec2 size = ImGui::GetIO().DisplaySize;
            allocviz::platform::run_frame(state, commands, {size.x, size.y, kEm}, caches, now_s());
          },
          width, height),
      state(started_with(arguments)) {
  frames(3);
}

void Session::command(app::Command command) {
  commands.push(std::move(command));
  frames(2);
}

void Session::command(app::Do what) {
  commands.push(what);
  frames(2);
}

void Session::open(const std::string& path) {
  app::Command open;
  open.what = app::Do::OpenFile;
  open.text = path;
  command(std::move(open));
  app::finish_loading(state);
  frames(2);
}

void Session::open_scenario(std::size_t index) {
  ASSERT_LT(index, state.scenarios.size()) << "there are fewer lessons than that";
  app::Command open;
  open.what = app::Do::OpenScenario;
  open.number = index;
  command(std::move(open));
  app::finish_loading(state);
  frames(2);
}

void Session::open_scenario(std::string_view title_begins_with) {
  std::string titles;
  for (std::size_t i = 0; i < state.scenarios.size(); ++i) {
    if (state.scenarios[i].title.starts_with(title_begins_with)) return open_scenario(i);
    titles += "\n  " + state.scenarios[i].title;
  }
  ADD_FAILURE() << "no lesson's title begins with \"" << title_begins_with << "\". There are:" << titles;
}

void Session::settle() {
  for (int i = 0; i < 600; ++i) {
    app::finish_loading(state);
    frames();
    if (!allocviz::ui::take_want_frame() && !app::wants_frame(state)) return;
  }
  ADD_FAILURE() << "something still moves after ten seconds";
}

}  // namespace ui_test
