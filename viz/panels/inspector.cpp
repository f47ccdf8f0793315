// The block that is selected, or that the event touched: where it is, whose, since when, and what keeps it from
// merging. Where the event is a request that failed: what stands in its way.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/app/in_the_way.h"
#include "viz/app/inspect.h"
#include "viz/app/names.h"
#include "viz/app/what_if.h"
#include "viz/draw/strip.h"
#include "viz/draw/tip.h"
#include "viz/panels/flow.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using app::BlockFacts;
using replay::BlockState;

struct Line {
  std::string key, value;
  // Bytes: the view goes to the block; Events: the list shows those of which the same is said. LargestFree and
  // MostWaste: to the block of which that is true, sought when it is clicked. Curve: it comes among the curves over
  // time, or goes from there.
  enum class Leads : std::uint8_t {
    Nowhere,
    Event,
    Block,
    Bytes,
    Events,
    LargestFree,
    MostWaste,
    Curve
  } leads = Leads::Nowhere;
  std::uint64_t to = 0;  // Event: its index; Block and Bytes: its offset; Curve: which
  std::string hint;
  std::string search = {};  // Events
};

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0 %";
  return fmt::format("{:.0f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

Line event_line(const char* key, std::uint64_t index) {
  return {key, "event " + trace::count_text(index + 1), Line::Leads::Event, index, {}};
}

void add_life(std::vector<Line>& lines, const BlockFacts& facts, bool approximate) {
  if (facts.allocated) lines.push_back(event_line("allocated", *facts.allocated));
  if (facts.resized) lines.push_back(event_line("resized", *facts.resized));
  if (facts.ended) {
    // What lives has its end before it; a bump allocator's dead block has not.
    static constexpr const char* kEnds[] = {"freed by alloc", "freed", "resized", "reset", "mark"};
    static constexpr const char* kWillEnd[] = {"will be freed", "will be freed", "resized next", "will be reset",
                                               "mark"};
    const auto* ends = facts.block.state == BlockState::Live ? kWillEnd : kEnds;
    Line line = event_line(ends[static_cast<std::size_t>(facts.ended_by)], *facts.ended);
    if (approximate) {
      line.value = "about " + line.value;
      line.hint = "The log does not tell which of several blocks its frees end, or when: this is a guess.";
    }
    lines.push_back(std::move(line));
  } else if (facts.allocated) {
    lines.push_back({"freed", "never in this log", Line::Leads::Nowhere, 0, {}});
  }
}

// What a bump allocator has not handed out is on no list: its stage calls it unused, and so does this.
std::string state_word(const Context& context, const BlockFacts& facts) {
  const bool bump = context.state.timeline(facts.stage).census().kind == trace::AllocatorKind::Bump;
  return bump && facts.block.state == BlockState::Free ? "unused" : replay::words_of(facts.block.state);
}

// "3 ns", "1.2 ms", "12 s".
std::string time_text(std::uint64_t ns) {
  constexpr std::pair<std::uint64_t, const char*> kUnits[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}};
  for (const auto& [unit, name] : kUnits) {
    if (ns < unit) continue;
    const double amount = static_cast<double>(ns) / static_cast<double>(unit);
    return fmt::format("{:.{}f} {}", amount, amount < 10 ? 1 : 0, name);
  }
  return fmt::format("{} ns", ns);
}

// How long it has lived, in events and, where the log has times, in those.
std::string age_of(const Context& context, std::uint64_t born) {
  const std::uint64_t now = context.state.cursor().event;
  if (born >= now) return {};
  const std::uint64_t events = now - 1 - born;
  std::string text = trace::count_text(events, "event");
  const trace::Trace& trace = *context.state.document.trace;
  if (!trace.has_times() || events == 0) return text;
  const std::uint64_t from = trace.event(born).time_ns, to = trace.event(now - 1).time_ns;
  return to < from ? text : text + ", " + time_text(to - from);
}

