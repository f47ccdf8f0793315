// The window without its platform: the same frames, carried out by hand, without a display.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "tests/app_support.h"
#include "tests/ui/gui.h"
#include "viz/draw/theme.h"
#include "viz/panels/panel.h"
#include "viz/panels/window_layout.h"

namespace panels_test {

using namespace app_test;
namespace ui = allocviz::ui;

struct Program {
  app::State state = opened(kLesson);
  app::Commands commands;
  float em = 13, width = 1280, height = 800;
  panels::Parts parts;  // of the last frame
  draw::Caches* caches = nullptr;
  std::vector<app::Do> pressed;                      // every command since this was cleared
  std::function<bool(const app::Command&)> refuses;  // what is pressed and not carried out
  std::unique_ptr<ui_test::Gui> gui;

  Program() {
    gui = std::make_unique<ui_test::Gui>([this] { frame(); }, width, height);
    gui->frames(3);
  }
  void frame() {
    state.width_em = width / em;
    app::tick(state, gui == nullptr ? 0 : gui->now_s());
    const draw::Theme& theme = draw::theme(static_cast<draw::ThemeKind>(state.settings.theme));
    ui::apply_style(theme, em);
    ui::begin_frame();
    const panels::Context context{.state = state, .commands = commands, .theme = theme, .em = em, .caches = caches};
    parts = panels::layout(context, {0, 0, width, height});
    panels::window(context, {0, 0, width, height});
    ui::end_frame();
    for (const app::Command& command : commands.take()) {
      pressed.push_back(command.what);
      if (refuses && refuses(command)) continue;
      app::update(state, command);
    }
  }
  void size(float to_width, float to_height, float to_em) {
    width = to_width;
    height = to_height;
    em = to_em;
    gui->resize(width, height);
  }
  void key(const char* chord) {
    gui->key(chord);
    gui->frames(2);
  }
  void click(const char* label) {
    gui->click(label);
    gui->frames(2);
  }
  void type(std::string_view text) {
    gui->type(text);
    gui->frames(2);
  }
};

struct Panels : testing::Test {
  Program program;
  app::State& state = program.state;
  [[nodiscard]] std::uint64_t event() const { return program.state.cursor().event; }
};

}  // namespace panels_test
