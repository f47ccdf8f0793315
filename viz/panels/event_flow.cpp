#include "viz/panels/event_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "viz/app/availability.h"
#include "viz/app/cursor.h"
#include "viz/app/names.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using trace::Op;

// Below all that an event has to say: what a person may say of it.
void draw_own_words(Flow& flow, bool has_note, bool has_mark) {
  flow.gap(0.5f);
  const Context& context = flow.context;
  const ui::WithFont font(ui::Font::Small);
  const float height = std::round(1.5f * context.em);
  if (flow.painted) {
    const std::string note = has_note ? "edit the note##note" : "write a note##note";
    const std::string mark = has_mark ? "rename the mark##mark" : "mark this event##mark";
    float x = flow.x;
    const auto link = [&](const std::string& label, app::Do what) {
      const float width = ui::text_width(label.substr(0, label.find('#')));
      if (x + width > flow.x + flow.width) return;
      ImGui::SetCursorScreenPos(ImVec2(std::round(x), flow.y));
      if (ui::link(context.theme, label.c_str())) context.commands.push(what);
      x += width + 1.2f * context.em;
    };
    link(note, app::Do::EditNote);
    link(mark, app::Do::EditMark);
    if (app::is_enabled(context.state, app::info_of(app::Do::TryRequest))) {
      link("try a request##try", app::Do::TryRequest);
    }
  }
  flow.y += height;
  flow.may_cut();
}

// What the lesson itself says: in a box of its own, beside a bar, at reading size.
void draw_note(Flow& flow, const std::string& note) {
  const Context& context = flow.context;
  const float pad = std::round(0.75f * context.em);
  const float bar = std::max(2.0f, std::round(0.2f * context.em));
  const float width = flow.width - 2 * pad - bar;
  const float height = wrapped({}, width, 0, note, false) + 2 * pad;
  const draw::Rect box{flow.x, flow.y, flow.x + flow.width, flow.y + height};
  flow.may_cut();
  if (flow.painted) {
    ui::fill(ui::draw_list(), box, context.theme.inset, 0.25f * context.em);
    ui::fill(ui::draw_list(), {box.x0, box.y0, box.x0 + bar, box.y1}, context.theme.mark);
    ui::place("note", box);
  }
  Flow inside{.context = context, .x = box.x0 + bar + pad, .y = box.y0 + pad, .width = width, .painted = flow.painted};
  inside.text(note, context.theme.text);
  inside.may_cut();  // the last line may end a view that the box's edge does not fit into
  flow.cuts.insert(flow.cuts.end(), inside.cuts.begin(), inside.cuts.end());
  flow.wholes.push_back({static_cast<double>(box.y0), static_cast<double>(box.y1)});
  flow.y = box.y1;
  flow.gap(0.6f);
}

// The verbs stand in a column as wide as the widest of them.
float verb_width(const std::vector<replay::StepText>& steps) {
  const ui::WithFont font(ui::Font::Bold);
  float width = 0;
  for (const replay::StepText& step : steps) width = std::max(width, ui::text_width(step.verb));
  return width;
}

struct StepRow {
  std::size_t number = 0;
  const replay::StepText& text;
  Dot state = Dot::Pending;
  bool current = false;
};

// One step: its dot, its verb, what it did. A second line where the column is narrow.
void draw_step(Flow& flow, const StepRow& step, float verbs) {
  const Context& context = flow.context;
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const float verb_x = flow.x + 1.6f * em;
  const float text_x = verb_x + std::round(verbs + 0.8f * em);
  const float room = flow.x + flow.width - text_x;
  float text_height = 0;
  {
    const ui::WithFont font(ui::Font::MonoSmall);
    text_height = wrapped({}, room, 0, step.text.text, false);
  }
  const float height = std::round(std::max(1.7f * em, text_height + 0.7f * em));
  const draw::Rect row{flow.x - 0.4f * em, flow.y, flow.x + flow.width + 0.4f * em, flow.y + height};
  flow.may_cut();
  if (step.current) flow.in_view = draw::Span{static_cast<double>(row.y0), static_cast<double>(row.y1)};
  flow.y += height;
  if (!flow.painted) return;

  const bool failed = step.state == Dot::Failed;
  ImGui::PushStyleColor(ImGuiCol_Header,
                        ImGui::ColorConvertU32ToFloat4(failed ? theme.failed_fill : theme.touched_fill));
  const bool clicked = row_button(context, fmt::format("##step {}", step.number).c_str(), row, step.current);
  ImGui::PopStyleColor();
  if (clicked) {
    app::Command command;
    command.what = app::Do::SeekTo;
    command.position = {context.state.cursor().event, static_cast<std::uint32_t>(step.number)};
    context.commands.push(std::move(command));
  }
  const draw::Rect line{row.x0, row.y0, row.x1, row.y0 + std::round(1.7f * em)};
  dot(context, {flow.x + 0.5f * em, (line.y0 + line.y1) / 2}, step.state);
  const bool pending = step.state == Dot::Pending;
  {
    const ui::WithFont font(ui::Font::Bold);
    row_text(line, verb_x, failed ? theme.failed : (pending ? theme.text_faint : theme.text), step.text.verb,
             text_x - verb_x - 0.3f * em);
  }
  const ui::WithFont font(ui::Font::MonoSmall);
  const float top =
      text_height > 1.5f * ui::line_height() ? row.y0 + 0.35f * em : (line.y0 + line.y1 - ui::line_height()) / 2;
  wrapped({text_x, top}, room, failed ? theme.text : (pending ? theme.text_faint : theme.text_dim), step.text.text);
}

