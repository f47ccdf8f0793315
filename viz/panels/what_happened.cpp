// The event at the cursor: its title and its sentence, and below them, scrolled, what a lesson says and the steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "viz/app/cursor.h"
#include "viz/app/loader.h"
#include "viz/draw/strip.h"
#include "viz/panels/event_flow.h"
#include "viz/panels/flow.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using trace::Op;

constexpr const char* kMore = " …";

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
  std::string name(trace::word_of(event.op));
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

float mark_height(const Context& context) {
  return std::round(1.5f * context.em);
}

// The mark that somebody set on an event: a flag and its name. Returns its height.
float draw_mark(const Context& context, draw::Point at, float width, const std::string& name) {
  const float em = context.em;
  const float height = mark_height(context);
  const float top = std::round(at.y + 0.35f * em), size = 0.75f * em;
  ui::fill(ui::draw_list(), {at.x, top, at.x + std::max(1.0f, std::round(0.1f * em)), at.y + height - 0.1f * em},
           context.theme.mark);
  ui::draw_list()->AddTriangleFilled(ImVec2(at.x, top), ImVec2(at.x + size, top + size / 2), ImVec2(at.x, top + size),
                                     context.theme.mark);
  row_text({at.x, at.y, at.x + width, at.y + height}, at.x + 1.2f * em, context.theme.mark, name, width - 1.2f * em);
  ui::place("mark", {at.x, at.y, at.x + width, at.y + height});
  return height;
}

