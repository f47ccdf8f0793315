#include "viz/draw/strip.h"

#include <algorithm>
#include <cmath>

#include "viz/draw/lod.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {
namespace {

double end_of(const replay::Block& block) {
  return static_cast<double>(block.offset) + static_cast<double>(block.size);
}

void add_block_shares(Columns& row, const replay::Block& block, Color tint) {
  const auto from = static_cast<double>(block.offset);
  if (block.state != replay::BlockState::Live) {
    row.add_share(from, end_of(block), look_of(block.state));
    return;
  }
  const double solid = from + static_cast<double>(std::min(block.requested, block.size));
  row.add_live(from, solid, end_of(block));
  if (tint != 0) row.add_tint(from, solid, tint);
}

Color tint_of(const replay::Block& block, const StripOptions& options) {
  return options.tint_of && block.state == replay::BlockState::Live ? options.tint_of(block) : 0;
}

// Black or white, whichever is read better on a tint.
Tone tone_on(Color tint) {
  return contrast(tint, rgb(0x000000)) > contrast(tint, rgb(0xffffff)) ? Tone::OnLight : Tone::OnDark;
}

const char* word_of(Look look, const char* free_word) {
  switch (look) {
    case Look::Free:
      return free_word;
    case Look::Fresh:
      return "never used";
    case Look::Split:
      return "split";
    case Look::Gap:
      return "not managed";
    case Look::InFlight:
      return "in flight";
    case Look::Dead:
      return "dead";
    case Look::Live:
    case Look::Waste:
    case Look::Padding:
      break;
  }
  return "";
}

void add_plain_label(Scene& scene, const Box& box, const Style& style, const char* free_word) {
  const char* word = word_of(box.look, free_word);
  if (*word == '\0') return;
  const float room = box.rect.width() - 0.5f * style.em;
  const Tone tone = box.look == Look::InFlight ? Tone::Touched : box.look == Look::Free ? Tone::Dim : Tone::Faint;
  const bool sized = box.look == Look::Free || box.look == Look::Gap;
  const float bare = style.width(Type::Small, word);
  if (bare > room) return;
  std::string text = sized ? word + ("  " + trace::size_text(box.size)) : std::string(word);
  if (sized && style.width(Type::Small, text) > room) text = word;
  scene.labels.push_back({box.rect, std::move(text), tone, Type::Small, Align::Center});
}

Tone tone_of(const Box& box) {
  return box.tint != 0 ? tone_on(box.tint) : box.look == Look::Live ? Tone::OnLive : Tone::Dim;
}

// The name alone, on one line; where the requested bytes are narrower than it, over the hatch on a ground of its own.
void add_bare_name(Scene& scene, const Box& box, const Style& style, float solid, std::string name, float name_width) {
  const float em = style.em;
  if (name.empty()) return;
  const float pad = std::min(0.55f * em, 0.2f * solid);
  Label label{{box.rect.x0 + pad, box.rect.y0, box.rect.x0 + solid, box.rect.y1},
              std::move(name),
              tone_of(box),
              Type::Bold,
              Align::Left};
  if (name_width > solid - 0.2f * em) {
    label.grounded = true;
    label.rect.x0 = box.rect.x0 + std::min(0.45f * em, (box.rect.width() - name_width) / 2);
    label.rect.x1 = label.rect.x0 + name_width + 1;
  } else if (name_width > label.rect.width() || solid < 2.4f * em) {
    label.rect.x0 = box.rect.x0;
    label.align = Align::Center;
  }
  scene.labels.push_back(std::move(label));
}

// "A" over "100 B" where the row is high, "A  100 B" where it is low, "A" where there is room for no more.
void add_name_label(Scene& scene, const Box& box, const replay::Block& block, const Style& style, const NameOf& name_of,
                    bool sized) {
  const float em = style.em;
  const float solid = (box.look == Look::Live ? box.solid_x : box.rect.x1) - box.rect.x0;
  std::string name = name_of ? name_of(block.born) : std::string();
  float name_width = style.width(Type::Bold, name);
  if (name_width > box.rect.width() - 0.2f * em) {
    name.clear();
    name_width = 0;
  }
  if (!sized) return add_bare_name(scene, box, style, solid, std::move(name), name_width);
  std::string size = telling_size(block.requested);
  const float size_width = style.width(Type::MonoSmall, size);
  // Room on both sides, less of it, and on both alike, where the size would not fit otherwise.
  const float spare = std::max(0.2f * em, (solid - std::max(size_width, name_width)) / 2);
  const float pad = std::min({0.55f * em, 0.2f * solid, spare});
  const Rect text{box.rect.x0 + pad, box.rect.y0, box.rect.x0 + solid - 0.15f * em, box.rect.y1};
  const float least = style.width(Type::MonoSmall, "1 B");
  if (text.width() < std::max(least, name_width)) {
    add_bare_name(scene, box, style, solid, std::move(name), name_width);
    return;
  }
  const Tone tone = tone_of(box);
  if (box.rect.height() >= 2.2f * em && size_width <= text.width()) {
    const float middle = std::floor((text.y0 + text.y1) / 2);
    if (!name.empty()) {
      scene.labels.push_back(
          {{text.x0, middle - 1.15f * em, text.x1, middle}, std::move(name), tone, Type::Bold, Align::Left});
    }
    scene.labels.push_back(
        {{text.x0, middle, text.x1, middle + 1.1f * em}, std::move(size), tone, Type::MonoSmall, Align::Left});
    return;
  }
  const float gap = name.empty() ? 0 : 0.6f * em;
  if (name_width + gap + size_width > text.width()) {
    add_bare_name(scene, box, style, solid, std::move(name), name_width);
    return;
  }
  const float from = text.x0 + name_width + gap;
  if (!name.empty()) scene.labels.push_back({text, std::move(name), tone, Type::Bold, Align::Left});
  scene.labels.push_back({{from, text.y0, text.x1, text.y1}, std::move(size), tone, Type::MonoSmall, Align::Left});
}

void add_box_labels(Scene& scene, const Box& box, const replay::Block* block, const Style& style, const NameOf& name_of,
                    const StripOptions& options) {
  if (box.rect.height() < 0.85f * style.em || box.rect.width() < 0.8f * style.em) return;
  if (block != nullptr && block->state == replay::BlockState::Live) {
    add_name_label(scene, box, *block, style, name_of, options.sizes);
  } else {
    add_plain_label(scene, box, style, options.free_word);
    if (block == nullptr || !box.touched || box.look != Look::Dead || !name_of) return;
    // What was freed just now is called by its name where there is no room for what it is.
    std::string name = name_of(block->born);
    const bool is_said = style.width(Type::Small, "dead") <= box.rect.width() - 0.5f * style.em;
    if (is_said || style.width(Type::Bold, name) > box.rect.width() - 0.4f * style.em) return;
    scene.labels.push_back({box.rect, std::move(name), Tone::Dim, Type::Bold, Align::Center});
  }
}

constexpr double kLabelEm = 9;  // a piece this wide has room for a name and a size

// A row's piece of a block is open where the block runs beyond the row, and reaches the row's very end there.
void open_ends(Box& box, const ByteAxis& axis) {
  box.from_before = static_cast<double>(box.offset) < axis.bytes.from;
  box.goes_on = static_cast<double>(box.offset) + static_cast<double>(box.size) > axis.bytes.to;
  if (!box.goes_on) return;
  if (box.solid_x >= box.rect.x1) box.solid_x = axis.x1;
  box.rect.x1 = axis.x1;
}

struct Candidate {
  std::size_t block = 0;
  double px = 0;
};

// The width below which blocks are summed up so that at most max_boxes remain: doubled until they fit.
double narrowest(const std::vector<Candidate>& candidates, std::size_t max_boxes) {
  double limit = kBoxPx;
  const auto wide = [&] {
    return static_cast<std::size_t>(
        std::count_if(candidates.begin(), candidates.end(), [limit](const Candidate& c) { return c.px >= limit; }));
  };
  while (wide() > max_boxes) limit *= 2;
  return limit;
}

}  // namespace

