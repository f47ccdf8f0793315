#include "viz/app/availability.h"

#include <algorithm>
#include <utility>

#include "viz/app/by_hand.h"
#include "viz/app/coloring.h"
#include "viz/app/cursor.h"
#include "viz/app/group_view.h"
#include "viz/app/in_the_way.h"
#include "viz/app/loader.h"
#include "viz/app/names.h"
#include "viz/app/partings.h"
#include "viz/app/playback.h"
#include "viz/app/processes.h"
#include "viz/app/sides.h"

namespace allocviz::app {

Command command_of(const State& state, const CommandInfo& info) {
  Command command;
  command.what = info.what;
  command.number = info.number;
  if (info.what == Do::RemoveStage) command.stage = state.stages.size() - 1;
  return command;
}

bool is_enabled(const State& state, const CommandInfo& info) {
  const bool at_start = state.cursor().event == 0;
  const bool at_end =
      state.cursor().event >= event_count(state) && state.cursor().step >= state.timeline().step_count();
  switch (info.what) {
    case Do::NextEvent:
    case Do::NextStep:
    case Do::LastEvent:
      return !at_end;
    case Do::PreviousEvent:
    case Do::PreviousStep:
    case Do::FirstEvent:
      return !at_start;
    case Do::NextFailure:
    case Do::PreviousFailure:
    case Do::ShowFailures:
      return !state.failures.empty();
    case Do::NextMatch:
    case Do::PreviousMatch:
      return !state.filter.matches.empty();
    case Do::NextRow:
    case Do::NextRows:
      return state.cursor().event < event_count(state);
    case Do::PreviousRow:
    case Do::PreviousRows:
      return state.cursor().event > 1;
    case Do::NextMark:
    case Do::PreviousMark:
      return !state.document.trace->marks().empty();
    case Do::Undo:
      return !state.history.undo.empty();
    case Do::Redo:
      return !state.history.redo.empty();
    case Do::Save:
    case Do::SaveAs:
    case Do::ShowAllocator:
    case Do::AddStage:
      return !is_reading_rest(state);
    case Do::RemoveStage:
      return state.stages.size() > 1 && !is_reading_rest(state);
    case Do::Slower:
      return state.playback.speed_index > 0;
    case Do::Faster:
      return state.playback.speed_index + 1 < static_cast<int>(kSpeeds.size());
    case Do::NextProcess:
    case Do::PreviousProcess:
    case Do::FormerProcess:
      return process_meant(state, info.what).has_value();
    case Do::CancelLoading:
      return state.loading != nullptr;
    case Do::DismissError:
      return state.trouble.has_value();
    case Do::SetColorBy:
      return can_color_by(static_cast<ColorBy>(info.number), *state.document.trace);
    case Do::SetGroupBy:
      return can_group_by(static_cast<analyze::GroupBy>(info.number % 4), *state.document.trace);
    case Do::NextGroupFrames:
      return state.document.trace->has_sites();
    case Do::EndCompare:
      return state.groups.anchor.has_value();
    case Do::ToggleGroupSums:
      return is_compared(state);
    case Do::CopyGroups:
      return !state.groups.rows.empty();
    case Do::ClearSelection:
      return state.selection.offset.has_value() || state.range.has_value() || !state.pins.empty() || state.is_what_if();
    case Do::ZoomToRange:
      return state.range.has_value();
    case Do::RangeFrom:
    case Do::RangeTo:
      return !at_start;
    case Do::ToggleClock:
      return state.document.clock != nullptr;
    case Do::FirstDivergence:
      return first_parting(state) != 0;
    case Do::Pin:
      return state.selection.offset.has_value();
    case Do::TryFrees:
      return state.blocked != nullptr && state.blocked->frees_help && !state.is_what_if();
    case Do::TryRequest:
      return !cannot_try(state) && !is_reading_rest(state);
    case Do::FreeSelected:
      return !cannot_try(state) && !is_reading_rest(state) && state.selection.offset.has_value();
    case Do::EditMark:
    case Do::EditNote:
      return !at_start;
    case Do::RemoveMark:
      return !at_start && state.document.trace->op(state.cursor().event - 1) != trace::Op::Mark &&
             state.document.trace->mark_name(state.cursor().event - 1) != nullptr;
    default:
      return true;
  }
}

bool is_checked(const State& state, const CommandInfo& info) {
  const Settings& settings = state.settings;
  switch (info.what) {
    case Do::PresetTeach:
      return settings.preset == Preset::Teach;
    case Do::PresetDebug:
      return settings.preset == Preset::Debug;
    case Do::PresetCompare:
      return settings.preset == Preset::Compare;
    case Do::ToggleLeft:
      return sides_in_sight(state).left;
    case Do::ToggleRight:
      return sides_in_sight(state).right;
    case Do::ToggleListAll:
      return settings.list_all;
    case Do::ToggleReduceMotion:
      return settings.reduce_motion;
    case Do::ToggleKeepLogs:
      return settings.keep_logs;
    case Do::ToggleCurve:
      return (state.curves() >> (info.number & 31u) & 1u) != 0;
    case Do::ToggleFailureLane:
      return settings.failure_lane;
    case Do::ToggleClock:
      return state.clock() != nullptr;
    case Do::SetColorBy:
      return static_cast<std::uint64_t>(color_by(state)) == info.number;
    case Do::SetGroupBy:
      return static_cast<std::uint64_t>(group_by(state)) == info.number;
    case Do::ToggleGroupSums:
      return state.groups.sums_of_range;
    case Do::SetTheme:
      return static_cast<std::uint64_t>(settings.theme) == info.number;
    default:
      return false;
  }
}

int fuzzy_score(std::string_view query, std::string_view name) {
  int score = 0;
  std::size_t at = 0;
  bool run = false;
  for (const char c : query) {
    if (c == ' ') {
      run = false;
      continue;
    }
    // The beginning of a word is worth passing by the same letter inside one.
    std::size_t found = std::string_view::npos;
    for (std::size_t i = at; i < name.size(); ++i) {
      if (lower(name[i]) != lower(c)) continue;
      const bool begins = i == 0 || name[i - 1] == ' ';
      if (found == std::string_view::npos) found = i;
      if (begins || (run && i == at)) {
        found = i;
        break;
      }
    }
    if (found == std::string_view::npos) return -1;
    const bool begins = found == 0 || name[found - 1] == ' ';
    score += begins ? 8 : (run && found == at ? 6 : 1);
    run = true;
    at = found + 1;
  }
  return score;
}

std::vector<const CommandInfo*> palette_matches(std::string_view query) {
  std::vector<std::pair<int, const CommandInfo*>> scored;
  for (const CommandInfo& info : command_infos()) {
    const int score = fuzzy_score(query, info.name);
    if (score >= 0) scored.emplace_back(score, &info);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const CommandInfo*> matches;
  for (const auto& [score, info] : scored) matches.push_back(info);
  return matches;
}

}  // namespace allocviz::app
