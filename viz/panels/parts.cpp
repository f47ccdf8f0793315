#include "viz/panels/parts.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "viz/app/availability.h"
#include "viz/draw/theme.h"

namespace allocviz::panels {

namespace {

std::vector<std::string> caps_of(std::string_view chord) {
  std::vector<std::string> caps;
  while (!chord.empty()) {
    const std::size_t plus = chord.find('+', 1);  // a leading + is the key itself
    caps.push_back(chord_text(chord.substr(0, plus)));
    chord.remove_prefix(plus == std::string_view::npos ? chord.size() : plus + 1);
  }
  return caps;
}

}  // namespace

float badge_width(const Context& context, std::string_view word) {
  const ui::WithFont font(ui::Font::Small);
  return std::round(ui::text_width(word) + 0.9f * context.em);
}

draw::Color ink_on(const draw::Theme& theme, draw::Color color, draw::Color ground) {
  for (double t = 0; t < 1; t += 0.05) {
    const draw::Color ink = draw::mix(color, theme.text, t);
    if (draw::contrast(ink, ground) >= 4.5) return ink;
  }
  return theme.text;
}

float badge(const Context& context, draw::Rect row, float right, std::string_view word, draw::Color color,
            draw::Color ground) {
  const ui::WithFont font(ui::Font::Small);
  ImDrawList* list = ui::draw_list();
  const float width = badge_width(context, word);
  const float height = std::round(1.3f * context.em);
  const float top = std::round((row.y0 + row.y1 - height) / 2);
  const draw::Rect pill{right - width, top, right, top + height};
  ui::fill(list, pill, ground, height / 2);
  ui::outline(list, pill, color, 1, height / 2);
  ui::text_at(list, {pill.x0 + 0.45f * context.em, top + (height - ui::line_height()) / 2},
              ink_on(context.theme, color, ground), word);
  return width;
}

std::string chord_text(std::string_view chord) {
  struct Name {
    std::string_view key, shown;
  };
  static constexpr Name kNames[] = {{"Right", "→"}, {"Left", "←"}, {"Up", "↑"},      {"Down", "↓"},
                                    {"-", "−"},     {"+", "+"},    {"Escape", "Esc"}};
  const std::size_t plus = chord.rfind('+');
  // "Ctrl++" ends in its key, which is a plus.
  const std::size_t key_at = plus == std::string_view::npos ? 0 : (plus + 1 == chord.size() ? plus : plus + 1);
  std::string text(chord.substr(0, key_at));
  const std::string_view key = chord.substr(key_at);
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& n) { return n.key == key; });
  text += found == std::end(kNames) ? key : found->shown;
  return text;
}

float key_caps(const Context& context, draw::Point at, std::string_view chord, bool painted, float height_em) {
  ImDrawList* list = ui::draw_list();
  const float height = std::round(height_em * context.em);
  float x = at.x;
  for (const std::string& cap : caps_of(chord)) {
    const ui::WithFont font(cap == "I" ? ui::Font::MonoSmall : ui::Font::Small);  // else a bare stroke
    const float width = std::round(std::max(ui::text_width(cap) + 0.8f * context.em, height));
    if (painted) {
      const draw::Rect box{x, at.y, x + width, at.y + height};
      ui::fill(list, box, context.theme.inset, 0.25f * context.em);
      ui::outline(list, box, context.theme.panel_edge, 1, 0.25f * context.em);
      ui::text_at(list, {x + (width - ui::text_width(cap)) / 2, at.y + (height - ui::line_height()) / 2},
                  context.theme.text, cap);
    }
    x += width + 0.25f * context.em;
  }
  return x - at.x - 0.25f * context.em;
}

void dot(const Context& context, draw::Point center, Dot kind) {
  ImDrawList* list = ui::draw_list();
  const float radius = 0.32f * context.em;
  const ImVec2 at(center.x, center.y);
  switch (kind) {
    case Dot::Done:
      list->AddCircleFilled(at, radius, context.theme.ok, 16);
      break;
    case Dot::Current:
      list->AddCircleFilled(at, radius, context.theme.touched, 16);
      break;
    case Dot::Pending:
      list->AddCircle(at, radius - 0.5f, context.theme.text_faint, 16, 1.0f);
      break;
    case Dot::Failed: {
      const float arm = 0.28f * context.em, thick = std::max(1.5f, 0.14f * context.em);
      list->AddLine(ImVec2(at.x - arm, at.y - arm), ImVec2(at.x + arm, at.y + arm), context.theme.failed, thick);
      list->AddLine(ImVec2(at.x - arm, at.y + arm), ImVec2(at.x + arm, at.y - arm), context.theme.failed, thick);
      break;
    }
  }
}

void cursor_bar(const Context& context, draw::Rect row) {
  const float width = std::max(2.0f, std::round(0.2f * context.em));
  ui::fill(ui::draw_list(), {row.x0, row.y0, row.x0 + width, row.y1}, context.theme.touched);
}

float row_text(draw::Rect row, float x, draw::Color color, std::string_view text, float max_width) {
  return ui::text_at(ui::draw_list(), {x, (row.y0 + row.y1 - ui::line_height()) / 2}, color, text, max_width);
}

float row_text_right(draw::Rect row, float right, draw::Color color, std::string_view text) {
  return row_text(row, right - ui::text_width(text), color, text);
}

void command_rows(const Context& context, std::initializer_list<app::Do> commands) {
  for (const app::Do what : commands) {
    const app::CommandInfo& info = app::info_of(what);
    const std::string chord = ui::symbols(chord_text(info.key));
    const bool enabled = app::is_enabled(context.state, info);
    if (ui::menu_item(ui::symbols(info.name).c_str(), chord.c_str(), false, enabled)) {
      context.commands.push(app::command_of(context.state, info));
    }
    if (!info.hint.empty()) ui::tooltip(info.hint);
  }
}