void add_source(std::vector<Line>& lines, const BlockFacts& facts) {
  const auto same = [&](const char* key, const std::string& value, std::string search, std::string hint = {}) {
    hint += fmt::format("{}Lists the events of the same {}.", hint.empty() ? "" : "\n", key);
    lines.push_back({key, value, Line::Leads::Events, 0, std::move(hint), std::move(search)});
  };
  if (!facts.site.empty()) {
    std::string stack;
    for (const std::string& frame : facts.stack) stack += (stack.empty() ? "" : "\n") + frame;
    // The one form that the legend and the groups have for where there is no name.
    const bool is_offset = app::offset_bytes(app::short_site(facts.site)) > 0;
    same("site", is_offset ? app::short_site(facts.site) : facts.site, fmt::format("site~\"{}\"", facts.site),
         stack.empty() ? facts.site : stack);
  }
  if (!facts.tag.empty()) same("tag", facts.tag, fmt::format("tag~\"{}\"", facts.tag));
  if (facts.has_thread) same("thread", std::to_string(facts.thread), fmt::format("thread={}", facts.thread));
}

std::vector<Line> lines_of(const Context& context, const BlockFacts& facts) {
  const replay::Block& block = facts.block;
  const std::uint64_t arena = context.state.timeline(facts.stage).census().arena_bytes;
  std::vector<Line> lines;
  const auto plain = [&](const char* key, std::string value, std::string hint = {}) {
    lines.push_back({key, std::move(value), Line::Leads::Nowhere, 0, std::move(hint)});
  };
  lines.push_back({"offset",
                   fmt::format("{} … {}", trace::offset_text(block.offset, arena),
                               trace::offset_text(block.offset + block.size - 1, arena)),
                   Line::Leads::Bytes, block.offset,
                   fmt::format("bytes {} to {}\nZooms to it.", trace::count_text(block.offset),
                               trace::count_text(block.offset + block.size - 1))});
  std::string size = draw::telling_size(block.size);
  const bool pages = context.state.timeline(facts.stage).spec().kind == trace::AllocatorKind::Recorded;
  if (block.level >= 0) size += fmt::format(", {} {}", pages ? "order" : "level", block.level);
  // A block is as large as the event that made it asked for; a free one is shown whole.
  const bool made = block.state == BlockState::Live && facts.allocated;
  const std::string leads_to = made ? "Goes to the event that made it." : "Zooms to it.";
  lines.push_back({"block", std::move(size), made ? Line::Leads::Event : Line::Leads::Bytes,
                   made ? block.born : block.offset, trace::exact_size_text(block.size) + "\n" + leads_to});
  if (block.state == BlockState::Live) {
    std::string requested = facts.waste == 0
                                ? draw::telling_size(block.requested) + ", no waste"
                                : fmt::format("{}, waste {} ({})", draw::telling_size(block.requested),
                                              trace::size_text(facts.waste), percent(facts.waste, block.size));
    lines.push_back({"requested", std::move(requested), facts.allocated ? Line::Leads::Event : Line::Leads::Nowhere,
                     block.born,
                     fmt::format("requested {}, waste {}", trace::exact_size_text(block.requested),
                                 trace::exact_size_text(facts.waste))});
  }
  if (facts.buddy) {
    lines.push_back({"buddy",
                     fmt::format("{}, {}", trace::offset_text(facts.buddy->offset, arena), facts.buddy->state),
                     Line::Leads::Block,
                     facts.buddy->offset,
                     {}});
  }
  if (block.state != BlockState::Live) plain("state", state_word(context, facts));
  add_life(lines, facts, context.state.document.trace->header().has_approximate_lifetimes());
  if (block.state == BlockState::Live) {
    if (std::string age = age_of(context, block.born); !age.empty())
      lines.push_back({"age", std::move(age), Line::Leads::Event, block.born, "Goes to the event that made it."});
  }
  add_source(lines, facts);
  return lines;
}

// The block with the most of what is measured; the first of several, none where all have nothing of it.
template <class Measure>
std::optional<std::uint64_t> block_with_most(const replay::Census& census, const Measure& measure) {
  std::optional<std::uint64_t> offset;
  std::uint64_t most = 0;
  for (const replay::Block& block : census.blocks) {
    const std::uint64_t here = measure(block);
    if (here <= most) continue;
    most = here;
    offset = block.offset;
  }
  return offset;
}

std::optional<std::uint64_t> found_by(const replay::Census& census, Line::Leads leads) {
  if (leads == Line::Leads::LargestFree) {
    return block_with_most(census, [](const replay::Block& block) {
      return block.state == BlockState::Free ? block.size : std::uint64_t{0};
    });
  }
  return block_with_most(census, [](const replay::Block& block) {
    const bool wastes = block.state == BlockState::Live && block.size > block.requested;
    return wastes ? block.size - block.requested : std::uint64_t{0};
  });
}

