// The event at the cursor: its title, what a lesson says of it, the sentence, and its steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/app/cursor.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using trace::Op;

// Text flows down a column; y is where the next thing goes.
struct Column {
  const Context& context;
  float x = 0, y = 0, width = 0;
  void gap(float ems) { y += std::round(ems * context.em); }
};

struct Title {
  std::string name, detail;
  draw::Color color = 0;
};

std::string sizes_of(const trace::Trace& trace, const trace::Event& event, std::uint64_t index) {
  if (event.op == Op::Alloc) return trace::size_text(event.size);
  if (event.op != Op::Realloc) return {};
  const std::uint64_t before = trace.began_at(index);
  if (before == trace::kNoEvent) return trace::size_text(event.size);
  return fmt::format("{} → {}", trace::size_text(trace.event(before).size), trace::size_text(event.size));
}

Title title_of(const Context& context, std::uint64_t index) {
  const trace::Trace& trace = *context.state.document.trace;
  const trace::Event event = trace.event(index);
  if (event.op == Op::Mark) {
    const std::string* name = trace.mark_name(index);
    return {name != nullptr ? *name : "mark", {}, context.theme.relation};
  }
  std::string id = trace.id_text(event);
  if (event.has(trace::kByOffset)) id = trace::offset_text(event.offset, context.state.timeline().census().arena_bytes);
  if (event.has(trace::kNullFree)) id = "null";
  static constexpr const char* kWords[] = {"alloc", "free", "realloc", "reset", "mark"};
  std::string name = kWords[static_cast<std::size_t>(event.op)];
  if (!id.empty()) name += " " + id;
  return {std::move(name), sizes_of(trace, event, index), context.theme.text};
}

void draw_title(Column& column, const Title& title) {
  float used = 0, height = 0;
  {
    const ui::WithFont font(ui::Font::Title);
    used = ui::text_at(ui::draw_list(), {column.x, column.y}, title.color, title.name, column.width);
    height = ui::line_height();
  }
  const ui::WithFont font(ui::Font::Mono);
  const float base = column.y + height - ui::line_height() - 0.1f * column.context.em;
  ui::text_at(ui::draw_list(), {column.x + used + column.context.em, base}, column.context.theme.live, title.detail,
              column.width - used - column.context.em);
  column.y += height;
  column.gap(0.7f);
}

// What the lesson itself says: in a box of its own, beside a bar, at reading size.
void draw_note(Column& column, const std::string& note) {
  const Context& context = column.context;
  const float pad = std::round(0.75f * context.em);
  const float bar = std::max(2.0f, std::round(0.2f * context.em));
  const float width = column.width - 2 * pad - bar;
  const float height = wrapped({}, width, 0, note, false) + 2 * pad;
  const draw::Rect box{column.x, column.y, column.x + column.width, column.y + height};
  ui::fill(ui::draw_list(), box, context.theme.inset, 0.25f * context.em);
  ui::fill(ui::draw_list(), {box.x0, box.y0, box.x0 + bar, box.y1}, context.theme.relation);
  wrapped({box.x0 + bar + pad, box.y0 + pad}, width, context.theme.text, note);
  ui::place("note", box);
  column.y += height;
  column.gap(0.6f);
}

void draw_sentence(Column& column, const std::string& text, draw::Color color) {
  const float height = wrapped({column.x, column.y}, column.width, color, text);
  ui::place("sentence", {column.x, column.y, column.x + column.width, column.y + height});
  column.y += height;
  column.gap(1);
}

// The verbs stand in a column as wide as the widest of them.
float verb_width(const std::vector<replay::StepText>& steps) {
  const ui::WithFont font(ui::Font::Bold);
  float width = 0;
  for (const replay::StepText& step : steps) width = std::max(width, ui::text_width(step.verb));
  return width;
}

