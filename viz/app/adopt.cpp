#include "viz/app/adopt.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/group_view.h"
#include "viz/app/history.h"
#include "viz/app/in_the_way.h"
#include "viz/app/loader.h"
#include "viz/app/presets.h"
#include "viz/app/processes.h"
#include "viz/app/what_if.h"

namespace allocviz::app {

namespace {

constexpr double kCatchUpMs = 60;  // once for a log; most often a part is searched and summed up in less

// Requests that failed in the log or on any of the stages.
std::vector<std::uint64_t> all_failures(const State& state) {
  std::vector<std::uint64_t> all = state.document.failed_there;
  for (const Stage& stage : state.stages) {
    const std::vector<std::uint64_t>& here = stage.timeline->failures();
    const auto old = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), here.begin(), here.end());
    std::inplace_merge(all.begin(), all.begin() + old, all.end());
  }
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

double widest_arena(const State& state) {
  std::uint64_t bytes = 1;
  for (const Stage& stage : state.stages) bytes = std::max(bytes, stage.timeline->census().arena_bytes);
  return static_cast<double>(bytes);
}

// A byte of the heap, and whose it is: where the heap is laid out anew, the same byte of the same block is meant.
struct HeapPlace {
  std::uint64_t offset = 0;
  std::uint64_t born = trace::kNoEvent;  // of the block there; kNoEvent = no live one
  std::uint64_t into = 0;                // bytes into it
};

HeapPlace place_at(const replay::Timeline& timeline, std::uint64_t offset) {
  const replay::Block* block = timeline.census().block_at(offset);
  if (block == nullptr || block->state != replay::BlockState::Live) return {.offset = offset};
  return {offset, block->born, offset - block->offset};
}

std::uint64_t offset_now(const replay::Timeline& timeline, const HeapPlace& place) {
  if (place.born == trace::kNoEvent) return place.offset;
  for (const replay::Block& block : timeline.census().blocks) {
    if (block.state == replay::BlockState::Live && block.born == place.born) return block.offset + place.into;
  }
  return place.offset;
}

// Everything that a person looks at or has in hand, as it was before the whole took the part's place.
struct InHand {
  replay::Position cursor{}, moved_from{};
  std::uint64_t part_events = 0;
  bool all_bytes = false, all_time = false, what_if = false;
  ByteView bytes;
  TimeView time;
  HeapPlace middle;  // of the bytes in view, on the first stage
  Selection selection;
  HeapPlace selected;
  std::vector<Pinned> pins;
  std::vector<HeapPlace> pinned;
  ListView event_list, failure_list, group_list;
  std::optional<std::uint32_t> picked;
  std::string picked_query;
};

InHand in_hand(const State& state) {
  InHand hand;
  hand.cursor = state.cursor();
  hand.moved_from = state.moved_from;
  hand.part_events = state.document.trace->size();
  hand.all_bytes = state.bytes.from <= 0 && state.bytes.to >= widest_arena(state);
  hand.all_time = state.time.first <= 0 && state.time.last >= state.time_end();
  hand.what_if = state.is_what_if();
  hand.bytes = state.bytes;
  hand.time = state.time;
  hand.middle = place_at(state.timeline(), static_cast<std::uint64_t>((state.bytes.from + state.bytes.to) / 2));
  hand.selection = state.selection;
  if (state.selection.offset) hand.selected = place_at(state.timeline(state.selection.stage), *state.selection.offset);
  hand.pins = state.pins;
  for (const Pinned& pin : state.pins) hand.pinned.push_back(place_at(state.timeline(pin.stage), pin.offset));
  hand.event_list = state.event_list;
  hand.failure_list = state.failure_list;
  hand.group_list = state.groups.list;
  hand.picked = state.groups.picked;
  if (hand.picked && state.groups.sums) hand.picked_query = query_of(state.groups.sums->grouping(), *hand.picked);
  return hand;
}

// Marks and notes that were written at the part's events.
void carry_texts(State& state, const Document& part) {
  Document& document = state.document;
  for (const auto& [key, original] : part.saved_texts) {
    const auto& [index, kind] = key;
    const std::string* text = kind == TextKind::Mark ? part.trace->mark_name(index) : part.trace->note(index);
    if (kind == TextKind::Mark) {
      document.trace->set_mark(index, text == nullptr ? "" : *text);
    } else {
      document.trace->set_note(index, text == nullptr ? "" : *text);
    }
  }
  document.saved_texts = part.saved_texts;
  document.texts_changed = part.texts_changed + 1;
}

void show_bytes_again(State& state, const InHand& hand) {
  const double all = widest_arena(state);
  if (hand.all_bytes) {
    state.bytes = {0, all};
    return;
  }
  const double moved =
      static_cast<double>(offset_now(state.timeline(), hand.middle)) - static_cast<double>(hand.middle.offset);
  const double length = std::min(hand.bytes.to - hand.bytes.from, all);
  const double from = std::clamp(hand.bytes.from + moved, 0.0, all - length);
  state.bytes = {from, from + length};
}

void select_again(State& state, const InHand& hand) {
  const auto in_arena = [&](std::size_t stage, std::uint64_t offset) {
    return offset < state.timeline(stage).census().arena_bytes;
  };
  if (hand.selection.offset && hand.selection.stage < state.stages.size()) {
    const std::uint64_t offset = offset_now(state.timeline(hand.selection.stage), hand.selected);
    if (in_arena(hand.selection.stage, offset)) state.selection = {offset, hand.selection.stage};
  }
  for (std::size_t i = 0; i < hand.pins.size(); ++i) {
    Pinned pin = hand.pins[i];
    if (pin.stage >= state.stages.size()) continue;
    pin.offset = offset_now(state.timeline(pin.stage), hand.pinned[i]);
    if (in_arena(pin.stage, pin.offset)) state.pins.push_back(pin);
  }
}

// Search and sums are brought about as far as the part reached, so that lists are not seen to empty.
void look_again(State& state, const InHand& hand) {
  if (!state.filter.text.empty()) {
    set_filter(state, state.filter.text);
    search_on(state, Slice(kCatchUpMs));
  }
  group_on(state, Slice(kCatchUpMs));
  const analyze::Groups* sums = state.groups.sums.get();
  if (hand.picked && sums != nullptr && query_of(sums->grouping(), *hand.picked) == hand.picked_query) {
    state.groups.picked = hand.picked;
  }
  state.event_list = hand.event_list;
  state.failure_list = hand.failure_list;
  state.groups.list = hand.group_list;
}

}  // namespace

