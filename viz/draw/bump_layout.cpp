#include "viz/draw/bump_layout.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace allocviz::draw {
namespace {

using alloc::StepKind;
using replay::BlockState;

const alloc::Step* last_of(std::span<const alloc::Step> done, StepKind kind) {
  const auto found = std::find_if(done.rbegin(), done.rend(), [kind](const alloc::Step& s) { return s.kind == kind; });
  return found == done.rend() ? nullptr : &*found;
}

void add_mark(const BumpInput& input, BumpScene& out) {
  if (!input.census.mark) return;
  const auto mark = static_cast<double>(*input.census.mark);
  if (mark < out.axis.bytes.from || mark > out.axis.bytes.to) return;
  const float em = input.style.em;
  const float x = out.axis.snapped(mark);
  out.mark_x = x;
  const std::string text = "mark " + trace::offset_text(*input.census.mark, input.census.arena_bytes);
  const float half = input.style.width(Type::MonoSmall, text) / 2 + 2;
  const float centre = std::clamp(x, input.rect.x0 + half, std::max(input.rect.x0 + half, input.rect.x1 - half));
  out.scene.labels.push_back({{centre - half, out.region.y0 - 2.2f * em, centre + half, out.region.y0 - 0.9f * em},
                              text,
                              Tone::Touched,
                              Type::MonoSmall,
                              Align::Center});
}

// The bow from where the mark was to where it is, and what it was for.
void add_move(const BumpInput& input, BumpScene& out) {
  const alloc::Step* move = last_of(input.done, StepKind::Move);
  const alloc::Step* rewind = last_of(input.done, StepKind::Rewind);
  const alloc::Step* step = rewind != nullptr ? rewind : move;
  if (step == nullptr || !input.census.mark) return;
  const float em = input.style.em;
  const float from = out.axis.snapped(static_cast<double>(step->other));
  const float to = out.axis.snapped(static_cast<double>(step->offset));
  const float y = out.region.y1 + 0.6f * em;
  if (std::abs(from - to) > 3) out.scene.links.push_back({{from, y}, {to, y}, LinkKind::Arc, Tone::Touched});
  const std::uint64_t bytes = step->other > step->offset ? step->other - step->offset : step->offset - step->other;
  const replay::Block* block = input.census.block_at(step->offset);
  const bool named = move == step && block != nullptr && block->state == BlockState::Live && input.name_of;
  const std::string name = named ? input.name_of(block->born) : std::string();
  const std::string text =
      step == rewind
          ? fmt::format("the mark returns {} up: nothing is outstanding", trace::exact_size_text(bytes))
          : fmt::format("moved {} down{}{}", trace::exact_size_text(bytes), name.empty() ? "" : " for ", name);
  const float width = input.style.width(Type::Small, text);
  float x = std::max(from, to) + em;
  if (x + width > out.axis.x1) x = std::max(out.axis.x0, std::min(from, to) - 1.5f * em - width);
  out.scene.labels.push_back({{x, y, x + width + em, y + 1.3f * em}, text, Tone::Dim, Type::Small, Align::Left});
}

void add_bars(const BumpInput& input, BumpScene& out, Rect area) {
  const float em = input.style.em;
  const BumpSums sums = bump_sums(input.census);
  if (input.census.kind == trace::AllocatorKind::Recorded) {
    out.bars = {{"live", sums.live, Look::Live, {}, {}},
                {"between regions", sums.padding, Look::Waste, {}, {}},
                {"not live", sums.unused, Look::Free, {}, {}}};
  } else {
    out.bars = {{"live", sums.live, Look::Live, {}, {}},
                {"dead, not returned", sums.dead, Look::Dead, {}, {}},
                {"alignment gaps", sums.padding, Look::Waste, {}, {}},
                {"unused", sums.unused, Look::Free, {}, {}}};
  }
  const float label = std::min(10 * em, area.width() * 0.3f);
  const float value = std::min(8 * em, area.width() * 0.25f);
  const float pitch = std::clamp(area.height() / 4, 1.3f * em, 2.2f * em);
  float y = area.y0;
  for (Bar& bar : out.bars) {
    if (y + 1.2f * em > area.y1 + 1) {
      bar.track = bar.filled = {};
      continue;
    }
    const float middle = std::floor(y + pitch / 2);
    const float half = std::floor(0.38f * em);
    bar.track = {std::floor(area.x0 + label), middle - half, std::floor(area.x1 - value), middle + half};
    const double part =
        static_cast<double>(bar.bytes) / static_cast<double>(std::max<std::uint64_t>(input.census.arena_bytes, 1));
    bar.filled = bar.track;
    bar.filled.x1 = std::floor(bar.track.x0 + static_cast<float>(part) * bar.track.width());
    if (bar.bytes > 0) bar.filled.x1 = std::max(bar.filled.x1, bar.track.x0 + 2);
    out.scene.labels.push_back({{area.x0, y, bar.track.x0, y + pitch}, bar.word, Tone::Dim, Type::Small, Align::Left});
    out.scene.labels.push_back({{bar.track.x1, y, area.x1, y + pitch},
                                trace::exact_size_text(bar.bytes),
                                Tone::Text,
                                Type::MonoSmall,
                                Align::Right});
    y += pitch;
  }
}

}  // namespace