// One step: its dot, its verb, what it did. A second line where the column is narrow.
void draw_step(Column& column, std::size_t number, const replay::StepText& step, Dot state, float verbs) {
  const Context& context = column.context;
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const float verb_x = column.x + 1.6f * em;
  const float text_x = verb_x + std::round(verbs + 0.8f * em);
  const float room = column.x + column.width - text_x;
  const bool current = state == Dot::Current;
  float text_height = 0;
  {
    const ui::WithFont font(ui::Font::MonoSmall);
    text_height = wrapped({}, room, 0, step.text, false);
  }
  const float height = std::round(std::max(1.7f * em, text_height + 0.7f * em));
  const draw::Rect row{column.x - 0.4f * em, column.y, column.x + column.width + 0.4f * em, column.y + height};
  ImGui::PushStyleColor(ImGuiCol_Header, ImGui::ColorConvertU32ToFloat4(theme.touched_fill));
  const bool clicked = row_button(context, fmt::format("##step {}", number).c_str(), row, current);
  ImGui::PopStyleColor();
  if (clicked) {
    app::Command command;
    command.what = app::Do::SeekTo;
    command.position = {context.state.cursor().event, static_cast<std::uint32_t>(number)};
    context.commands.push(std::move(command));
  }
  const draw::Rect line{row.x0, row.y0, row.x1, row.y0 + std::round(1.7f * em)};
  dot(context, {column.x + 0.5f * em, (line.y0 + line.y1) / 2}, state);
  const bool pending = state == Dot::Pending;
  {
    const ui::WithFont font(ui::Font::Bold);
    row_text(line, verb_x, pending ? theme.text_faint : theme.text, step.verb, text_x - verb_x - 0.3f * em);
  }
  const ui::WithFont font(ui::Font::MonoSmall);
  const float top =
      text_height > 1.5f * ui::line_height() ? row.y0 + 0.35f * em : (line.y0 + line.y1 - ui::line_height()) / 2;
  wrapped({text_x, top}, room, pending ? theme.text_faint : theme.text_dim, step.text);
  column.y += height;
}

// Whether this region has not been drawn yet with the cursor where it is now.
bool cursor_is_new(replay::Position at) {
  const std::string name = fmt::format("{}.{}", at.event, at.step);
  const ImGuiID now = ImGui::GetID(name.c_str());
  int* last = ImGui::GetStateStorage()->GetIntRef(ImGui::GetID("cursor"));
  return std::exchange(*last, static_cast<int>(now)) != static_cast<int>(now);
}

void draw_steps(Column& column) {
  const replay::Timeline& timeline = column.context.state.timeline();
  const std::uint32_t done = timeline.position().step;
  const std::vector<alloc::Step>& steps = timeline.run().steps;
  const bool moved = cursor_is_new(timeline.position());
  std::vector<replay::StepText> texts;
  for (const alloc::Step& step : steps) texts.push_back(replay::step_text(step, timeline.spec()));
  const float verbs = verb_width(texts);
  // A whole event is read from its title on; inside one, the step just taken is scrolled into sight. Whoever scrolled
  // by hand is left alone until the cursor moves again.
  const bool whole = done >= steps.size();
  if (moved && whole) ImGui::SetScrollY(0);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t number = i + 1;
    const Dot state = number < done ? Dot::Done : (number == done ? Dot::Current : Dot::Pending);
    draw_step(column, number, texts[i], state, verbs);
    if (state == Dot::Current && moved && !whole) ImGui::SetScrollHereY(0.7f);
  }
}

// Markdown as far as lessons use it: paragraphs, items, and no signs. Emphasis is left to the words.
void draw_about(Column& column, const std::string& about) {
  std::size_t from = 0;
  while (from < about.size()) {
    const std::size_t end = std::min(about.find('\n', from), about.size());
    std::string line = about.substr(from, end - from);
    from = end + 1;
    const bool item = line.substr(0, 2) == "- " || line.substr(0, 2) == "* ";
    if (item) line.erase(0, 2);
    line.erase(0, line.find_first_not_of("# "));
    std::erase_if(line, [](char c) { return c == '*' || c == '`'; });
    if (line.empty()) {
      column.gap(0.6f);
      continue;
    }
    const float indent = item ? std::round(1.1f * column.context.em) : 0;
    if (item) ui::text_at(ui::draw_list(), {column.x, column.y}, column.context.theme.text_dim, "•");
    column.y += wrapped({column.x + indent, column.y}, column.width - indent, column.context.theme.text, line);
    column.gap(0.35f);
  }
  column.gap(0.6f);
}