Box box_of(std::uint64_t offset, std::uint64_t size, std::uint64_t requested, Look look, const ByteAxis& axis,
           Rect row) {
  const auto from = static_cast<double>(offset);
  Box box;
  box.look = look;
  box.offset = offset;
  box.size = size;
  box.rect = {axis.snapped(from), row.y0, axis.snapped(from + static_cast<double>(size)), row.y1};
  if (box.rect.width() >= 4) box.rect.x1 -= 1;
  box.solid_x = box.rect.x1;
  if (look == Look::Live && requested < size) {
    box.solid_x = std::clamp(axis.snapped(from + static_cast<double>(requested)), box.rect.x0, box.rect.x1);
    // Waste that is less than a pixel is seen all the same, as long as the block is seen beside it.
    const float width = box.rect.width();
    if (width >= 6) box.solid_x = std::min(box.solid_x, box.rect.x1 - (width >= 10 ? 2 : 1));
  }
  return box;
}

bool is_labelled_piece(const Rows& rows, double row_from, double from, double to, double least_bytes) {
  from = std::max(from, rows.view.from) - rows.view.from;
  to = std::min(to, rows.view.to) - rows.view.from;
  const double first = std::floor(from / rows.bytes), next = (first + 1) * rows.bytes;
  const double in_first = std::min(to, next) - from, in_next = std::min(to, next + rows.bytes) - next;
  const bool has_room = in_first >= std::min(least_bytes, rows.bytes);
  const double labelled = has_room || in_first >= in_next ? first : first + 1;
  return std::round((row_from - rows.view.from) / rows.bytes) == labelled;
}

