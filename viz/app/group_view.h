// Groups in the window: what is summed up by what, between which events, in which order; brought on in slices.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "viz/app/slice.h"
#include "viz/app/state.h"

namespace allocviz::app {

inline constexpr std::uint64_t kEventsGroupedAtOnce = 2'000;  // between two looks at the clock

// Brings the sums nearer to the cursor, as far as `events` events' worth of work allow; nothing while they are not
// seen.
void group_on(State& state, std::uint64_t events);
// As far as the slice allows: once a frame.
void group_on(State& state, const Slice& slice);
[[nodiscard]] bool is_grouping(const State& state);
[[nodiscard]] bool groups_are_seen(const State& state);
// What is grouped by: as chosen, where the log can say it; else by size.
[[nodiscard]] analyze::GroupBy group_by(const State& state);
[[nodiscard]] bool can_group_by(analyze::GroupBy by, const trace::Trace& trace);
// Other sums are asked for: those there are thrown away.
void forget_groups(State& state);
// The sums are between two events, the earlier first: those of the range selected on the charts, else what Compare
// from here set and the cursor.
[[nodiscard]] bool is_compared(const State& state);
// What a column says of a row, as a number to sort and draw bars by.
[[nodiscard]] double value_of(const analyze::GroupRow& row, GroupColumn column);
[[nodiscard]] std::string text_of(const analyze::GroupRow& row, GroupColumn column);
// "~ lifetime" and why, where the trace has guessed ends of blocks (Header::has_approximate_lifetimes).
[[nodiscard]] const char* name_of(GroupColumn column, const trace::Trace& trace);
[[nodiscard]] std::string meaning_of(GroupColumn column, const trace::Trace& trace);
// The columns there are now: sums, or what changed.
[[nodiscard]] std::span<const GroupColumn> group_columns(const State& state);
[[nodiscard]] GroupColumn sorted_by(const State& state);
void sort_rows(State& state);
// The search that means the events of a group; empty where there is none.
[[nodiscard]] std::string query_of(const analyze::Grouping& grouping, std::uint32_t group);
// The table as text, its columns apart by tabs.
[[nodiscard]] std::string groups_as_text(const State& state);

}  // namespace allocviz::app
