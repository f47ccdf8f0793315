#include "viz/app/presets.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "viz/app/cursor.h"
#include "viz/app/draft.h"
#include "viz/app/loader.h"

namespace allocviz::app {

namespace {

void take_layout(Settings& settings, const Settings& from) {
  settings.preset = from.preset;
  settings.left_width = from.left_width;
  settings.right_width = from.right_width;
  settings.bottom_height = from.bottom_height;
  settings.map_height = from.map_height;
  settings.block_height = from.block_height;
  settings.show_left = from.show_left;
  settings.show_right = from.show_right;
}

void enter_compare(State& state) {
  if (state.settings.preset != Preset::Compare) state.before_compare = std::make_shared<const Settings>(state.settings);
  set_preset(state, Preset::Compare);
}

void leave_compare(State& state) {
  const std::shared_ptr<const Settings> before = std::exchange(state.before_compare, nullptr);
  if (before == nullptr) return set_preset(state, Preset::Teach);
  take_layout(state.settings, *before);
  follow_cursor(state);
}

constexpr std::uint64_t kPage = 4096;

// Whether a log is of the kernel's pages, by their frame numbers; kmem's tracepoints tell of its slabs, too.
bool is_of_kernel_pages(const trace::Trace& trace) {
  return trace.header().format == "kmem" && trace.has_addresses() && trace.facts().largest_request % kPage == 0;
}

// What is worth seeing beside an allocator, over as much memory: size classes beside a buddy, a buddy beside all
// others. Not both are possible over any memory. Beside a buddy of kernel pages the kernel's own, by page frame number.
trace::Result<trace::AllocatorSpec> rival_of(const trace::Trace& trace, const trace::AllocatorSpec& spec) {
  using trace::AllocatorKind;
  const bool pages = is_of_kernel_pages(trace);
  if (spec.kind == AllocatorKind::Recorded)
    return trace::default_spec(trace.facts().peak_live_bytes, pages ? kPage : trace::kDefaultMinBlockBytes);
  if (pages && spec.kind == AllocatorKind::Buddy) return trace::AllocatorSpec{.kind = AllocatorKind::Recorded};
  const bool buddy = spec.kind == AllocatorKind::Buddy;
  Draft draft = draft_of(spec);
  change_kind(draft, buddy ? AllocatorKind::Tiered : AllocatorKind::Buddy);
  auto rival = spec_of(draft);
  if (rival.ok() || !buddy) return rival;
  change_kind(draft, AllocatorKind::Bump);
  return spec_of(draft);
}

}  // namespace

void set_preset(State& state, Preset preset) {
  Settings& settings = state.settings;
  const Settings fresh;
  settings.preset = preset;
  settings.left_width = fresh.left_width;
  settings.right_width = fresh.right_width;
  settings.block_height = fresh.block_height;
  settings.show_left = settings.show_right = preset != Preset::Compare;
  switch (preset) {
    case Preset::Teach:
      settings.bottom_height = fresh.bottom_height;
      settings.map_height = fresh.map_height;
      state.left_tab = LeftTab::Events;
      break;
    case Preset::Debug:
      settings.bottom_height = 0.34f;
      settings.map_height = 0.55f;
      state.left_tab = state.failures.empty() ? LeftTab::Events : LeftTab::Failures;
      break;
    case Preset::Compare:
      settings.bottom_height = fresh.bottom_height;
      settings.map_height = 0.25f;
      break;
  }
  follow_cursor(state);
}

void compare(State& state) {
  state.compares_next = state.document.placeholder;  // with what the file that is being opened brings
  if (state.stages.size() > 1) return enter_compare(state);
  if (state.compares_next || waits_for_rest(state)) return;
  const auto rival = rival_of(*state.document.trace, state.timeline().spec());
  if (!rival.ok()) return notice(state, "There is no second allocator over this memory: " + rival.trouble().what);
  std::vector<trace::AllocatorSpec> both = make_up_of(state).shown;
  both.push_back(*rival);
  const std::shared_ptr<Loading> before = state.loading;
  change_make_up(state, {both, both}, Remember::New);
  state.compares_next = state.loading != nullptr && state.loading != before;  // a long log is still being replayed
  if (state.stages.size() > 1) enter_compare(state);
  if (state.stages.size() > 1 || state.compares_next) {
    notice(state, fmt::format("Beside it: {}. Ctrl+Z takes it away again", trace::to_title(*rival)));
  }
}

void settle_compare(State& state) {
  const bool compared = state.stages.size() > 1;
  if (compared && std::exchange(state.compares_next, false)) enter_compare(state);
  if (!compared && state.settings.preset == Preset::Compare && !state.document.placeholder) leave_compare(state);
}

}  // namespace allocviz::app