void apply_focus(Box& box, const Focus& focus) {
  box.touched = std::any_of(focus.touched.begin(), focus.touched.end(), [&box](const Touch& touch) {
    return touch.offset == box.offset && (touch.size == box.size || touch.size == 0);
  });
  box.selected = focus.selected && box.look != Look::Split && *focus.selected >= box.offset &&
                 *focus.selected - box.offset < box.size;
}

void add_box(Scene& scene, const Box& box, const replay::Block* block, const Style& style, const NameOf& name_of,
             const StripOptions& options) {
  const std::size_t first = scene.labels.size();
  if (options.labels) add_box_labels(scene, box, block, style, name_of, options);
  for (std::size_t i = first; i < scene.labels.size(); ++i) scene.labels[i].box = static_cast<int>(scene.boxes.size());
  scene.boxes.push_back(box);
}

std::string telling_size(std::uint64_t bytes) {
  constexpr std::uint64_t kFewDigits = 10'000;
  if (bytes < kFewDigits && bytes % 1024 != 0) return trace::exact_size_text(bytes);
  std::string shortly = trace::size_text(bytes);
  const std::uint64_t unit = bytes < (std::uint64_t{1} << 20)   ? std::uint64_t{1} << 10
                             : bytes < (std::uint64_t{1} << 30) ? std::uint64_t{1} << 20
                                                                : std::uint64_t{1} << 30;
  if (shortly.find('.') != std::string::npos || bytes % unit == 0) return shortly;
  return shortly.insert(shortly.rfind(' '), ".0");
}