void draw_start(Column& column) {
  const app::State& state = column.context.state;
  draw_title(column, {state.document.title, {}, column.context.theme.text});
  const trace::Header& header = state.document.trace->header();
  if (!header.about.empty()) draw_about(column, header.about);
  for (const std::string& warning : state.document.trace->warnings()) {
    column.y += remark(column.context, {column.x, column.y}, column.width,
                       {{}, warning, column.context.theme.waste, column.context.theme.waste_ground});
    column.gap(0.5f);
  }
  if (!header.about.empty()) return;
  const trace::Facts& facts = state.document.trace->facts();
  std::string text =
      fmt::format("{} events: {} allocations, {} frees, {} resizings.", trace::count_text(facts.events()),
                  trace::count_text(facts.allocs), trace::count_text(facts.frees), trace::count_text(facts.reallocs));
  text += fmt::format("\nAt the peak {} are live in {} blocks.", trace::size_text(facts.peak_live_bytes),
                      trace::count_text(facts.peak_live_blocks));
  if (facts.unknown_frees + facts.implicit_frees != 0) {
    text += fmt::format("\n{} frees of unknown ids, {} implicit frees.", trace::count_text(facts.unknown_frees),
                        trace::count_text(facts.implicit_frees));
  }
  draw_sentence(column, text, column.context.theme.text_dim);
}

// Where a lesson speaks, the sentence comes last: it says the same again in the allocator's own terms.
void draw_event(Column& column, std::uint64_t index) {
  const Context& context = column.context;
  const replay::Timeline& timeline = context.state.timeline();
  const trace::Trace& trace = *context.state.document.trace;
  draw_title(column, title_of(context, index));
  const std::string text = replay::event_text(trace, index, timeline.spec(), timeline.run(), &timeline.census());
  const std::string* note = trace.note(index);
  if (note == nullptr) {
    draw_sentence(column, text, context.theme.text);
    return draw_steps(column);
  }
  draw_note(column, *note);
  draw_steps(column);
  if (!timeline.run().steps.empty()) column.gap(0.8f);
  if (trace.op(index) != Op::Mark) draw_sentence(column, text, context.theme.text_dim);
}

std::string position_note(const app::State& state) {
  const replay::Position at = state.cursor();
  if (at.event == 0) return "before the first event";
  const std::uint32_t steps = state.timeline().step_count();
  std::string note = "event " + trace::count_text(at.event);
  if (steps != 0) note += fmt::format(" · step {} of {}", at.step, steps);
  return note;
}

}  // namespace

float what_happened(const Context& context, draw::Rect rect) {
  constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ui::begin_region("what happened", rect, kFixed);
  const draw::Rect inside = ui::panel_frame(context.theme, rect, "What happened", position_note(context.state));
  const float edge = std::round(0.35f * context.em);
  const draw::Rect body{rect.x0 + edge, inside.y0, rect.x1 - edge, rect.y1 - edge};
  ui::begin_region("event", body);
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float pad = inside.x0 - body.x0;
  // The scroll bar's place is kept free, so that nothing is wrapped anew when it appears.
  const float width = body.width() - 2 * pad;
  Column column{context, top.x + pad, top.y, width};
  const std::uint64_t event = context.state.cursor().event;
  if (event == 0) {
    draw_start(column);
  } else {
    draw_event(column, event - 1);
  }
  column.gap(0.5f);
  ImGui::SetCursorScreenPos(ImVec2(top.x, column.y));
  ImGui::Dummy(ImVec2(1, 1));
  ui::end_region();
  ui::end_region();
  return body.y0 - rect.y0 + (column.y + ImGui::GetStyle().ItemSpacing.y + 1 - top.y) + edge;
}

}  // namespace allocviz::panels
