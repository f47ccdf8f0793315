#include "viz/panels/window_layout.h"

#include <algorithm>
#include <cmath>

#include "viz/app/sides.h"
#include "viz/panels/captions.h"
#include "viz/panels/error_bar.h"

namespace allocviz::panels {

namespace {

using draw::Rect;

// In ems: less than this and a part is of no use.
using app::kLeftLeast, app::kRightLeast, app::kCenterLeast;
constexpr float kStageLeast = 14, kMapLeast = 8;
constexpr float kBottomLeast = 8, kRowLeast = 17, kRowLeastBelowBar = 10, kEventLeast = 13, kBlockLeast = 8;
constexpr float kLevelsLeast = 8, kStageBesides = 36;
constexpr float kMenu = 2.7f, kTransport = 3, kGap = app::kPartGap;

// The height left for list, stage and event; the charts below take their share only where that is enough for both. A
// bar above (`taken` high) is at their expense, too: the stage stays as it is while it says what is wrong. Charts that
// were there stay for as long as they can be read.
void rows(const Context& context, Parts& parts, Rect window, float top, float taken) {
  const float em = context.em;
  const float room_without = window.y1 - top + taken - std::round(kTransport * em) - 3 * parts.gap;
  const bool stays = taken > 0 && room_without >= (kRowLeast + kBottomLeast) * em;
  const float least = (stays ? kRowLeastBelowBar : kRowLeast) * em;
  const float wanted = std::round(context.state.settings.bottom_height * window.height() - taken);
  const float room = window.y1 - top - std::round(kTransport * em) - 3 * parts.gap;
  const float bottom = std::min(std::max(wanted, kBottomLeast * em), room - least);
  parts.bottom = bottom >= kBottomLeast * em;
  float y = window.y1 - parts.gap;
  if (parts.bottom) {
    parts.bottom_rect = {window.x0 + parts.gap, y - bottom, window.x1 - parts.gap, y};
    y -= bottom + parts.gap;
  } else {
    y = window.y1;
  }
  parts.transport = {window.x0, std::round(y - kTransport * em), window.x1, y};
  parts.bottom_gap = {window.x0, y, window.x1, y + parts.gap};
  parts.center = {window.x0 + parts.gap, top, window.x1 - parts.gap, parts.transport.y0 - parts.gap};
}

// List and event beside the stage, as far as there is room.
void columns(const Context& context, Parts& parts) {
  const float em = context.em;
  const app::Settings& settings = context.state.settings;
  Rect& center = parts.center;
  const float whole = center.width();
  const float needed_left = kLeftLeast * em + parts.gap, needed_right = kRightLeast * em + parts.gap;
  float room = whole - kCenterLeast * em;
  const app::Sides sides = app::sides_with_room(context.state, whole / em);
  parts.right = sides.right;
  parts.left = sides.left;
  if (parts.right) room -= needed_right;
  if (parts.left) room -= needed_left;
  // What is left over is divided as the splitters say.
  if (parts.left) {
    const bool groups = context.state.left_tab == app::LeftTab::Groups;  // a table wants more room than a list
    const float wanted = groups ? settings.groups_width : settings.left_width;
    const float more = std::clamp(wanted * whole - kLeftLeast * em, 0.0f, room);
    const float width = std::round(kLeftLeast * em + more);
    room -= more;
    parts.left_rect = {center.x0, center.y0, center.x0 + width, center.y1};
    parts.left_gap = {parts.left_rect.x1, center.y0, parts.left_rect.x1 + parts.gap, center.y1};
    center.x0 = parts.left_gap.x1;
  }
  if (parts.right) {
    const float width =
        std::round(kRightLeast * em + std::clamp(settings.right_width * whole - kRightLeast * em, 0.0f, room));
    parts.right_rect = {center.x1 - width, center.y0, center.x1, center.y1};
    parts.right_gap = {parts.right_rect.x0 - parts.gap, center.y0, parts.right_rect.x0, center.y1};
    center.x1 = parts.right_gap.x0;
  }
}

// Who has moved the splitter knows best; a double click on it puts it back.
bool is_split_by_hand(const app::Settings& settings) {
  return std::abs(settings.block_height - app::Settings{}.block_height) > 1e-4f;
}

// How much of its height the block does without for an event that has more to say than there is room for.
float spared(const Context& context, Rect right, float event, float block) {
  if (context.state.document.placeholder || is_split_by_hand(context.state.settings)) return 0;
  const float wanted = what_happened_height(context, right.width()) - event;
  if (wanted <= 0) return 0;
  const float needed = std::max(std::round(kBlockLeast * context.em), inspector_height(context, right.width()));
  return std::clamp(block - needed, 0.0f, wanted);
}

// The event above the block, as the splitter says. Where nobody has moved that, what the block has no use for goes to
// an event that has.
void divide_right(const Context& context, Parts& parts) {
  if (!parts.right) return;
  const float em = context.em;
  const Rect right = parts.right_rect;
  parts.event_rect = right;
  parts.block = right.height() >= (kEventLeast + kBlockLeast) * em + parts.gap;
  if (!parts.block) return;
  const float most = right.height() - parts.gap - kEventLeast * em;
  const float wanted = context.state.settings.block_height * right.height();
  float height = std::round(std::max(kBlockLeast * em, std::min(wanted, most)));
  height -= spared(context, right, right.height() - parts.gap - height, height);
  parts.block_rect = {right.x0, right.y1 - height, right.x1, right.y1};
  parts.event_rect.y1 = parts.block_rect.y0 - parts.gap;
  parts.block_gap = {right.x0, parts.event_rect.y1, right.x1, parts.block_rect.y0};
}

// Debug: when which sizes ran out stands below the map. Where that leaves no room for the stage too, the map stays: of
// a large log it says more.
void levels(const Context& context, Parts& parts) {
  const app::State& state = context.state;
  const float em = context.em;
  if (state.settings.preset != app::Preset::Debug || state.stages.size() != 1) return;
  const std::size_t count = state.timeline().free_levels().levels();
  if (count == 0) return;
  const float whole = parts.center.height();
  const float wanted = std::round((1.2f * static_cast<float>(count) + 4.5f) * em);
  const float height = std::clamp(wanted, kLevelsLeast * em, std::max(kLevelsLeast * em, std::round(0.42f * whole)));
  if (whole - height - parts.gap < kMapLeast * em) return;
  parts.levels = true;
  parts.levels_rect = {parts.center.x0, parts.center.y1 - height, parts.center.x1, parts.center.y1};
}

// Of several allocators, where the panel that tells of them is not in sight: what each did, and what the lesson says,
// along the lower edge of `center`. As much of that as leaves the stages their height. Returns how high the sentences
// are.
float captions(const Context& context, Parts& parts, Rect& center) {
  if (context.state.stages.size() < 2 || parts.right || context.state.document.placeholder) return 0;
  const float least = kStageLeast * context.em;
  const float note = note_row_height(context, center.width());
  // The third line is for narrow stages, as long as it does not cost them their maps.
  const float narrow = 45 * context.em * static_cast<float>(context.state.stages.size());
  const float with_map = least + kMapLeast * context.em + 2 * parts.gap + (note > 0 ? note + parts.gap : 0);
  float said = sentence_row_height(context, 3);
  if (center.width() > narrow || center.height() - said < with_map) said = sentence_row_height(context, 2);
  if (center.height() - said - parts.gap < least) return 0;
  center.y1 -= said + parts.gap;
  if (note == 0 || center.height() - note - parts.gap < least) return said;
  parts.note_rect = {center.x0, parts.center.y1 - note, center.x1, parts.center.y1};
  center.y1 -= note + parts.gap;
  return said;
}

// Stages side by side, a map below each.
void stages(const Context& context, Parts& parts, bool may_have_map) {
  const float em = context.em;
  Rect center = parts.center;
  if (parts.levels) center.y1 = parts.levels_rect.y0 - parts.gap;
  if (parts.levels && center.height() < kStageBesides * em) {
    parts.stages.push_back({.stage = {}, .map_rect = center, .legend = {}, .said = {}, .map = true, .shown = false});
    return;
  }
  const float said = captions(context, parts, center);
  const std::size_t count = context.state.stages.size();
  const auto n = static_cast<float>(count);
  const float width = (center.width() - (n - 1) * parts.gap) / n;
  const float room = center.height() - parts.gap;
  const float wanted = std::max(context.state.settings.map_height * center.height(), kMapLeast * em);
  const float map = std::round(std::min(wanted, room - kStageLeast * em));
  const bool has_map = may_have_map && map >= kMapLeast * em;
  const float legend = legend_row_height(context);
  const bool has_legend = !has_map && center.height() - legend >= kStageLeast * em;
  const float split = has_map ? center.y1 - map - parts.gap : has_legend ? center.y1 - legend : center.y1;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = std::round(center.x0 + static_cast<float>(i) * (width + parts.gap));
    const float right = i + 1 == count ? center.x1 : std::round(x + width);
    StageRects place{.stage = {x, center.y0, right, split},
                     .map_rect = {x, split + parts.gap, right, center.y1},
                     .legend = {},
                     .said = {},
                     .map = has_map};
    if (has_legend) place.legend = {x, split, right, center.y1};
    if (said > 0) place.said = {x, center.y1 + parts.gap, right, center.y1 + parts.gap + said};
    parts.stages.push_back(place);
  }
  parts.map_gap = {center.x0, split, center.x1, split + parts.gap};
}

}  // namespace

