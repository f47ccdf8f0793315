#include "viz/platform/gallery.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "viz/app/coloring.h"
#include "viz/app/loader.h"
#include "viz/app/startup.h"
#include "viz/app/update.h"

namespace allocviz::platform {
namespace {

struct Format {
  const char* name;
  PictureSize size;
};
constexpr Format kSmall{"1280x800", {1280, 800, 1}};
constexpr Format kLeast{"800x600", {800, 600, 1}};
constexpr Format kFormats[] = {kLeast, kSmall, {"2560x1440", {2560, 1440, 1}}, {"2560x1600-200%", {2560, 1600, 2}}};
constexpr Format kHuge{"1280x800-300%", {1280, 800, 3}};

app::Arguments arguments_for(const std::string& file) {
  app::Arguments arguments;
  arguments.file = file;
  arguments.wait = true;
  arguments.remember = false;
  return arguments;
}

void carry_out(app::State& state, app::Do what, std::uint64_t number = 0) {
  app::Command command;
  command.what = what;
  command.number = number;
  app::update(state, command);
  app::finish_loading(state);
}

// Whatever is being loaded goes on.
void carry_out_alone(app::State& state, app::Do what) {
  app::Command command;
  command.what = what;
  app::update(state, command);
}

void seek(app::State& state, replay::Position position) {
  app::Command command;
  command.what = app::Do::SeekTo;
  command.position = position;
  app::update(state, command);
}

class Gallery {
 public:
  Gallery(Painter& painter, std::string folder) : painter_(painter), folder_(std::move(folder)) {}

  trace::Status lessons() {
    auto started = app::start(arguments_for({}));
    if (!started.ok()) return std::move(started).trouble();
    app::State& state = *started;
    std::set<trace::AllocatorKind> kinds;
    for (std::size_t i = 0; i < state.scenarios.size(); ++i) {
      carry_out(state, app::Do::OpenScenario, i);
      const bool first_of_kind = kinds.insert(state.timeline().spec().kind).second;
      if (auto drawn = lesson(state, fmt::format("lesson-{:02}", i + 1), first_of_kind); !drawn.ok()) return drawn;
    }
    if (!state.scenarios.empty()) carry_out(state, app::Do::OpenScenario, 0);
    if (auto drawn = by_hand(state); !drawn.ok()) return drawn;
    return popups(state);
  }

  trace::Status log(const std::string& path) {
    auto started = app::start(arguments_for(path));
    if (!started.ok()) return std::move(started).trouble();
    app::State& state = *started;
    if (state.trouble) return *state.trouble;
    const std::string name = "log-" + std::filesystem::path{path}.filename().string();
    const std::uint64_t events = state.timeline().event_count();
    std::vector<std::uint64_t> at = {0, events / 2, state.timeline().summary().peak_event, events};
    if (!state.failures.empty()) at.push_back(state.failures.front() + 1);
    for (const auto& [preset, word] : {std::pair{app::Do::PresetTeach, "teach"}, {app::Do::PresetDebug, "debug"}}) {
      carry_out(state, preset);
      for (const std::uint64_t event : at) {
        seek(state, {.event = event});
        if (auto drawn = both_themes(state, fmt::format("{}-{}-event{}", name, word, event)); !drawn.ok()) return drawn;
      }
    }
    seek(state, {.event = state.timeline().summary().peak_event});
    for (std::size_t by = 1; by < app::kColorBys; ++by) {
      const auto color = static_cast<app::ColorBy>(by);
      if (!app::can_color_by(color, *state.document.trace)) continue;
      carry_out(state, app::Do::SetColorBy, by);
      if (auto drawn = both_themes(state, fmt::format("{}-by-{}", name, app::name_of(color))); !drawn.ok())
        return drawn;
    }
    carry_out(state, app::Do::SetColorBy, 0);
    if (auto drawn = charts(state, name); !drawn.ok()) return drawn;
    if (auto drawn = every_format(state, name + "-debug-all"); !drawn.ok()) return drawn;
    return opening(path, name);
  }

  trace::Status index() const {
    std::ofstream page{folder_ + "/index.html"};
    page << "<!doctype html><meta charset=utf-8><title>allocviz: every view</title>"
         << "<style>body{background:#333;color:#ddd;font:14px sans-serif}img{width:45%;margin:4px}</style>\n";
    for (const std::string& name : names_)
      page << "<img loading=lazy src=\"" << name << "\" title=\"" << name << "\">\n";
    if (page.flush()) return trace::Done{};
    return trace::Trouble{.what = folder_ + "/index.html could not be written", .where = {}, .todo = {}};
  }

  GalleryReport report;

