#include "viz/platform/frame.h"

#include <utility>

#include "viz/app/update.h"
#include "viz/draw/theme.h"
#include "viz/panels/panel.h"
#include "viz/panels/ui.h"

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

}  // namespace allocviz::platform
