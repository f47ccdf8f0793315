// alloctrace groups and diff: what a log asked for by call site, size, thread or tag; and what changed between two
// moments.
#include "core/analyze/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/cli/choice.h"
#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"

namespace allocviz::cli {
namespace {

using analyze::GroupRow;
using analyze::Groups;
using trace::count_text;
using trace::Result;
using trace::size_text;
using trace::Trace;
using trace::Trouble;

constexpr std::uint64_t kSlice = 1u << 16;
constexpr std::size_t kRowsShown = 40;

// What a range asks for that the log cannot give.
trace::Status check(const GroupsOptions& options, const Trace& trace) {
  const auto beyond = [&](std::uint64_t event) -> Trouble {
    return {fmt::format("there is no event {}", event), {}, "the log has " + count_text(trace.size(), "event")};
  };
  if (options.from > trace.size()) return beyond(options.from);
  if (options.to && *options.to > trace.size()) return beyond(*options.to);
  if (options.to && options.from > *options.to) {
    return Trouble{fmt::format("event {} does not come before event {}", options.from, *options.to), {}, "swap them"};
  }
  const bool said = options.by == analyze::GroupBy::Size ||
                    (options.by == analyze::GroupBy::Site && trace.has_sites()) ||
                    (options.by == analyze::GroupBy::Thread && trace.has_threads()) ||
                    (options.by == analyze::GroupBy::Tag && !trace.tags().empty());
  if (said) return trace::Done{};
  return Trouble{fmt::format("the log names no {}s", analyze::name_of(options.by)), {}, "group it --by size"};
}

struct Replayed {
  std::vector<std::uint64_t> failures;
  analyze::OffsetFrees by_offset;
};

// The requests this allocator refuses, up to the last event that is asked for.
Result<Replayed> replayed(const Trace& trace, const trace::AllocatorSpec& spec, std::uint64_t end) {
  auto made = replay::make_machine(spec, trace);
  if (!made) return std::move(made).trouble();
  Replayed found;
  const ProgressBar bar("replaying");
  for (std::uint64_t i = 0; i < end; ++i) {
    if (i % kSlice == 0) {
      if (bar.progress().stop()) return Trouble{"cancelled", {}, {}};
      if (bar.progress().report) bar.progress().report(static_cast<double>(i) / static_cast<double>(end));
    }
    if ((*made)->apply(trace.request(i), i).kind == replay::OutcomeKind::Failed) found.failures.push_back(i);
  }
  if (!analyze::has_offset_frees(trace)) return found;
  auto again = replay::make_machine(spec, trace);
  if (!again) return std::move(again).trouble();
  found.by_offset = analyze::offset_frees(trace, **again);
  return found;
}

// All of them in the order they are printed in.
std::vector<GroupRow> sorted_rows(const Groups& groups, bool is_diff) {
  std::vector<GroupRow> rows = groups.rows();
  const auto key = [is_diff](const GroupRow& row) {
    const auto grown = static_cast<std::uint64_t>(std::abs(row.grown_bytes()));
    return is_diff ? std::pair{grown, row.born_bytes() + row.died_bytes()} : std::pair{row.live_bytes, row.bytes};
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const GroupRow& a, const GroupRow& b) { return key(a) > key(b); });
  return rows;
}

void put_row(JsonWriter& json, const Groups& groups, const GroupRow& row, bool is_diff) {
  json.begin_object().member("group", groups.grouping().label(row.group));
  if (is_diff) {
    json.member("born_blocks", row.born_blocks()).member("born_bytes", row.born_bytes());
    json.member("died_blocks", row.died_blocks()).member("died_bytes", row.died_bytes());
    json.member("stayed_blocks", row.stayed_blocks).member("stayed_bytes", row.stayed_bytes);
    json.member("grown_blocks", row.grown_blocks()).member("grown_bytes", row.grown_bytes());
  } else {
    json.member("live_blocks", row.live_blocks).member("live_bytes", row.live_bytes);
    json.member("allocations", row.allocations).member("allocated_bytes", row.bytes);
    json.member("failures", row.failures).member("ended", row.ended).key("mean_lifetime_events");
    row.ended != 0 ? json.value(row.lifetime_events) : json.null();
    if (groups.trace().has_times()) {
      json.key("mean_lifetime_ns");
      row.ended != 0 ? json.value(row.lifetime_ns) : json.null();
    }
  }
  json.end_object();
}

void print_json(const Groups& groups, const trace::AllocatorSpec& spec, const GroupsOptions& options) {
  JsonWriter json(stdout);
  json.begin_object().member("allocator", trace::to_text(spec)).member("by", analyze::name_of(options.by));
  json.member("from", groups.from()).member("to", groups.to());
  json.member("approximate_lifetimes", groups.trace().header().has_approximate_lifetimes());
  json.key("groups").begin_array();
  const std::vector<GroupRow> rows = sorted_rows(groups, options.is_diff);
  const std::size_t shown = options.top.value_or(0) == 0 ? rows.size() : std::min(rows.size(), *options.top);
  for (std::size_t i = 0; i < shown; ++i) put_row(json, groups, rows[i], options.is_diff);
  json.end_array().end_object().end();
}

std::string signed_size(std::int64_t bytes) {
  const std::string text = size_text(static_cast<std::uint64_t>(std::abs(bytes)));
  return bytes == 0 ? "0" : (bytes > 0 ? "+" : "-") + text;
}

std::string signed_count(std::int64_t count) {
  const std::string text = count_text(static_cast<std::uint64_t>(std::abs(count)));
  return count == 0 ? "0" : (count > 0 ? "+" : "-") + text;
}

void print_row(const GroupRow& row, const std::string& label, bool is_diff) {
  if (is_diff) {
    fmt::print("{:>11} {:>9} {:>11} {:>9} {:>11} {:>9} {:>11} {:>9}  {}\n", signed_size(row.grown_bytes()),
               signed_count(row.grown_blocks()), size_text(row.born_bytes()), count_text(row.born_blocks()),
               size_text(row.died_bytes()), count_text(row.died_blocks()), size_text(row.stayed_bytes),
               count_text(row.stayed_blocks), label);
    return;
  }
  const std::string lifetime =
      row.ended == 0 ? "-" : count_text(static_cast<std::uint64_t>(std::llround(row.lifetime_events)));
  fmt::print("{:>11} {:>10} {:>12} {:>11} {:>8} {:>12}  {}\n", size_text(row.live_bytes), count_text(row.live_blocks),
             count_text(row.allocations), size_text(row.bytes), count_text(row.failures), lifetime, label);
}

void print_text(const Groups& groups, const trace::AllocatorSpec& spec, const GroupsOptions& options) {
  const std::uint64_t all = groups.trace().size();
  const std::string to = fmt::format("event {} of {}", count_text(groups.to()), count_text(all));
  const std::string from = groups.from() == 0 ? "the start" : fmt::format("event {}", count_text(groups.from()));
  if (options.is_diff) {
    fmt::print("by {}, what changed from {} to {}, {}\n\n", analyze::name_of(options.by), from, to,
               trace::to_text(spec));
    fmt::print("{:>11} {:>9} {:>11} {:>9} {:>11} {:>9} {:>11} {:>9}\n", "grown", "blocks", "born", "blocks", "died",
               "blocks", "stayed", "blocks");
  } else {
    const std::string when = groups.from() == 0 ? "after " + to : fmt::format("from {} to {}", from, to);
    fmt::print("by {}, {}, {}\n\n", analyze::name_of(options.by), when, trace::to_text(spec));
    fmt::print("{:>11} {:>10} {:>12} {:>11} {:>8} {:>12}\n", "live", "blocks", "allocations", "allocated", "failed",
               groups.trace().header().has_approximate_lifetimes() ? "~mean events" : "mean events");
  }
  const std::vector<GroupRow> rows = sorted_rows(groups, options.is_diff);
  const std::size_t most = options.top.value_or(kRowsShown);
  const std::size_t shown = most == 0 ? rows.size() : std::min(rows.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    print_row(rows[i], groups.grouping().label(rows[i].group), options.is_diff);
  }
  if (shown < rows.size()) fmt::print("\n{} more; --top 0 shows all\n", count_text(rows.size() - shown));
  if (rows.empty()) fmt::print("nothing was asked for\n");
}

std::uint64_t weight_of(const GroupRow& row, Folded folded) {
  switch (folded) {
    case Folded::Live:
      return row.live_bytes;
    case Folded::Blocks:
      return row.live_blocks;
    case Folded::Allocated:
      return row.bytes;
    case Folded::Allocations:
      return row.allocations;
  }
  return 0;
}

// "main;load;parse 4096" a stack, as flamegraph.pl, inferno and speedscope read it.
void print_folded(const Groups& groups, Folded folded) {
  for (const GroupRow& row : sorted_rows(groups, false)) {
    const std::uint64_t weight = weight_of(row, folded);
    if (weight == 0) continue;
    const std::uint32_t site = groups.grouping().site(row.group);
    fmt::print("{} {}\n", site == 0 ? "[no call site]" : analyze::folded_stack(groups.trace().sites()[site - 1]),
               weight);
  }
}

}  // namespace

