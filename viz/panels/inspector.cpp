// The block that is selected, or that the event touched: where it is, whose, since when, and what keeps it from
// merging.
#include "viz/panels/inspector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/app/inspect.h"
#include "viz/draw/tip.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using app::BlockFacts;
using replay::BlockState;

struct Line {
  std::string key, value;
  enum class Leads : std::uint8_t { Nowhere, Event, Block } leads = Leads::Nowhere;
  std::uint64_t to = 0;  // Event: its index; Block: its offset
  std::string hint;
};

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0 %";
  return fmt::format("{:.0f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

Line event_line(const char* key, std::uint64_t index) {
  return {key, "event " + trace::count_text(index + 1), Line::Leads::Event, index, {}};
}

void add_life(std::vector<Line>& lines, const BlockFacts& facts) {
  if (facts.allocated) lines.push_back(event_line("allocated", *facts.allocated));
  if (facts.resized) lines.push_back(event_line("resized", *facts.resized));
  if (facts.ended) {
    static constexpr const char* kEnds[] = {"freed by alloc", "freed", "resized next", "reset", "mark"};
    lines.push_back(event_line(kEnds[static_cast<std::size_t>(facts.ended_by)], *facts.ended));
  } else if (facts.allocated) {
    lines.push_back({"freed", "never in this log", Line::Leads::Nowhere, 0, {}});
  }
}

std::vector<Line> lines_of(const Context& context, const BlockFacts& facts) {
  const replay::Block& block = facts.block;
  const std::uint64_t arena = context.state.timeline(facts.stage).census().arena_bytes;
  std::vector<Line> lines;
  const auto plain = [&](const char* key, std::string value, std::string hint = {}) {
    lines.push_back({key, std::move(value), Line::Leads::Nowhere, 0, std::move(hint)});
  };
  plain(
      "offset",
      fmt::format("{} … {}", trace::offset_text(block.offset, arena),
                  trace::offset_text(block.offset + block.size - 1, arena)),
      fmt::format("bytes {} to {}", trace::count_text(block.offset), trace::count_text(block.offset + block.size - 1)));
  std::string size = trace::size_text(block.size);
  if (block.level >= 0) size += fmt::format(", level {}", block.level);
  plain("block", std::move(size), trace::exact_size_text(block.size));
  if (block.state == BlockState::Live) {
    plain("requested", trace::size_text(block.requested), trace::exact_size_text(block.requested));
    plain("waste", fmt::format("{} ({})", trace::size_text(facts.waste), percent(facts.waste, block.size)),
          trace::exact_size_text(facts.waste));
  } else {
    plain("state", draw::words_of(block.state));
  }
  add_life(lines, facts);
  if (!facts.site.empty()) {
    std::string stack;
    for (const std::string& frame : facts.stack) stack += frame + "\n";
    plain("site", facts.site, stack.empty() ? facts.site : stack);
  }
  if (!facts.tag.empty()) plain("tag", facts.tag);
  if (facts.has_thread) plain("thread", std::to_string(facts.thread));
  if (facts.buddy) {
    lines.push_back({"buddy",
                     fmt::format("{}, {}", trace::offset_text(facts.buddy->offset, arena), facts.buddy->state),
                     Line::Leads::Block,
                     facts.buddy->offset,
                     {}});
  }
  return lines;
}

void follow(const Context& context, const BlockFacts& facts, const Line& line) {
  app::Command command;
  if (line.leads == Line::Leads::Event) {
    command.what = app::Do::SeekTo;
    command.position = {line.to + 1, replay::kAllSteps};
  } else {
    command.what = app::Do::Select;
    command.number = line.to;
    command.stage = facts.stage;
  }
  context.commands.push(std::move(command));
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
    if (ui::link(context.theme, fmt::format("{}##{}", line.value, line.key).c_str())) follow(context, facts, line);
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

constexpr const char* kNothing = "Click a block of the stage or the map, or step to an event that touches one.";

}  // namespace

float inspector_height(const Context& context, float width) {
  const float em = context.em;
  const float head = std::round(2.2f * em), pad = std::round(0.85f * em);
  const std::optional<BlockFacts> facts = app::inspect(context.state);
  if (!facts) return head + wrapped({}, width - 2 * pad, 0, kNothing, false) + 1.2f * em;
  const auto lines = static_cast<float>(lines_of(context, *facts).size());
  float height = head + lines * line_height_of(context) + 0.9f * em;
  if (!facts->verdict.empty()) {
    height += remark(context, {}, width - 2 * pad, remark_of(context, *facts), false) + 0.6f * em;
  }
  return height;
}

void inspector(const Context& context, draw::Rect rect) {
  constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ui::begin_region("inspector", rect, kFixed);
  const std::optional<BlockFacts> facts = app::inspect(context.state);
  const bool selected = context.state.selection.offset.has_value();
  std::string note = facts ? facts->id : std::string{};
  if (facts && note.empty()) note = draw::words_of(facts->block.state);
  const char* title = selected ? "Selected block" : "Touched block";
  const draw::Rect inside = ui::panel_frame(context.theme, rect, facts ? title : "Block", note);
  const draw::Rect body{rect.x0 + 1, inside.y0, rect.x1 - 1, rect.y1 - std::round(0.35f * context.em)};
  ui::begin_region("block", body);
  const float left = inside.x0, right = inside.x1;
  float y = ImGui::GetCursorScreenPos().y;
  if (!facts) {
    y += wrapped({left, y}, right - left, context.theme.text_dim, kNothing);
  } else {
    // What matters most comes first: where room is short, the details below are what is scrolled to.
    if (!facts->verdict.empty()) {
      const float height = remark(context, {left, y}, right - left, remark_of(context, *facts));
      ui::place(facts->verdict, {left, y, right, y + height});
      y += height + std::round(0.6f * context.em);
    }
    for (const Line& line : lines_of(context, *facts)) {
      draw_line(context, *facts, line, {left, y, right, y + line_height_of(context)});
      y += line_height_of(context);
    }
  }
  ImGui::SetCursorScreenPos(ImVec2(body.x0, y));
  ImGui::Dummy(ImVec2(1, 1));
  ui::end_region();
  ui::end_region();
}

}  // namespace allocviz::panels