void follow(const Context& context, const BlockFacts& facts, const Line& line) {
  app::Command command;
  switch (line.leads) {
    case Line::Leads::Event:
      command.what = app::Do::SeekTo;
      command.position = {line.to + 1, replay::kAllSteps};
      break;
    case Line::Leads::Events:
      context.commands.push(app::Do::ShowEventList);
      command.what = app::Do::SetFilter;
      command.text = line.search;
      break;
    case Line::Leads::LargestFree:
    case Line::Leads::MostWaste: {
      const std::optional<std::uint64_t> found = found_by(context.state.timeline().census(), line.leads);
      if (!found) return;
      command.what = app::Do::Select;
      command.number = *found;
      break;
    }
    case Line::Leads::Curve:
      command.what = app::Do::ToggleCurve;
      command.number = line.to;
      break;
    default:
      command.what = app::Do::Select;
      command.number = line.to;
      command.stage = facts.stage;
  }
  context.commands.push(std::move(command));
  if (line.leads == Line::Leads::Bytes) context.commands.push(app::Do::ZoomFit);
}

float line_height_of(const Context& context) {
  return std::round(1.6f * context.em);
}

void draw_line(const Context& context, const BlockFacts& facts, const Line& line, draw::Rect row) {
  const float value_x = row.x0 + 6.2f * context.em;
  row_text(row, row.x0, context.theme.text_dim, line.key, value_x - row.x0 - 0.3f * context.em);
  const ui::WithFont font(ui::Font::MonoSmall);
  const float top = std::round((row.y0 + row.y1 - ui::line_height()) / 2);
  if (line.leads != Line::Leads::Nowhere) {
    ImGui::SetCursorScreenPos(ImVec2(value_x, top));
    const float room = row.x1 - value_x;
    const bool cut = ui::text_width(line.value) > room;
    if (ui::link(context.theme, fmt::format("{}##{}", line.value, line.key).c_str(), room))
      follow(context, facts, line);
    ui::place(line.key, {value_x, row.y0, value_x + std::min(ui::text_width(line.value), room), row.y1});
    const std::string hint = cut && line.hint.find(line.value) == std::string::npos
                                 ? line.value + (line.hint.empty() ? "" : "\n") + line.hint
                                 : line.hint;
    if (!hint.empty()) ui::tooltip(hint);
    return;
  }
  row_text(row, value_x, context.theme.text, line.value, row.x1 - value_x);
  ui::place(line.key, {value_x, row.y0, row.x1, row.y1});
  if (line.hint.empty() || !ImGui::IsWindowHovered()) return;
  if (ImGui::IsMouseHoveringRect(ImVec2(value_x, row.y0), ImVec2(row.x1, row.y1))) {
    ImGui::SetTooltip("%s", ui::symbols(line.hint).c_str());
  }
}

Remark remark_of(const Context& context, const BlockFacts& facts) {
  const draw::Theme& theme = context.theme;
  Remark what{facts.verdict, facts.reason, theme.panel_edge, theme.inset};
  if (facts.verdict_is_obstacle) {
    what.edge = theme.relation;
    what.ground = theme.relation_fill;
  }
  return what;
}

constexpr const char* kNothing = "Click a block, or step to where one is touched.";

// What matters most comes first: where room is short, the details below are what is scrolled to.
void draw_block(Flow& flow, const BlockFacts& facts) {
  const Context& context = flow.context;
  if (!facts.verdict.empty()) {
    const Remark what = remark_of(context, facts);
    const float height = remark(context, {flow.x, flow.y}, flow.width, what, flow.painted);
    if (flow.painted) ui::place(facts.verdict, {flow.x, flow.y, flow.x + flow.width, flow.y + height});
    flow.y += height;
    flow.gap(0.6f);
  }
  for (const Line& line : lines_of(context, facts)) {
    flow.may_cut();
    const draw::Rect row{flow.x, flow.y, flow.x + flow.width, flow.y + line_height_of(context)};
    if (flow.painted) draw_line(context, facts, line, row);
    flow.y = row.y1;
  }
  flow.may_cut();
}

