// The free list of a slab, written below its grid.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "viz/draw/slab_layout.h"

namespace allocviz::draw {
namespace {

constexpr float kListWordEm = 4.6f;

// Writes the list from left to right, over as many lines as its form has.
class ListWriter {
 public:
  ListWriter(SlabScene& out, const Style& style, Rect at, const ListForm& form)
      : out_(out),
        style_(style),
        form_(form),
        x0_(at.x0 + kListWordEm * style.em),
        x1_(at.x1),
        x_(at.x0),
        row_{at.x0, at.y0, at.x1, std::floor(at.y0 + 1.6f * style.em)},
        lines_left_(form.lines - 1) {}

  void title(const char* text) {
    word(text, Tone::Dim, kListWordEm * style_.em);
    x_ = x0_;
  }
  void rest_of_line(std::string text) { word(std::move(text), Tone::Dim, x1_ - x_); }
  [[nodiscard]] bool has_room_for(const std::string& text) const { return style_.width(Type::Small, text) <= x1_ - x_; }
  // Whether there is room for a pill and, when more follow it, for them or for how many they are.
  [[nodiscard]] bool admits(std::size_t left) {
    // The last takes the word after it along to the next line.
    const float after = left == 1 ? 0.35f * style_.em + end_width() : 0;
    if (x_ + form_.pill + after > x1_ && lines_left_ > 0) {
      --lines_left_;
      x_ = x0_;
      row_.y0 += kListLineEm * style_.em;
      row_.y1 += kListLineEm * style_.em;
    }
    // A next pill that is not the last would want room for the words itself.
    const bool both_end = left == 2 && x_ + 2 * form_.pill + form_.arrow <= x1_;
    const bool another = left > 1 && (lines_left_ > 0 || both_end);
    const float rest = left > 1 && !another ? form_.arrow + style_.width(Type::Small, more(left - 1)) : 0;
    return x_ + form_.pill + rest <= x1_;
  }
  [[nodiscard]] static std::string more(std::size_t left) { return fmt::format("+{} more", trace::count_text(left)); }
  void pill(std::string text, std::uint64_t offset, bool touched, bool last) {
    out_.scene.chips.push_back(
        {{std::floor(x_), row_.y0 + 1, std::floor(x_ + form_.pill), row_.y1 - 1}, std::move(text), offset, touched});
    x_ += form_.pill;
    if (!last) word("→", Tone::Faint, form_.arrow, Align::Center);
    x_ += form_.arrow;
  }
  void end() {
    const float width = end_width();
    x_ += 0.35f * style_.em - form_.arrow;
    if (x_ + width <= x1_) word("→ end", Tone::Faint, width);
  }

 private:
  [[nodiscard]] float end_width() const { return style_.width(Type::Small, "→ end") + 1; }
  void word(std::string text, Tone tone, float width, Align align = Align::Left) {
    Label& label = out_.scene.labels.emplace_back();
    label.rect = {x_, row_.y0, x_ + width, row_.y1};
    label.text = std::move(text);
    label.tone = tone;
    label.align = align;
  }

  SlabScene& out_;
  const Style& style_;
  const ListForm& form_;
  float x0_, x1_, x_;
  Rect row_;
  int lines_left_;
};

}  // namespace

ListForm list_form(const SlabInput& input, std::uint64_t count, std::uint64_t block_bytes) {
  const Style& style = input.style;
  const float em = style.em;
  const std::string number = std::to_string(count - 1);
  ListForm form;
  form.arrow = 1.2f * em;
  form.pill = std::max(2.2f * em, style.width(Type::MonoSmall, number) + em);
  const std::string both = number + " · " + offset_of(input, (count - 1) * block_bytes);
  const float wide = style.width(Type::MonoSmall, both) + 0.9f * em;
  const float room = input.rect.width() - kListWordEm * em;
  const auto a_line = static_cast<std::uint64_t>(std::max(0.0f, (room + form.arrow) / (wide + form.arrow)));
  const int most = input.rect.height() > 14 * em ? 2 : 1;
  if (count > a_line * static_cast<std::uint64_t>(most)) return form;
  form.with_offsets = true;
  form.lines = count > a_line ? 2 : 1;
  form.pill = wide;
  return form;
}

void add_list(const SlabInput& input, SlabScene& out, Rect at, const ListForm& form) {
  if (input.census.free_lists.empty()) return;
  const std::vector<std::uint64_t>& offsets = input.census.free_lists.front().offsets;
  ListWriter writer(out, input.style, at, form);
  writer.title("free list");
  if (offsets.empty()) {
    const std::string why = "– empty: a request now would fail";
    writer.rest_of_line(writer.has_room_for(why) ? why : "– empty");
    return;
  }
  const alloc::Step* step = input.now.current();
  const bool pushed = step != nullptr && step->kind == alloc::StepKind::Push;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::size_t left = offsets.size() - i;
    if (!writer.admits(left)) {
      writer.rest_of_line(ListWriter::more(left));
      return;
    }
    std::string text = std::to_string(offsets[i] / out.grid.block_bytes);
    if (form.with_offsets) text += " · " + offset_of(input, offsets[i]);
    writer.pill(std::move(text), offsets[i], pushed && step->offset == offsets[i], left == 1);
  }
  writer.end();
}

}  // namespace allocviz::draw