namespace {

// With a bar of this height above it all, and no part that would not be there without it.
Parts layout_below(const Context& context, Rect window, float error) {
  const float em = context.em;
  Parts parts;
  parts.gap = std::round(kGap * em);
  parts.menu = {window.x0, window.y0, window.x1, window.y0 + std::round(kMenu * em)};
  float top = parts.menu.y1 + parts.gap;
  parts.error = error > 0;
  if (parts.error) {
    parts.error_rect = {window.x0 + parts.gap, top, window.x1 - parts.gap, top + error};
    top = parts.error_rect.y1 + parts.gap;
  }
  rows(context, parts, window, top, top - (parts.menu.y1 + parts.gap));
  columns(context, parts);
  divide_right(context, parts);
  levels(context, parts);
  bool may_have_map = true;
  if (parts.error) {
    const Parts without = layout_below(context, window, 0);
    may_have_map = !without.stages.empty() && without.stages.front().map;
    if (parts.block && !without.block) {
      parts.block = false;
      parts.event_rect = parts.right_rect;
    }
  }
  stages(context, parts, may_have_map);
  return parts;
}

}  // namespace

Parts layout(const Context& context, Rect window) {
  return layout_below(context, window, error_bar_height(context, window.width() - 2 * std::round(kGap * context.em)));
}

}  // namespace allocviz::panels
