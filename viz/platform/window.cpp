#include "viz/platform/window.h"

#include <imgui.h>
#if __has_include(<backends/imgui_impl_glfw.h>)
#include <backends/imgui_impl_glfw.h>
#else
#include <imgui_impl_glfw.h>
#endif

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "viz/panels/ui.h"

namespace allocviz::platform {

// Each hands on to ImGui's back end and counts: what is drawn follows from input.
struct Window::Callbacks {
  static Window& of(GLFWwindow* window) { return *static_cast<Window*>(glfwGetWindowUserPointer(window)); }

  static void key(GLFWwindow* window, int key, int scancode, int action, int mods) {
    ++of(window).inputs_;
    hand_on(window, {printed(key, scancode), scancode, action, mods, false});
  }
  static void character(GLFWwindow* window, unsigned code) {
    ++of(window).inputs_;
    hand_on(window, {.code = static_cast<int>(code), .character = true});
  }

  static void hand_on(GLFWwindow* window, const LateInput& input) {
    if (has_to_wait(of(window), input)) {
      of(window).late_.push_back(input);
    } else if (input.character) {
      ImGui_ImplGlfw_CharCallback(window, static_cast<unsigned>(input.code));
    } else {
      if (input.action != GLFW_REPEAT) of(window).changed_keys_.push_back(input.code);
      ImGui_ImplGlfw_KeyCallback(window, input.code, input.scancode, input.action, input.mods);
    }
  }

  // ImGui sees a modifier as it stands when a frame begins: let go since the key beside it went down, it was another
  // chord. 1.86 sees every key so: one that went down and up since the last frame was never pressed; later ones keep
  // those apart themselves. So one change a key and frame, in order.
  static bool has_to_wait(const Window& window, const LateInput& input) {
    if (!window.late_.empty()) return true;
    if (input.character || input.action == GLFW_REPEAT) return false;
    const auto is_modifier = [](int key) { return key >= GLFW_KEY_LEFT_SHIFT && key <= GLFW_KEY_RIGHT_SUPER; };
    return std::any_of(window.changed_keys_.begin(), window.changed_keys_.end(), [&](int key) {
      const bool same = IMGUI_VERSION_NUM < 18700 && key == input.code;
      return same || (is_modifier(input.code) && !is_modifier(key));
    });
  }

  // GLFW names keys by their place on a US keyboard; shortcuts are the letters printed on the user's own. ImGui does so
  // itself since 1.87, but for "+", which is reported as the keypad's wherever the layout has it.
  static int printed(int key, int scancode) {
    if (key >= GLFW_KEY_KP_0 && key <= GLFW_KEY_KP_EQUAL) return key;
    const char* name = glfwGetKeyName(key, scancode);
    if (name == nullptr || name[0] == '\0' || name[1] != '\0') return key;
    if (name[0] == '+') return GLFW_KEY_KP_ADD;
    if (name[0] == '-') return GLFW_KEY_MINUS;
#if IMGUI_VERSION_NUM < 18700
    if (name[0] >= 'a' && name[0] <= 'z') return GLFW_KEY_A + (name[0] - 'a');
    if (name[0] >= 'A' && name[0] <= 'Z') return GLFW_KEY_A + (name[0] - 'A');
#endif
    return key;
  }

  static void button(GLFWwindow* window, int which, int action, int mods) {
    ++of(window).inputs_;
    ImGui_ImplGlfw_MouseButtonCallback(window, which, action, mods);
  }
  static void scroll(GLFWwindow* window, double x, double y) {
    ++of(window).inputs_;
    ImGui_ImplGlfw_ScrollCallback(window, x, y);
  }
  static void move(GLFWwindow* window, [[maybe_unused]] double x, [[maybe_unused]] double y) {
    ++of(window).inputs_;
#if IMGUI_VERSION_NUM >= 18700
    const double scale = static_cast<double>(of(window).pixels_per_unit_);
    ImGui_ImplGlfw_CursorPosCallback(window, x * scale, y * scale);
#endif
  }
  static void enter(GLFWwindow* window, int entered) {
    ++of(window).inputs_;
    ImGui_ImplGlfw_CursorEnterCallback(window, entered);
  }
  static void focus(GLFWwindow* window, int focused) {
    ++of(window).inputs_;
    ImGui_ImplGlfw_WindowFocusCallback(window, focused);
  }
  static void refresh(GLFWwindow* window) {
    ++of(window).inputs_;
  }
  static void resize(GLFWwindow* window, int, int) {
    ++of(window).inputs_;
    of(window).measure();
  }
  static void rescale(GLFWwindow* window, float, float) {
    ++of(window).inputs_;
    of(window).measure();
  }
  static void close(GLFWwindow* window) {
    ++of(window).inputs_;
  }
  static void drop(GLFWwindow* window, int count, const char** paths) {
    ++of(window).inputs_;
    for (int i = 0; i < count; ++i) of(window).dropped_.emplace_back(paths[i]);
  }

