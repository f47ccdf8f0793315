// Small documents for tests of viz/app: opened from text, without files and without a window.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viz/app/loader.h"
#include "viz/app/update.h"

namespace app_test {

using namespace allocviz;

// Seven events on a 1 KiB buddy: the fourth is a mark, the fifth fails (800 B do not fit beside A and B).
inline constexpr std::string_view kLesson = R"({
  "format": "allocviz-trace", "version": 1, "name": "A lesson", "about": "What it **shows**.\n\nMore.",
  "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
  "sites": ["main.c:12 parse_header"],
  "events": [
    {"op": "alloc", "id": "A", "size": 100, "site": 0, "note": "100 B do not fit a 64 B block."},
    {"op": "alloc", "id": "B", "size": 60},
    {"op": "alloc", "id": 7, "size": 200},
    {"op": "mark", "name": "second phase"},
    {"op": "alloc", "id": "C", "size": 800},
    {"op": "free", "id": "B"},
    {"op": "mark", "name": "the end"}
  ]})";

inline app::State opened(std::string_view json, std::vector<trace::AllocatorSpec> specs = {}) {
  app::State state;
  app::OpenRequest request;
  request.json = json;
  request.name = "lesson.json";
  request.specs = std::move(specs);
  auto result = app::open_now(request);
  if (!result.ok()) {
    ADD_FAILURE() << result.trouble().text();
    std::abort();
  }
  app::adopt(state, std::move(result).value());
  return state;
}

inline trace::AllocatorSpec spec(std::string_view text) {
  auto parsed = trace::parse_spec(text);
  EXPECT_TRUE(parsed.ok());
  return *parsed;
}

inline void act(app::State& state, app::Do what) {
  app::Command command;
  command.what = what;
  app::update(state, command);
}
inline void act(app::State& state, app::Command command) {
  app::update(state, command);
}

inline void seek(app::State& state, std::uint64_t event, std::uint32_t step = replay::kAllSteps) {
  act(state, {.what = app::Do::SeekTo, .position = {event, step}});
}

// Everything that undo has to bring back, as one text.
inline std::string make_up_text(const app::State& state) {
  std::string text;
  for (const auto& named : state.document.trace->header().allocators) text += "named " + trace::to_text(named) + "\n";
  for (const auto& stage : state.stages) text += "shown " + trace::to_text(stage.timeline->spec()) + "\n";
  for (const auto& [index, name] : state.document.trace->marks()) text += fmt::format("mark {} {}\n", index, name);
  for (const auto& [index, note] : state.document.trace->notes()) text += fmt::format("note {} {}\n", index, note);
  text += fmt::format("{} events\n", state.document.trace->size());
  text += state.document.edited ? "edited" : "as saved";
  text += state.document.default_spec ? ", default" : "";
  return text;
}

}  // namespace app_test
