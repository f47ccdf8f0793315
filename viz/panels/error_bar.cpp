#include "viz/panels/error_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/app/loader.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

struct Words {
  std::string what, more;  // what is wrong; where, and what to do
};

// "No such file" / "lesson.json, line 12, event 3: write a number".
Words words_of(const trace::Trouble& trouble) {
  const trace::Trouble only_place{"", trouble.where, ""};
  std::string where = only_place.text();
  while (!where.empty() && (where.back() == ' ' || where.back() == ':')) where.pop_back();
  std::string more = where;
  if (!trouble.todo.empty()) more += (more.empty() ? "" : ": ") + trouble.todo;
  std::string what = trouble.what;
  if (!what.empty() && what[0] >= 'a' && what[0] <= 'z') what[0] = static_cast<char>(what[0] - 'a' + 'A');
  return {std::move(what), std::move(more)};
}

// What went wrong, and what did not: what is open is as it was.
Words words_of(const app::State& state) {
  Words words = words_of(*state.trouble);
  if (state.document.placeholder || state.document.title.empty()) return words;
  words.more += words.more.empty() ? "" : ". ";
  // Of a log whose rest is at fault, or of which not everything was read when another was opened.
  if (state.document.first_part) {
    const bool goes_on = app::is_reading_rest(state);
    words.more +=
        fmt::format("The first {} events of \"{}\" stay open{}.", trace::count_text(state.document.trace->size()),
                    state.document.title, goes_on ? ", and the rest of it is still being read" : "");
  } else {
    words.more += fmt::format("\"{}\" stays open as it was.", state.document.title);
  }
  return words;
}

float close_width(const Context& context) {
  return std::round(2.2f * context.em);
}

float text_left(const Context& context) {
  return std::round(2.4f * context.em);
}

float draw_words(const Context& context, draw::Rect rect, const Words& words, bool painted) {
  const float x = rect.x0 + text_left(context);
  const float width = rect.width() - text_left(context) - close_width(context) - context.em;
  float y = rect.y0 + std::round(0.6f * context.em);
  {
    const ui::WithFont font(ui::Font::Bold);
    y += wrapped({x, y}, width, context.theme.text, words.what, painted);
  }
  if (!words.more.empty()) {
    y += std::round(0.3f * context.em);
    y += wrapped({x, y}, width, context.theme.text, words.more, painted);
  }
  return y + std::round(0.6f * context.em) - rect.y0;
}

}  // namespace

float error_bar_height(const Context& context, float width) {
  if (!context.state.trouble) return 0;
  return std::round(draw_words(context, {0, 0, width, 0}, words_of(context.state), false));
}

void error_bar(const Context& context, draw::Rect rect) {
  if (!context.state.trouble) return;
  ui::begin_region("error", rect, ui::kFixed);
  const draw::Theme& theme = context.theme;
  ui::fill(ui::draw_list(), rect, theme.failed_fill, 0.35f * context.em);
  ui::outline(ui::draw_list(), rect, theme.failed, 1, 0.35f * context.em);
  const float em = context.em;
  const draw::Rect line{rect.x0, rect.y0 + 0.3f * em, rect.x1, rect.y0 + 2 * em};
  row_text(line, rect.x0 + 0.9f * em, theme.failed, "✕");
  const Words words = words_of(context.state);
  draw_words(context, rect, words, true);
  ui::place("what", rect);
  ui::place(words.more, rect);
  const float side = std::min(close_width(context), rect.height() - 2);
  ImGui::SetCursorScreenPos(ImVec2(rect.x1 - side - 0.4f * em, rect.y0 + std::round((rect.height() - side) / 2)));
  const auto cross = [](ImDrawList* list, draw::Rect box, draw::Color color) {
    const float pad = 0.34f * box.width();
    const float thick = std::max(1.5f, box.width() / 18);
    list->AddLine(ImVec2(box.x0 + pad, box.y0 + pad), ImVec2(box.x1 - pad, box.y1 - pad), color, thick);
    list->AddLine(ImVec2(box.x1 - pad, box.y0 + pad), ImVec2(box.x0 + pad, box.y1 - pad), color, thick);
  };
  if (ui::icon_button("##dismiss", "Dismiss", cross, {side, side})) context.commands.push(app::Do::DismissError);
  ui::end_region();
}

}  // namespace allocviz::panels