// Whether the cursor stands elsewhere than when this was asked last, under this name: at another event, in another
// file.
bool is_new(const Context& context, const char* name, std::uint64_t event, std::uint32_t step) {
  const app::Document& document = context.state.document;
  const ImGuiID now = ImGui::GetID(fmt::format("{}.{} {} {}", event, step, document.path, document.title).c_str());
  int* last = ImGui::GetStateStorage()->GetIntRef(ImGui::GetID(name));
  return std::exchange(*last, static_cast<int>(now)) != static_cast<int>(now);
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
  std::string text = fmt::format("{}{}{}.", trace::count_text(facts.events(), "event"), list.empty() ? "" : ": ", list);
  text += fmt::format("\nAt the peak {} are live in {}.", trace::size_text(facts.peak_live_bytes),
                      trace::count_text(facts.peak_live_blocks, "block"));
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

// Takes from a sentence too long to stand what does: its first lines, with room for an ellipsis behind the last. The
// rest is left in it.
std::string first_lines(EventWords& words, float width) {
  constexpr int kLines = 3;
  if (words.said.size() != 1) return {};
  std::string& text = words.said.front().text;
  text = ui::symbols(text);
  const std::size_t last_line = length_of_lines(text, width, kLines - 1);
  std::size_t length = length_of_lines(text, width, kLines);
  if (length == text.size()) return std::exchange(text, {});
  const auto is_too_long = [&](std::size_t end) {
    return ui::text_width(text.substr(last_line, end - last_line) + ui::symbols(kMore)) > width;
  };
  std::size_t end = text.find_last_not_of(' ', length - 1) + 1;
  while (is_too_long(end)) {
    const std::size_t space = text.rfind(' ', end - 1);
    if (space == std::string::npos || space <= last_line) break;
    end = space;
    length = space + 1;
  }
  std::string first = text.substr(0, end);
  text.erase(0, length);
  return first;
}

// The event's name and its mark. Returns where what is below them begins.
float draw_names(const Context& context, draw::Point at, float width, std::uint64_t index, bool painted) {
  const trace::Trace& trace = *context.state.document.trace;
  const std::string* mark = trace.op(index) == Op::Mark ? nullptr : trace.mark_name(index);
  float y = at.y;
  y += painted ? draw_title(context, {at.x, y}, width, title_of(context, index)) : title_height();
  if (mark != nullptr) y += painted ? draw_mark(context, {at.x, y}, width, *mark) : mark_height(context);
  return y + std::round(0.5f * context.em);
}

float height_of(const Context& context, float width, const EventWords& words, const Order& order) {
  Flow measured{.context = context, .width = width, .painted = false};
  draw_said(measured, words, order);
  return std::ceil(measured.y);
}

float sentence_height(const Context& context, float width, const EventWords& words) {
  Flow measured{.context = context, .width = width, .painted = false};
  if (!words.said.empty()) draw_sentence(measured, words.said.front().text, 0);
  return measured.y;
}

// What of an event stands while the rest scrolls: names, and below them the sentence; of one that would leave no room
// its first lines. Of several allocators it is the name of the one whose lines are in sight.
struct Head {
  float bottom = 0;
  std::string first;  // lines of a sentence that goes on where the rest scrolls
  draw::Rect lines;   // where they are
  bool names_whose = false;
};

// The sentence stands where it fits into the larger part of the panel, or leaves room for some steps.
bool may_stand(const Context& context, const EventWords& words, draw::Rect body, float from, float pad) {
  constexpr float kLargestHead = 0.62f, kLeastBelow = 5.2f;  // of the panel; in ems
  const float bottom = from - body.y0 + sentence_height(context, body.width() - 2 * pad, words);
  const float rest = height_of(context, flow_width(body, pad), words, {.sentence_stands = true});
  const float height = body.height();
  return bottom <= std::max(kLargestHead * height, height - std::min(rest, kLeastBelow * context.em));
}

Head draw_head(const Context& context, draw::Rect body, float pad, std::uint64_t index, EventWords& words,
               Order& order) {
  Head head;
  Flow flow{.context = context, .x = body.x0 + pad, .y = body.y0, .width = body.width() - 2 * pad};
  flow.y = draw_names(context, {flow.x, flow.y}, flow.width, index, true);
  if (words.tells_several()) {
    head.names_whose = height_of(context, flow_width(body, pad), words, {}) > std::floor(body.y1) - std::round(flow.y);
    order.heading_stands = head.names_whose;
    if (head.names_whose) {
      const float height = draw_heading(context, {}, flow.width, words.said.front(), 0, false);
      head.lines = {flow.x, flow.y, flow.x + flow.width, flow.y + height};
      flow.y += height;
    }
  } else if (may_stand(context, words, body, flow.y, pad)) {
    order.sentence_stands = true;
    if (!words.said.empty()) draw_sentence(flow, words.said.front().text, 0);
  } else {
    head.first = first_lines(words, flow.width);
    const float height = wrapped({}, flow.width, 0, head.first, false);
    head.lines = {flow.x, flow.y, flow.x + flow.width, flow.y + height};
    flow.y += height + std::round(0.2f * ui::line_height());  // as between any two lines
  }
  head.bottom = std::round(flow.y);
  return head;
}

// What depends on where the rest has been scrolled to: `start`, when each of `tops` is where one allocator's lines
// begin.
void finish_head(const Context& context, const Head& head, const EventWords& words, float start,
                 const std::vector<float>& tops) {
  if (!head.first.empty()) {
    const bool goes_on_below = start <= 0 || words.said.front().text.empty();
    const std::string shown = head.first + (goes_on_below ? "" : ui::symbols(kMore));
    wrapped({head.lines.x0, head.lines.y0}, head.lines.width(), context.theme.text, shown);
    ui::place("sentence", head.lines);
    if (!goes_on_below) ui::place("sentence goes on", head.lines);
  }
  if (!head.names_whose) return;
  std::size_t whose = 0;
  for (std::size_t i = 1; i < tops.size(); ++i) {
    if (std::abs(tops[i] - start) <= 1) return;  // it stands at the top of what scrolls
    if (tops[i] < start) whose = i;
  }
  // Its sentence or its steps begin above what is in sight.
  const std::string more = start > tops[whose] ? kMore : "";
  const Said shown{words.said[whose].heading + more, {}};
  draw_heading(context, {head.lines.x0, head.lines.y0}, head.lines.width(), shown, whose, true);
}

// Names and sentence stand; what is below them scrolls, with the step at the cursor in sight.
void draw_event(const Context& context, draw::Rect body, float pad, std::uint64_t index) {
  const replay::Timeline& timeline = context.state.timeline();
  EventWords words = event_words(context.state, index);
  Order order;
  const Head head = draw_head(context, body, pad, index, words, order);
  Scrolled part{.name = "event", .pad = pad};
  const bool what_if = context.state.is_what_if();
  part.anew = is_new(context, "shown event", context.state.cursor().event, what_if ? 1 : 0);
  part.moved = is_new(context, "shown step", context.state.cursor().event, timeline.position().step);
  const draw::Rect below{body.x0, head.bottom, body.x1, body.y1};
  // The note is read on from the steps where not all is seen at once, so that it is in sight when the last step is; and
  // so it is of a request that failed, of which the step that says so comes first.
  const std::vector<alloc::Step>& steps = timeline.run().steps;
  const bool failed = !words.tells_several() && !steps.empty() && steps.back().kind == alloc::StepKind::Fail;
  order.note_last = failed || what_if || height_of(context, flow_width(below, pad), words, order) > below.height();
  std::vector<float> tops;
  const float start = scrolled(context, below, part, [&](Flow& flow) {
    std::vector<float> begin = draw_said(flow, words, order);
    if (!flow.painted) tops = std::move(begin);
    if (what_if) flow.in_view.reset();  // what would have been is told first
  });
  finish_head(context, head, words, start, tops);
}

float edge_of(const Context& context) {
  return std::round(0.35f * context.em);
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

float what_happened_height(const Context& context, float width) {
  const float edge = edge_of(context), pad = ui::panel_pad(context.em) - edge;
  const draw::Rect body{edge, ui::panel_title_height(context.em), width - edge, 0};
  const float flows = flow_width(body, pad);
  const std::uint64_t event = context.state.cursor().event;
  float height = 0;
  if (event == 0) {
    Flow measured{.context = context, .width = flows, .painted = false};
    draw_start(measured);
    height = measured.y;
  } else {
    const float stands = body.width() - 2 * pad;
    const EventWords words = event_words(context.state, event - 1);
    const bool several = words.tells_several();
    height = draw_names(context, {}, stands, event - 1, false);
    if (!several) height += sentence_height(context, stands, words);
    height += height_of(context, flows, words, {.sentence_stands = !several});
  }
  return body.y0 + std::ceil(height) + edge + 1;
}

void what_happened(const Context& context, draw::Rect rect) {
  ui::begin_region("what happened", rect, ui::kFixed);
  const draw::Rect inside = ui::panel_frame(context.theme, rect, "What happened", position_note(context.state));
  const float edge = edge_of(context);
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
