#include "viz/panels/flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

// Where a view `seen` high may begin and end; of a window too low for any, a pixel is.
class Cuts {
 public:
  Cuts(std::vector<float> at, float height, float seen, float widest_gap)
      : at_(std::move(at)), height_(height), seen_(std::max(seen, 1.0f)), widest_gap_(widest_gap) {
    at_.push_back(0);
    at_.push_back(height);
    std::sort(at_.begin(), at_.end());
  }
  // Where the last view would show the mere end of a paragraph, there is room left below, to begin behind it instead.
  void spare_tails(const std::vector<draw::Span>& wholes) {
    if (fits()) return;
    for (const draw::Span& whole : wholes) {
      const auto top = static_cast<float>(whole.from), end = static_cast<float>(whole.to);
      if (last_start() <= top || last_start() >= end) continue;
      height_ = past_gap(end) + seen_;
      at_.push_back(height_);
    }
  }
  [[nodiscard]] float height() const { return height_; }
  [[nodiscard]] bool fits() const { return height_ <= seen_; }
  [[nodiscard]] float last_start() const {
    return fits() ? 0 : *std::lower_bound(at_.begin(), at_.end(), height_ - seen_);
  }
  [[nodiscard]] float nearest(float y) const {
    y = std::clamp(y, 0.0f, last_start());
    const auto above = std::lower_bound(at_.begin(), at_.end(), y);
    if (above == at_.begin()) return *above;
    return *above - y < y - *(above - 1) ? *above : *(above - 1);
  }
  // A line taller than the view is cut after all.
  [[nodiscard]] float end_after(float start) const {
    const float last = *(std::upper_bound(at_.begin(), at_.end(), start + seen_) - 1);
    return last > start ? last : start + seen_;
  }
  // The start nearest to `start` at which [from, to] is in view; what is taller than the view begins at its top.
  [[nodiscard]] float showing(draw::Span what, float start, const std::vector<draw::Span>& wholes) const {
    const auto from = static_cast<float>(what.from), to = static_cast<float>(what.to);
    if (from >= start && to <= end_after(start)) return start;
    if (to > end_after(start)) {
      const auto below = std::lower_bound(at_.begin(), at_.end(), to - seen_);
      start = std::min(past_gap(*below), from);
    } else {
      start = from;
    }
    start = std::clamp(start, 0.0f, last_start());
    for (const draw::Span& whole : wholes) {
      const auto top = static_cast<float>(whole.from), end = static_cast<float>(whole.to);
      if (start <= top || start >= end) continue;
      if (end_after(top) >= to) return top;
      return std::min({past_gap(end), from, last_start()});
    }
    return start;
  }

 private:
  // A view does not begin with the gap between two paragraphs.
  [[nodiscard]] float past_gap(float start) const {
    const auto next = std::upper_bound(at_.begin(), at_.end(), start);
    return start > 0 && next != at_.end() && *next - start <= widest_gap_ ? *next : start;
  }

  std::vector<float> at_;
  float height_, seen_, widest_gap_;
};

struct Word {
  std::string text;
  bool bold = false, stressed = false;
  bool joined = false;  // the next one follows without a space
};

// Cut at spaces and where the emphasis changes.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  Word word;
  const auto finish = [&](bool joined) {
    if (!word.text.empty()) words.push_back({ui::symbols(word.text), word.bold, word.stressed, joined});
    word.text.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      const bool twice = i + 1 < text.size() && text[i + 1] == '*';
      finish(true);
      bool& style = twice ? word.bold : word.stressed;
      style = !style;
      i += twice ? 1u : 0u;
    } else if (text[i] == ' ' && !holds_together(text, i)) {
      finish(false);
      if (!words.empty()) words.back().joined = false;
    } else if (text[i] != '`') {
      word.text += text[i];
    }
  }
  finish(false);
  return words;
}

}  // namespace

void Flow::gap(float ems) {
  may_cut();
  y += std::round(ems * context.em);
  may_cut();
}

void Flow::text(std::string_view words, draw::Color color, float indent) {
  const float height = wrapped({x + indent, y}, width - indent, color, words, painted);
  const float leading = std::round(0.2f * ui::line_height());
  const float pitch = ui::line_height() + leading;
  for (float line = pitch; line < height; line += pitch) cuts.push_back(std::floor(y + line - leading / 2));
  y += height;
}

