// A long log being opened, and a gate between its first part and its rest.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tests/app_support.h"

namespace app_opening_test {

using namespace app_test;
using app::Do;
namespace fs = std::filesystem;

// The worker waits here between the first part and the rest, so that a test sees what a person does.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// Blocks of 16 to 3000 B, two thirds of them freed again, at times 5 ns apart; `grows` bytes are asked for in addition
// towards the end, so that a default arena has to be larger for the whole than for its beginning.
inline std::string grown_log(int events, std::uint64_t grows = 0, std::string_view tail = "") {
  std::string text = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size", "t", "thread"]})"
                     "\n";
  for (int i = 0; i < events; ++i) {
    const std::uint64_t more = grows != 0 && i > events - 20 ? grows : 0;
    if (i % 5 < 3) {
      text += fmt::format("[\"a\",{},{},{},{}]\n", i, static_cast<std::uint64_t>(16 + i * 37 % 3000) + more, 5 * i,
                          1 + i % 2);
    } else {
      text += fmt::format("[\"f\",{},null,{},{}]\n", i - 3, 5 * i, 1 + i % 2);
    }
  }
  return text + std::string(tail);
}

struct AppOpening : testing::Test {
  fs::path folder = fs::temp_directory_path() / fmt::format("allocviz-opening-{}", ::getpid());
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  app::State state = opened(kLesson);

  void SetUp() override {
    fs::create_directories(folder);
    state.long_logs.first_bytes = 8 << 10;
    state.long_logs.before_rest = [gate = gate] { gate->pass(); };
  }
  void TearDown() override {
    gate->open();
    state = {};
    fs::remove_all(folder);
  }

  std::string write(const std::string& name, std::string_view text) {
    const fs::path path = folder / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  // Until the first part is shown.
  void begin(const std::string& path) {
    gate->close();  // it may have been opened for another log
    act(state, {.what = Do::OpenFile, .text = path});
    for (int i = 0; i < 20'000 && !app::is_reading_rest(state) && state.loading != nullptr; ++i) {
      app::tick(state, state.now_s + 0.001);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(app::is_reading_rest(state));
  }
  void finish() {
    gate->open();
    app::finish_loading(state);
    EXPECT_EQ(state.loading, nullptr);
  }
  [[nodiscard]] std::uint64_t events() const { return state.timeline().event_count(); }
};

}  // namespace app_opening_test
