// The window itself: theme, scale, how it is divided.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "viz/app/as_text.h"
#include "viz/app/coloring.h"
#include "viz/app/cursor.h"
#include "viz/app/presets.h"
#include "viz/app/sides.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

constexpr std::array kScales{0.5f, 0.67f, 0.8f, 0.9f, 1.0f, 1.1f, 1.25f, 1.5f, 1.75f, 2.0f, 2.5f, 3.0f};

void change_scale(Settings& settings, int by) {
  const auto nearest = std::min_element(kScales.begin(), kScales.end(), [&](float a, float b) {
    return std::abs(a - settings.scale) < std::abs(b - settings.scale);
  });
  const auto index = static_cast<int>(nearest - kScales.begin()) + by;
  settings.scale = kScales[static_cast<std::size_t>(std::clamp(index, 0, static_cast<int>(kScales.size()) - 1))];
}

void toggle_side(State& state, bool& shown, bool in_sight, bool left) {
  shown = !in_sight;
  if (!shown) return;
  state.left_first = left;
  const Sides now = sides_in_sight(state);
  if (left ? !now.left : !now.right) notice(state, "The window has no room for it beside the stage");
}

void set_split(Settings& settings, LeftTab tab, const Command& command) {
  const auto fraction = static_cast<float>(std::clamp(command.value, 0.05, 0.9));
  switch (static_cast<Split>(command.number)) {
    case Split::Left:
      if (tab == LeftTab::Groups) {
        settings.groups_width = std::min(fraction, 0.6f);
      } else {
        settings.left_width = std::min(fraction, 0.5f);
      }
      break;
    case Split::Right:
      settings.right_width = std::min(fraction, 0.5f);
      break;
    case Split::Bottom:
      settings.bottom_height = std::min(fraction, 0.7f);
      break;
    case Split::Map:
      settings.map_height = fraction;
      break;
    case Split::Block:
      settings.block_height = fraction;
      break;
  }
}

void screenshot(State& state, const std::string& path) {
  state.screenshot_path = path.empty() ? fmt::format("allocviz-{}.png", state.cursor().event) : path;
}

void set_color_by(State& state, ColorBy by) {
  if (!can_color_by(by, *state.document.trace)) return;
  state.settings.color_by = by;
  state.only_color.reset();
}

void next_color(State& state) {
  auto next = static_cast<std::size_t>(color_by(state));
  do {
    next = (next + 1) % kColorBys;
  } while (!can_color_by(static_cast<ColorBy>(next), *state.document.trace));
  set_color_by(state, static_cast<ColorBy>(next));
}

void only_color(State& state, std::uint64_t entry) {
  const bool again = state.only_color == entry;
  state.only_color = again ? std::nullopt : std::optional{entry};
}

void toggle_curve(State& state, std::uint64_t curve) {
  Settings& settings = state.settings;
  unsigned& curves = state.stages.size() > 1 ? settings.compare_curves
                     : state.is_over_bump()  ? settings.bump_curves
                                             : settings.curves;
  curves ^= 1u << (curve & 31u);
}

bool update_looks(Settings& settings, LeftTab tab, const Command& command) {
  switch (command.what) {
    case Do::SetTheme:
      settings.theme = command.number == 1 ? 1 : 0;
      break;
    case Do::ScaleUp:
      change_scale(settings, +1);
      break;
    case Do::ScaleDown:
      change_scale(settings, -1);
      break;
    case Do::ScaleReset:
      settings.scale = 1;
      break;
    case Do::ToggleReduceMotion:
      settings.reduce_motion = !settings.reduce_motion;
      break;
    case Do::ToggleKeepLogs:
      settings.keep_logs = !settings.keep_logs;
      break;
    case Do::SetSplit:
      set_split(settings, tab, command);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace

bool update_window(State& state, const Command& command) {
  switch (command.what) {
    case Do::PresetTeach:
      set_preset(state, Preset::Teach);
      break;
    case Do::PresetDebug:
      set_preset(state, Preset::Debug);
      break;
    case Do::PresetCompare:
      compare(state);
      break;
    case Do::SetColorBy:
      set_color_by(state, static_cast<ColorBy>(command.number % kColorBys));
      break;
    case Do::NextColorBy:
      next_color(state);
      break;
    case Do::OnlyColor:
      only_color(state, command.number);
      break;
    case Do::ToggleCurve:
      toggle_curve(state, command.number);
      break;
    case Do::ToggleLeft:
      toggle_side(state, state.settings.show_left, sides_in_sight(state).left, true);
      break;
    case Do::ToggleRight:
      toggle_side(state, state.settings.show_right, sides_in_sight(state).right, false);
      break;
    case Do::ToggleFailureLane:
      state.settings.failure_lane = !state.settings.failure_lane;
      break;
    case Do::CopyText:
      state.to_clipboard = as_text(state);
      notice(state, "Copied what happened");
      break;
    case Do::Screenshot:
      screenshot(state, command.text);
      break;
    case Do::Slide:
      state.slide_path = command.text.empty() ? fmt::format("allocviz-{}.svg", state.cursor().event) : command.text;
      break;
    case Do::Quit:
      state.quit = true;
      break;
    default:
      return update_looks(state.settings, state.left_tab, command);
  }
  return true;
}

}  // namespace allocviz::app