// A step that failed says so as soon as it is done: with a cross, not with its colour alone.
void draw_steps(Flow& flow, const std::vector<replay::StepText>& texts) {
  const replay::Timeline& timeline = flow.context.state.timeline();
  const std::uint32_t done = timeline.position().step;
  const std::vector<alloc::Step>& steps = timeline.run().steps;
  const float verbs = verb_width(texts);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t number = i + 1;
    const bool current = number == done;
    Dot state = number < done ? Dot::Done : (current ? Dot::Current : Dot::Pending);
    if (number <= done && steps[i].kind == alloc::StepKind::Fail) state = Dot::Failed;
    draw_step(flow, {number, texts[i], state, current}, verbs);
    if (number == done + 1 && flow.in_view) flow.in_view->to = static_cast<double>(flow.y);  // and what comes next
  }
  flow.may_cut();
}

}  // namespace

EventWords event_words(const app::State& state, std::uint64_t index) {
  const trace::Trace& trace = *state.document.trace;
  const replay::Timeline& first = state.timeline();
  EventWords words;
  words.note = trace.note(index);
  words.has_mark = trace.mark_name(index) != nullptr;
  words.steps = replay::step_texts(trace, index, first.spec(), first.run(), &first.census());
  if (trace.op(index) == Op::Mark) {
    if (words.note == nullptr)
      words.said.push_back({"", replay::event_text(trace, index, first.spec(), first.run()), false});
    return words;
  }
  const auto add = [&](std::string heading, const replay::Timeline& timeline) {
    std::string text = replay::event_text(trace, index, timeline.spec(), timeline.run(), &timeline.census());
    words.said.push_back({std::move(heading), std::move(text), &timeline == &first});
  };
  // Of a stage that shows what would have been, that is told first: what did happen would contradict it.
  for (const app::Stage& stage : state.stages) {
    if (stage.what_if != nullptr) add("what if", *stage.what_if);
  }
  const bool alone = words.said.empty();
  for (std::size_t i = 0; i < state.stages.size(); ++i) {
    const app::Stage& stage = state.stages[i];
    std::string heading = state.stages.size() == 1 ? std::string{} : app::title_of_stage(state, i);
    if (!alone && heading.empty())
      heading = "what happened";
    else if (stage.what_if != nullptr)
      heading += ", as it happened";
    add(std::move(heading), *stage.timeline);
  }
  return words;
}

float draw_heading(const Context& context, draw::Point at, float width, const Said& said, std::size_t number,
                   bool painted) {
  const ui::WithFont font(ui::Font::SmallBold);
  const float height = wrapped(at, width, context.theme.text_dim, said.heading, painted);
  if (painted) ui::place(fmt::format("heading {}", number + 1), {at.x, at.y, at.x + width, at.y + height});
  return height + std::round(0.2f * context.em);
}

void draw_sentence(Flow& flow, const std::string& text, std::size_t number) {
  const float from = flow.y;
  flow.text(text, flow.context.theme.text);
  const std::string label = number == 0 ? "sentence" : fmt::format("sentence {}", number + 1);
  if (flow.painted) ui::place(label, {flow.x, from, flow.x + flow.width, flow.y});
  flow.gap(0.7f);
}

std::vector<float> draw_said(Flow& flow, const EventWords& words, const Order& order) {
  const replay::Timeline& timeline = flow.context.state.timeline();
  const bool several = words.tells_several();
  const bool note_first = words.note != nullptr && !order.note_last;
  if (note_first && (several || words.said.empty())) draw_note(flow, *words.note);
  std::vector<float> tops;
  for (std::size_t i = 0; i < words.said.size(); ++i) {
    const Said& said = words.said[i];
    if (i != 0) flow.gap(0.8f);
    tops.push_back(flow.y);
    if (!said.heading.empty() && !(i == 0 && order.heading_stands))
      flow.y += draw_heading(flow.context, {flow.x, flow.y}, flow.width, said, i, flow.painted);
    if (!said.text.empty() && !(i == 0 && order.sentence_stands)) draw_sentence(flow, said.text, i);
    if (note_first && !several) draw_note(flow, *words.note);
    if (!said.has_steps) continue;
    draw_steps(flow, words.steps);
    if (words.note == nullptr || note_first) continue;
    flow.gap(0.4f);
    draw_note(flow, *words.note);
    if (timeline.position().step >= timeline.run().steps.size() && flow.in_view)
      flow.in_view->to = static_cast<double>(flow.y);
  }
  draw_own_words(flow, words.note != nullptr, words.has_mark);
  return tops;
}

}  // namespace allocviz::panels