void add_pin(Scene& scene, const ByteAxis& axis, Rect row, const Touch& block, bool selected) {
  const auto from = static_cast<double>(block.offset);
  const double to = from + static_cast<double>(block.size);
  if (to <= axis.bytes.from || from >= axis.bytes.to) return;
  const bool drawn = std::any_of(scene.boxes.begin(), scene.boxes.end(), [&](const Box& box) {
    return box.offset == block.offset && box.size == block.size && box.rect.y0 == row.y0;
  });
  if (drawn) return;
  const float x = axis.snapped((from + to) / 2);
  Box pin;
  pin.rect = {std::max(axis.x0, x - 2), row.y0, std::min(axis.x1, x + 2), row.y1};
  pin.offset = block.offset;
  pin.size = block.size;
  (selected ? pin.selected : pin.touched) = true;
  scene.pins.push_back(pin);
}

void add_refused(Scene& scene, const ByteAxis& axis, Rect row, const Focus& focus, const Style& style) {
  if (!focus.refused) return;
  const auto byte = static_cast<double>(*focus.refused);
  if (byte < axis.bytes.from || byte >= axis.bytes.to) return;
  const float x = axis.snapped(byte);
  const float half = 0.5f * style.em;
  // The words it would run through make way where they have the room.
  for (Label& label : scene.labels) {
    const float width = style.width(label.type, label.text), past = x + 0.6f * style.em;
    if (label.align != Align::Left || label.rect.y0 < row.y0 - 1 || label.rect.y1 > row.y1 + 1) continue;
    if (label.rect.x0 > past || label.rect.x0 + width < x - half || past + width > label.rect.x1) continue;
    label.rect.x0 = past;
  }
  // The sign wholly in the row, where that is high enough for it.
  const bool high = row.height() >= 1.6f * style.em;
  const float top = high ? row.y0 + 0.15f * style.em : row.y0 - 0.4f * style.em;
  scene.links.push_back({{x, high ? top + style.em : row.y0}, {x, row.y1}, LinkKind::Line, Tone::Failed});
  scene.labels.push_back({{x - half, top, x + half, top + style.em}, "✕", Tone::Failed, Type::Bold, Align::Center});
}

void add_strip(Scene& scene, const replay::Census& census, const ByteAxis& axis, Rect row, const Focus& focus,
               const Style& style, const NameOf& name_of, const StripOptions& options) {
  const auto columns = static_cast<std::size_t>(std::max(axis.columns(), 0));
  const std::size_t first_column = scene.columns.size();
  scene.bands.push_back({{axis.x0, row.y0, axis.x1, row.y1}, first_column});
  scene.columns.resize(first_column + columns);
  Columns band({scene.columns.data() + first_column, columns}, axis);

  const double px_per_byte = 1.0 / axis.bytes_per_px();
  std::vector<Candidate> candidates;
  const auto take_run = [&](const replay::Digest::Run& run) {
    const std::optional<std::size_t> column = only_column(run, axis);
    if (!column) return false;
    if (options.tint_of && run.has_live) {  // the column's tint is that of its largest block, unless that has none
      const replay::Block& largest = census.blocks[run.first + run.largest];
      const Color tint = options.tint_of(largest);
      if (tint == 0) return false;
      const auto from = static_cast<double>(largest.offset);
      band.add_tint(from, from + static_cast<double>(std::min(largest.requested, largest.size)), tint);
    }
    for (const replay::Digest::Part& part : options.digest->by_state(run)) {
      band.add_hidden_part(*column, static_cast<double>(part.solid), static_cast<double>(part.rounding),
                           look_of(part.state), part.blocks);
    }
    scene.hides = true;
    return true;
  };
  for_each_in_view(census, options.digest, axis.bytes, take_run, [&](const replay::Block& block, std::size_t i) {
    const double px = static_cast<double>(block.size) * px_per_byte;
    const bool wide = px >= kBoxPx;
    if (wide) candidates.push_back({i, px});
    scene.hides = scene.hides || !wide;
    const Color tint = tint_of(block, options);
    if (wide || tint != 0) {
      add_block_shares(band, block, tint);
      if (!wide) band.add_hidden(static_cast<double>(block.offset), end_of(block));
      return;
    }
    const auto from = static_cast<double>(block.offset);
    const bool live = block.state == replay::BlockState::Live;
    const double solid = live ? from + static_cast<double>(std::min(block.requested, block.size)) : end_of(block);
    band.add_hidden_block(from, solid, end_of(block), look_of(block.state));
  });
  const double limit = narrowest(candidates, options.max_boxes);
  StripOptions unlabelled;
  unlabelled.labels = false;
  for (const Candidate& candidate : candidates) {
    const replay::Block& block = census.blocks[candidate.block];
    if (candidate.px < limit) {
      band.add_hidden(static_cast<double>(block.offset), end_of(block));
      scene.hides = true;
      continue;
    }
    Box box = box_of(block.offset, block.size, block.requested, look_of(block.state), axis, row);
    box.tint = tint_of(block, options);
    apply_focus(box, focus);
    if (options.rows) open_ends(box, axis);
    // The bytes that a label would stand on: the requested ones.
    const auto from = static_cast<double>(block.offset);
    const bool live = block.state == replay::BlockState::Live && block.requested > 0;
    const double to = live ? from + static_cast<double>(std::min(block.requested, block.size)) : end_of(block);
    const bool labelled =
        !options.rows || is_labelled_piece(*options.rows, axis.bytes.from, from, to, kLabelEm * style.em / px_per_byte);
    add_box(scene, box, labelled ? &block : nullptr, style, name_of, labelled ? options : unlabelled);
  }
  for (const Touch& touch : focus.touched) {
    const replay::Block* block = census.block_at(touch.offset);
    if (block != nullptr && block->offset == touch.offset)
      add_pin(scene, axis, row, {block->offset, block->size}, false);
  }
  if (!focus.selected) return;
  const replay::Block* selected = census.block_at(*focus.selected);
  if (selected != nullptr) add_pin(scene, axis, row, {selected->offset, selected->size}, true);
}

