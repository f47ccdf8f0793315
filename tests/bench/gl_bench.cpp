// What one whole frame takes, laid out and drawn, with whatever OpenGL there is without a display; Mesa's software
// driver where there is no graphics card. Elapsed time until the last pixel stands, and of it what the program's own
// thread computed before OpenGL had its turn.
//
// Usage: gl_bench [FILE [N]]     a trace or log (the first lesson) at event N (where most is live)
#include <imgui.h>
#include <time.h>

#include <algorithm>
#include <cfloat>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "viz/app/cursor.h"
#include "viz/app/startup.h"
#include "viz/app/update.h"
#include "viz/draw/theme.h"
#include "viz/panels/ui.h"
#include "viz/platform/frame.h"
#include "viz/platform/offscreen.h"
#include "viz/platform/renderer.h"

namespace {

using namespace allocviz;
using app::Command;
using app::Do;
using Clock = std::chrono::steady_clock;

constexpr double kFrameSeconds = 1.0 / 60;

double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

struct Times {
  std::vector<double> whole, own;  // ms, one a frame

  void append(const Times& more) {
    whole.insert(whole.end(), more.whole.begin(), more.whole.end());
    own.insert(own.end(), more.own.begin(), more.own.end());
  }
};

double at_share(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void say(const std::string& what, const Times& times) {
  std::printf("%-28s %5zu frames  whole p50 %6.2f  p99 %6.2f  worst %6.2f   own p50 %5.2f  p99 %5.2f ms\n",
              what.c_str(), times.whole.size(), at_share(times.whole, 0.5), at_share(times.whole, 0.99),
              at_share(times.whole, 1), at_share(times.own, 0.5), at_share(times.own, 0.99));
}

// A window of this size that nobody sees.
class Window {
 public:
  Window(platform::Offscreen& offscreen, app::State& state, int width, int height)
      : state_(state), width_(width), height_(height) {
    if (!offscreen.bind(width, height).ok()) std::exit(1);
    run(10, [](int) {});
  }

  Times run(int count, const std::function<void(int)>& act) {
    Times times;
    for (int i = 0; i < count; ++i) {
      act(i);
      frame(times);
    }
    return times;
  }
  void push(Command command) { commands_.push(std::move(command)); }
  void push(Do what) { commands_.push(what); }
  void settle() {
    app::finish_moving(state_);
    run(3, [](int) {});
  }

 private:
  void frame(Times& times) {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(static_cast<float>(width_), static_cast<float>(height_));
    io.DeltaTime = static_cast<float>(kFrameSeconds);
    const auto began = Clock::now();
    const double own = thread_ms();
    platform::Renderer::new_frame();
    ImGui::NewFrame();
    const float em = ui::fonts().size_px[static_cast<std::size_t>(ui::Font::Body)];
    now_s_ += kFrameSeconds;
    platform::run_frame(state_, commands_, {io.DisplaySize.x, io.DisplaySize.y, em}, caches_, now_s_);
    ImGui::Render();
    times.own.push_back(thread_ms() - own);
    const auto kind = state_.settings.theme == 0 ? draw::ThemeKind::Dark : draw::ThemeKind::Light;
    platform::Renderer::draw(width_, height_, draw::theme(kind).window);
    platform::Renderer::finish();
    const double whole = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    times.whole.push_back(whole);
    // What is left of a sixtieth of a second a worker has to itself, as on a screen.
    if (state_.moving != nullptr && whole < 1e3 * kFrameSeconds) {
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(1e3 * kFrameSeconds - whole));
    }
  }

  app::State& state_;
  app::Commands commands_;
  draw::Caches caches_;
  int width_, height_;
  double now_s_ = 0;
};

Command seek_to(std::uint64_t event, Do how) {
  Command command;
  command.what = how;
  command.position = {event, replay::kAllSteps};
  return command;
}

void measure(platform::Offscreen& offscreen, app::State& state, int width, int height) {
  Window window(offscreen, state, width, height);
  const std::uint64_t events = state.timeline().event_count();
  const std::uint64_t middle = state.cursor().event;
  const double bytes = static_cast<double>(state.timeline().census().arena_bytes);
  Times all;
  const auto part = [&](const char* what, int count, const std::function<void(int)>& act) {
    const Times times = window.run(count, act);
    say(what, times);
    all.append(times);
    window.settle();
  };
  std::printf("%d x %d\n", width, height);
  part("nothing moves", 60, [](int) {});
  part("zooming", 120, [&](int i) {
    Command command;
    command.what = i < 60 ? Do::ZoomIn : Do::ZoomOut;
    command.number = 1;
    command.value = bytes / 7;
    window.push(std::move(command));
  });
  window.push(Do::ZoomFit);
  window.settle();
  part("scrubbing", 240, [&](int i) {
    const auto step = std::max<std::uint64_t>(events / 1000, 1);
    const auto back = static_cast<std::uint64_t>(i < 120 ? i : 240 - i) * step;
    window.push(seek_to(middle - std::min(middle, back), Do::ScrubTo));
  });
  window.push(Do::EndScrub);
  window.push(seek_to(middle, Do::SeekTo));
  window.settle();
  part("next event, previous event", 120, [&](int i) { window.push(i % 2 == 0 ? Do::PreviousEvent : Do::NextEvent); });
  say("all of them", all);
}

}  // namespace

int main(int argc, char** argv) {
  app::Arguments arguments;
  arguments.wait = true;
  arguments.remember = false;
  if (argc > 1) arguments.file = argv[1];
  if (argc > 2) arguments.at = argv[2];
  auto started = app::start(arguments);
  auto offscreen = platform::Offscreen::create();
  if (!started.ok() || !offscreen.ok()) {
    std::fprintf(stderr, "%s\n", started.ok() ? offscreen.trouble().text().c_str() : started.trouble().text().c_str());
    return 1;
  }
  app::State& state = *started;
  ImGui::CreateContext();
  ui::reset();
  ImGui::GetIO().IniFilename = nullptr;
  ui::init_keys(ImGui::GetIO());
  if (!platform::Renderer::start((*offscreen)->get_proc()).ok()) return 1;
  platform::Renderer::use_fonts(platform::default_font_folders(), 1);
  if (argc <= 2) {
    app::update(state, seek_to(state.timeline().summary().peak_event, Do::SeekTo));
    app::finish_moving(state);
  }
  state.moves_late = true;  // as in the window
  std::printf("%s: event %llu of %llu, %llu blocks live\n", state.document.title.c_str(),
              static_cast<unsigned long long>(state.cursor().event),
              static_cast<unsigned long long>(state.timeline().event_count()),
              static_cast<unsigned long long>(state.timeline().figures().live_blocks));
  measure(**offscreen, state, 1280, 800);
  measure(**offscreen, state, 2560, 1440);
  platform::Renderer::stop();
  ImGui::DestroyContext();
  ui::reset();
  return 0;
}
