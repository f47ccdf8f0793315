// The event at the cursor: its title and its sentence, and below them, scrolled, what a lesson says and the steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/app/availability.h"
#include "viz/app/cursor.h"
#include "viz/app/loader.h"
#include "viz/draw/strip.h"
#include "viz/panels/flow.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using trace::Op;

struct Title {
  std::string name, detail;
  draw::Color color = 0;
};

std::string sizes_of(const trace::Trace& trace, const trace::Event& event, std::uint64_t index) {
  if (event.op == Op::Alloc) return draw::telling_size(event.size);
  if (event.op != Op::Realloc) return {};
  const std::uint64_t before = trace.began_at(index);
  if (before == trace::kNoEvent) return draw::telling_size(event.size);
  return fmt::format("{} → {}", draw::telling_size(trace.event(before).size), draw::telling_size(event.size));
}

Title title_of(const Context& context, std::uint64_t index) {
  const trace::Trace& trace = *context.state.document.trace;
  const trace::Event event = trace.event(index);
  if (event.op == Op::Mark) {
    const std::string* name = trace.mark_name(index);
    return {name != nullptr ? *name : "mark", {}, context.theme.text};
  }
  std::string id = trace.id_text(event);
  if (event.has(trace::kByOffset)) id = trace::offset_text(event.offset, context.state.timeline().census().arena_bytes);
  if (event.has(trace::kNullFree)) id = "null";
  static constexpr const char* kWords[] = {"alloc", "free", "realloc", "reset", "mark"};
  std::string name = kWords[static_cast<std::size_t>(event.op)];
  if (!id.empty()) name += " " + id;
  return {std::move(name), sizes_of(trace, event, index), context.theme.text};
}

float title_height() {
  const ui::WithFont font(ui::Font::Title);
  return ui::line_height();
}

// One line: an event's name and its sizes. Returns its height.
float draw_title(const Context& context, draw::Point at, float width, const Title& title) {
  float used = 0;
  {
    const ui::WithFont font(ui::Font::Title);
    used = ui::text_at(ui::draw_list(), at, title.color, title.name, width);
  }
  const float height = title_height();
  const ui::WithFont font(ui::Font::Mono);
  const float base = at.y + height - ui::line_height() - 0.1f * context.em;
  ui::text_at(ui::draw_list(), {at.x + used + context.em, base}, context.theme.live, title.detail,
              width - used - context.em);
  return height;
}

// The mark that somebody set on an event: a flag and its name. Returns its height.
float draw_mark(const Context& context, draw::Point at, float width, const std::string& name) {
  const float em = context.em;
  const float height = std::round(1.5f * em);
  const float top = std::round(at.y + 0.35f * em), size = 0.75f * em;
  ui::fill(ui::draw_list(), {at.x, top, at.x + std::max(1.0f, std::round(0.1f * em)), at.y + height - 0.1f * em},
           context.theme.mark);
  ui::draw_list()->AddTriangleFilled(ImVec2(at.x, top), ImVec2(at.x + size, top + size / 2), ImVec2(at.x, top + size),
                                     context.theme.mark);
  row_text({at.x, at.y, at.x + width, at.y + height}, at.x + 1.2f * em, context.theme.mark, name, width - 1.2f * em);
  ui::place("mark", {at.x, at.y, at.x + width, at.y + height});
  return height;
}

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

