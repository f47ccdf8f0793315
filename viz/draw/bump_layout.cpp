#include "viz/draw/bump_layout.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace allocviz::draw {
namespace {

using alloc::StepKind;
using replay::BlockState;

// Heights in ems. From the region down: the bow and its caption, the scale, the bars, the box.
constexpr float kNarrowHeldEm = 16;  // a box that is narrower has less at its sides
constexpr float kTopEm = 2.3f, kArcEm = 1.35f, kCaptionEm = 1.3f, kScaleEm = 1.85f;
constexpr float kBars = 4, kBarEm = 1.25f;
constexpr float kCloseBarEm = 0.8f, kLowRegionEm = 1.5f;  // where they would be fewer than four otherwise
constexpr float kHeldLineEm = 1.25f, kHeldPadEm = 0.7f, kHeldGapEm = 0.4f;
constexpr float kShortHeldEm = kHeldGapEm + kHeldPadEm + 2 * kHeldLineEm;
constexpr float kHeldEm = kShortHeldEm + kHeldLineEm;

// The last step that set the mark, or left it on purpose.
const alloc::Step* mark_step(std::span<const alloc::Step> done) {
  const auto found = std::find_if(done.rbegin(), done.rend(), [](const alloc::Step& step) {
    return step.kind == StepKind::Move || step.kind == StepKind::Rewind;
  });
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

std::string who_of(const BumpInput& input) {
  return input.now.event != Moment::kNone && input.name_of ? input.name_of(input.now.event) : std::string();
}

// What the event did to the mark, in a line; empty where it did nothing yet.
std::string mark_text(const BumpInput& input) {
  const alloc::Step* step = mark_step(input.now.done);
  if (step == nullptr) return {};
  const std::uint64_t bytes = step->other > step->offset ? step->other - step->offset : step->offset - step->other;
  const std::string size = bump_size(bytes);
  if (step->kind == StepKind::Rewind) {
    const bool reset = input.now.outcome.kind == replay::OutcomeKind::Reset;
    return fmt::format("the mark returns {} up: {}", size, reset ? "a reset" : "nothing is outstanding");
  }
  if (bytes == 0) return fmt::format("the mark stays: {} outstanding", trace::count_text(input.census.outstanding));
  const std::string name = who_of(input);
  return fmt::format("moved {} down{}{}", size, name.empty() ? "" : " for ", name);
}

// The bow from where the mark was to where it is; below it what it was for, or at the left why it was not.
void add_move(const BumpInput& input, BumpScene& out) {
  const float em = input.style.em;
  const alloc::Step* step = mark_step(input.now.done);
  float middle = out.axis.x0;
  if (step != nullptr && input.census.mark) {
    const auto place = [&](std::uint64_t offset) {
      return std::clamp(out.axis.snapped(static_cast<double>(offset)), out.axis.x0, out.axis.x1);
    };
    const float from = place(step->other), to = place(step->offset);
    middle = (from + to) / 2;
    const float y = out.region.y1 + 0.3f * em;
    if (std::abs(from - to) > 3) out.scene.links.push_back({{from, y}, {to, y}, LinkKind::Arc, Tone::Touched});
  }
  const std::string refused = refusal_text(input.now, input.spec, input.census, who_of(input));
  const std::string text = refused.empty() ? mark_text(input) : refused;
  if (text.empty()) return;
  const float y = out.region.y1 + kArcEm * em;
  Rect line{out.axis.x0, y, out.axis.x1, y + kCaptionEm * em};
  if (!refused.empty()) {
    out.scene.labels.push_back(
        {line, refusal_within(text, line.width(), input.style), Tone::Failed, Type::Bold, Align::Left});
    return;
  }
  const float width = std::ceil(input.style.width(Type::Small, text)) + 1;
  line.x0 = std::floor(std::max(line.x0, std::min(middle - width / 2, line.x1 - width)));
  out.scene.labels.push_back({line, text, Tone::Dim, Type::Small, Align::Left});
}

// What was asked for and is not there: a dashed outline below the region, down from the mark. Where it passes the
// region's first byte it is torn off and says how much is missing.
void add_ghost(const BumpInput& input, BumpScene& out) {
  if (!input.now.failed() || input.now.asked == 0 || !input.census.mark) return;
  const auto mark = static_cast<double>(*input.census.mark);
  const double from = mark - static_cast<double>(input.now.asked);
  if (mark <= out.axis.bytes.from || mark > out.axis.bytes.to) return;
  const float em = input.style.em;
  const float x1 = out.axis.snapped(mark), left = static_cast<float>(out.axis.x_of(from));
  const float y0 = out.region.y1 + std::floor(0.25f * em), y1 = y0 + 4 * std::floor(0.25f * em);
  const auto dash = [&](Point a, Point b) { out.scene.links.push_back({a, b, LinkKind::Relation, Tone::Failed}); };
  const bool torn = left < input.rect.x0 || from < 0;
  const float tooth = std::floor(0.2f * em);
  const float x0 = std::max(std::floor(input.rect.x0) + 1, left);
  dash({x1, y0}, {x0, y0});
  dash({x1, y1}, {x0, y1});
  dash({x1, y0}, {x1, y1});
  if (!torn) {
    dash({x0, y0}, {x0, y1});
    return;
  }
  const float quarter = (y1 - y0) / 4;
  for (int i = 0; i < 4; ++i) {
    const float y = y0 + quarter * static_cast<float>(i);
    const float in = i % 2 == 0 ? 0 : tooth;
    dash({x0 + in, y}, {x0 + tooth - in, y + quarter});
  }
  if (from >= 0) return;
  const std::string text = trace::exact_size_text(input.now.asked - *input.census.mark) + " short";
  // Beside it, where no dashes run through the words.
  const float at = x1 + 0.6f * em;
  if (at + input.style.width(Type::Small, text) < input.rect.x1) {
    out.scene.labels.push_back({{at, y0, input.rect.x1, y1}, text, Tone::Failed, Type::Small, Align::Left});
  }
}

std::vector<Bar> bars_of(const BumpInput& input) {
  const BumpSums sums = bump_sums(input.census);
  Bar live{"live", sums.live, Look::Live};
  live.in_flight = sums.in_flight;
  if (sums.in_flight != 0) live.word = "live + in flight";
  return {live,
          {"dead, not returned", sums.dead, Look::Dead},
          {"alignment gaps", sums.padding, Look::Waste},
          {"unused", sums.unused, Look::Free}};
}

// Of a bar whose words have no room.
const char* shortly(Look look, bool in_flight) {
  switch (look) {
    case Look::Dead:
      return "dead";
    case Look::Waste:
      return "gaps";
    case Look::Live:
      return in_flight ? "live +" : "live";
    default:
      return "unused";
  }
}

// The bars, `pitch` from one to the next, from area.y0 on.
void add_bars(const BumpInput& input, BumpScene& out, Rect area, float pitch) {
  const float em = input.style.em;
  out.bars = bars_of(input);
  const float label = std::min(10 * em, area.width() * 0.3f);
  for (Bar& bar : out.bars) {
    if (input.style.width(Type::Small, bar.word) > label - 0.3f * em) bar.word = shortly(bar.look, bar.in_flight != 0);
  }
  const auto said = [](const Bar& bar, std::string (*size)(std::uint64_t)) {
    return size(bar.bytes) + (bar.in_flight != 0 ? " + " + size(bar.in_flight) : "");
  };
  // A bar is shorter before a number is cut.
  float widest = 0;
  for (const Bar& bar : out.bars)
    widest = std::max(widest, input.style.width(Type::MonoSmall, said(bar, trace::size_text)));
  const float needed = std::min(std::ceil(widest) + 0.4f * em + 1, area.width() - label);
  const float value = std::max(std::min(8.5f * em, area.width() * 0.3f), needed);
  const auto arena = static_cast<double>(std::max<std::uint64_t>(input.census.arena_bytes, 1));
  float y = area.y0;
  for (Bar& bar : out.bars) {
    if (y + std::min(1.1f * em, pitch) > area.y1 + 1) {
      bar.track = bar.filled = bar.flying = {};
      continue;
    }
    const float middle = std::floor(y + pitch / 2);
    const float half = std::floor(std::clamp(0.3f * pitch, 0.36f * em, 0.6f * em));
    bar.track = {std::floor(area.x0 + label), middle - half, std::floor(area.x1 - value), middle + half};
    const auto end_of = [&bar, arena](std::uint64_t bytes, float least) {
      const auto part = static_cast<float>(static_cast<double>(bytes) / arena);
      return std::min(std::max(std::floor(bar.track.x0 + part * bar.track.width()), least), bar.track.x1);
    };
    bar.filled = bar.flying = bar.track;
    bar.filled.x1 = end_of(bar.bytes, bar.track.x0 + (bar.bytes > 0 ? 2.0f : 0.0f));
    bar.flying.x0 = bar.filled.x1;
    bar.flying.x1 = end_of(bar.bytes + bar.in_flight, bar.filled.x1 + (bar.in_flight > 0 ? 2.0f : 0.0f));
    std::string text = said(bar, bump_size);
    if (input.style.width(Type::MonoSmall, text) > area.x1 - bar.track.x1 - 0.4f * em) {
      text = said(bar, trace::size_text);
    }
    out.scene.labels.push_back({{area.x0, y, bar.track.x0, y + pitch}, bar.word, Tone::Dim, Type::Small, Align::Left});
    out.scene.labels.push_back(
        {{bar.track.x1, y, area.x1, y + pitch}, text, Tone::Text, Type::MonoSmall, Align::Right});
    y += pitch;
  }
}

// What holds the region, as many of its lines as fit: the first, then what freeing would give, then why.
void add_held_box(const BumpInput& input, BumpScene& out, Rect area) {
  const float em = input.style.em, pad = (area.width() < kNarrowHeldEm * em ? 0.4f : 0.9f) * em;
  const float width = area.width() - 2 * pad;
  // "P, Q and R hold 2 624 B." where more has no room, at last in fewer digits.
  const auto shortened = [&](bool exact) {
    std::vector<std::string> held = held_text(input.census, input.name_of, exact);
    if (!held.empty() && input.style.width(Type::Bold, held[0]) > width) {
      for (const std::string_view word : {" all", " above the mark"}) {
        if (const std::size_t at = held[0].rfind(word); at != std::string::npos) held[0].erase(at, word.size());
      }
    }
    if (!held.empty() && input.style.width(Type::Small, held[2]) > width) {
      const std::size_t from = held[2].find(" ("), to = held[2].find(')');
      held[2].erase(from, to + 1 - from);
    }
    if (!held.empty() && input.style.width(Type::Small, held[2]) > width) {
      constexpr std::string_view kOfThem = " of them";
      if (const std::size_t at = held[2].find(kOfThem); at != std::string::npos) held[2].erase(at, kOfThem.size());
    }
    if (!held.empty() && input.style.width(Type::Small, held[2]) > width) {
      constexpr std::string_view kAll = "Freeing all returns ";
      if (held[2].starts_with(kAll)) held[2].replace(0, kAll.size(), "All freed: ");
    }
    return held;
  };
  std::vector<std::string> held = shortened(true);
  const bool cut = !held.empty() &&
                   (input.style.width(Type::Bold, held[0]) > width || input.style.width(Type::Small, held[2]) > width);
  if (cut) held = shortened(false);
  const auto room = static_cast<std::size_t>(std::max(0.0f, (area.height() - kHeldPadEm * em) / (kHeldLineEm * em)));
  if (held.empty() || room == 0) return;
  std::vector<std::size_t> lines = {0};
  const bool whole = input.style.width(Type::Small, held[1]) <= width;  // a rule that is cut says nothing
  if (room >= 3 && whole) lines = {0, 1, 2};
  if (room == 2 || (room >= 3 && !whole)) lines = {0, 2};
  const Type first = input.style.width(Type::Bold, held[0]) > width ? Type::Small : Type::Bold;
  const float height = (kHeldPadEm + kHeldLineEm * static_cast<float>(lines.size())) * em;
  out.held_box = Rect{area.x0, std::floor(area.y0), area.x1, std::floor(area.y0 + height)};
  float y = area.y0 + kHeldPadEm / 2 * em;
  for (const std::size_t line : lines) {
    out.scene.labels.push_back({{area.x0 + pad, y, area.x1 - pad, y + kHeldLineEm * em},
                                held[line],
                                line == 0 ? Tone::Text : Tone::Dim,
                                line == 0 ? first : Type::Small,
                                Align::Left});
    y += kHeldLineEm * em;
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
      case BlockState::InFlight:
        sums.in_flight += block.size;
        break;
      case BlockState::Free:
      case BlockState::Fresh:
        sums.unused += block.size;
        break;
    }
  }
  return sums;
}

std::string bump_size(std::uint64_t bytes) {
  constexpr std::uint64_t kFewDigits = 10'000;
  return bytes < kFewDigits ? trace::exact_size_text(bytes) : trace::size_text(bytes);
}

std::vector<std::string> held_text(const replay::Census& census, const NameOf& name_of, bool exact) {
  const auto size = exact ? bump_size : trace::size_text;
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
    who = trace::count_text(count, "block");
  }
  const std::uint64_t returned = census.arena_bytes - sums.unused;
  return {fmt::format("{} hold{} all {} above the mark.", who, count == 1 ? "s" : "", size(returned)),
          "A bump allocator gives memory back only when nothing is outstanding, or on reset.",
          fmt::format("Freeing {} ({}) returns {}.",
                      count == 1   ? "it"
                      : count <= 3 ? "these"
                                   : "all of them",
                      size(sums.live), size(returned))};
}

