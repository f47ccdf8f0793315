// allocviz: opens the window on a lesson, a trace or a log; or draws one picture of it without a display.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "core/trace/spec.h"
#include "viz/app/startup.h"
#include "viz/app/update.h"
#include "viz/panels/ui.h"
#include "viz/platform/gallery.h"
#include "viz/platform/picture.h"
#include "viz/platform/run.h"

namespace {

using namespace allocviz;

enum Exit { kDone = 0, kFailed = 1, kUsage = 2 };

struct Options {
  app::Arguments arguments;
  std::string screenshot, gallery, size;
  std::vector<std::string> more_logs;  // --gallery takes several
  float scale = 1;
  bool stats = false, placed = false, slide = false;
};

int fail(const trace::Trouble& trouble, Exit code) {
  fmt::print(stderr, "allocviz: {}\n", trouble.text());
  return code;
}

// "1280x800" -> {1280, 800}; false for anything else.
bool parse_size(const std::string& text, platform::PictureSize& size) {
  int width = 0, height = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%5dx%5d%c", &width, &height, &rest) != 2 || width < 1 || height < 1) return false;
  size.width = width;
  size.height = height;
  return true;
}

void define(CLI::App& cli, Options& options) {
  cli.add_option("FILE", options.arguments.file, "A trace, or a log of another program; none = the first lesson");
  cli.add_option("--allocator", options.arguments.allocators,
                 "What to replay it on, once for each stage: buddy:arena=1MiB,min=64, slab:block=64,count=1024, "
                 "bump:arena=64KiB")
      ->type_name("SPEC")
      ->allow_extra_args(false);
  cli.add_option("--process", options.arguments.process,
                 "Of a log of several processes (or GPUs) this one; without it the one with the most events")
      ->type_name("N");
  cli.add_option("--at", options.arguments.at, "Open at event N, or at step K of event N")->type_name("N[.K]");
  cli.add_option("--preset", options.arguments.preset, "How the window is divided")
      ->check(CLI::IsMember({"teach", "debug", "compare"}));
  cli.add_option("--theme", options.arguments.theme, "Colours")->check(CLI::IsMember({"dark", "light"}));
  cli.add_option("--color", options.arguments.color, "What the memory map is coloured by")
      ->check(CLI::IsMember({"state", "size", "age", "lifetime", "thread", "site", "tag"}));
  cli.add_option("--find", options.arguments.find, "With --screenshot: search for this")->type_name("TEXT");
  cli.add_option("--groups", options.arguments.groups, "With --screenshot: the table of groups")
      ->check(CLI::IsMember({"site", "size", "thread", "tag"}));
  cli.add_flag("!--no-cache", options.arguments.cache, "Neither look for large logs in the cache nor keep them there");
  cli.add_option("--screenshot", options.screenshot, "Draw one picture and end; needs no display")
      ->type_name("OUT.png");
  cli.add_flag("--slide", options.slide,
               "With --screenshot: the stage alone, with the event in words; then OUT may be .svg");
  cli.add_option("--size", options.size, "Size of the picture or the window in pixels (1280x800)")->type_name("WxH");
  cli.add_option("--scale", options.scale, "As a monitor's content scale, for pictures: 2 = everything twice as large")
      ->check(CLI::Range(0.5, 4.0));
  cli.add_option("--gallery", options.gallery, "Draw every view into this folder and end; needs no display")
      ->type_name("DIR");
  cli.add_option("--log", options.more_logs, "With --gallery: a log to draw, too")->type_name("FILE");
  cli.add_flag("--stats", options.stats, "Print at the end how many frames were drawn")->group("");
  cli.add_flag("--placed", options.placed, "With --screenshot: print what stands where")->group("");
  cli.set_version_flag("--version", "allocviz " ALLOCVIZ_VERSION);
}

bool is_svg(const Options& options) {
  return options.screenshot.ends_with(".svg");
}

void print_summary(const app::State& state) {
  const trace::Facts& facts = state.document.trace->facts();
  fmt::print("{}: {} events, peak {} requested in {} blocks\n", state.document.title, trace::count_text(facts.events()),
             trace::size_text(facts.peak_live_bytes), trace::count_text(facts.peak_live_blocks));
  for (const app::Stage& stage : state.stages) {
    const replay::Summary& summary = stage.timeline->summary();
    const std::string first =
        summary.failed == 0 ? "" : fmt::format(" (the first at event {})", trace::count_text(summary.first_failed));
    fmt::print("{}: {} failed{}; at the peak {} live in blocks of {}, at the end {}; {:.0f} ns an event\n",
               trace::to_title(stage.timeline->spec()), trace::count_text(summary.failed), first,
               trace::size_text(summary.at_peak.live_requested), trace::size_text(summary.at_peak.live_rounded),
               trace::size_text(summary.at_end.live_requested), summary.ns_per_event);
  }
}

// A window goes to the last moment there is; a slide is of the moment that was asked for, or of none.
trace::Status check_moment(const app::State& state, const std::string& at) {
  const auto wanted = at.empty() ? trace::Result<replay::Position>(state.cursor()) : app::parse_position(at);
  if (!wanted.ok()) return wanted.trouble();
  const std::uint64_t events = state.timeline().event_count();
  if (wanted->event > events) {
    return trace::Trouble{fmt::format("there is no event {}; the log has {} events", wanted->event, events), {}, ""};
  }
  const std::uint32_t steps = state.timeline().step_count();
  if (wanted->step != replay::kAllSteps && wanted->step > steps) {
    return trace::Trouble{
        fmt::format("event {} has no step {}; its last step is {}", wanted->event, wanted->step, steps), {}, ""};
  }
  return trace::Done{};
}

trace::Status write_screenshot(platform::Painter& painter, app::State& state, const platform::PictureSize& size,
                               const Options& options) {
  state.slide = options.slide;
  if (options.slide) {
    if (auto moment = check_moment(state, options.arguments.at); !moment.ok()) return moment;
  }
  if (is_svg(options)) {
    auto text = painter.draw_svg(state, size);
    if (!text.ok()) return std::move(text).trouble();
    return platform::write_picture(options.screenshot, *text);
  }
  auto image = painter.draw(state, size);
  if (!image.ok()) return std::move(image).trouble();
  return platform::write_png(options.screenshot, *image);
}

int draw_picture(const Options& options, const platform::PictureSize& size, bool with_summary) {
  app::Arguments arguments = options.arguments;
  arguments.wait = true;
  arguments.remember = false;  // a picture depends on nothing but its arguments
  auto state = app::start(arguments);
  if (!state.ok()) return fail(state.trouble(), kUsage);
  if (state->trouble) return fail(*state->trouble, kFailed);
  auto painter = platform::Painter::create();
  if (!painter.ok()) return fail(painter.trouble(), kFailed);
  if (auto drawn = write_screenshot(**painter, *state, size, options); !drawn.ok())
    return fail(drawn.trouble(), kFailed);
  if (with_summary) print_summary(*state);
  if (options.placed) {
    for (const ui::Placed& item : ui::placed()) {
      fmt::print("{}\t{:.0f} {:.0f} {:.0f} {:.0f}\n", item.label, item.rect.x0, item.rect.y0, item.rect.x1,
                 item.rect.y1);
    }
  }
  return kDone;
}

int draw_gallery(const Options& options) {
  auto painter = platform::Painter::create();
  if (!painter.ok()) return fail(painter.trouble(), kFailed);
  std::vector<std::string> logs = options.more_logs;
  if (!options.arguments.file.empty()) logs.insert(logs.begin(), options.arguments.file);
  auto report = platform::draw_gallery(**painter, options.gallery, logs);
  if (!report.ok()) return fail(report.trouble(), kFailed);
  fmt::print("{} pictures in {}; the slowest frame took {:.2f} ms of CPU: {}\n", report->pictures, options.gallery,
             report->slowest_frame_ms, report->slowest);
  return kDone;
}

int without_display(Options options, const platform::PictureSize& size) {
  fmt::print(stderr, "allocviz: there is no display: drawing the same scene to allocviz.png\n");
  options.screenshot = "allocviz.png";
  return draw_picture(options, size, true);
}

int open_window(const Options& options, platform::PictureSize size, double started_s) {
  if (!platform::has_display()) return without_display(options, size);
  auto state = app::start(options.arguments);
  if (!state.ok()) return fail(state.trouble(), kUsage);
  if (options.size.empty()) {
    size.width = state->settings.window_width;
    size.height = state->settings.window_height;
  }
  platform::NoWindow why;
  auto window = platform::Window::open(size.width, size.height, platform::default_font_folders(), why);
  if (window == nullptr) return why.no_display ? without_display(options, {}) : fail(why.trouble, kFailed);
  const platform::RunStats stats = platform::run(*state, *window, started_s, options.stats);
  if (options.stats) {
    fmt::print("frames {} waits {} first_frame_ms {:.0f} cpu_ms_mean {:.3f} cpu_ms_p99 {:.3f} cpu_ms_max {:.3f}\n",
               stats.cpu.ms.size(), stats.waits, stats.first_frame_s * 1e3, stats.cpu.mean(), stats.cpu.at(0.99),
               stats.cpu.at(1));
    fmt::print("wall_ms_median {:.1f} wall_ms_p99 {:.1f} wall_ms_max {:.1f}\n", stats.wall.at(0.5), stats.wall.at(0.99),
               stats.wall.at(1));
  }
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  const double started_s = platform::clock_s();
  CLI::App cli{"Watch memory allocators at work, step by step."};
  Options options;
  define(cli, options);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? kDone : kUsage;
  }
  platform::PictureSize size;
  size.scale = options.scale;
  if (!options.size.empty() && !parse_size(options.size, size)) {
    return fail({.what = "--size " + options.size + " is no size", .where = {}, .todo = "write it as 1280x800"},
                kUsage);
  }
  if (is_svg(options) && !options.slide) {
    return fail({.what = "a window's controls are pixels, and " + options.screenshot + " would hold shapes",
                 .where = {},
                 .todo = "add --slide for the stage alone, or write to a .png"},
                kUsage);
  }
  if (!options.gallery.empty()) return draw_gallery(options);
  if (!options.screenshot.empty()) return draw_picture(options, size, false);
  return open_window(options, size, started_s);
}
