// The table of groups.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/group_view.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

constexpr std::size_t kFrames[] = {1, 2, 3, 5, analyze::kWholeStack};

void show_groups(State& state) {
  state.left_tab = LeftTab::Groups;
  state.settings.show_left = true;
  state.left_first = true;
}

void set_group_by(State& state, analyze::GroupBy by) {
  if (!can_group_by(by, *state.document.trace)) {
    return notice(state, fmt::format("This log names no {}s", analyze::name_of(by)));
  }
  show_groups(state);
  if (by == state.groups.by) return;
  state.groups.by = by;
  state.groups.list.top = 0;
  forget_groups(state);
}

void next_frames(State& state) {
  if (!state.document.trace->has_sites()) return notice(state, "This log names no call sites");
  show_groups(state);
  const auto now = std::find(std::begin(kFrames), std::end(kFrames), state.groups.frames);
  const bool last = now == std::end(kFrames) || std::next(now) == std::end(kFrames);
  state.groups.frames = last ? kFrames[0] : *std::next(now);
  state.groups.by = analyze::GroupBy::Site;
  forget_groups(state);
}

void compare_from(State& state) {
  show_groups(state);
  state.groups.anchor = state.cursor().event;
  state.groups.sums_of_range = false;
  state.groups.fresh = false;
  notice(state, fmt::format("Compared from event {} on: move the cursor", trace::count_text(*state.groups.anchor)));
}

void end_compare(State& state) {
  if (!state.groups.anchor) return;
  state.groups.anchor.reset();
  state.groups.fresh = false;
}

void sort_by(State& state, GroupColumn column) {
  GroupView& groups = state.groups;
  groups.ascending = column == sorted_by(state) && !groups.ascending;
  groups.sort = column;
  groups.list.top = 0;
  sort_rows(state);
}

void pick(State& state, std::uint32_t group) {
  if (state.groups.sums == nullptr || group >= state.groups.sums->grouping().count()) return;
  const std::string query = query_of(state.groups.sums->grouping(), group);
  const bool again = state.groups.picked == group && state.filter.text == query;
  set_filter(state, again ? std::string{} : query);
  state.groups.picked = again ? std::nullopt : std::optional(group);
}

void copy(State& state) {
  if (state.groups.rows.empty()) return notice(state, "There are no groups to copy");
  state.to_clipboard = groups_as_text(state);
  notice(state, "Copied the groups");
}

}  // namespace

bool update_groups(State& state, const Command& command) {
  switch (command.what) {
    case Do::SetGroupBy:
      set_group_by(state, static_cast<analyze::GroupBy>(command.number % 4));
      break;
    case Do::NextGroupFrames:
      next_frames(state);
      break;
    case Do::CompareFrom:
      compare_from(state);
      break;
    case Do::EndCompare:
      end_compare(state);
      break;
    case Do::ToggleGroupSums:
      if (is_compared(state)) state.groups.sums_of_range = !state.groups.sums_of_range;
      sort_rows(state);
      break;
    case Do::SortGroups:
      sort_by(state, static_cast<GroupColumn>(command.number % kGroupColumns));
      break;
    case Do::PickGroup:
      pick(state, static_cast<std::uint32_t>(command.number));
      break;
    case Do::CopyGroups:
      copy(state);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace allocviz::app