BumpSums bump_sums(const replay::Census& census) {
  BumpSums sums;
  for (const replay::Block& block : census.blocks) {
    switch (block.state) {
      case BlockState::Live:
        sums.live += block.size;
        break;
      case BlockState::Dead:
        sums.dead += block.size;
        break;
      case BlockState::Padding:
      case BlockState::Gap:
        sums.padding += block.size;
        break;
      case BlockState::Free:
      case BlockState::Fresh:
      case BlockState::InFlight:
        sums.unused += block.size;
        break;
    }
  }
  return sums;
}

std::vector<std::string> held_text(const replay::Census& census, const NameOf& name_of) {
  const BumpSums sums = bump_sums(census);
  if (sums.dead == 0 || sums.live == 0) return {};
  std::vector<std::string> names;
  std::uint64_t count = 0;
  for (const replay::Block& block : census.blocks) {
    if (block.state != BlockState::Live) continue;
    if (++count <= 3) names.push_back(name_of ? name_of(block.born) : std::string());
  }
  const bool few =
      count <= 3 && std::none_of(names.begin(), names.end(), [](const std::string& n) { return n.empty(); });
  std::string who;
  if (few) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      who += i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
      who += names[i];
    }
  } else {
    who = fmt::format("{} block{}", trace::count_text(count), count == 1 ? "" : "s");
  }
  const std::uint64_t returned = census.arena_bytes - sums.unused;
  return {fmt::format("{} hold{} the whole region.", who, count == 1 ? "s" : ""),
          "A bump allocator gives memory back only when nothing is outstanding, or on reset.",
          fmt::format("Freeing {} ({}) returns {}.",
                      count == 1   ? "it"
                      : count <= 3 ? "these"
                                   : "all of them",
                      trace::exact_size_text(sums.live), trace::exact_size_text(returned))};
}

BumpScene lay_out_bump(const BumpInput& input) {
  BumpScene out;
  const float em = input.style.em;
  const Rect& rect = input.rect;
  out.axis = stage_axis(rect, input.view, trace::AllocatorKind::Bump, input.style);
  const float height = std::clamp(rect.height() * 0.2f, 2.0f * em, 6.2f * em);
  const float top = std::floor(rect.y0 + 2.4f * em);
  out.region = {out.axis.x0, top, out.axis.x1, std::floor(top + height)};
  const Focus focus{touched_by(input.done, input.spec), input.selected};
  StripOptions options;
  options.free_word = input.census.kind == trace::AllocatorKind::Recorded ? "not live" : "unused";
  add_strip(out.scene, input.census, out.axis, out.region, focus, input.style, input.name_of, options);
  add_mark(input, out);
  add_move(input, out);
  const float scale = out.region.y1 + std::floor(2.5f * em);
  add_byte_scale(out.scene, out.axis, scale, static_cast<double>(input.census.arena_bytes), input.style);

  float y = scale + 2.4f * em;
  const std::vector<std::string> held = held_text(input.census, input.name_of);
  if (!held.empty() && rect.y1 - y > 5.2f * em) {
    out.held_box = Rect{out.axis.x0, y, out.axis.x1, y + 4.6f * em};
    const float pad = 0.9f * em;
    for (std::size_t i = 0; i < held.size(); ++i) {
      const float line = y + 0.45f * em + static_cast<float>(i) * 1.25f * em;
      out.scene.labels.push_back({{out.axis.x0 + pad, line, out.axis.x1 - pad, line + 1.25f * em},
                                  held[i],
                                  i == 0 ? Tone::Text : Tone::Dim,
                                  i == 0 ? Type::Bold : Type::Small,
                                  Align::Left});
    }
    y += 5.4f * em;
  }
  if (rect.y1 - y > 1.2f * em) add_bars(input, out, {out.axis.x0, y, out.axis.x1, rect.y1});
  return out;
}

std::optional<Span> hit(const BumpScene& scene, Point at) {
  if (!scene.region.contains(at)) return std::nullopt;
  const double x = std::floor(at.x);
  return Span{scene.axis.byte_at(x), scene.axis.byte_at(x + 1)};
}

}  // namespace allocviz::draw
