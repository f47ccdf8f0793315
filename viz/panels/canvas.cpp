#include "viz/panels/canvas.h"

#include <algorithm>
#include <cmath>

#include "viz/app/names.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {
namespace {

constexpr double kWheelFactor = 0.8;  // of what is in view, a notch
constexpr double kWheelPan = 0.1;     // likewise
constexpr std::size_t kMostPlaced = 300;

bool was_dragged(int button) {
  const ImGuiIO& io = ImGui::GetIO();
  return io.MouseDragMaxDistanceSqr[button] > io.MouseDragThreshold * io.MouseDragThreshold;
}

// With Shift its card stays, beside the mouse.
void select_byte(const Context& context, const Pointer& pointer, std::uint64_t byte, std::size_t stage) {
  context.commands.push({.what = app::Do::Select, .number = byte, .stage = stage});
  if (!ImGui::GetIO().KeyShift) return;
  context.commands.push({.what = app::Do::Pin,
                         .value = static_cast<double>(pointer.at.x / context.em) + 1,
                         .value2 = static_cast<double>(pointer.at.y / context.em) + 1});
}

// What can be done with the selected block, and the way to the event that made it.
void block_menu(const Context& context) {
  if (!ui::begin_context_menu("of the block")) return;
  const app::Selection& selection = context.state.selection;
  const bool shown = selection.offset.has_value() && selection.stage < context.state.stages.size();
  const replay::Block* block =
      shown ? context.state.shown(selection.stage).census().block_at(*selection.offset) : nullptr;
  const bool made = block != nullptr && block->state == replay::BlockState::Live;
  if (ui::menu_item("Go to where it was made", "", false, made) && made) {
    context.commands.push({.what = app::Do::SeekTo, .position = {block->born + 1, replay::kAllSteps}});
  }
  command_rows(context, {app::Do::ZoomFit, app::Do::Pin, app::Do::FreeSelected, app::Do::CopyText});
  ui::end_context_menu();
}

}  // namespace

Pointer canvas(const char* label, draw::Rect rect) {
  Pointer pointer;
  pointer.hovered = ui::canvas(label, rect);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  pointer.at = {mouse.x, mouse.y};
  pointer.clicked = pointer.hovered && ImGui::IsMouseReleased(0) && !was_dragged(0);
  pointer.asked = pointer.hovered && ImGui::IsMouseReleased(1) && !was_dragged(1);
  return pointer;
}

Wheel wheel_over(const Pointer& pointer) {
  const ImGuiIO& io = ImGui::GetIO();
  if (!pointer.hovered) return {};
  const float sideways = io.MouseWheelH + (io.KeyShift ? io.MouseWheel : 0);
  const float upright = io.KeyShift ? 0 : io.MouseWheel;
  return {std::pow(kWheelFactor, static_cast<double>(upright)), -kWheelPan * static_cast<double>(sideways)};
}

double dragged_px(int button) {
  const bool held = ImGui::IsItemActive() && ImGui::IsMouseDown(button) && was_dragged(button);
  return held ? static_cast<double>(ImGui::GetIO().MouseDelta.x) : 0;
}

void zoom_and_pan(const Context& context, const Pointer& pointer, const draw::ByteAxis& axis, double arena_bytes) {
  draw::Span view = axis.bytes;
  const Wheel wheel = wheel_over(pointer);
  if (wheel.factor != 1) {
    const double x = std::clamp(pointer.at.x, axis.x0, axis.x1);
    view = draw::zoomed(view, axis.byte_at(x), wheel.factor, arena_bytes);
  }
  const double by = wheel.pan * view.width() - (dragged_px(0) + dragged_px(2)) * axis.bytes_per_px();
  if (by != 0) view = draw::panned(view, by, arena_bytes);
  if (view == axis.bytes) return;
  context.commands.push({.what = app::Do::SetView, .value = view.from, .value2 = view.to});
}

void zoom_wrapped(const Context& context, const Pointer& pointer, const draw::Span& view,
                  std::optional<draw::Span> under, double arena_bytes) {
  const Wheel wheel = wheel_over(pointer);
  draw::Span now = view;
  if (wheel.factor != 1 && under) now = draw::zoomed(view, (under->from + under->to) / 2, wheel.factor, arena_bytes);
  if (wheel.pan != 0) now = draw::panned(now, wheel.pan * now.width(), arena_bytes);
  if (now == view) return;
  context.commands.push({.what = app::Do::SetView, .value = now.from, .value2 = now.to});
}

void select_at(const Context& context, const Pointer& pointer, std::optional<draw::Span> bytes, std::size_t stage) {
  block_menu(context);
  if (pointer.asked && bytes) {
    context.commands.push({.what = app::Do::Select,
                           .number = static_cast<std::uint64_t>(std::max(0.0, (bytes->from + bytes->to) / 2)),
                           .stage = stage});
    ui::open_context_menu("of the block");
  }
  if (!pointer.clicked) return;
  if (!bytes) {
    if (context.state.selection.offset) context.commands.push(app::Do::ClearSelection);
    return;
  }
  const double middle = std::max(0.0, (bytes->from + bytes->to) / 2);
  select_byte(context, pointer, static_cast<std::uint64_t>(middle), stage);
  if (ImGui::GetIO().MouseClickedLastCount[0] == 2) context.commands.push(app::Do::ZoomFit);
}

bool select_chip(const Context& context, const Pointer& pointer, const draw::Scene& scene, std::size_t stage) {
  for (const draw::Chip& chip : scene.chips) {
    if (!pointer.hovered || !chip.rect.contains(pointer.at)) continue;
    if (pointer.clicked) select_byte(context, pointer, chip.offset, stage);
    return true;
  }
  return false;
}

void place_blocks(const draw::Scene& scene, std::uint64_t arena_bytes) {
  std::size_t placed = 0;
  for (const draw::Box& box : scene.boxes) {
    if (box.look == draw::Look::Split || box.rect.width() < 4) continue;
    if (++placed > kMostPlaced) return;
    ui::place("block " + trace::offset_text(box.offset, arena_bytes), box.rect);
  }
}

draw::ViewKey key_of(const Context& context, const replay::Timeline& timeline, std::size_t stage, draw::Rect rect,
                     const draw::Style& style) {
  draw::ViewKey key;
  key.trace = context.state.document.trace;
  key.spec = timeline.spec();
  key.position = timeline.position();
  key.events = timeline.event_count();
  key.rect = rect;
  key.view = view_of(context, timeline);
  key.style = style;
  key.theme = context.theme.kind;
  key.selected = selection_on(context, stage);
  key.moved_at_s = context.state.moved_at_s;
  key.version = context.state.stages[stage].what_if != nullptr ? 1 + context.state.tried : 0;
  return key;
}

draw::Span view_of(const Context& context, const replay::Timeline& timeline) {
  return draw::clamped_view({context.state.bytes.from, context.state.bytes.to},
                            static_cast<double>(timeline.census().arena_bytes));
}

draw::NameOf names_of(const replay::Timeline& timeline) {
  return [&trace = timeline.trace()](std::uint64_t born) {
    return born < trace.size() ? trace.id_text(born) : std::string();
  };
}

std::optional<std::uint64_t> selection_on(const Context& context, std::size_t stage) {
  const app::Selection& selection = context.state.selection;
  return selection.stage == stage ? selection.offset : std::nullopt;
}

std::string stage_title(const Context& context, std::string_view alone, std::size_t stage) {
  if (context.state.stages.size() < 2 && !context.state.slide) return std::string(alone);
  return app::title_of_stage(context.state, stage);
}

}  // namespace allocviz::panels
