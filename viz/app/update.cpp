#include "viz/app/update.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/group_view.h"
#include "viz/app/keeping.h"
#include "viz/app/loader.h"
#include "viz/app/playback.h"
#include "viz/app/settings.h"
#include "viz/app/unsaved.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

void carry_out(State& state, const Command& command) {
  const bool known = update_time(state, command) || update_document(state, command) || update_texts(state, command) ||
                     update_view(state, command) || update_charts(state, command) || update_groups(state, command) ||
                     update_window(state, command);
  assert(known && "every command belongs to one part of update()");
  (void)known;
}

void go_on(State& state) {
  if (const auto command = take_put_off(state)) carry_out(state, *command);
}

}  // namespace

void update(State& state, const Command& command) {
  if (put_off(state, command)) return;
  carry_out(state, command);
  go_on(state);
}

void tick(State& state, double now_s) {
  const double dt = state.frame == 0 ? 0 : now_s - state.now_s;
  state.now_s = now_s;
  ++state.frame;
  poll_loading(state);
  go_on(state);
  poll_keeping(state);
  poll_moving(state);
  playback(state, dt);
  search_on(state, Slice());
  group_on(state, Slice());
  if (!state.notice.empty() && now_s - state.noticed_at_s > kNoticeSeconds) state.notice.clear();
  keep_settings(state);
}

bool wants_frame(const State& state) {
  return state.playback.playing || state.moving != nullptr || state.loading != nullptr || is_searching(state) ||
         is_grouping(state) || !state.notice.empty() || state.settings_changed_at_s >= 0;
}

namespace {

// Digits, with the spaces that people put between groups of three.
bool parse_count(std::string_view text, std::uint64_t& value) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  return !digits.empty() && error == std::errc{} && stop == end;
}

}  // namespace

trace::Result<replay::Position> parse_position(std::string_view text) {
  const trace::Trouble fault{
      fmt::format("\"{}\" is no event", text), {}, "write N or N.K: 7, or 7.3 for its third step"};
  replay::Position at;
  const std::size_t dot = text.find('.');
  if (!parse_count(text.substr(0, dot), at.event)) return fault;
  if (dot == std::string_view::npos) return at;
  std::uint64_t step = 0;
  if (!parse_count(text.substr(dot + 1), step) || step >= replay::kAllSteps) return fault;
  at.step = static_cast<std::uint32_t>(step);
  return at;
}

}  // namespace allocviz::app
