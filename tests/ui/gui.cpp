#include "tests/ui/gui.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace ui_test {

using allocviz::draw::Point;
using allocviz::draw::Rect;
namespace ui = allocviz::ui;

namespace {

char character_of(const ui::Chord& chord) {
  using ui::Key;
  const int key = static_cast<int>(chord.key);
  if (chord.ctrl || chord.alt) return '\0';
  if (chord.key >= Key::A && chord.key <= Key::Z) {
    return static_cast<char>((chord.shift ? 'A' : 'a') + key - static_cast<int>(Key::A));
  }
  if (chord.key >= Key::N0 && chord.key <= Key::N9) return static_cast<char>('0' + key - static_cast<int>(Key::N0));
  switch (chord.key) {
    case Key::Space:
      return ' ';
    case Key::Plus:
      return '+';
    case Key::Minus:
      return '-';
    case Key::Slash:
      return '/';
    case Key::Question:
      return '?';
    case Key::Comma:
      return ',';
    case Key::Period:
      return '.';
    default:
      return '\0';
  }
}

}  // namespace

Gui::Gui(std::function<void()> draw, float width, float height) : draw_(std::move(draw)) {
  ImGui::CreateContext();
  ui::reset();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.ConfigInputTextCursorBlink = false;
  io.DisplaySize = ImVec2(width, height);
  io.DeltaTime = 1.0f / 60;
  ui::init_keys(io);
  ui::init_null_renderer(io);
#if IMGUI_VERSION_NUM < 19110
  io.ClipboardUserData = this;
  io.GetClipboardTextFn = [](void* gui) { return static_cast<Gui*>(gui)->clipboard_.c_str(); };
  io.SetClipboardTextFn = [](void* gui, const char* text) { static_cast<Gui*>(gui)->clipboard_ = text; };
#else
  ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
  platform.Platform_ClipboardUserData = this;
  platform.Platform_GetClipboardTextFn = [](ImGuiContext*) {
    return static_cast<Gui*>(ImGui::GetPlatformIO().Platform_ClipboardUserData)->clipboard_.c_str();
  };
  platform.Platform_SetClipboardTextFn = [](ImGuiContext*, const char* text) {
    static_cast<Gui*>(ImGui::GetPlatformIO().Platform_ClipboardUserData)->clipboard_ = text;
  };
#endif
}

Gui::~Gui() {
  ImGui::DestroyContext();
  ui::reset();
}

void Gui::frames(int count) {
  for (int i = 0; i < count; ++i) {
    now_s_ += 1.0 / 60;
    ImGui::GetIO().DeltaTime = 1.0f / 60;
    ImGui::NewFrame();
    draw_();
    ImGui::Render();
    ui::take_null_textures();
  }
}

void Gui::key_down(const char* text) {
  const ui::Chord chord = ui::chord_of(text);
  ASSERT_NE(chord.key, ui::Key::None) << text << " is no chord";
  ImGuiIO& io = ImGui::GetIO();
  ui::feed_mods(io, chord.ctrl, chord.shift, chord.alt);
  ui::feed_key(io, chord.key, true);
  if (const char typed = character_of(chord); typed != '\0') io.AddInputCharacter(static_cast<unsigned>(typed));
  frames();
}

void Gui::key_up(const char* text) {
  ImGuiIO& io = ImGui::GetIO();
  ui::feed_key(io, ui::chord_of(text).key, false);
  ui::feed_mods(io, false, false, false);
  frames(2);
}

void Gui::key(const char* chord) {
  key_down(chord);
  key_up(chord);
}

void Gui::type(std::string_view text) {
  for (const char c : text) {
    ImGui::GetIO().AddInputCharacter(static_cast<unsigned char>(c));
    frames();
  }
}

void Gui::move(Point to) {
  ui::feed_mouse(ImGui::GetIO(), to.x, to.y);
  frames();
}

void Gui::button(int which, bool down) {
  ui::feed_button(ImGui::GetIO(), which, down);
  frames();
}

void Gui::click_at(Point at, int which) {
  move(at);
  button(which, true);
  button(which, false);
  frames();
}

void Gui::drag(Point from, Point to, int which) {
  move(from);
  button(which, true);
  for (int step = 1; step <= 5; ++step) {
    const float part = static_cast<float>(step) / 5;
    move({from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part});
  }
  button(which, false);
  frames();
}

void Gui::wheel(Point at, float notches, float sideways, bool shift) {
  move(at);
  ui::feed_mods(ImGui::GetIO(), false, shift, false);
  ui::feed_wheel(ImGui::GetIO(), sideways, notches);
  frames(2);
  ui::feed_mods(ImGui::GetIO(), false, false, false);
  frames();
}

void Gui::click(std::string_view label, int which) {
  const ui::Placed* placed = ui::find(label);
  if (placed == nullptr) return static_cast<void>(rect_of(label));
  const Rect seen = placed->seen;
  if (seen.width() <= 0) {
    ADD_FAILURE() << "\"" << label << "\" is scrolled out of sight";
    return;
  }
  click_at({(seen.x0 + seen.x1) / 2, (seen.y0 + seen.y1) / 2}, which);
}

Rect Gui::rect_of(std::string_view label) const {
  const ui::Placed* placed = ui::find(label);
  if (placed != nullptr) return placed->rect;
  std::string seen;
  for (const ui::Placed& other : ui::placed()) seen += "\n  " + other.raw;
  ADD_FAILURE() << "nothing on the screen is called \"" << label << "\". What is:" << seen;
  return {};
}

Point Gui::middle_of(std::string_view label) const {
  const Rect rect = rect_of(label);
  return {(rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2};
}

void Gui::resize(float width, float height) {
  ImGui::GetIO().DisplaySize = ImVec2(width, height);
}

int Gui::vertices() const {
  const ImDrawData* data = ImGui::GetDrawData();
  return data == nullptr ? 0 : data->TotalVtxCount;
}

}  // namespace ui_test
