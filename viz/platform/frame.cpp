#include "viz/platform/frame.h"

#include <cmath>
#include <utility>

#include "viz/app/update.h"
#include "viz/draw/theme.h"
#include "viz/draw/vector.h"
#include "viz/panels/panel.h"
#include "viz/panels/ui.h"
#include "viz/platform/svg.h"

namespace allocviz::platform {
namespace {

void carry_out(app::State& state, app::Commands& commands, const Intercept& intercept) {
  for (const app::Command& command : commands.take()) {
    if (intercept && intercept(command)) continue;
    app::update(state, command);
    ui::want_frame();
  }
}

}  // namespace

void run_frame(app::State& state, app::Commands& commands, const Screen& screen, draw::Caches& caches, double now_s,
               const Intercept& intercept) {
  state.width_em = screen.width / screen.em;
  app::tick(state, now_s);
  carry_out(state, commands, intercept);
  const draw::Theme& theme = draw::theme(state.settings.theme == 0 ? draw::ThemeKind::Dark : draw::ThemeKind::Light);
  ui::apply_style(theme, screen.em);
  ui::begin_frame();
  panels::window({.state = state, .commands = commands, .theme = theme, .em = screen.em, .caches = &caches},
                 {0, 0, screen.width, screen.height});
  ui::end_frame();
  carry_out(state, commands, intercept);
  if (!state.to_clipboard.empty()) ImGui::SetClipboardText(std::exchange(state.to_clipboard, {}).c_str());
}

std::string slide_text(app::State& state, float em, const FontNames& fonts) {
  const draw::Theme& theme = draw::theme(state.settings.theme == 0 ? draw::ThemeKind::Dark : draw::ThemeKind::Light);
  const draw::Rect rect{0, 0, std::round(80 * em), std::round(45 * em)};
  ImGuiIO& io = ImGui::GetIO();
  const ImVec2 window = io.DisplaySize, mouse = io.MousePos;
  const double moved_at_s = std::exchange(state.moved_at_s, -1e9);  // whatever moves has come to its end
  const bool reduce_motion = std::exchange(state.settings.reduce_motion, true);
  draw::VectorPicture shapes;
  draw::Caches caches;
  app::Commands ignored;
  io.DisplaySize = ImVec2(rect.x1, rect.y1);
  io.DeltaTime = 1e-3f;
  state.slide = true;
  ui::keep_shapes(&shapes);
  ImGui::NewFrame();
  panels::window({.state = state, .commands = ignored, .theme = theme, .em = em, .caches = &caches}, rect);
  ImGui::EndFrame();
  ui::keep_shapes(nullptr);
  state.slide = false;
  state.moved_at_s = moved_at_s;
  state.settings.reduce_motion = reduce_motion;
  io.DisplaySize = window;
  io.MousePos = mouse;
  return svg_text(shapes, static_cast<int>(rect.x1), static_cast<int>(rect.y1), fonts, state.document.title);
}

}  // namespace allocviz::platform