// "0x100   A and C        2 blocks": a click selects the first of them.
void draw_place(Flow& flow, const app::InTheWay& what, const app::Place& place) {
  const Context& context = flow.context;
  const draw::Theme& theme = context.theme;
  flow.may_cut();
  const draw::Rect row{flow.x, flow.y, flow.x + flow.width, flow.y + std::round(1.7f * context.em)};
  flow.y = row.y1;
  if (!flow.painted) return;
  const std::uint64_t arena = context.state.timeline(what.stage).census().arena_bytes;
  const std::string offset = trace::offset_text(place.offset, arena);
  const draw::Rect wide{row.x0 - 0.4f * context.em, row.y0, row.x1 + 0.4f * context.em, row.y1};
  if (row_button(context, fmt::format("##place {}", offset).c_str(), wide, false)) {
    context.commands.push({.what = app::Do::Select, .number = place.first, .stage = what.stage});
  }
  const ui::WithFont font(ui::Font::MonoSmall);
  const float used = row_text(row, row.x0, theme.text, offset);
  const std::string bytes = trace::size_text(place.bytes);
  row_text_right(row, row.x1, theme.text_dim, bytes);
  const ui::WithFont words(ui::Font::Body);
  const float from = row.x0 + used + context.em;
  row_text(row, from, theme.text_dim, place.names, row.x1 - ui::text_width(bytes) - context.em - from);
}

// The question that a click answers: what if the blocks of the first place had been freed?
void draw_try(Flow& flow) {
  const Context& context = flow.context;
  flow.may_cut();
  if (flow.painted) {
    constexpr std::string_view kKey = "I";
    const std::string question = app::question_of(context.state);
    const float gap = 0.7f * context.em;
    const float room = flow.width - gap - key_caps(context, {}, kKey, false);
    ImGui::SetCursorScreenPos(ImVec2(flow.x, std::round(flow.y + 0.1f * context.em)));
    if (ui::link(context.theme, (question + "##try").c_str(), room)) context.commands.push({.what = app::Do::TryFrees});
    ui::tooltip("The blocks of the first place are freed and the request is made again, on a copy.");
    key_caps(context, {flow.x + std::min(ui::text_width(question), room) + gap, flow.y}, kKey);
  }
  flow.y += std::round(1.7f * context.em);
  flow.gap(0.3f);
}

void draw_in_the_way(Flow& flow, const app::InTheWay& what) {
  const Context& context = flow.context;
  const draw::Theme& theme = context.theme;
  const Remark box{what.verdict, what.reason, what.frees_help ? theme.relation : theme.failed,
                   what.frees_help ? theme.relation_fill : theme.failed_fill};
  const float height = remark(context, {flow.x, flow.y}, flow.width, box, flow.painted);
  if (flow.painted) ui::place("what stands in the way", {flow.x, flow.y, flow.x + flow.width, flow.y + height});
  flow.y += height;
  flow.gap(0.6f);
  if (what.frees_help) draw_try(flow);
  if (what.places.size() < 2) return;
  for (const app::Place& place : what.places) draw_place(flow, what, place);
  flow.may_cut();
}

// With no block to speak of, the whole: what lives, what is free, and how much of that is out of reach.
void draw_figures(Flow& flow) {
  const Context& context = flow.context;
  const replay::Timeline& timeline = context.state.timeline();
  const replay::Figures& now = timeline.figures();
  const trace::AllocatorKind kind = timeline.spec().kind;
  const auto percent_text = [](double part) { return fmt::format("{:.0f} %", 100 * part); };
  const std::uint64_t waste = now.live_rounded - now.live_requested;
  // Where there is none of it, it leads nowhere.
  const auto leads = [](std::uint64_t bytes, Line::Leads where) { return bytes == 0 ? Line::Leads::Nowhere : where; };
  const auto hint_of_curve = [&](replay::Curve curve) -> std::string {
    const bool drawn = (context.state.curves() >> static_cast<unsigned>(curve) & 1) != 0;
    return drawn ? "\nTakes its curve out of the chart." : "\nDraws it over time, in the chart.";
  };
  std::vector<Line> lines = {
      {"live",
       fmt::format("{} in {}", trace::size_text(now.live_requested), trace::count_text(now.live_blocks, "block")),
       leads(now.live_blocks, Line::Leads::Events), 0,
       trace::exact_size_text(now.live_requested) + " asked for\nLists the events that made what lives.", "live"},
      {"waste", fmt::format("{} ({})", trace::size_text(waste), percent_text(replay::internal_fragmentation(now))),
       leads(waste, Line::Leads::MostWaste), 0,
       "Internal fragmentation: 1 − requested ÷ rounded\nSelects the block with the most of it."},
      {"free", trace::size_text(now.free), Line::Leads::Curve, static_cast<std::uint64_t>(replay::Curve::Free),
       trace::exact_size_text(now.free) + hint_of_curve(replay::Curve::Free)},
      {"largest", trace::size_text(now.largest_free), leads(now.largest_free, Line::Leads::LargestFree), 0,
       fmt::format("The largest block that can be had now: {}\nSelects it.", trace::exact_size_text(now.largest_free))},
  };
  // A slab and a bump know none.
  if (kind != trace::AllocatorKind::Slab && kind != trace::AllocatorKind::Bump) {
    constexpr replay::Curve kCurve = replay::Curve::ExternalFragmentation;
    lines.push_back({"fragmented", percent_text(replay::external_fragmentation(now, kind)), Line::Leads::Curve,
                     static_cast<std::uint64_t>(kCurve),
                     "External fragmentation: 1 − largest free ÷ free" + hint_of_curve(kCurve)});
  }
  for (const Line& line : lines) {
    flow.may_cut();
    const draw::Rect row{flow.x, flow.y, flow.x + flow.width, flow.y + line_height_of(context)};
    if (flow.painted) draw_line(context, {}, line, row);
    flow.y = row.y1;
  }
}