void draw_sentence(Flow& flow, const std::string& text, std::size_t number) {
  const float from = flow.y;
  flow.text(text, flow.context.theme.text);
  const std::string label = number == 0 ? "sentence" : fmt::format("sentence {}", number + 1);
  if (flow.painted) ui::place(label, {flow.x, from, flow.x + flow.width, flow.y});
  flow.gap(0.7f);
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

// Whether the cursor stands elsewhere than when this was asked last, under this name: at another event, in another
// file.
bool is_new(const Context& context, const char* name, std::uint64_t event, std::uint32_t step) {
  const app::Document& document = context.state.document;
  const ImGuiID now = ImGui::GetID(fmt::format("{}.{} {} {}", event, step, document.path, document.title).c_str());
  int* last = ImGui::GetStateStorage()->GetIntRef(ImGui::GetID(name));
  return std::exchange(*last, static_cast<int>(now)) != static_cast<int>(now);
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

// Markdown as far as lessons use it: paragraphs, items, emphasis.
void draw_about(Flow& flow, const std::string& about) {
  std::size_t from = 0;
  while (from < about.size()) {
    const std::size_t end = std::min(about.find('\n', from), about.size());
    std::string line = about.substr(from, end - from);
    from = end + 1;
    const bool item = line.substr(0, 2) == "- " || line.substr(0, 2) == "* ";
    if (item) line.erase(0, 2);
    line.erase(0, line.find_first_not_of("# "));
    if (line.empty()) {
      flow.gap(0.6f);
      continue;
    }
    const float indent = item ? std::round(1.1f * flow.context.em) : 0;
    if (item && flow.painted) ui::text_at(ui::draw_list(), {flow.x, flow.y}, flow.context.theme.text_dim, "•");
    flow.prose(line, flow.context.theme.text, indent);
    flow.may_cut();
    if (from < about.size()) flow.gap(0.35f);  // what ends with the text needs no room to scroll to
  }
}

std::string counts_of(const trace::Facts& facts) {
  // What there is none of is not spoken of.
  std::string list;
  const auto add = [&list](std::uint64_t count, const char* one, const char* more) {
    if (count != 0)
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", trace::count_text(count), count == 1 ? one : more);
  };
  add(facts.allocs, "allocation", "allocations");
  add(facts.frees, "free", "frees");
  add(facts.reallocs, "resizing", "resizings");
  std::string text = fmt::format("{} {}{}{}.", trace::count_text(facts.events()),
                                 facts.events() == 1 ? "event" : "events", list.empty() ? "" : ": ", list);
  text += fmt::format("\nAt the peak {} are live in {} blocks.", trace::size_text(facts.peak_live_bytes),
                      trace::count_text(facts.peak_live_blocks));
  list.clear();
  add(facts.unknown_frees, "free of an unknown id", "frees of unknown ids");
  add(facts.implicit_frees, "implicit free", "implicit frees");
  if (!list.empty()) text += fmt::format("\n{}.", list);
  return text;
}

void draw_start(Flow& flow) {
  const app::State& state = flow.context.state;
  const float from = flow.y;
  {
    const ui::WithFont font(ui::Font::Title);
    flow.text(app::full_title(state.document), flow.context.theme.text);
  }
  if (flow.painted) ui::place("title", {flow.x, from, flow.x + flow.width, flow.y});
  flow.gap(0.7f);
  const trace::Header& header = state.document.trace->header();
  if (!header.about.empty()) draw_about(flow, header.about);
  // A first part ends where the reading stopped: what is wrong with the log is said of its whole.
  std::vector<std::string> warnings = state.document.trace->warnings();
  if (state.document.first_part) {
    warnings = {app::is_reading_rest(state) ? "The rest of this log is being read."
                                            : "The rest of this log was not read: open it again to see all of it."};
  }
  if (!header.about.empty() && !warnings.empty()) flow.gap(0.95f);
  for (const std::string& warning : warnings) {
    const draw::Theme& theme = flow.context.theme;
    flow.y += remark(flow.context, {flow.x, flow.y}, flow.width, {{}, warning, theme.waste, theme.waste_ground},
                     flow.painted);
    flow.gap(0.5f);
  }
  if (header.about.empty()) {
    draw_sentence(flow, counts_of(state.document.trace->facts()), 0);
  }
}

struct Sentence {
  std::string heading;  // whose it is, where several allocators are compared
  std::string text;
};

struct EventWords {
  std::vector<Sentence> sentences;  // one a stage, before them one of what is tried; none where the note says it all
  const std::string* note = nullptr;
  std::vector<replay::StepText> steps;  // those of the first stage
};

EventWords words_of(const app::State& state, std::uint64_t index) {
  const trace::Trace& trace = *state.document.trace;
  const replay::Timeline& first = state.timeline();
  EventWords words;
  words.note = trace.note(index);
  words.steps = replay::step_texts(trace, index, first.spec(), first.run(), &first.census());
  if (trace.op(index) == Op::Mark) {
    if (words.note == nullptr)
      words.sentences.push_back({"", replay::event_text(trace, index, first.spec(), first.run())});
    return words;
  }
  const auto add = [&](std::string heading, const replay::Timeline& timeline) {
    words.sentences.push_back(
        {std::move(heading), replay::event_text(trace, index, timeline.spec(), timeline.run(), &timeline.census())});
  };
  // Of a stage that shows what would have been, that is told first: what did happen would contradict it.
  for (const app::Stage& stage : state.stages) {
    if (stage.what_if != nullptr) add("what if", *stage.what_if);
  }
  const bool alone = words.sentences.empty();
  for (const app::Stage& stage : state.stages) {
    std::string heading = state.stages.size() == 1 ? std::string{} : trace::to_title(stage.timeline->spec());
    if (!alone && heading.empty())
      heading = "what happened";
    else if (stage.what_if != nullptr)
      heading += ", as it happened";
    add(std::move(heading), *stage.timeline);
  }
  return words;
}

void draw_sentences(Flow& flow, const EventWords& words) {
  std::size_t number = 0;
  for (const Sentence& sentence : words.sentences) {
    if (!sentence.heading.empty()) {
      const ui::WithFont font(ui::Font::SmallBold);
      flow.text(sentence.heading, flow.context.theme.text_dim);
      flow.y += std::round(0.2f * flow.context.em);
    }
    draw_sentence(flow, sentence.text, number++);
  }
}

// Takes from a sentence too long to stand what does: its first lines. The rest is left in it.
std::string first_lines(EventWords& words, float width) {
  constexpr int kLines = 3;
  if (words.sentences.size() != 1 || !words.sentences.front().heading.empty()) return {};
  std::string& text = words.sentences.front().text;
  text = ui::symbols(text);
  const std::size_t length = length_of_lines(text, width, kLines);
  std::string first = text.substr(0, length);
  text.erase(0, length);
  return first;
}

// Whether the note, the step at the cursor and the next one are seen together.
bool has_room_for_note(const Context& context, draw::Rect body, float pad, const EventWords& words) {
  if (words.note == nullptr) return true;
  Flow measured{.context = context, .width = flow_width(body, pad), .painted = false};
  draw_note(measured, *words.note);
  draw_steps(measured, words.steps);
  return !measured.in_view || measured.in_view->to <= static_cast<double>(body.height());
}

// Title and sentences stand; what is below them scrolls. Of a sentence that would leave no room the first lines stand;
// several that would not leave any scroll along.
void draw_event(const Context& context, draw::Rect body, float pad, std::uint64_t index) {
  constexpr float kLargestHead = 0.62f;  // of the panel
  const replay::Timeline& timeline = context.state.timeline();
  EventWords words = words_of(context.state, index);
  Flow head{.context = context, .x = body.x0 + pad, .y = body.y0, .width = body.width() - 2 * pad};
  head.y += draw_title(context, {head.x, head.y}, head.width, title_of(context, index));
  const std::string* mark = context.state.document.trace->mark_name(index);
  const bool is_mark = context.state.document.trace->op(index) == Op::Mark;
  if (mark != nullptr && !is_mark) head.y += draw_mark(context, {head.x, head.y}, head.width, *mark);
  head.gap(0.5f);
  Flow measured{.context = context, .width = head.width, .painted = false};
  draw_sentences(measured, words);
  const bool stand = head.y + measured.y - body.y0 <= kLargestHead * body.height();
  if (stand) {
    draw_sentences(head, words);
  } else if (const std::string first = first_lines(words, head.width); !first.empty()) {
    const float from = head.y;
    head.text(first, context.theme.text);
    ui::place("sentence", {head.x, from, head.x + head.width, head.y});
    head.y += std::round(0.2f * ui::line_height());  // as between any two lines
  }
  Scrolled part{.name = "event", .pad = pad};
  const bool what_if = context.state.is_what_if();
  part.anew = is_new(context, "shown event", context.state.cursor().event, what_if ? 1 : 0);
  part.moved = is_new(context, "shown step", context.state.cursor().event, timeline.position().step);
  // A whole event that was gone to is read from its beginning; where it failed, the step that failed is what counts.
  const std::vector<alloc::Step>& steps = timeline.run().steps;
  const bool compared = words.sentences.size() > 1;  // then the sentences, which say it of each, would be out of sight
  const bool failed = !compared && !steps.empty() && steps.back().kind == alloc::StepKind::Fail;
  const bool whole = timeline.position().step >= steps.size() && !failed;
  // What a lesson says is not to be lost below the sentences of several allocators.
  const bool note_first = !stand && compared && !what_if;
  const draw::Rect below{body.x0, std::round(head.y), body.x1, body.y1};
  // Inside an event of which the note and the step have no room together, the note is read on from the steps.
  const bool note_last = failed || (!whole && !note_first && !has_room_for_note(context, below, pad, words));
  scrolled(context, below, part, [&](Flow& flow) {
    if (!stand && !note_first) draw_sentences(flow, words);
    // Of a request that failed the step that says so comes first, and the note is read on from there.
    if (words.note != nullptr && !note_last) draw_note(flow, *words.note);
    if (note_first) draw_sentences(flow, words);
    draw_steps(flow, words.steps);
    if (words.note != nullptr && note_last) {
      flow.gap(0.4f);
      draw_note(flow, *words.note);
      if (failed && timeline.position().step >= steps.size() && flow.in_view)
        flow.in_view->to = static_cast<double>(flow.y);
    }
    draw_own_words(flow, words.note != nullptr, mark != nullptr);
    if (whole && (part.anew || !part.moved)) flow.in_view.reset();
  });
}

std::string position_note(const app::State& state) {
  const replay::Position at = state.cursor();
  if (at.event == 0) return "event 0 · before the first";
  const std::uint32_t steps = state.timeline().step_count();
  std::string note = "event " + trace::count_text(at.event);
  if (steps != 0) note += fmt::format(" · step {} of {}", at.step, steps);
  return note;
}

}  // namespace

void what_happened(const Context& context, draw::Rect rect) {
  ui::begin_region("what happened", rect, ui::kFixed);
  const draw::Rect inside = ui::panel_frame(context.theme, rect, "What happened", position_note(context.state));
  const float edge = std::round(0.35f * context.em);
  const draw::Rect body{rect.x0 + edge, inside.y0, rect.x1 - edge, rect.y1 - edge};
  const float pad = inside.x0 - body.x0;
  const std::uint64_t event = context.state.cursor().event;
  if (event == 0) {
    scrolled(context, body, {.name = "event", .pad = pad, .anew = is_new(context, "shown event", 0, 0)}, draw_start);
  } else {
    draw_event(context, body, pad, event - 1);
  }
  ui::end_region();
}

}  // namespace allocviz::panels
