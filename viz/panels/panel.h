// What every panel is: a function of the state that draws into its rectangle and pushes commands. It changes nothing.
#pragma once

#include "viz/app/command.h"
#include "viz/app/state.h"
#include "viz/draw/geometry.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {
struct Caches;  // stage_cache.h
}

namespace allocviz::panels {

struct Parts;  // window_layout.h

struct Context {
  const app::State& state;
  app::Commands& commands;
  const draw::Theme& theme;
  float em = 16;  // the body font's size in pixels: every length is a multiple of it
  draw::Caches* caches =
      nullptr;  // kept from frame to frame by whoever runs the frames; without, every frame lays out anew
};

// One function a panel, each in its own file. `rect` is in window pixels; the panel draws its own frame and title.
void menu_bar(const Context& context, draw::Rect rect);  // menus, title, configuration chip
void events(const Context& context, draw::Rect rect);    // list, search; and failures
void groups(const Context& context, draw::Rect rect);    // who holds what
void scenarios(const Context& context, draw::Rect rect);
void stage_buddy(const Context& context, draw::Rect rect, std::size_t stage);
void stage_slab(const Context& context, draw::Rect rect, std::size_t stage);
void stage_bump(const Context& context, draw::Rect rect, std::size_t stage);
void stage_recorded(const Context& context, draw::Rect rect, std::size_t stage);
// `alone`: no stage stands above it.
void memory_map(const Context& context, draw::Rect rect, std::size_t stage, bool alone = false);
void what_happened(const Context& context, draw::Rect rect);
void inspector(const Context& context, draw::Rect rect);
// How high these two are, `width` wide, where nothing of what they say has to be scrolled to.
[[nodiscard]] float what_happened_height(const Context& context, float width);
[[nodiscard]] float inspector_height(const Context& context, float width);
void transport(const Context& context, draw::Rect rect);
void timeline(const Context& context, draw::Rect rect);     // charts over time
void free_levels(const Context& context, draw::Rect rect);  // free blocks by level over time, of what has levels
void error_bar(const Context& context, draw::Rect rect);
// Above everything but popups.
void pinned_cards(const Context& context, const Parts& parts, draw::Rect rect);
// The line over a stage that says what is tried on it; returns what it leaves of the stage's place.
[[nodiscard]] draw::Rect what_if_line(const Context& context, draw::Rect rect, std::size_t stage);
void popups(const Context& context);  // palette, keys, go to, dialogs, progress
// One stage, whatever it is of.
void stage(const Context& context, draw::Rect rect, std::size_t index);
// Instead of the window: the stages, a legend and the event in words.
void slide(const Context& context, draw::Rect rect);
// The whole window: splits it into the four parts and calls the panels.
void window(const Context& context, draw::Rect rect);

}  // namespace allocviz::panels
