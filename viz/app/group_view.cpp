#include "viz/app/group_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "viz/app/filter.h"

namespace allocviz::app {

namespace {

using analyze::GroupBy;
using analyze::GroupRow;

// A free by offset is resolved by a replay of its own, at once: beyond so many events it is not looked for.
constexpr std::uint64_t kReplayedAtOnce = 100'000;

constexpr std::array kSums{GroupColumn::LiveBytes, GroupColumn::LiveBlocks, GroupColumn::Allocations,
                           GroupColumn::Bytes,     GroupColumn::Failures,   GroupColumn::Lifetime};
constexpr std::array kChanges{GroupColumn::Grown,      GroupColumn::Born,   GroupColumn::BornBlocks,  GroupColumn::Died,
                              GroupColumn::DiedBlocks, GroupColumn::Stayed, GroupColumn::StayedBlocks};

struct ColumnInfo {
  const char* name;
  std::string_view means;
};
constexpr std::array<ColumnInfo, kGroupColumns> kColumns{
    ColumnInfo{"live", "Bytes requested by the blocks that live at the cursor"},
    {"blocks", "Blocks that live at the cursor"},
    {"allocs", "Requests that were served, reallocs among them"},
    {"allocated", "Bytes of those requests in all: the churn"},
    {"failed", "Requests that were refused, here or in the recorded program"},
    {"lifetime", "Mean number of events from making a block to its end, of those that ended"},
    {"grown", "Live bytes at the later event less those at the earlier one"},
    {"born", "Bytes of blocks that live at the later event and did not at the earlier one"},
    {"blocks", "How many those are"},
    {"died", "Bytes of blocks that lived at the earlier event and do not at the later one"},
    {"blocks", "How many those are"},
    {"stayed", "Bytes of blocks that live at both"},
    {"blocks", "How many those are"}};

std::shared_ptr<analyze::Groups> make_groups(const State& state) {
  const std::shared_ptr<const trace::Trace> trace = state.document.trace;
  const replay::Timeline& timeline = state.timeline();
  analyze::OffsetFrees by_offset;
  if (trace->size() <= kReplayedAtOnce && analyze::has_offset_frees(*trace)) {
    auto machine = replay::make_machine(timeline.spec(), *trace);
    if (machine.ok()) by_offset = analyze::offset_frees(*trace, **machine);
  }
  return std::make_shared<analyze::Groups>(
      trace, std::make_shared<const std::vector<std::uint64_t>>(timeline.failures()), std::move(by_offset),
      analyze::Grouping(*trace, group_by(state), state.groups.frames, analyze::Grouping::Labels::Later));
}

struct Range {
  std::uint64_t from = 0, to = 0;
};
Range range_of(const State& state) {
  if (state.range) return {state.range->first, state.range->last};
  const std::uint64_t at = state.cursor().event;
  const std::uint64_t anchor = state.groups.anchor.value_or(0);
  return {std::min(at, anchor), std::max(at, anchor)};
}

bool arrived(const State& state) {
  const Range range = range_of(state);
  const analyze::Groups* sums = state.groups.sums.get();
  return sums != nullptr && sums->from() == range.from && sums->to() == range.to && sums->is_there();
}

}  // namespace

bool groups_are_seen(const State& state) {
  return state.left_tab == LeftTab::Groups && state.settings.show_left && !state.document.placeholder;
}

bool can_group_by(GroupBy by, const trace::Trace& trace) {
  switch (by) {
    case GroupBy::Site:
      return trace.has_sites();
    case GroupBy::Thread:
      return trace.has_threads();
    case GroupBy::Tag:
      return !trace.tags().empty();
    case GroupBy::Size:
      break;
  }
  return true;
}

GroupBy group_by(const State& state) {
  return can_group_by(state.groups.by, *state.document.trace) ? state.groups.by : GroupBy::Size;
}

bool is_compared(const State& state) {
  return state.groups.anchor.has_value() || state.range.has_value();
}

void forget_groups(State& state) {
  state.groups.sums.reset();
  state.groups.rows.clear();
  state.groups.fresh = false;
  state.groups.picked.reset();
}

void group_on(State& state, std::uint64_t events) {
  GroupView& groups = state.groups;
  if (!groups_are_seen(state)) return;
  if (groups.sums == nullptr) groups.sums = make_groups(state);
  const Range range = range_of(state);
  if (groups.sums->from() != range.from || groups.sums->to() != range.to) {
    groups.sums->aim(range.from, range.to);
    groups.fresh = false;
  }
  if (groups.fresh) return;
  if (!groups.sums->move(events)) return;
  groups.rows = groups.sums->rows();
  groups.fresh = true;
  sort_rows(state);
}

void group_on(State& state, const Slice& slice) {
  slice.fill([&] {
    group_on(state, kEventsGroupedAtOnce);
    return is_grouping(state);
  });
}

bool is_grouping(const State& state) {
  return groups_are_seen(state) && !(arrived(state) && state.groups.fresh);
}

double value_of(const GroupRow& row, GroupColumn column) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  switch (column) {
    case GroupColumn::LiveBytes:
      return number(row.live_bytes);
    case GroupColumn::LiveBlocks:
      return number(row.live_blocks);
    case GroupColumn::Allocations:
      return number(row.allocations);
    case GroupColumn::Bytes:
      return number(row.bytes);
    case GroupColumn::Failures:
      return number(row.failures);
    case GroupColumn::Lifetime:
      return row.lifetime_events;
    case GroupColumn::Grown:
      return number(row.grown_bytes());
    case GroupColumn::Born:
      return number(row.born_bytes());
    case GroupColumn::BornBlocks:
      return number(row.born_blocks());
    case GroupColumn::Died:
      return number(row.died_bytes());
    case GroupColumn::DiedBlocks:
      return number(row.died_blocks());
    case GroupColumn::Stayed:
      return number(row.stayed_bytes);
    case GroupColumn::StayedBlocks:
      return number(row.stayed_blocks);
  }
  return 0;
}