  static void install(GLFWwindow* window) {
    glfwSetKeyCallback(window, key);
    glfwSetCharCallback(window, character);
    glfwSetMouseButtonCallback(window, button);
    glfwSetScrollCallback(window, scroll);
    glfwSetCursorPosCallback(window, move);
    glfwSetCursorEnterCallback(window, enter);
    glfwSetWindowFocusCallback(window, focus);
    glfwSetWindowRefreshCallback(window, refresh);
    glfwSetFramebufferSizeCallback(window, resize);
    glfwSetWindowContentScaleCallback(window, rescale);
    glfwSetWindowCloseCallback(window, close);
    glfwSetDropCallback(window, drop);
  }
};

namespace {

std::string last_glfw_error() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text == nullptr ? "no reason given" : text;
}

NoWindow refused(const std::string& reason) {
  return {.no_display = false,
          .trouble = {.what = "the graphics driver refused a window with OpenGL 3.3 (" + reason + ")",
                      .where = {},
                      .todo = "update the driver, or run LIBGL_ALWAYS_SOFTWARE=1 allocviz to draw without it, or "
                              "allocviz --screenshot OUT.png to draw without a window"}};
}

void fit_to_monitor(int& width, int& height) {
  int x = 0, y = 0, most_width = 0, most_height = 0;
  if (GLFWmonitor* monitor = glfwGetPrimaryMonitor(); monitor != nullptr) {
    glfwGetMonitorWorkarea(monitor, &x, &y, &most_width, &most_height);
  }
  if (most_width > 0 && most_height > 0) {
    width = std::min(width, most_width);
    height = std::min(height, most_height);
  }
}

GLFWwindow* make_window(int width, int height) {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHint(GLFW_DEPTH_BITS, 0);
  glfwWindowHint(GLFW_STENCIL_BITS, 0);
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);  // until there is something to show
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "allocviz");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "allocviz");
  return glfwCreateWindow(width, height, "allocviz", nullptr, nullptr);
}

}  // namespace

bool has_display() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return set("DISPLAY") || set("WAYLAND_DISPLAY");
}

std::unique_ptr<Window> Window::open(int width, int height, FontFolders fonts, NoWindow& why) {
  if (!has_display() || glfwInit() == GLFW_FALSE) {
    why = {.no_display = true, .trouble = {.what = "there is no display", .where = {}, .todo = {}}};
    return nullptr;
  }
  std::unique_ptr<Window> made{new Window};
  made->fonts_ = std::move(fonts);
  fit_to_monitor(width, height);
  made->window_ = make_window(std::max(width, 320), std::max(height, 200));
  if (made->window_ == nullptr) {
    why = refused(last_glfw_error());
    return nullptr;
  }
  glfwMakeContextCurrent(made->window_);
  glfwSwapInterval(1);
  glfwSetWindowUserPointer(made->window_, made.get());
  ImGui::CreateContext();
  ui::reset();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.ConfigInputTextCursorBlink = false;  // a blinking cursor would keep an idle window drawing
  ImGui_ImplGlfw_InitForOpenGL(made->window_, false);
  if (auto status = Renderer::start(&glfwGetProcAddress); !status.ok()) {
    why = {.no_display = false, .trouble = std::move(status).trouble()};
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    return nullptr;
  }
  made->started_ = true;
  Callbacks::install(made->window_);
  made->measure();
  glfwSetWindowSizeLimits(made->window_, 320, 200, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwShowWindow(made->window_);
  return made;
}

Window::~Window() {
  if (started_) {
    Renderer::stop();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    ui::reset();
  }
  if (window_ != nullptr) glfwDestroyWindow(window_);
  glfwTerminate();
}

void Window::measure() {
  glfwGetWindowSize(window_, &width_, &height_);
  glfwGetFramebufferSize(window_, &pixel_width_, &pixel_height_);
  float across = 1, down = 1;
  glfwGetWindowContentScale(window_, &across, &down);
  content_scale_ = std::clamp(across, 0.5f, 4.0f);
  pixels_per_unit_ = width_ > 0 ? static_cast<float>(pixel_width_) / static_cast<float>(width_) : 1;
}

bool Window::wait(double seconds) {
  const unsigned long long before = inputs_;
  if (seconds == 0) {
    glfwPollEvents();
  } else if (seconds < 0) {
    glfwWaitEvents();
  } else {
    glfwWaitEventsTimeout(seconds);
  }
  return inputs_ != before;
}

void Window::hand_on_late_input() {
  changed_keys_.clear();
  const std::vector<LateInput> waiting = std::exchange(late_, {});
  for (const LateInput& input : waiting) Callbacks::hand_on(window_, input);
  if (!waiting.empty()) ui::want_frame();
}

void Window::wake() {
  glfwPostEmptyEvent();
}

void Window::begin_frame(float user_scale) {
  Renderer::use_fonts(fonts_, content_scale_ * user_scale);
  Renderer::new_frame();
  ImGui_ImplGlfw_NewFrame();
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(static_cast<float>(pixel_width_), static_cast<float>(pixel_height_));
  io.DisplayFramebufferScale = ImVec2(1, 1);
  io.DeltaTime = std::clamp(io.DeltaTime, 1e-4f, 0.25f);  // the first frame after a rest is no long one
#if IMGUI_VERSION_NUM < 18700
  if (io.MousePos.x > -1e6f) {  // the back end has just read it in the window system's units
    io.MousePos = ImVec2(io.MousePos.x * pixels_per_unit_, io.MousePos.y * pixels_per_unit_);
  }
#endif
  ImGui::NewFrame();
}

void Window::draw(draw::Color ground) {
  Renderer::draw(pixel_width_, pixel_height_, ground);
}
void Window::finish() const {
  Renderer::finish();
}
Image Window::read() const {
  return Renderer::read(pixel_width_, pixel_height_);
}
void Window::show() {
  glfwSwapBuffers(window_);
  hand_on_late_input();
}

void Window::set_title(const std::string& title) {
  if (title == title_) return;
  title_ = title;
  glfwSetWindowTitle(window_, title.c_str());
}

bool Window::close_requested() {
  const bool requested = glfwWindowShouldClose(window_) != 0;
  glfwSetWindowShouldClose(window_, GLFW_FALSE);
  return requested;
}

std::vector<std::string> Window::take_dropped() {
  return std::exchange(dropped_, {});
}

}  // namespace allocviz::platform