bool row_button(const Context& context, const char* label, draw::Rect row, bool selected) {
  ImGui::SetCursorScreenPos(ImVec2(row.x0, row.y0));
  // Without spacing the row is exactly its rectangle, so neighbours neither overlap nor leave a gap.
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameRounding, 0.0f);
  const bool clicked = ui::selectable(label, selected, {row.width(), row.height()});
  ImGui::PopStyleVar(2);
  if (selected) cursor_bar(context, row);
  return clicked;
}

// A number and its unit stay on one line, and so do the groups of a number, and a number and the sign behind it.
namespace {

// A short command is quoted like `perf script`: typed as one, it is read as one.
bool is_in_quotes(std::string_view text, std::size_t at) {
  constexpr std::size_t kShort = 20;
  if (std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '`') % 2 == 0) return false;
  const std::size_t from = text.rfind('`', at), to = text.find('`', at);
  return to != std::string_view::npos && to - from <= kShort + 1;
}

// Where a word too long for any line breaks, `most` of its characters fitting: behind what joins its parts, as in a
// path or the name of a file, where that is not far from the end; before a last ending, ".zst".
std::size_t break_in_word(std::string_view word, std::size_t most) {
  for (std::size_t at = most; at > most / 2 && at > 1; --at) {
    if (word[at] == '.' || std::string_view("/-_,;:").find(word[at - 1]) != std::string_view::npos) return at;
  }
  return most;
}

}  // namespace

bool holds_together(std::string_view text, std::size_t space) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text[space] == ' ' && is_in_quotes(text, space)) return true;
  if (text[space] != ' ' || space == 0 || !is_digit(text[space - 1])) return false;
  const std::string_view rest = text.substr(space + 1);
  for (const std::string_view sign : {"− ", "÷ ", "= "}) {
    if (rest.substr(0, sign.size()) == sign) return true;
  }
  for (const std::string_view unit : {"B", "KiB", "MiB", "GiB", "TiB", "%", "µs", "ms", "s"}) {
    if (rest.substr(0, unit.size()) != unit) continue;
    const char after = rest.size() > unit.size() ? rest[unit.size()] : ' ';
    if (after == ' ' || after == '\n' || after == '.' || after == ',' || after == ';' || after == ':' || after == ')') {
      return true;
    }
  }
  // "1 048 576": a group of exactly three digits follows.
  return rest.size() >= 3 && is_digit(rest[0]) && is_digit(rest[1]) && is_digit(rest[2]) &&
         (rest.size() == 3 || !is_digit(rest[3]));
}

namespace {

// Where the line that begins `text` breaks: after the last word that fits, or inside a word too long for any line.
std::size_t line_length(std::string_view text, float width) {
  float used = 0;
  std::size_t end = 0;
  while (end < text.size() && text[end] != '\n') {
    std::size_t word = text.find_first_of(" \n", end + 1);
    while (word != std::string_view::npos && holds_together(text, word)) word = text.find_first_of(" \n", word + 1);
    if (word == std::string_view::npos) word = text.size();
    const float more = ui::text_width(text.substr(end, word - end));
    if (end != 0 && used + more > width) break;
    used += more;
    end = word;
    if (used > width) {
      while (end > 1 && ui::text_width(text.substr(0, end)) > width) --end;
      while (end < text.size() && end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
      if (end < text.size()) end = break_in_word(text, end);
      break;
    }
  }
  return end;
}

}  // namespace

std::size_t length_of_lines(std::string_view shown, float width, int lines) {
  std::size_t at = 0;
  for (int i = 0; i < lines && at < shown.size(); ++i) {
    at += line_length(shown.substr(at), width);
    while (at < shown.size() && (shown[at] == ' ' || shown[at] == '\n')) ++at;
  }
  return at;
}

float wrapped(draw::Point at, float width, draw::Color color, std::string_view text, bool painted) {
  const std::string shown = ui::symbols(text);
  const float leading = std::round(0.2f * ui::line_height());
  std::string_view rest = shown;
  float y = at.y;
  // Line by line, so that lines stand a little apart: a paragraph set solid is hard to read.
  while (!rest.empty()) {
    const std::size_t length = line_length(rest, width);
    if (painted) ui::text_at(ui::draw_list(), {at.x, y}, color, rest.substr(0, length));
    y += ui::line_height() + leading;
    rest.remove_prefix(std::min(length + (length < rest.size() && rest[length] == '\n' ? 1u : 0u), rest.size()));
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  }
  return std::max(0.0f, y - at.y - leading);
}

float remark(const Context& context, draw::Point at, float width, const Remark& what, bool painted) {
  const float pad = std::round(0.7f * context.em);
  const float inner = width - 2 * pad;
  const auto body = [&](bool paint) {
    float y = at.y + pad;
    if (!what.title.empty()) {
      const ui::WithFont font(ui::Font::Bold);
      y += wrapped({at.x + pad, y}, inner, context.theme.text, what.title, paint) + std::round(0.35f * context.em);
    }
    if (!what.text.empty()) y += wrapped({at.x + pad, y}, inner, context.theme.text, what.text, paint);
    return y + pad - at.y;
  };
  const float height = std::round(body(false));
  if (!painted) return height;
  const draw::Rect box{at.x, at.y, at.x + width, at.y + height};
  ui::fill(ui::draw_list(), box, what.ground, 0.35f * context.em);
  ui::outline(ui::draw_list(), box, what.edge, 1, 0.35f * context.em);
  body(true);
  return height;
}

}  // namespace allocviz::panels