std::string text_of(const GroupRow& row, GroupColumn column) {
  const double value = value_of(row, column);
  const auto count = static_cast<std::uint64_t>(std::llround(std::abs(value)));
  switch (column) {
    case GroupColumn::LiveBytes:
    case GroupColumn::Bytes:
    case GroupColumn::Born:
    case GroupColumn::Died:
    case GroupColumn::Stayed:
      return trace::size_text(count);
    case GroupColumn::Grown:
      return count == 0 ? "0 B" : (value > 0 ? "+" : "−") + trace::size_text(count);
    case GroupColumn::Lifetime:
      return row.ended == 0 ? "–" : trace::count_text(count);
    default:
      return trace::count_text(count);
  }
}

namespace {

bool is_guessed(GroupColumn column, const trace::Trace& trace) {
  return column == GroupColumn::Lifetime && trace.header().has_approximate_lifetimes();
}

}  // namespace

const char* name_of(GroupColumn column, const trace::Trace& trace) {
  return is_guessed(column, trace) ? "~ lifetime" : kColumns[static_cast<std::size_t>(column)].name;
}

std::string meaning_of(GroupColumn column, const trace::Trace& trace) {
  std::string means(kColumns[static_cast<std::size_t>(column)].means);
  if (is_guessed(column, trace))
    means += "; approximate, for the log does not tell which blocks its frees end, or when";
  return means;
}

std::span<const GroupColumn> group_columns(const State& state) {
  if (is_compared(state) && !state.groups.sums_of_range) return kChanges;
  return kSums;
}

GroupColumn sorted_by(const State& state) {
  const std::span<const GroupColumn> columns = group_columns(state);
  const bool there = std::find(columns.begin(), columns.end(), state.groups.sort) != columns.end();
  return there ? state.groups.sort : columns.front();
}

// The largest first, of what grew and shrank alike the farthest from nothing; or the other way round.
void sort_rows(State& state) {
  const GroupColumn column = sorted_by(state);
  const double sign = state.groups.ascending ? 1 : -1;
  std::vector<GroupRow>& rows = state.groups.rows;
  // Of a hundred thousand rows the keys alone are moved about, then each row once.
  struct Key {
    double value;
    std::uint32_t group, row;
  };
  std::vector<Key> keys(rows.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    keys[i] = {sign * std::abs(value_of(rows[i], column)), rows[i].group, i};
  }
  std::sort(keys.begin(), keys.end(),
            [](const Key& a, const Key& b) { return a.value != b.value ? a.value < b.value : a.group < b.group; });
  std::vector<GroupRow> sorted(rows.size());
  for (std::size_t i = 0; i < keys.size(); ++i) sorted[i] = rows[keys[i].row];
  rows.swap(sorted);
}

std::string query_of(const analyze::Grouping& grouping, std::uint32_t group) {
  const bool unsaid = grouping.is_unsaid(group);
  switch (grouping.by()) {
    case GroupBy::Site:
      if (unsaid) return "site=none";
      return (grouping.frames() == analyze::kWholeStack ? "stack=" : "site=") + in_quotes(grouping.label(group));
    case GroupBy::Size: {
      if (group == 0) return "size<=1";
      if (group > 63) return fmt::format("size>{}", std::uint64_t{1} << 63);
      return fmt::format("size={}..{}", (std::uint64_t{1} << (group - 1)) + 1, std::uint64_t{1} << group);
    }
    case GroupBy::Thread:
      return unsaid ? "thread=none" : fmt::format("thread={}", *grouping.number(group));
    case GroupBy::Tag:
      return unsaid ? "tag=none" : "tag=" + in_quotes(grouping.label(group));
  }
  return {};
}

std::string groups_as_text(const State& state) {
  const GroupView& groups = state.groups;
  if (groups.sums == nullptr) return {};
  std::string text = fmt::format("{} by {}, ", state.document.title, analyze::name_of(group_by(state)));
  const std::string to = fmt::format("event {}", groups.sums->to());
  text += is_compared(state) ? fmt::format("from event {} to {}\n", groups.sums->from(), to) : "after " + to + "\n";
  const std::span<const GroupColumn> columns = group_columns(state);
  for (const GroupColumn column : columns) text += fmt::format("{}\t", name_of(column, *state.document.trace));
  text += "group\n";
  for (const GroupRow& row : groups.rows) {
    for (const GroupColumn column : columns) text += fmt::format("{:.0f}\t", value_of(row, column));
    text += groups.sums->grouping().label(row.group) + "\n";
  }
  return text;
}

}  // namespace allocviz::app
