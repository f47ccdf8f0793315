// The window: GLFW around ImGui's back ends. Everything is laid out in framebuffer pixels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/trace/trouble.h"
#include "viz/platform/renderer.h"

struct GLFWwindow;

namespace allocviz::platform {

// Whether anything is there to open a window on, as far as the environment says.
[[nodiscard]] bool has_display();

// Why no window could be opened: no display is no fault (a picture is drawn instead), a refusing driver is.
struct NoWindow {
  bool no_display = false;
  trace::Trouble trouble;
};

class Window {
 public:
  // At most as large as the monitor's work area. nullptr = none, and `why` says why.
  [[nodiscard]] static std::unique_ptr<Window> open(int width, int height, FontFolders fonts, NoWindow& why);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Waits for input at most this long (0 = just looks, below 0 = for ever); true when any came.
  bool wait(double seconds);
  static void wake();  // ends a wait() from another thread

  void begin_frame(float user_scale);  // ImGui::NewFrame() and what belongs before it
  void draw(draw::Color ground);       // what ImGui::Render() left, into the back buffer
  void finish() const;                 // waits until it is drawn
  [[nodiscard]] Image read() const;    // the back buffer, between draw() and show()
  void show();                         // on the screen

  void set_title(const std::string& title);
  [[nodiscard]] bool close_requested();  // once for each click on the close button
  [[nodiscard]] std::vector<std::string> take_dropped();
  [[nodiscard]] int width() const { return width_; }  // as the window system counts, for the settings
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] int pixel_width() const { return pixel_width_; }
  [[nodiscard]] int pixel_height() const { return pixel_height_; }

 private:
  Window() = default;
  struct LateInput {
    int code = 0, scancode = 0, action = 0, mods = 0;
    bool character = false;
  };
  struct Callbacks;  // GLFW's, each counts as input
  void measure();
  void hand_on_late_input();

  GLFWwindow* window_ = nullptr;
  FontFolders fonts_;
  bool started_ = false;
  unsigned long long inputs_ = 0;
  std::vector<std::string> dropped_;
  std::vector<LateInput> late_;    // keys that wait for the next frame
  std::vector<int> changed_keys_;  // in this frame
  std::string title_;
  int width_ = 0, height_ = 0, pixel_width_ = 0, pixel_height_ = 0;
  float content_scale_ = 1;    // the monitor's
  float pixels_per_unit_ = 1;  // where the window system does not count in pixels (Wayland)
};

}  // namespace allocviz::platform