void Flow::prose(std::string_view words, draw::Color color, float indent) {
  if (words.find_first_of("*`") == std::string_view::npos) return text(words, color, indent);
  const float leading = std::round(0.2f * ui::line_height());
  const float pitch = ui::line_height() + leading, space = ui::text_width(" ");
  float at = 0;
  bool glued = false;
  for (const Word& word : words_of(words)) {
    const ui::WithFont font(word.bold ? ui::Font::Bold : ui::Font::Body);
    const float wide = ui::text_width(word.text);
    const bool sign = glued && word.text.size() == 1;  // a comma stays with its word
    glued = word.joined;
    const auto next_line = [&] {
      at = 0;
      y += pitch;
      cuts.push_back(std::floor(y - leading / 2));
    };
    if (at > 0 && !sign && at + wide > width - indent) next_line();
    // A word too long for any line, the path of a program, goes on in the next one.
    std::string_view rest = word.text;
    while (!rest.empty()) {
      const std::size_t length =
          at > 0 ? rest.size() : std::max<std::size_t>(length_of_lines(rest, width - indent, 1), 1);
      const std::string_view piece = rest.substr(0, length);
      const float left = x + indent + at, right = left + ui::text_width(piece);
      if (painted) {
        ui::text_at(ui::draw_list(), {left, y}, color, piece);
        const float under = std::round(y + ui::line_height());
        if (word.stressed) ui::fill(ui::draw_list(), {left, under, right, under + 1}, context.theme.text_dim);
        if (wide > width - indent) ui::place(piece, {left, y, right, under});
      }
      at = right - x - indent;
      rest.remove_prefix(length);
      if (!rest.empty()) next_line();
    }
    at += word.joined ? 0 : space;
  }
  y += ui::line_height();
}

namespace {

// Whether the part of this name has another width or height than when this was asked last.
bool is_resized(const char* name, draw::Rect rect) {
  const ImGuiID now = ImGui::GetID(fmt::format("{} {} x {}", name, rect.width(), rect.height()).c_str());
  int* last = ImGui::GetStateStorage()->GetIntRef(ImGui::GetID(fmt::format("{} size", name).c_str()));
  return std::exchange(*last, static_cast<int>(now)) != static_cast<int>(now);
}

}  // namespace

float flow_width(draw::Rect rect, float pad) {
  return rect.width() - pad - std::max(pad, ImGui::GetStyle().ScrollbarSize + 2);
}

float scrolled(const Context& context, draw::Rect rect, const Scrolled& what, const std::function<void(Flow&)>& draw) {
  const float width = flow_width(rect, what.pad);
  Flow measured{.context = context, .width = width, .painted = false};
  draw(measured);
  Cuts cuts(std::move(measured.cuts), std::ceil(measured.y), rect.height(), std::round(0.8f * context.em));
  cuts.spare_tails(measured.wholes);
  const float height = cuts.height();

  float* scroll = ImGui::GetStateStorage()->GetFloatRef(ImGui::GetID(what.name), 0);
  float start = what.anew ? 0 : *scroll;
  if (!ImGui::IsMouseDown(0)) start = cuts.nearest(start);
  // What was in sight stays so in a part of another size; what was scrolled out of sight by hand does not come back.
  int* in_sight = ImGui::GetStateStorage()->GetIntRef(ImGui::GetID(fmt::format("{} in sight", what.name).c_str()));
  const bool resized = is_resized(what.name, rect) && *in_sight != 0;
  if ((what.anew || what.moved || resized) && measured.in_view)
    start = cuts.showing(*measured.in_view, start, measured.wholes);
  const float top_of_it = measured.in_view ? static_cast<float>(measured.in_view->from) : start;
  *in_sight = top_of_it >= start && top_of_it < cuts.end_after(start) ? 1 : 0;
  ImGui::SetNextWindowContentSize(ImVec2(0, height));  // known before anything is drawn: the first frame scrolls, too
  if (start != *scroll) ui::scroll_next_region(start);
  const float seen = cuts.fits() ? rect.height() : cuts.end_after(start) - start;
  ui::begin_region(what.name, {rect.x0, rect.y0, rect.x1, rect.y0 + seen});
  *scroll = ImGui::GetScrollY();
  if (*scroll != start) ui::want_frame();  // the wheel moved it: the next frame begins at a whole line
  const ImVec2 top = ImGui::GetCursorScreenPos();
  Flow flow{.context = context, .x = top.x + what.pad, .y = top.y, .width = width};
  draw(flow);
  ImGui::SetCursorScreenPos(ImVec2(top.x, top.y + height - 1));
  ImGui::Dummy(ImVec2(1, 1));
  ui::end_region();
  return *scroll;
}

}  // namespace allocviz::panels