// Whole, from the root: a name that was given in some folder means nothing in the next one.
void remember_path(Settings& settings, const std::string& given) {
  if (given.empty()) return;
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(given, error);
  const std::string path = error ? given : whole.lexically_normal().string();
  std::erase(settings.recent, path);
  settings.recent.insert(settings.recent.begin(), path);
  if (settings.recent.size() > 10) settings.recent.resize(10);
}

void take_stages(State& state, std::vector<Stage> stages, replay::Position at) {
  state.moving.reset();  // with the stages that it moves
  state.stages = std::move(stages);
  state.failures = all_failures(state);
  forget_groups(state);
  state.selection = {};
  state.pins.clear();
  state.bytes = {0, widest_arena(state)};
  for (Stage& stage : state.stages) stage.timeline->seek(at);
  follow_cursor(state);
  judge_failure(state);
  state.moved_at_s = -1e9;
  settle_compare(state);
}

void adopt(State& state, Opened opened) {
  remember_process(state, opened);
  state.document = std::move(opened.document);
  state.scenario = opened.scenario;
  state.history = {};
  state.filter = {};
  state.groups.anchor.reset();
  state.event_list.top = state.failure_list.top = 0;
  state.playback.playing = state.playback.resume_after_scrub = false;
  state.playback.carry = 0;
  state.only_color.reset();
  state.trouble.reset();
  take_stages(state, std::move(opened.stages), opened.at);
  state.document.saved = make_up_of(state);
  state.moved_from = state.cursor();
  state.time = {0, state.time_end()};
  state.range.reset();
  remember_path(state.settings, state.document.path);
  if (state.compares_next && !state.document.placeholder) compare(state);
}

void adopt_rest(State& state, Opened whole) {
  finish_moving(state);
  const InHand hand = in_hand(state);
  // Who asked for a place that the part does not have, and stayed at the part's end, is taken there now.
  const bool waits = hand.cursor.event == hand.part_events && whole.at.event > hand.part_events;
  const Document part = std::exchange(state.document, std::move(whole.document));
  carry_texts(state, part);
  take_stages(state, std::move(whole.stages), waits ? whole.at : hand.cursor);
  state.document.saved = make_up_of(state);
  state.document.edited = differs_from_saved(state);
  state.moved_from = waits ? state.cursor() : hand.moved_from;
  state.time = hand.all_time ? TimeView{0, state.time_end()} : hand.time;
  show_bytes_again(state, hand);
  if (hand.what_if && state.blocked != nullptr && state.blocked->frees_help) try_frees(state, state.tried);
  select_again(state, hand);
  look_again(state, hand);
  if (waits) follow_cursor(state);
}

}  // namespace allocviz::app
