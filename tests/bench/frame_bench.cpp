// What one frame costs on a large log: the whole program without a display and without a graphics card, driven as a
// person drives it. Processor time of the thread that draws; the rest of a frame is the driver's. Before that, what the
// log takes of memory, part by part, and single seeks.
//
// Usage: frame_bench LOG [WIDTH HEIGHT | seeks]     (a log of make_log: 1e7 events, 1e6 live, 1e5 sites)
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/ui/harness.h"
#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/moving.h"
#include "viz/app/update.h"

namespace {

using allocviz::app::Command;
using allocviz::app::Do;
using ui_test::Session;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

class Bench {
 public:
  explicit Bench(Session& session) : session_(session) {}

  // `count` frames, each with what `act` pushes before it.
  void frames(const char* what, int count, const std::function<void(int)>& act) {
    std::vector<double> took;
    int arrived = 0;
    allocviz::replay::Position at = session_.cursor();
    for (int i = 0; i < count; ++i) {
      act(i);
      took.push_back(frame());
      if (!(session_.cursor() == at)) ++arrived;
      at = session_.cursor();
    }
    say(what, std::move(took));
    if (arrived != 0 && arrived != count) std::printf("%-44s %6d of them showed another moment\n", "", arrived);
    settle();
  }

  // What a command sets off, until all of it is done.
  void until_done(const char* what, Command command) {
    push(std::move(command));
    std::vector<double> took{frame()};
    while (allocviz::app::wants_frame(session_.state) && took.size() < 100'000) {
      session_.state.notice.clear();
      took.push_back(frame());
    }
    say(what, std::move(took));
    settle();
  }

  void timed(const char* what, int count, const std::function<void()>& act) {
    std::vector<double> took;
    for (int i = 0; i < count; ++i) {
      const double from = cpu_ms();
      act();
      took.push_back(cpu_ms() - from);
    }
    say(what, std::move(took));
  }

  void push(Command command) { session_.commands.push(std::move(command)); }
  void push(Do what) { session_.commands.push(what); }

 private:
  // What is left of a sixtieth of a second a worker has to itself, as on a screen.
  double frame() {
    const double from = cpu_ms();
    session_.frames();
    const double took = cpu_ms() - from;
    if (session_.state.moving != nullptr)
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(16 - took));
    return took;
  }
  void settle() {
    allocviz::app::finish_moving(session_.state);
    session_.frames(3);
  }

  static void say(const char* what, std::vector<double> took) {
    double sum = 0;
    for (const double ms : took) sum += ms;
    const double first = took.front();
    std::sort(took.begin(), took.end());
    const auto at = [&](double part) {
      return took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))];
    };
    std::printf("%-44s %6zu times  mean %7.2f  p50 %7.2f  p99 %7.2f  worst %8.2f  first %8.2f ms\n", what, took.size(),
                sum / static_cast<double>(took.size()), at(0.5), at(0.99), at(1), first);
    std::fflush(stdout);
  }

  Session& session_;
};

Command seek_to(std::uint64_t event, Do how = Do::SeekTo) {
  Command command;
  command.what = how;
  command.position = {event, allocviz::replay::kAllSteps};
  return command;
}

Command with_number(Do what, std::uint64_t number) {
  Command command;
  command.what = what;
  command.number = number;
  return command;
}

Command with_text(Do what, const char* text) {
  Command command;
  command.what = what;
  command.text = text;
  return command;
}

void resident(const char* when, std::uint64_t events) {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0, pages = 0;
  statm >> all >> pages;
  const double bytes = 4096 * static_cast<double>(pages);
  std::printf("%-44s %8.1f MB %6.2f B an event\n", when, bytes / 1e6, bytes / static_cast<double>(events));
}

void memory(const Session& s) {
  const allocviz::replay::Timeline& timeline = s.timeline();
  const double events = static_cast<double>(timeline.event_count());
  const auto say = [events](const char* what, std::uint64_t bytes) {
    std::printf("%-44s %8.1f MB %6.2f B an event\n", what, static_cast<double>(bytes) / 1e6,
                static_cast<double>(bytes) / events);
  };
  say("trace", timeline.trace().memory_bytes());
  say("timeline", timeline.memory_bytes());
  say("  series", timeline.series().memory_bytes());
  say("  free levels", timeline.free_levels().memory_bytes());
  say("  tally", timeline.tally().memory_bytes());
  say("  keyframes and the rest", timeline.memory_bytes() - timeline.series().memory_bytes() -
                                      timeline.free_levels().memory_bytes() - timeline.tally().memory_bytes());
  resident("resident", timeline.event_count());
  std::printf("%-44s %8.1f ns an event\n", "applying alone", timeline.summary().ns_per_event);
}

void seeking(Session& s, Bench& bench) {
  allocviz::replay::Timeline& timeline = *s.state.stages.front().timeline;
  std::mt19937_64 random(2);
  bench.timed("seek to any event", 200, [&] { timeline.seek({random() % timeline.event_count()}); });
  bench.timed("seek to any event, census", 100, [&] {
    timeline.seek({random() % timeline.event_count()});
    (void)timeline.census();
  });
  timeline.seek({timeline.event_count() / 2});
  bench.timed("one event on, census", 50, [&] {
    timeline.seek({timeline.position().event + 1});
    (void)timeline.census();
  });
  resident("resident, then", timeline.event_count());
  timeline.seek({0});
}

