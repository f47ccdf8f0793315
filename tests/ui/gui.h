// Drives widgets without a display: a real ImGui context, a null renderer, a clock that ticks by 1/60 s a frame, and
// input as a person gives it. What is found is found by what stands on the screen (ui::placed()).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "viz/panels/ui.h"

namespace ui_test {

class Gui {
 public:
  // `draw` is called once a frame between ImGui::NewFrame() and ImGui::Render(), and has to call ui::begin_frame() and
  // ui::end_frame() itself.
  explicit Gui(std::function<void()> draw, float width = 1280, float height = 800);
  ~Gui();
  Gui(const Gui&) = delete;
  Gui& operator=(const Gui&) = delete;

  void frames(int count = 1);
  void key(const char* chord);       // pressed and let go: "Right", "Ctrl+S", "+", "?"
  void key_down(const char* chord);  // held from now on
  void key_up(const char* chord);
  void type(std::string_view text);  // into whatever field has the keyboard

  void move(allocviz::draw::Point to);
  void button(int which, bool down);  // 0 left, 1 right
  void click_at(allocviz::draw::Point at, int which = 0);
  void drag(allocviz::draw::Point from, allocviz::draw::Point to, int which = 0);
  void wheel(allocviz::draw::Point at, float notches, float sideways = 0, bool shift = false);
  // In the middle of what is in sight of it. A label that is not on the screen fails the test and lists what is; so
  // does one that is scrolled out of sight, where nobody could click it.
  void click(std::string_view label, int which = 0);

  [[nodiscard]] bool sees(std::string_view label) const { return allocviz::ui::find(label) != nullptr; }
  [[nodiscard]] allocviz::draw::Rect rect_of(std::string_view label) const;  // fails the test when it is not there
  [[nodiscard]] allocviz::draw::Point middle_of(std::string_view label) const;
  void resize(float width, float height);
  [[nodiscard]] double now_s() const { return now_s_; }
  [[nodiscard]] int vertices() const;  // of the last frame: what would have been drawn
  [[nodiscard]] const std::string& clipboard() const { return clipboard_; }
  void set_clipboard(std::string text) { clipboard_ = std::move(text); }

 private:
  std::function<void()> draw_;
  std::string clipboard_;
  double now_s_ = 0;
};

}  // namespace ui_test