BumpScene lay_out_bump(const BumpInput& input) {
  BumpScene out;
  const float em = input.style.em;
  const Rect& rect = input.rect;
  out.axis = stage_axis(rect, input.view, trace::AllocatorKind::Bump, input.style);
  // The region gets what the lines, the bars and the box below it leave, up to a point; then the bars spread.
  const float lines = (kTopEm + kArcEm + kCaptionEm + kScaleEm) * em;
  float rest = rect.height() - lines - (kBars * kBarEm + kHeldEm) * em;
  if (rest < 3 * em) rest += (kHeldEm - kShortHeldEm) * em;
  // Before a bar goes without room, the region is lower and the bars stand closer.
  const float bare = rect.height() - lines - kBars * kCloseBarEm * em;
  const float least = std::clamp(bare, kLowRegionEm * em, 2.0f * em);
  const float height = std::clamp(rest, least, std::max(3.4f * em, 0.3f * rect.height()));
  const float top = std::floor(rect.y0 + kTopEm * em);
  out.region = {out.axis.x0, top, out.axis.x1, std::floor(top + height)};
  const Focus focus = focus_of(input.now, input.spec, input.selected);
  StripOptions options;
  options.free_word = "unused";
  options.digest = input.digest;
  add_strip(out.scene, input.census, out.axis, out.region, focus, input.style, input.name_of, options);
  add_mark(input, out);
  add_move(input, out);
  add_ghost(input, out);
  const float scale = out.region.y1 + std::floor((kArcEm + kCaptionEm) * em);
  // Its ticks alone would say nothing.
  if (scale + 1.6f * em <= rect.y1) {
    add_byte_scale(out.scene, out.axis, scale, static_cast<double>(input.census.arena_bytes), input.style);
  }

  const float y = std::floor(scale + kScaleEm * em);
  const float close = std::clamp((rect.y1 - y) / kBars, kCloseBarEm * em, kBarEm * em);
  const float pitch = std::clamp((rect.y1 - y - kHeldEm * em) / kBars, close, 3 * em);
  const Rect below{out.axis.x0, y, out.axis.x1, rect.y1};
  if (below.height() > 1.1f * em) add_bars(input, out, below, pitch);
  const float box = y + kBars * pitch + kHeldGapEm * em;
  add_held_box(input, out, {below.x0, box, below.x1, rect.y1});
  return out;
}

std::optional<Span> hit(const BumpScene& scene, Point at) {
  if (!scene.region.contains(at)) return std::nullopt;
  const double x = std::floor(at.x);
  return Span{scene.axis.byte_at(x), scene.axis.byte_at(x + 1)};
}

}  // namespace allocviz::draw
