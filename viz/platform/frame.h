// One frame, whatever it is drawn to: time passes, the panels are drawn, what they pushed is carried out. No GL, no
// GLFW: the window, the screenshots and the tests without a display all go through here.
#pragma once

#include <functional>
#include <string>

#include "viz/app/command.h"
#include "viz/app/state.h"
#include "viz/draw/stage_cache.h"
#include "viz/platform/fonts.h"

namespace allocviz::platform {

struct Screen {
  float width = 1280, height = 800;  // pixels
  float em = 16;                     // the body font's size in pixels
};

// True when it has taken the command: it is not for update() then (a file dialog stands in front of it).
using Intercept = std::function<bool(const app::Command&)>;

// Between ImGui::NewFrame() and ImGui::Render(). Commands already in the list (from outside: a dropped file, the
// window's close button) are carried out before the panels see the state; those that panels push, after. `caches` holds
// what the panels laid out, from one frame of a window to its next.
void run_frame(app::State& state, app::Commands& commands, const Screen& screen, draw::Caches& caches, double now_s,
               const Intercept& intercept = {});

// The moment's slide as an SVG file's text, drawn in a frame of its own of which nothing is shown: after
// ImGui::Render() and before the next NewFrame(). 80 ems wide. It uploads pictures under the names that the window's
// have: whoever keeps Caches throws them away afterwards.
[[nodiscard]] std::string slide_text(app::State& state, float em, const FontNames& fonts);

}  // namespace allocviz::platform
