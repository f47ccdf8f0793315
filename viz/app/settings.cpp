#include "viz/app/settings.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/trace/io.h"
#include "core/trace/json_parse.h"
#include "viz/app/coloring.h"

namespace allocviz::app {

namespace {

using Json = nlohmann::json;

constexpr std::array kPresets{"teach", "debug", "compare"};
constexpr double kRestSeconds = 1;

// A field of the right type and inside its range, else the value as it was.
void read(const Json& json, const char* name, bool& value) {
  const auto found = json.find(name);
  if (found != json.end() && found->is_boolean()) value = found->get<bool>();
}
void read(const Json& json, const char* name, int& value, int least, int most) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer()) return;
  const auto number = found->get<std::int64_t>();
  if (number >= least && number <= most) value = static_cast<int>(number);
}
void read(const Json& json, const char* name, float& value, float least, float most) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number()) return;
  const auto number = found->get<double>();
  if (number >= static_cast<double>(least) && number <= static_cast<double>(most)) value = static_cast<float>(number);
}

void read_recent(const Json& json, std::vector<std::string>& recent) {
  const auto found = json.find("recent");
  if (found == json.end() || !found->is_array()) return;
  for (const Json& path : *found) {
    if (path.is_string() && !path.get_ref<const std::string&>().empty() && recent.size() < 10) recent.push_back(path);
  }
}

void read_preset(const Json& json, Preset& preset) {
  const auto found = json.find("preset");
  if (found == json.end() || !found->is_string()) return;
  for (std::size_t i = 0; i < kPresets.size(); ++i) {
    if (*found == kPresets[i]) preset = static_cast<Preset>(i);
  }
}

void read_color_by(const Json& json, ColorBy& by) {
  const auto found = json.find("color_by");
  if (found == json.end() || !found->is_string()) return;
  for (std::size_t i = 0; i < kColorBys; ++i) {
    if (*found == name_of(static_cast<ColorBy>(i))) by = static_cast<ColorBy>(i);
  }
}

void read_curves(const Json& json, const char* key, unsigned& curves) {
  int bits = static_cast<int>(curves);
  read(json, key, bits, 0, 0xffff);
  curves = static_cast<unsigned>(bits);
}

Settings from_json(const Json& json) {
  Settings settings;
  if (!json.is_object()) return settings;
  const auto theme = json.find("theme");
  if (theme != json.end() && *theme == "light") settings.theme = 1;
  read(json, "scale", settings.scale, 0.5f, 3.0f);
  read(json, "reduce_motion", settings.reduce_motion);
  read_preset(json, settings.preset);
  read(json, "left_width", settings.left_width, 0.05f, 0.5f);
  read(json, "groups_width", settings.groups_width, 0.05f, 0.6f);
  read(json, "right_width", settings.right_width, 0.05f, 0.5f);
  read(json, "bottom_height", settings.bottom_height, 0.05f, 0.7f);
  read(json, "map_height", settings.map_height, 0.05f, 0.9f);
  read(json, "block_height", settings.block_height, 0.05f, 0.9f);
  read(json, "show_left", settings.show_left);
  read(json, "show_right", settings.show_right);
  read(json, "window_width", settings.window_width, 200, 32'000);
  read(json, "window_height", settings.window_height, 150, 32'000);
  read_curves(json, "curves", settings.curves);
  read_curves(json, "bump_curves", settings.bump_curves);
  read_curves(json, "compare_curves", settings.compare_curves);
  read(json, "failure_lane", settings.failure_lane);
  read(json, "by_clock", settings.by_clock);
  read_color_by(json, settings.color_by);
  read(json, "list_all", settings.list_all);
  read(json, "keep_logs", settings.keep_logs);
  read_recent(json, settings.recent);
  return settings;
}

Json to_json(const Settings& settings) {
  return {{"theme", settings.theme == 1 ? "light" : "dark"},
          {"scale", settings.scale},
          {"reduce_motion", settings.reduce_motion},
          {"preset", kPresets[static_cast<std::size_t>(settings.preset)]},
          {"left_width", settings.left_width},
          {"groups_width", settings.groups_width},
          {"right_width", settings.right_width},
          {"bottom_height", settings.bottom_height},
          {"map_height", settings.map_height},
          {"block_height", settings.block_height},
          {"show_left", settings.show_left},
          {"show_right", settings.show_right},
          {"list_all", settings.list_all},
          {"keep_logs", settings.keep_logs},
          {"window_width", settings.window_width},
          {"window_height", settings.window_height},
          {"curves", settings.curves},
          {"bump_curves", settings.bump_curves},
          {"compare_curves", settings.compare_curves},
          {"failure_lane", settings.failure_lane},
          {"by_clock", settings.by_clock},
          {"color_by", name_of(settings.color_by)},
          {"recent", settings.recent}};
}

std::string in_home(const char* variable, const char* below) {
  const char* home = std::getenv(variable);
  if (home == nullptr || home[0] != '/') return {};
  return std::string(home) + below;
}

}  // namespace

std::string default_settings_path() {
  std::string path = in_home("XDG_CONFIG_HOME", "/allocviz/settings.json");
  return path.empty() ? in_home("HOME", "/.config/allocviz/settings.json") : path;
}

Settings load_settings(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return from_json(trace::parse_json(text));
}

trace::Status save_settings(const std::string& path, const Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  auto file = trace::AtomicFile::create(path);
  if (!file.ok()) return std::move(file).trouble();
  // A path in `recent` need not be UTF-8.
  const std::string text = trace::json_text(to_json(settings)) + "\n";
  if (auto written = (*file)->write(text); !written.ok()) return written;
  return (*file)->commit();
}

void keep_settings_now(State& state) {
  state.settings_changed_at_s = -1;
  if (state.settings_path.empty() || state.settings == state.settings_on_disk) return;
  // Where nothing can be written nothing is remembered: no reason to disturb anybody.
  (void)save_settings(state.settings_path, state.settings);
  state.settings_on_disk = state.settings;
}

void keep_settings(State& state) {
  if (state.settings_path.empty() || state.settings == state.settings_on_disk) {
    state.settings_changed_at_s = -1;
  } else if (state.settings_changed_at_s < 0) {
    state.settings_changed_at_s = state.now_s;
  } else if (state.now_s - state.settings_changed_at_s > kRestSeconds) {
    keep_settings_now(state);
  }
}

}  // namespace allocviz::app
