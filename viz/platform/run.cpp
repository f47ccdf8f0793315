#include "viz/platform/run.h"

#include <fmt/format.h>
#include <imgui.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>
#include <utility>

#include "core/trace/spec.h"
#include "viz/app/folder.h"
#include "viz/app/moving.h"
#include "viz/app/opening.h"
#include "viz/app/settings.h"
#include "viz/app/update.h"
#include "viz/draw/theme.h"
#include "viz/panels/ui.h"
#include "viz/platform/dialogs.h"
#include "viz/platform/frame.h"

namespace allocviz::platform {
namespace {

constexpr int kSettleFrames = 3;            // ImGui shows the last consequence of an input two frames later
constexpr double kMovingFrame = 1.0 / 60;   // where the screen does not set the pace itself
constexpr double kWaitingFrame = 1.0 / 20;  // progress of long work, a notice that will fade
constexpr double kDialogPoll = 0.05;
constexpr double kRestAfter = 5;  // seconds without a frame

std::string title_of(const app::State& state) {
  const replay::Position at = state.cursor();
  const std::uint32_t steps = state.timeline().step_count();
  const std::string step = at.step < steps ? fmt::format(", step {} of {}", at.step, steps) : std::string{};
  return fmt::format("{}{} · event {} of {}{} · allocviz", state.document.edited ? "*" : "",
                     app::title_with_file(state.document), trace::count_text(at.event),
                     trace::count_text(state.timeline().event_count()), step);
}

// Puts the desktop's file dialog in front of the window's own, where there is one.
class Dialogs {
 public:
  explicit Dialogs(const app::State& state) : state_(state) {}

  bool intercept(const app::Command& command) {
    const bool asks = command.text.empty() && (command.what == app::Do::OpenFile || command.what == app::Do::SaveAs);
    if (!asks || refused_) return false;
    const auto kind = command.what == app::Do::OpenFile ? DialogKind::Open : DialogKind::Save;
    return dialog_.is_open() || dialog_.start(kind, state_.document.path);
  }

  void poll(app::Commands& commands) {
    const auto answer = dialog_.poll();
    if (!answer || (answer->path.empty() && !answer->failed)) return;
    refused_ = answer->failed;  // the command with an empty text then reaches update(), which asks in the window
    app::Command command;
    command.what = answer->kind == DialogKind::Open ? app::Do::OpenFile : app::Do::SaveAs;
    command.text = answer->path;
    commands.push(std::move(command));
  }

  [[nodiscard]] bool is_open() const { return dialog_.is_open(); }

 private:
  const app::State& state_;
  FileDialog dialog_;
  bool refused_ = false;
};

// This thread's own time: software GL draws the frame before on others.
double thread_cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class Loop {
 public:
  Loop(app::State& state, Window& window, double started_s, bool measure_wall)
      : state_(state), window_(window), dialogs_(state), started_s_(started_s), measure_wall_(measure_wall) {
    state_.moves_late = true;
  }

  RunStats run() {
    while (!state_.quit) {
      if (window_.wait(patience())) settle_ = kSettleFrames;
      gather();
      const bool moving = settle_ > 0 || app::wants_frame(state_);
      if (!moving || clock_s() < not_before_s_) continue;
      frame();
    }
    app::keep_settings_now(state_);
    return stats_;
  }

 private:
  // How long to wait for input: not at all when a frame is due, for ever when nothing moves.
  double patience() {
    const double now = clock_s();
    if (settle_ > 0 || app::wants_frame(state_)) return std::max(0.0, not_before_s_ - now);
    if (dialogs_.is_open()) return kDialogPoll;
    ++stats_.waits;
    if (!rests_ && now < rests_at_s_) return rests_at_s_ - now;
    if (!std::exchange(rests_, true)) app::come_to_rest(state_);
    return -1;
  }

  void gather() {
    for (std::string& path : window_.take_dropped()) {
      app::Command command;
      command.what = app::Do::OpenFile;
      command.text = std::move(path);
      commands_.push(std::move(command));
      break;  // one document at a time: the first of several
    }
    if (window_.close_requested()) commands_.push(app::Do::Quit);
    dialogs_.poll(commands_);
    if (!commands_.empty()) settle_ = kSettleFrames;
  }

  void frame() {
    const double begun = clock_s();
    window_.begin_frame(state_.settings.scale);
    const double cpu_from = thread_cpu_s();
    const Screen screen{.width = static_cast<float>(window_.pixel_width()),
                        .height = static_cast<float>(window_.pixel_height()),
                        .em = ui::fonts().size_px[static_cast<std::size_t>(ui::Font::Body)]};
    run_frame(state_, commands_, screen, caches_, begun - started_s_,
              [this](const app::Command& command) { return dialogs_.intercept(command); });
    ImGui::Render();
    count(stats_.cpu, thread_cpu_s() - cpu_from);
    window_.draw(draw::theme(state_.settings.theme == 0 ? draw::ThemeKind::Dark : draw::ThemeKind::Light).window);
    if (measure_wall_) {
      window_.finish();
      count(stats_.wall, clock_s() - begun);
    }
    take_screenshot();
    window_.show();
    take_slide(screen.em);
    if (stats_.cpu.ms.size() == 1) stats_.first_frame_s = clock_s() - started_s_;
    window_.set_title(title_of(state_));
    state_.settings.window_width = window_.width();
    state_.settings.window_height = window_.height();
    settle_ = std::max(settle_ - 1, ui::take_want_frame() ? 1 : 0);
    const bool lively = settle_ > 0 || state_.playback.playing || state_.moving != nullptr;
    not_before_s_ = begun + (lively ? kMovingFrame : kWaitingFrame);
    rests_ = !app::is_long(state_.timeline().trace());
    rests_at_s_ = begun + kRestAfter;
  }

  static void count(FrameTimes& times, double took_s) { times.ms.push_back(static_cast<float>(took_s * 1e3)); }

  void take_screenshot() {
    if (state_.screenshot_path.empty()) return;
    const std::string path = std::exchange(state_.screenshot_path, {});
    say_written(path, write_png(path, window_.read()));
  }

  void take_slide(float em) {
    if (state_.slide_path.empty()) return;
    const std::string path = std::exchange(state_.slide_path, {});
    say_written(path, write_picture(path, slide_text(state_, em, find_fonts(default_font_folders()))));
    caches_ = {};
  }

  void say_written(const std::string& path, const trace::Status& written) {
    if (!written.ok()) {
      state_.trouble = written.trouble();
    } else {
      state_.notice = "Wrote " + app::shown_path(path);
      state_.noticed_at_s = state_.now_s;
    }
    settle_ = kSettleFrames;
  }

  app::State& state_;
  Window& window_;
  app::Commands commands_;
  draw::Caches caches_;
  Dialogs dialogs_;
  RunStats stats_;
  double started_s_ = 0, not_before_s_ = 0, rests_at_s_ = 0;
  bool rests_ = true;
  bool measure_wall_ = false;
  int settle_ = kSettleFrames;  // frames to draw though no input comes
};

}  // namespace

double FrameTimes::mean() const {
  return ms.empty() ? 0 : std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size());
}

double FrameTimes::at(double part) const {
  if (ms.empty()) return 0;
  std::vector<float> sorted = ms;
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

double clock_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

RunStats run(app::State& state, Window& window, double started_s, bool measure_wall) {
  return Loop{state, window, started_s, measure_wall}.run();
}

}  // namespace allocviz::platform
