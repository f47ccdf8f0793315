// The charts: what of time they show, by which axis, and the range of events selected on them.
#include <algorithm>
#include <cmath>

#include "viz/app/cursor.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

constexpr double kFewestEvents = 2;  // the closest the charts are looked at
constexpr double kFewestNs = 10;
constexpr double kTimeZoom = 1.5;  // one press of a key
constexpr double kTimePan = 0.2;   // of what is seen

void set_time_view(State& state, double first, double last) {
  const double least = state.clock() != nullptr ? kFewestNs : kFewestEvents;
  const Stretch span = fitted(first, last, least, state.time_end());
  state.time = {span.from, span.to};
}

// Where a position stands on the charts' axis.
double on_axis(const State& state, std::uint64_t position) {
  const replay::Clock* clock = state.clock();
  return static_cast<double>(clock != nullptr ? clock->ns_of(position) : position);
}

// At the cursor where that is in view, else at the middle.
void zoom_time(State& state, double factor) {
  const TimeView view = state.time;
  const double cursor = on_axis(state, state.cursor().event);
  const bool seen = cursor >= view.first && cursor <= view.last;
  const double anchor = seen ? cursor : (view.first + view.last) / 2;
  // What lies under the anchor stays under it.
  set_time_view(state, anchor - (anchor - view.first) / factor, anchor + (view.last - anchor) / factor);
}

void pan_time(State& state, double by) {
  const double shift = (state.time.last - state.time.first) * by;
  set_time_view(state, state.time.first + shift, state.time.last + shift);
}

// The same events stay in view.
void toggle_clock(State& state) {
  if (state.document.clock == nullptr) return notice(state, "This log does not say when its events happened");
  const replay::Clock& clock = *state.document.clock;
  const bool whole = state.time.first <= 0 && state.time.last >= state.time_end();
  TimeView view = state.time;
  if (state.settings.by_clock) {
    view = {static_cast<double>(clock.position_at(view.first)), static_cast<double>(clock.position_at(view.last))};
  } else {
    view = {static_cast<double>(clock.ns_of(static_cast<std::uint64_t>(std::floor(view.first)))),
            static_cast<double>(clock.ns_of(static_cast<std::uint64_t>(std::ceil(view.last))))};
  }
  state.settings.by_clock = !state.settings.by_clock;
  if (whole) view = {0, state.time_end()};
  set_time_view(state, view.first, view.last);
}

void select_range(State& state, std::uint64_t first, std::uint64_t last) {
  const std::uint64_t all = event_count(state);
  last = std::min(last, all);
  if (first < last) state.range = EventRange{first, last};
}

// One end at the cursor's event; the other stays where that makes a range.
void range_end(State& state, bool from) {
  const std::uint64_t event = state.cursor().event;
  if (event == 0) return notice(state, "The cursor stands before the first event");
  EventRange range = state.range.value_or(EventRange{event - 1, event});
  (from ? range.first : range.last) = from ? event - 1 : event;
  if (range.first >= range.last) range = {event - 1, event};
  select_range(state, range.first, range.last);
}

void zoom_to_range(State& state) {
  if (!state.range) return notice(state, "No range is selected: drag over the charts while Shift is held");
  set_time_view(state, on_axis(state, state.range->first + 1), on_axis(state, state.range->last));
}

}  // namespace

bool update_charts(State& state, const Command& command) {
  switch (command.what) {
    case Do::SetTimeView:
      set_time_view(state, command.value, command.value2);
      break;
    case Do::ZoomTimeFit:
      set_time_view(state, 0, state.time_end());
      break;
    case Do::ZoomTimeIn:
      zoom_time(state, kTimeZoom);
      break;
    case Do::ZoomTimeOut:
      zoom_time(state, 1 / kTimeZoom);
      break;
    case Do::PanTimeLeft:
      pan_time(state, -kTimePan);
      break;
    case Do::PanTimeRight:
      pan_time(state, kTimePan);
      break;
    case Do::ToggleClock:
      toggle_clock(state);
      break;
    case Do::SelectRange:
      select_range(state, static_cast<std::uint64_t>(std::max(command.value, 0.0)),
                   static_cast<std::uint64_t>(std::max(command.value2, 0.0)));
      break;
    case Do::RangeFrom:
      range_end(state, true);
      break;
    case Do::RangeTo:
      range_end(state, false);
      break;
    case Do::ZoomToRange:
      zoom_to_range(state);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace allocviz::app
