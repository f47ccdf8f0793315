#include "viz/platform/picture.h"

#include <imgui.h>

#include <algorithm>
#include <cfloat>
#include <chrono>
#include <string>
#include <utility>

#include "viz/app/loader.h"
#include "viz/draw/theme.h"
#include "viz/panels/ui.h"
#include "viz/platform/frame.h"
#include "viz/platform/svg.h"

namespace allocviz::platform {
namespace {

// Enough for a dialog to be laid out and its veil to be down; each counts as half a second, so all motion is over.
constexpr int kFrames = 6;
constexpr double kFrameSeconds = 0.5;

}  // namespace

trace::Result<std::unique_ptr<Painter>> Painter::create(FontFolders fonts) {
  std::unique_ptr<Painter> painter{new Painter};
  painter->fonts_ = std::move(fonts);
  auto offscreen = Offscreen::create();
  if (!offscreen.ok()) return std::move(offscreen).trouble();
  painter->offscreen_ = std::move(offscreen).value();
  ImGui::CreateContext();
  ui::reset();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  ui::init_keys(io);
  if (auto status = Renderer::start(painter->offscreen_->get_proc()); !status.ok()) {
    ImGui::DestroyContext();
    return std::move(status).trouble();
  }
  painter->started_ = true;
  return painter;
}

Painter::~Painter() {
  if (!started_) return;
  Renderer::stop();
  ImGui::DestroyContext();
  ui::reset();
}

void Painter::one_frame(app::State& state, const PictureSize& size, draw::Caches& caches) {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(static_cast<float>(size.width), static_cast<float>(size.height));
  io.DeltaTime = static_cast<float>(kFrameSeconds);
  ui::feed_mouse(io, -FLT_MAX, -FLT_MAX);
  Renderer::use_fonts(fonts_, size.scale * state.settings.scale);
  Renderer::new_frame();
  const auto before = std::chrono::steady_clock::now();
  ImGui::NewFrame();
  app::Commands none;
  const auto body = static_cast<std::size_t>(ui::Font::Body);
  const Screen screen{io.DisplaySize.x, io.DisplaySize.y, ui::fonts().size_px[body]};
  run_frame(state, none, screen, caches, state.now_s + kFrameSeconds);
  ImGui::Render();
  const double took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
  slowest_frame_ms_ = std::max(slowest_frame_ms_, took);
}

// shapes: what the last of the frames drew; null where pixels are wanted.
trace::Status Painter::draw_frames(app::State& state, const PictureSize& size, draw::VectorPicture* shapes) {
  const int largest = offscreen_->largest_side();
  if (size.width < 1 || size.height < 1 || size.width > largest || size.height > largest) {
    return trace::Trouble{.what = "a picture of " + std::to_string(size.width) + "x" + std::to_string(size.height) +
                                  " pixels cannot be drawn",
                          .where = {},
                          .todo = "each side may be from 1 to " + std::to_string(largest)};
  }
  // Of a log whose rest is being read, what is there by now is drawn.
  if (!app::is_reading_rest(state)) app::finish_loading(state);
  if (auto bound = offscreen_->bind(size.width, size.height); !bound.ok()) return std::move(bound).trouble();
  draw::Caches caches;
  slowest_frame_ms_ = 0;
  ui::keep_shapes(shapes);
  for (int i = 0; i < kFrames; ++i) {
    if (shapes != nullptr) shapes->shapes.clear();  // what was uploaded stays
    one_frame(state, size, caches);
  }
  ui::keep_shapes(nullptr);
  return trace::Done{};
}

trace::Result<Image> Painter::draw(app::State& state, const PictureSize& size) {
  if (auto drawn = draw_frames(state, size, nullptr); !drawn.ok()) return std::move(drawn).trouble();
  const auto kind = state.settings.theme == 0 ? draw::ThemeKind::Dark : draw::ThemeKind::Light;
  Renderer::draw(size.width, size.height, draw::theme(kind).window);
  return Renderer::read(size.width, size.height);
}

trace::Result<std::string> Painter::draw_svg(app::State& state, const PictureSize& size) {
  draw::VectorPicture shapes;
  if (auto drawn = draw_frames(state, size, &shapes); !drawn.ok()) return std::move(drawn).trouble();
  return svg_text(shapes, size.width, size.height, find_fonts(fonts_), state.document.title);
}

}  // namespace allocviz::platform