 private:
  // While it is being opened: its first part, and the bar that says so. Nothing of a log that is short.
  trace::Status opening(const std::string& path, const std::string& name) {
    auto started = app::start(arguments_for({}));
    if (!started.ok()) return std::move(started).trouble();
    app::State& state = *started;
    std::error_code error;
    std::promise<void> drawn;
    state.long_logs.first_bytes = std::max<std::uintmax_t>(1 << 16, std::filesystem::file_size(path, error) / 4);
    state.long_logs.before_rest = [seen = drawn.get_future().share()] { seen.wait(); };
    app::update(state, {.what = app::Do::OpenFile, .text = path});
    while (state.loading != nullptr && !app::is_reading_rest(state)) {
      app::poll_loading(state);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    trace::Status status = trace::Done{};
    if (app::is_reading_rest(state)) {
      state.loading->fraction = 0.37;
      status = every_format(state, name + "-opening");
      carry_out_alone(state, app::Do::PresetDebug);
      seek(state, {.event = state.timeline().event_count() / 2});
      if (status.ok()) status = both_themes(state, name + "-opening-debug");
    }
    drawn.set_value();
    return status;
  }

  // A range of events, then looked at closely; by the clock where the log has one; fragmentation beside the bytes.
  trace::Status charts(app::State& state, const std::string& name) {
    const auto events = static_cast<double>(state.timeline().event_count());
    const auto external = static_cast<std::uint64_t>(replay::Curve::ExternalFragmentation);
    app::update(state, {.what = app::Do::SelectRange, .value = std::floor(0.4 * events), .value2 = events});
    carry_out(state, app::Do::ToggleCurve, external);
    if (auto drawn = both_themes(state, name + "-range"); !drawn.ok()) return drawn;
    carry_out(state, app::Do::ZoomToRange);
    if (state.document.clock != nullptr) carry_out(state, app::Do::ToggleClock);
    auto drawn = both_themes(state, name + "-range-close");
    if (state.document.clock != nullptr) carry_out(state, app::Do::ToggleClock);
    carry_out(state, app::Do::ToggleCurve, external);
    carry_out(state, app::Do::ZoomTimeFit);
    state.range.reset();
    return drawn;
  }

  trace::Status picture(app::State& state, const std::string& name, const PictureSize& size) {
    auto image = painter_.draw(state, size);
    if (!image.ok()) return std::move(image).trouble();
    names_.push_back(name + ".png");
    ++report.pictures;
    if (painter_.slowest_frame_ms() > report.slowest_frame_ms) {
      report.slowest_frame_ms = painter_.slowest_frame_ms();
      report.slowest = name;
    }
    return write_png(folder_ + "/" + names_.back(), *image);
  }

  trace::Status both_themes(app::State& state, const std::string& name, const Format& format = kSmall) {
    for (const auto& [theme, word] : {std::pair{0, "dark"}, {1, "light"}}) {
      state.settings.theme = theme;
      if (auto drawn = picture(state, fmt::format("{}-{}-{}", name, word, format.name), format.size); !drawn.ok()) {
        return drawn;
      }
    }
    state.settings.theme = 0;
    return trace::Done{};
  }

  trace::Status small_and_least(app::State& state, const std::string& name) {
    auto drawn = both_themes(state, name);
    return drawn.ok() ? both_themes(state, name, kLeast) : std::move(drawn);
  }

  // Dialogs have the least room where everything is large.
  trace::Status small_to_huge(app::State& state, const std::string& name) {
    auto drawn = small_and_least(state, name);
    return drawn.ok() ? both_themes(state, name, kHuge) : std::move(drawn);
  }

  trace::Status every_format(app::State& state, const std::string& name) {
    for (const Format& format : kFormats) {
      if (auto drawn = both_themes(state, name, format); !drawn.ok()) return drawn;
    }
    return trace::Done{};
  }

  // At its start, at every event's end, and inside the event with the most steps; all formats for the first of its
  // kind.
  trace::Status lesson(app::State& state, const std::string& name, bool all_formats) {
    const std::uint64_t events = state.timeline().event_count();
    replay::Position busiest{0, 0};
    std::uint32_t most_steps = 0;
    for (std::uint64_t event = 0; event <= events; ++event) {
      seek(state, {.event = event});
      const std::uint32_t steps = state.timeline().step_count();
      if (steps > most_steps) {
        most_steps = steps;
        busiest = {event, steps / 2};
      }
      if (auto drawn = picture(state, fmt::format("{}-event{:02}", name, event), kSmall.size); !drawn.ok())
        return drawn;
    }
    seek(state, busiest);
    const std::string step_name = fmt::format("{}-event{:02}-step{}", name, busiest.event, busiest.step);
    if (auto drawn = all_formats ? every_format(state, step_name) : both_themes(state, step_name); !drawn.ok()) {
      return drawn;
    }
    return trace::Done{};
  }

  // What somebody makes of a lesson: another allocator beside it, cards, a mark, the list of lessons, a what-if.
  trace::Status by_hand(app::State& state) {
    seek(state, {.event = state.timeline().event_count() / 2 + 1});
    const std::vector<replay::Block>& blocks = state.timeline().census().blocks;
    for (const std::size_t block : {blocks.size() / 3, blocks.size() - 1}) {
      carry_out(state, app::Do::Select, blocks[block].offset);
      carry_out(state, app::Do::Pin);
    }
    app::update(state, {.what = app::Do::SetEventText, .position = state.cursor(), .text = "look here"});
    carry_out(state, app::Do::ShowScenarios);
    if (auto drawn = every_format(state, "by-hand"); !drawn.ok()) return drawn;
    if (auto drawn = both_themes(state, "by-hand", kHuge); !drawn.ok()) return drawn;
    carry_out(state, app::Do::ShowEventList);
    for (std::size_t i = 0; i < state.scenarios.size(); ++i) {
      carry_out(state, app::Do::OpenScenario, i);
      if (auto drawn = compared(state, fmt::format("compare-{:02}", i + 1)); !drawn.ok()) return drawn;
      if (state.failures.empty()) continue;
      seek(state, {.event = state.failures.front() + 1});
      carry_out(state, app::Do::TryFrees);
      if (!state.is_what_if()) continue;
      if (auto drawn = small_and_least(state, fmt::format("what-if-{:02}", i + 1)); !drawn.ok()) return drawn;
    }
    carry_out(state, app::Do::OpenScenario, 0);
    return trace::Done{};
  }

  trace::Status compared(app::State& state, const std::string& name) {
    const app::Settings before = state.settings;
    if (state.stages.size() == 1) {
      app::Draft draft = app::draft_of(state.timeline().spec());
      const bool buddy = draft.kind == trace::AllocatorKind::Buddy;
      app::change_kind(draft, buddy ? trace::AllocatorKind::Bump : trace::AllocatorKind::Buddy);
      if (auto spec = app::spec_of(draft); spec.ok()) app::update(state, {.what = app::Do::AddStage, .spec = *spec});
      app::finish_loading(state);
    }
    carry_out(state, app::Do::PresetCompare);
    seek(state, {.event = 2 * state.timeline().event_count() / 3});
    auto drawn = small_and_least(state, name);
    state.settings = before;
    return drawn;
  }

  trace::Status popups(app::State& state) {
    seek(state, {.event = 2});
    constexpr std::pair<app::Do, const char*> kShown[] = {
        {app::Do::ShowPalette, "palette"}, {app::Do::ShowKeys, "keys"},           {app::Do::ShowGoTo, "go-to"},
        {app::Do::ShowAbout, "about"},     {app::Do::ShowAllocator, "allocator"}, {app::Do::OpenFile, "open-path"},
        {app::Do::SaveAs, "save-path"},    {app::Do::EditMark, "mark"},           {app::Do::EditNote, "note"},
        {app::Do::TryRequest, "try"}};
    for (const auto& [command, word] : kShown) {
      carry_out(state, command);
      if (auto drawn = small_to_huge(state, fmt::format("popup-{}", word)); !drawn.ok()) return drawn;
      carry_out(state, app::Do::ClosePopup);
    }
    state.trouble =
        trace::Trouble{.what = "size is negative", .where = {}, .todo = "write a number from 0 to 9223372036854775807"};
    state.trouble->where.file = "server.jsonl";
    state.trouble->where.line = 12;
    state.trouble->where.event = 3;
    return small_and_least(state, "error-bar");
  }

  Painter& painter_;
  std::string folder_;
  std::vector<std::string> names_;
};

}  // namespace

trace::Result<GalleryReport> draw_gallery(Painter& painter, const std::string& folder,
                                          const std::vector<std::string>& logs) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return trace::Trouble{
        .what = "the folder " + folder + " could not be made: " + error.message(), .where = {}, .todo = {}};
  }
  Gallery gallery{painter, folder};
  if (auto drawn = gallery.lessons(); !drawn.ok()) return std::move(drawn).trouble();
  for (const std::string& path : logs) {
    if (auto drawn = gallery.log(path); !drawn.ok()) return std::move(drawn).trouble();
  }
  if (auto drawn = gallery.index(); !drawn.ok()) return std::move(drawn).trouble();
  return gallery.report;
}

}  // namespace allocviz::platform