void add_byte_scale(Scene& scene, const ByteAxis& axis, float y, double arena_bytes, const Style& style) {
  const float em = style.em;
  const auto extent = static_cast<std::uint64_t>(std::max(arena_bytes, 1.0));
  const std::string widest = trace::offset_text(extent, extent);
  const float text_width = style.width(Type::MonoSmall, widest);
  const float gap = 1.5f * text_width + 0.8f * em;  // the labels at the ends are moved inwards by half
  scene.links.push_back({{axis.x0, y}, {axis.x1, y}, LinkKind::Line, Tone::Faint});
  std::vector<Tick> ticks = byte_ticks(axis, gap);
  // An arena that ends between two round offsets has its end named instead of the last of them.
  if (axis.bytes.to >= arena_bytes && !ticks.empty() && ticks.back().x < axis.x1) {
    if (ticks.size() > 1 && ticks.back().x + gap > axis.x1) ticks.pop_back();
    if (ticks.back().x + gap <= axis.x1) ticks.push_back({extent, axis.x1});
  }
  float taken = axis.x0 - em;  // as far as the label before goes
  for (const Tick& tick : ticks) {
    scene.links.push_back({{tick.x, y}, {tick.x, y + 0.35f * em}, LinkKind::Line, Tone::Faint});
    const float left = std::clamp(tick.x - text_width / 2, axis.x0, std::max(axis.x0, axis.x1 - text_width));
    if (left < taken + 0.4f * em) continue;  // on a short axis the two at its ends would meet
    taken = left + text_width;
    Rect rect{tick.x - text_width, y + 0.4f * em, tick.x + text_width, y + 1.6f * em};
    Align align = Align::Center;
    if (tick.x - text_width / 2 < axis.x0) {
      align = Align::Left;
      rect.x0 = axis.x0;
    } else if (tick.x + text_width / 2 > axis.x1) {
      align = Align::Right;
      rect.x1 = axis.x1;
    }
    scene.labels.push_back({rect, trace::offset_text(tick.byte, extent), Tone::Dim, Type::MonoSmall, align});
  }
}

}  // namespace allocviz::draw
