#include "viz/app/startup.h"
#include "viz/app/coloring.h"

#include <filesystem>
#include <utility>

#include "viz/app/filter.h"
#include "viz/app/group_view.h"
#include "viz/app/loader.h"
#include "viz/app/scenario_list.h"
#include "viz/app/settings.h"
#include "viz/app/update.h"

namespace allocviz::app {

namespace {

using trace::Trouble;

trace::Status take_preset(State& state, const std::string& preset) {
  Command command;
  if (preset == "teach") {
    command.what = Do::PresetTeach;
  } else if (preset == "debug") {
    command.what = Do::PresetDebug;
  } else if (preset == "compare") {
    command.what = Do::PresetCompare;
  } else {
    return Trouble{"there is no preset \"" + preset + "\"", {}, "write teach, debug or compare"};
  }
  update(state, command);
  state.popup = Popup::None;
  return trace::Done{};
}

trace::Status take_theme(Settings& settings, const std::string& theme) {
  if (theme != "dark" && theme != "light") {
    return Trouble{"there is no theme \"" + theme + "\"", {}, "write dark or light"};
  }
  settings.theme = theme == "light" ? 1 : 0;
  return trace::Done{};
}

trace::Result<OpenRequest> request_of(const Arguments& arguments) {
  OpenRequest request;
  request.path = arguments.file;
  request.process = arguments.process;
  for (const std::string& text : arguments.allocators) {
    auto spec = trace::parse_spec(text);
    if (!spec.ok()) return std::move(spec).trouble();
    if (auto fault = trace::fault_of(*spec)) return std::move(*fault);
    request.specs.push_back(std::move(spec).value());
  }
  if (!arguments.at.empty()) {
    auto at = parse_position(arguments.at);
    if (!at.ok()) return std::move(at).trouble();
    request.at = *at;
  }
  return request;
}

// An empty trace: what stands there while the first file is opened on the worker, and if all else fails.
trace::Result<Opened> nothing(const std::string& title) {
  static constexpr std::string_view kEmpty = R"({"format": "allocviz-trace", "version": 1, "events": []})";
  OpenRequest request;
  request.json = kEmpty;
  request.name = title;
  auto opened = open_now(request);
  if (opened.ok()) opened->document.placeholder = true;
  return opened;
}

// The lesson, with what the command line says of allocators and position.
trace::Result<Opened> lesson(const State& state, OpenRequest request) {
  if (state.scenarios.empty()) return nothing("allocviz");
  OpenRequest scenario = request_of(state, 0);
  scenario.specs = std::move(request.specs);
  if (!(request.at == replay::Position{})) scenario.at = request.at;
  return open_now(scenario);
}

trace::Status open_first(State& state, OpenRequest request, bool wait) {
  if (request.path.empty() || !wait) {
    auto first = request.path.empty() ? lesson(state, std::move(request)) : nothing(request.path);
    if (!first.ok()) return std::move(first).trouble();
    adopt(state, std::move(first).value());
    if (!request.path.empty()) start_opening(state, std::move(request));
    return trace::Done{};
  }
  auto opened = open_now(request);
  std::optional<Trouble> trouble;
  if (!opened.ok()) {
    trouble = std::move(opened).trouble();
    opened = lesson(state, {});
    if (!opened.ok()) return std::move(opened).trouble();
  }
  adopt(state, std::move(opened).value());
  state.trouble = std::move(trouble);
  return trace::Done{};
}

// A picture shows a search and sums that are done.
void look_for(State& state, const Arguments& arguments) {
  const std::uint64_t all = state.document.trace->size() + 1;
  if (const auto by = analyze::group_by_of(arguments.groups)) {
    state.left_tab = LeftTab::Groups;
    state.groups.by = *by;
    while (is_grouping(state)) group_on(state, all);
  }
  if (arguments.find.empty()) return;
  set_filter(state, arguments.find);
  while (is_searching(state)) search_on(state, all);
}

}  // namespace

trace::Result<State> start(const Arguments& arguments) {
  State state;
  auto request = request_of(arguments);
  if (!request.ok()) return std::move(request).trouble();
  if (arguments.remember) {
    state.settings_path = default_settings_path();
    if (!state.settings_path.empty()) state.settings = load_settings(state.settings_path);
    std::error_code ignored;
    state.first_start = state.settings_path.empty() || !std::filesystem::exists(state.settings_path, ignored);
    state.settings_on_disk = state.settings;
    if (arguments.cache) state.long_logs.cache.folder = trace::default_cache_folder();
  }
  if (!arguments.theme.empty()) {
    if (auto taken = take_theme(state.settings, arguments.theme); !taken.ok()) return std::move(taken).trouble();
  }
  state.scenarios = scenario_list();
  if (auto opened = open_first(state, std::move(request).value(), arguments.wait); !opened.ok()) {
    return std::move(opened).trouble();
  }
  for (std::size_t by = 0; by < kColorBys; ++by) {
    if (arguments.color == name_of(static_cast<ColorBy>(by))) state.settings.color_by = static_cast<ColorBy>(by);
  }
  if (!arguments.preset.empty()) {
    if (auto taken = take_preset(state, arguments.preset); !taken.ok()) return std::move(taken).trouble();
  }
  if (arguments.wait) look_for(state, arguments);
  return state;
}

}  // namespace allocviz::app
