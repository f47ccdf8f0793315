// alloctrace state: the allocator as it stands at one moment, every block of it.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

#include "core/cli/choice.h"
#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/moment.h"
#include "core/cli/terminal.h"
#include "core/replay/narrate.h"

namespace allocviz::cli {
namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;
using replay::FreeList;
using trace::AllocatorKind;
using trace::AllocatorSpec;
using trace::Trace;

bool is_somebodys(const Block& block) {
  return block.born < trace::kNoEvent;
}

void put_block(JsonWriter& json, const Block& block, const Trace& trace, bool recorded) {
  json.begin_object().member("offset", block.offset).member("size", block.size);
  json.member("state", replay::name_of(block.state));
  if (block.level >= 0) json.member("level", static_cast<int>(block.level));
  if (block.size_class >= 0) json.member("class", static_cast<int>(block.size_class));
  if (is_somebodys(block)) {
    const trace::Event born = trace.event(block.born);
    json.key("id");
    born.has(trace::kNamedId) ? json.value(trace.id_text(born)) : json.value(born.id);
    json.member("requested", block.requested).member("born", block.born + 1);
    if (recorded) json.member("addr", fmt::format("0x{:x}", born.addr));
  }
  json.end_object();
}

void put_free_list(JsonWriter& json, const FreeList& list, AllocatorKind kind) {
  json.begin_object();
  if (kind != AllocatorKind::Slab && list.level >= 0) json.member("level", list.level);
  if (list.size_class >= 0) json.member("class", list.size_class);
  json.member("size", list.block_bytes).key("blocks").begin_array();
  for (const std::uint64_t offset : list.offsets) json.value(offset);
  json.end_array().end_object();
}

void put_slab(JsonWriter& json, const replay::SlabRun& slab) {
  json.begin_object().member("offset", slab.offset).member("size", slab.size).member("class", slab.size_class);
  json.member("block", slab.block_bytes).member("count", slab.blocks).member("outstanding", slab.outstanding);
  json.end_object();
}

void put_figures(JsonWriter& json, const replay::Figures& figures) {
  json.begin_object().member("live_requested", figures.live_requested).member("live_rounded", figures.live_rounded);
  json.member("live_blocks", figures.live_blocks).member("free", figures.free);
  json.member("largest_free", figures.largest_free).member("reserved", figures.reserved);
  json.member("failed", figures.failed).end_object();
}

void print_json(const At& at, const Moment& moment, const Trace& trace, const AllocatorSpec& spec) {
  const Census& census = moment.census;
  JsonWriter json(stdout);
  json.begin_object().member("allocator", trace::to_text(spec)).member("event", at.event);
  json.member("step", moment.step).member("steps", moment.run.steps.size()).member("arena", census.arena_bytes);
  json.key("blocks").begin_array();
  for (const Block& block : census.blocks) {
    put_block(json, block, trace, census.kind == AllocatorKind::Recorded);
  }
  json.end_array().key("free_lists").begin_array();
  for (const FreeList& list : census.free_lists) put_free_list(json, list, census.kind);
  json.end_array().key("mark");
  census.mark ? json.value(*census.mark) : json.null();
  if (census.kind == AllocatorKind::Bump || census.kind == AllocatorKind::Slab) {
    json.member("outstanding", census.outstanding);
  }
  if (census.kind == AllocatorKind::Tiered) {
    json.key("slabs").begin_array();
    for (const replay::SlabRun& slab : census.slabs) put_slab(json, slab);
    json.end_array();
  }
  json.key("figures");
  put_figures(json, census.figures);
  json.end_object().end();
}

void print_blocks(const Census& census, const Trace& trace) {
  fmt::print("\n{:<14}{:>14}  {:<10}{:<12}{}\n", "offset", "size", "state", "id", "requested");
  for (const Block& block : census.blocks) {
    std::string state = replay::name_of(block.state);
    if (is_somebodys(block)) {
      state = fmt::format("{:<10}{:<12}{}", state, trace.id_text(block.born), trace::exact_size_text(block.requested));
      if (census.kind == AllocatorKind::Recorded) state += fmt::format("  at 0x{:x}", trace.event(block.born).addr);
    }
    fmt::print("{:<14}{:>14}  {}\n", trace::offset_text(block.offset, census.arena_bytes),
               trace::exact_size_text(block.size), state);
  }
}

void print_free_lists(const Census& census) {
  if (census.free_lists.empty()) return;
  fmt::print("\nfree lists, the next block first\n");
  for (const FreeList& list : census.free_lists) {
    if (list.size_class >= 0) {
      fmt::print("class {:<3}", list.size_class);
    } else if (census.kind != AllocatorKind::Slab) {
      fmt::print("level {:<3}", list.level);
    }
    fmt::print("{:>14} ", trace::exact_size_text(list.block_bytes));
    for (const std::uint64_t offset : list.offsets) fmt::print(" {}", trace::offset_text(offset, census.arena_bytes));
    fmt::print("{}\n", list.offsets.empty() ? " (empty)" : "");
  }
}

void print_slabs(const Census& census) {
  if (census.slabs.empty()) return;
  fmt::print("\n{:<14}{:>14}  {:<8}{:<16}{}\n", "slab at", "size", "class", "blocks of", "handed out");
  for (const replay::SlabRun& slab : census.slabs) {
    fmt::print("{:<14}{:>14}  {:<8}{:<16}{} of {}\n", trace::offset_text(slab.offset, census.arena_bytes),
               trace::exact_size_text(slab.size), slab.size_class, trace::exact_size_text(slab.block_bytes),
               trace::count_text(slab.outstanding), trace::count_text(slab.blocks));
  }
}

void print_text(const At& at, const Moment& moment, const Trace& trace, const Choice& choice) {
  const Census& census = moment.census;
  const replay::Figures& figures = census.figures;
  fmt::print("{}{}\n", trace::to_text(choice.specs.front()), choice.why.empty() ? "" : "  (" + choice.why + ")");
  if (at.event == 0) {
    fmt::print("before the first of {}\n", trace::count_text(trace.size(), "event"));
  } else {
    fmt::print("event {} of {}, step {} of {}: {}\n", trace::count_text(at.event), trace::count_text(trace.size()),
               moment.step, moment.run.steps.size(), replay::event_title(trace, at.event - 1));
  }
  fmt::print("live {} requested in {}, {}; free {}, the largest {}; {} failed\n",
             trace::exact_size_text(figures.live_requested), trace::exact_size_text(figures.live_rounded),
             trace::count_text(figures.live_blocks, "block"), trace::exact_size_text(figures.free),
             trace::exact_size_text(figures.largest_free), trace::count_text(figures.failed, "request"));
  if (census.mark) fmt::print("mark at {}\n", trace::offset_text(*census.mark, census.arena_bytes));
  print_blocks(census, trace);
  print_slabs(census);
  print_free_lists(census);
}

}  // namespace

int state(const MomentOptions& options) {
  const trace::Result<Trace> trace = open(options.file, options.reading);
  if (!trace) return fail(trace.trouble());
  note_warnings(*trace);
  const Choice choice = choose(*trace, options.allocator);
  trace::Result<Moment> moment = go_to(options.at, *trace, choice.specs.front());
  if (!moment) return fail(moment.trouble());
  if (options.json) {
    print_json(options.at, *moment, *trace, choice.specs.front());
  } else {
    print_text(options.at, *moment, *trace, choice);
  }
  return done();
}

}  // namespace allocviz::cli
