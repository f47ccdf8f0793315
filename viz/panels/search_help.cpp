#include "viz/panels/search_help.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "viz/app/query.h"
#include "viz/panels/flow.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr std::size_t kMostSuggestions = 3;

void push_filter(const Context& context, std::string text) {
  context.commands.push({.what = app::Do::SetFilter, .text = std::move(text)});
}

// An example and, below it, what it means; drawn and placed only where the flow paints.
void phrase(Flow& flow, const app::Phrase& phrase) {
  const Context& context = flow.context;
  const float top = flow.y;
  flow.gap(0.25f);
  {
    const ui::WithFont font(ui::Font::MonoSmall);
    flow.text(phrase.example, context.theme.live);
  }
  {
    const ui::WithFont font(ui::Font::Small);
    flow.text(phrase.means, context.theme.text_dim, 0.8f * context.em);
  }
  flow.gap(0.25f);
  flow.may_cut();
  if (!flow.painted) return;
  const std::string label = fmt::format("##{}", phrase.example);
  const bool hovered = ui::canvas(label.c_str(), {flow.x, top, flow.x + flow.width, flow.y});
  ui::tooltip("A click searches for this");
  if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (ImGui::IsItemClicked(0)) push_filter(context, std::string(phrase.example));
}

}  // namespace

void search_help(const Context& context, draw::Rect rect) {
  scrolled(context, rect, {.name = "search language"}, [](Flow& flow) {
    const ui::WithFont font(ui::Font::Small);
    flow.text("Words side by side must all hold. A click on an example searches for it.", flow.context.theme.text_dim);
    flow.gap(0.3f);
    flow.may_cut();
    for (const app::Phrase& each : app::language()) phrase(flow, each);
    flow.text("\"two words\" in quotes are one text. Numbers lie in from..to or are compared with < <= = >= >.",
              flow.context.theme.text_dim);
    flow.may_cut();
  });
}

float suggestions(const Context& context, draw::Rect rect) {
  const app::State& state = context.state;
  const std::vector<const app::Phrase*> found = app::completions(state.filter.text);
  const bool begun = !state.filter.text.empty() && state.filter.text.back() != ' ';
  if (!begun || found.size() > 6) return rect.y0;
  float y = rect.y0;
  for (std::size_t i = 0; i < std::min(found.size(), kMostSuggestions); ++i) {
    const ui::WithFont font(ui::Font::MonoSmall);
    const draw::Rect row{rect.x0, y, rect.x1, y + std::round(ui::line_height() * 1.2f)};
    const std::string label = fmt::format("##becomes {}", found[i]->begins);
    const bool hovered = ui::canvas(label.c_str(), row);
    if (hovered) ui::fill(ui::draw_list(), row, context.theme.row_hover);
    ui::tooltip(found[i]->means);
    if (hovered && ImGui::IsMouseClicked(0)) {
      push_filter(context, app::completed(state.filter.text, *found[i]));
      context.commands.push(app::Do::ShowFind);
    }
    const float used = row_text(row, rect.x0 + 0.3f * context.em, context.theme.live, found[i]->begins);
    const float left = rect.x0 + used + 0.9f * context.em;
    const ui::WithFont small(ui::Font::Small);
    row_text(row, left, context.theme.text_faint,
             i == 0 ? fmt::format("Tab · {}", found[i]->means) : std::string(found[i]->means), rect.x1 - left);
    y = row.y1;
  }
  return found.empty() ? y : y + std::round(0.3f * context.em);
}

std::string complete_search(std::string_view text) {
  if (text.empty() || text.back() == ' ') return {};
  const std::vector<const app::Phrase*> found = app::completions(text);
  return found.empty() || found.size() > 6 ? std::string{} : app::completed(text, *found.front());
}

}  // namespace allocviz::panels