int groups(const GroupsOptions& options) {
  Result<Trace> opened = open(options.file, options.reading);
  if (!opened) return fail(opened.trouble());
  note_warnings(*opened);
  const auto trace = std::make_shared<const Trace>(std::move(opened).value());
  if (trace::Status status = check(options, *trace); !status) return fail(status.trouble());
  const std::uint64_t to = options.to.value_or(trace->size());
  const trace::AllocatorSpec spec = choose(*trace, options.allocator).specs.front();
  Result<Replayed> replay = replayed(*trace, spec, to);
  if (!replay) return fail(replay.trouble());
  Groups groups(trace, std::make_shared<const std::vector<std::uint64_t>>(std::move(replay->failures)),
                std::move(replay->by_offset), analyze::Grouping(*trace, options.by, options.frames));
  groups.aim(options.from, to);
  const ProgressBar bar("summing up");
  while (!groups.move(kSlice)) {
    if (bar.progress().stop()) return fail({"cancelled", {}, {}});
    if (bar.progress().report) bar.progress().report(groups.fraction());
  }
  if (options.folded) {
    print_folded(groups, *options.folded);
  } else if (options.json) {
    print_json(groups, spec, options);
  } else {
    print_text(groups, spec, options);
  }
  return done();
}

}  // namespace allocviz::cli