struct Shown {
  std::string title = "Memory now", note;
  std::optional<BlockFacts> block;
  const app::InTheWay* in_the_way = nullptr;
};

// A block that was clicked is what was asked for; else a failure is what has to be explained.
Shown shown_by(const Context& context) {
  Shown shown;
  const bool selected = context.state.selection.offset.has_value();
  if (!selected && !context.state.is_what_if()) shown.in_the_way = context.state.blocked.get();
  if (shown.in_the_way != nullptr) {
    shown.title = shown.in_the_way->frees_help ? "What stands in the way" : "Why it failed";
    const std::size_t stage = shown.in_the_way->stage;
    if (context.state.stages.size() > 1) shown.note = app::title_of_stage(context.state, stage);
    return shown;
  }
  shown.block = app::inspect(context.state);
  if (!shown.block) {
    if (context.state.stages.size() > 1) shown.note = app::title_of_stage(context.state, 0);
    return shown;
  }
  shown.title = selected ? "Selected block" : "Touched block";
  shown.note = shown.block->id.empty() ? state_word(context, *shown.block) : shown.block->id;
  if (context.state.stages.size() > 1) {
    shown.note += " · " + app::title_of_stage(context.state, shown.block->stage);
  }
  return shown;
}

// Changes with what is shown, and with nothing else.
bool is_another(const Shown& shown) {
  std::string name = shown.title;
  if (shown.block) name += fmt::format(" {} {}", shown.block->stage, shown.block->block.offset);
  const ImGuiID now = ImGui::GetID(name.c_str());
  int* last = ImGui::GetStateStorage()->GetIntRef(ImGui::GetID("shown block"));
  return std::exchange(*last, static_cast<int>(now)) != static_cast<int>(now);
}

void draw_shown(Flow& flow, const Shown& shown) {
  if (shown.in_the_way != nullptr) {
    draw_in_the_way(flow, *shown.in_the_way);
  } else if (shown.block) {
    draw_block(flow, *shown.block);
  } else {
    draw_figures(flow);
  }
}

float foot_of(const Context& context) {
  return std::round(0.35f * context.em);
}

}  // namespace

// What to click is no fact: that line does without room of its own.
float inspector_height(const Context& context, float width) {
  const draw::Rect body{1, 0, width - 1, 0};
  Flow measured{.context = context, .width = flow_width(body, ui::panel_pad(context.em) - 1), .painted = false};
  draw_shown(measured, shown_by(context));
  return ui::panel_title_height(context.em) + std::ceil(measured.y) + foot_of(context);
}

void inspector(const Context& context, draw::Rect rect) {
  ui::begin_region("inspector", rect, ui::kFixed);
  const Shown shown = shown_by(context);
  const draw::Rect inside = ui::panel_frame(context.theme, rect, shown.title, shown.note);
  const draw::Rect body{rect.x0 + 1, inside.y0, rect.x1 - 1, rect.y1 - foot_of(context)};
  const Scrolled part{.name = "block", .pad = inside.x0 - body.x0, .anew = is_another(shown)};
  scrolled(context, body, part, [&](Flow& flow) {
    draw_shown(flow, shown);
    if (shown.in_the_way != nullptr || shown.block) return;
    flow.gap(0.5f);
    flow.text(kNothing, context.theme.text_dim);
  });
  ui::end_region();
}

}  // namespace allocviz::panels
