// Every command that has a name does something that can be seen, wherever it is offered; and what it changes of the
// document, undo brings back.
#include <fmt/format.h>

#include "core/trace/trouble.h"
#include "tests/app_support.h"
#include "viz/app/availability.h"
#include "viz/app/playback.h"

namespace {

using namespace app_test;
using app::Do;

// Everything of a state that a person could notice.
std::string seen(const app::State& s) {
  const app::Settings& set = s.settings;
  std::string text = fmt::format("at {}.{} playing {} speed {} popup {} stage {} tab {}\n", s.cursor().event,
                                 s.cursor().step, s.playback.playing, s.playback.speed_index, static_cast<int>(s.popup),
                                 s.popup_state.stage, static_cast<int>(s.left_tab));
  text += fmt::format("bytes {} {} time {} {} selected {} filter {} find {}\n", s.bytes.from, s.bytes.to, s.time.first,
                      s.time.last, s.selection.offset.value_or(~std::uint64_t{0}), s.filter.text, s.focus_search_at);
  text += fmt::format("theme {} scale {} motion {} preset {} left {} right {} shown {} {} curves {} colour {}\n",
                      set.theme, set.scale, set.reduce_motion, static_cast<int>(set.preset), set.left_width,
                      set.right_width, set.show_left, set.show_right, s.curves(), static_cast<int>(set.color_by));
  text += fmt::format("trouble {} notice {} clipboard {} picture {} quit {} loading {}\n", s.trouble.has_value(),
                      s.notice, s.to_clipboard, s.screenshot_path + s.slide_path, s.quit,
                      s.loading != nullptr && !s.loading->cancel.load());
  text += fmt::format("range {} clock {} failures {}\n", s.range ? s.range->first * 1000 + s.range->last : 0,
                      set.by_clock, set.failure_lane);
  const app::GroupView& groups = s.groups;
  text += fmt::format("groups by {} frames {} from {} sums {} sort {} {}\n", static_cast<int>(groups.by), groups.frames,
                      groups.anchor.value_or(~std::uint64_t{0}), groups.sums_of_range, static_cast<int>(groups.sort),
                      groups.ascending);
  text += fmt::format("list all {} search help {} keep {}\n", set.list_all, s.search_help, set.keep_logs);
  text += fmt::format("cards {} what if {}\n", s.pins.size(), s.is_what_if());
  return text + make_up_text(s);
}

// The midst of everything: two allocators, a selection, a view zoomed to the middle, an error, something to undo.
app::State prepared(Do what) {
  app::State state = opened(kLesson);
  state.settings.theme = what == Do::SetTheme ? 1 : 0;
  state.settings.preset = what == Do::PresetDebug ? app::Preset::Teach : app::Preset::Debug;
  act(state, {.what = Do::AddStage, .spec = spec("bump:arena=4KiB")});
  const bool back = what == Do::PreviousFailure || what == Do::PreviousMark;
  seek(state, back ? 7 : 3, 1);
  if (what == Do::TryFrees) seek(state, 5);
  if (what == Do::RemoveMark) act(state, {.what = Do::SetEventText, .position = {3}, .text = "here"});
  act(state, {.what = Do::Select, .number = 0});
  act(state, {.what = Do::SetView, .value = 256, .value2 = 512});
  act(state, {.what = Do::SetTimeView, .value = 2, .value2 = 5});
  act(state, {.what = Do::SelectRange, .value = 0, .value2 = 5});
  state.settings.scale = 1.5f;
  state.playback.speed_index = 3;
  state.trouble = trace::Trouble{.what = "something", .where = {}, .todo = {}};
  state.notice.clear();
  if (what == Do::Redo) act(state, Do::Undo);
  if (what == Do::CancelLoading) state.loading = std::make_shared<app::Loading>();
  if (what == Do::ShowEventList) state.left_tab = app::LeftTab::Failures;
  const bool compared = what == Do::EndCompare || what == Do::ToggleGroupSums;
  if (compared) act(state, Do::CompareFrom);
  if (what == Do::CopyGroups) {
    act(state, Do::ShowGroups);
    app::tick(state, 0);
  }
  if (what == Do::SetGroupBy) state.groups.by = analyze::GroupBy::Thread;
  if (what == Do::NextMatch || what == Do::PreviousMatch) act(state, {.what = Do::SetFilter, .text = "alloc"});
  if (what == Do::ZoomFit) act(state, Do::ClearSelection);
  return state;
}

TEST(Commands, each_one_that_is_offered_changes_something_that_is_seen) {
  int offered = 0;
  for (const app::CommandInfo& info : app::command_infos()) {
    SCOPED_TRACE(info.name);
    app::State state = prepared(info.what);
    if (info.what == Do::SetTheme) state.settings.theme = info.number == 0 ? 1 : 0;
    if (info.what == Do::SetColorBy && info.number == 0) state.settings.color_by = app::ColorBy::Size;
    if (!app::is_enabled(state, info)) continue;
    ++offered;
    const std::string before = seen(state);
    app::update(state, app::command_of(state, info));
    EXPECT_NE(seen(state), before);
  }
  // All but the colours, the clock, the groups and the processes that this log has nothing to say on.
  EXPECT_EQ(offered, static_cast<int>(app::command_infos().size()) - 8);
}

TEST(Commands, what_they_change_of_the_document_undo_brings_back) {
  for (const app::CommandInfo& info : app::command_infos()) {
    SCOPED_TRACE(info.name);
    if (info.what == Do::Undo || info.what == Do::Redo) continue;
    app::State state = prepared(info.what);
    if (!app::is_enabled(state, info)) continue;
    const std::string before = make_up_text(state);
    app::update(state, app::command_of(state, info));
    if (make_up_text(state) == before) continue;
    act(state, Do::Undo);
    EXPECT_EQ(make_up_text(state), before);
  }
}

TEST(Commands, one_that_is_not_offered_changes_nothing_but_may_say_why) {
  for (const app::CommandInfo& info : app::command_infos()) {
    SCOPED_TRACE(info.name);
    app::State state = opened(kLesson);
    if (app::is_enabled(state, info)) continue;
    const std::string before = seen(state);
    app::update(state, app::command_of(state, info));
    state.notice.clear();
    EXPECT_EQ(seen(state), before);
  }
}

}  // namespace