void moving(Session& s, Bench& bench) {
  std::mt19937_64 random(1);
  const std::uint64_t events = s.timeline().event_count();
  const auto to_the_middle = [&] {
    bench.push(seek_to(events / 2));
    s.frames();
    allocviz::app::finish_moving(s.state);
    s.frames(3);
  };
  to_the_middle();
  std::printf("%llu events, %llu blocks live at the middle\n", static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(s.timeline().figures().live_blocks));
  bench.frames("nothing moves", 60, [](int) {});
  bench.frames("next event", 300, [&](int) { bench.push(Do::NextEvent); });
  bench.frames("previous event", 300, [&](int) { bench.push(Do::PreviousEvent); });
  bench.frames("next step", 300, [&](int) { bench.push(Do::NextStep); });
  bench.frames("previous step", 300, [&](int) { bench.push(Do::PreviousStep); });
  bench.frames("scrubbing, a pixel a frame", 300, [&](int i) {
    bench.push(seek_to(events / 3 + static_cast<std::uint64_t>(i) * (events / 1000), Do::ScrubTo));
  });
  bench.frames("scrubbing back, a pixel a frame", 300, [&](int i) {
    bench.push(seek_to(events / 3 * 2 - static_cast<std::uint64_t>(i) * (events / 1000), Do::ScrubTo));
  });
  bench.frames("scrubbing anywhere", 300, [&](int) { bench.push(seek_to(random() % events, Do::ScrubTo)); });
  bench.push(Do::EndScrub);
  to_the_middle();
  resident("resident, then", events);
  bench.timed("coming to rest", 1, [&] { allocviz::app::come_to_rest(s.state); });
  resident("resident, then", events);
  bench.frames("next event after a rest", 1, [&](int) { bench.push(Do::NextEvent); });
}

void looking(Session& s, Bench& bench) {
  const double bytes = static_cast<double>(s.timeline().census().arena_bytes);
  bench.frames("zooming in", 60, [&](int) {
    Command command = with_number(Do::ZoomIn, 1);
    command.value = bytes / 7;
    bench.push(std::move(command));
  });
  bench.frames("zooming out", 60, [&](int) { bench.push(Do::ZoomOut); });
  bench.push(Do::ZoomFit);
  bench.frames("panning at 1/16", 100, [&](int i) {
    Command command;
    command.what = Do::SetView;
    command.value = bytes / 128 * i;
    command.value2 = command.value + bytes / 16;
    bench.push(std::move(command));
  });
  bench.push(Do::ZoomFit);
  const auto size = ImGui::GetIO().DisplaySize;
  for (const float down : {0.25f, 0.5f, 0.75f, 0.92f}) {
    const std::string what = "wheel at " + std::to_string(static_cast<int>(100 * down)) + " % of the height";
    bench.frames(what.c_str(), 60, [&](int i) {  // as the oldest and the newest Dear ImGui take it
      ImGuiIO& io = ImGui::GetIO();
      io.MousePos = ImVec2(size.x * 0.55f, size.y * down);
      io.MouseWheel = i < 30 ? 1.0f : -1.0f;
    });
    bench.push(Do::ZoomFit);
    bench.push(Do::ZoomTimeFit);
  }
  bench.frames("zooming time in", 60, [&](int) { bench.push(Do::ZoomTimeIn); });
  bench.frames("zooming time out", 60, [&](int) { bench.push(Do::ZoomTimeOut); });
  bench.frames("colours", 8, [&](int) { bench.push(Do::NextColorBy); });
  bench.frames("selecting", 60,
               [&](int i) { bench.push(with_number(Do::Select, static_cast<std::uint64_t>(bytes / 61 * i))); });
  bench.push(Do::ClearSelection);
}

void finding(Session& s, Bench& bench) {
  for (const char* query :
       {"size>4k", "site~function_77", "lifetime<100", "live", "age>1000", "id=5", "failed", "main"}) {
    bench.until_done((std::string("search ") + query).c_str(), with_text(Do::SetFilter, query));
    bench.frames("  next match", 60, [&](int) { bench.push(Do::NextMatch); });
  }
  bench.until_done("no search", with_text(Do::SetFilter, ""));
  bench.until_done("failures", with_number(Do::ShowFailures, 0));
  bench.until_done("next failure", with_number(Do::NextFailure, 0));
  bench.push(seek_to(s.timeline().event_count() / 2));
  s.frames(3);
  bench.until_done("groups", with_number(Do::ShowGroups, 0));
  bench.frames("  next event, groups seen", 60, [&](int) { bench.push(Do::NextEvent); });
  for (int i = 0; i < 5; ++i) {
    bench.until_done("groups, more frames of a stack", with_number(Do::NextGroupFrames, 0));
  }
  bench.until_done("groups sorted", with_number(Do::SortGroups, 2));
  bench.until_done("groups by size", with_number(Do::SetGroupBy, 1));
  bench.until_done("groups by thread", with_number(Do::SetGroupBy, 2));
  bench.until_done("groups compared", with_number(Do::CompareFrom, 0));
  bench.until_done("groups far away", seek_to(1000));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: frame_bench LOG [WIDTH HEIGHT | seeks]\n");
    return 2;
  }
  const float width = argc > 3 ? std::strtof(argv[2], nullptr) : 1600,
              height = argc > 3 ? std::strtof(argv[3], nullptr) : 1000;
  allocviz::app::Arguments arguments;
  Session session(arguments, width, height);
  session.open(argv[1]);
  Bench bench(session);
  memory(session);
  seeking(session, bench);
  if (argc == 3 && std::string_view(argv[2]) == "seeks") return 0;
  session.state.moves_late = true;  // as in the window
  moving(session, bench);
  looking(session, bench);
  finding(session, bench);
  return 0;
}
