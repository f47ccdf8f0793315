// The program itself: without a display, and in a real window under Xvfb with a real mouse and a real keyboard
// (xdotool). What it shows is read from the window's title, the pictures it writes and what --stats prints at its end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "allocviz-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

std::string read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool is_png(const fs::path& path) {
  return read_file(path).substr(0, 8) == "\x89PNG\r\n\x1a\n";
}

// Runs a shell command to its end; its output and exit code.
struct Ran {
  int code = -1;
  std::string said;
};
Ran sh(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  char bytes[4096];
  for (std::size_t got = 0; (got = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;) ran.said.append(bytes, got);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

bool has(const char* program) {
  return sh(std::string{"command -v "} + program).code == 0;
}

// A child process that ends with the test at the latest.
class Child {
 public:
  explicit Child(const std::string& command) {
    const std::string line = "exec " + command;
    const char* arguments[] = {"sh", "-c", line.c_str(), nullptr};
    posix_spawnp(&pid_, "sh", nullptr, nullptr, const_cast<char**>(arguments), environ);
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The exit code once it has ended, nothing when it has not within the time.
  std::optional<int> wait(milliseconds most) {
    const auto until = Clock::now() + most;
    int status = 0;
    while (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == 0) {
      if (Clock::now() > until) return std::nullopt;
      std::this_thread::sleep_for(milliseconds{10});
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

// Asks again and again until it is true, for at most 20 seconds: a loaded machine is slow, not wrong.
template <class Question>
bool eventually(Question question) {
  const auto until = Clock::now() + std::chrono::seconds{20};
  while (!question()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds{20});
  }
  return true;
}

// allocviz in a folder of its own, with settings of its own; `environment` is
// what env takes first: -u NAME, NAME=VALUE.
std::string allocviz(const Folder& folder, const std::string& environment, const std::string& arguments) {
  return "cd '" + folder.path.string() + "' && exec env " + environment + " XDG_CONFIG_HOME='" +
         (folder.path / "config").string() +
         "' LSAN_OPTIONS=suppressions='" ALLOCVIZ_SOURCE_DIR "/tests/ui/lsan.supp' '" ALLOCVIZ_PROGRAM "' " + arguments;
}
const std::string kNoDisplay = "-u DISPLAY -u WAYLAND_DISPLAY";

TEST(Program, without_a_display_draws_the_scene_sums_up_the_replay_and_ends_well) {
  const Folder folder;
  const Ran ran = sh(allocviz(folder, kNoDisplay, ""));
  EXPECT_EQ(ran.code, 0) << ran.said;
  EXPECT_TRUE(is_png(folder.path / "allocviz.png"));
  EXPECT_NE(ran.said.find("no display"), std::string::npos) << ran.said;
  EXPECT_NE(ran.said.find("allocviz.png"), std::string::npos) << ran.said;
  EXPECT_NE(ran.said.find("events, peak"), std::string::npos) << ran.said;
  EXPECT_NE(ran.said.find("ns an event"), std::string::npos) << ran.said;
}

TEST(Program, a_display_that_does_not_answer_is_no_display) {
  const Folder folder;
  const Ran ran = sh(allocviz(folder, "-u WAYLAND_DISPLAY DISPLAY=:987", ""));
  EXPECT_EQ(ran.code, 0) << ran.said;
  EXPECT_TRUE(is_png(folder.path / "allocviz.png"));
}

TEST(Program, screenshots_need_no_display_and_are_the_same_each_time) {
  const Folder folder;
  for (const char* name : {"a.png", "b.png"}) {
    const Ran ran = sh(allocviz(folder, kNoDisplay, std::string{"--at 2 --size 800x600 --screenshot "} + name));
    EXPECT_EQ(ran.code, 0) << ran.said;
    EXPECT_EQ(ran.said, "");
  }
  ASSERT_TRUE(is_png(folder.path / "a.png"));
  EXPECT_EQ(read_file(folder.path / "a.png"), read_file(folder.path / "b.png"));
  sh(allocviz(folder, kNoDisplay, "--at 2 --size 800x600 --theme light --screenshot light.png"));
  ASSERT_TRUE(is_png(folder.path / "light.png"));
  EXPECT_NE(read_file(folder.path / "a.png"), read_file(folder.path / "light.png"));
}

struct Wrong {
  const char* arguments;
  int code;
  const char* says;
};

TEST(Program, says_on_one_line_what_is_wrong_and_what_to_do) {
  const Folder folder;
  const Wrong cases[] = {
      {"--size 800 --screenshot a.png", 2, "write it as 1280x800"},
      {"--size 0x5 --screenshot a.png", 2, "write it as 1280x800"},
      {"--at x --screenshot a.png", 2, "write N or N.K"},
      {"--allocator budy:arena=1MiB --screenshot a.png", 2, "budy"},
      {"no-such-file.json --screenshot a.png", 1, "no-such-file.json"},
      {"--screenshot no/such/folder/a.png", 1, "no/such/folder/a.png"},
      {"--size 900000x5 --screenshot a.png", 2, "write it as 1280x800"},
      {"--size 90000x5 --screenshot a.png", 1, "from 1 to"},
  };
  for (const Wrong& wrong : cases) {
    const Ran ran = sh(allocviz(folder, kNoDisplay, wrong.arguments));
    EXPECT_EQ(ran.code, wrong.code) << wrong.arguments << "\n" << ran.said;
    EXPECT_NE(ran.said.find(wrong.says), std::string::npos) << wrong.arguments << "\n" << ran.said;
    EXPECT_EQ(std::count(ran.said.begin(), ran.said.end(), '\n'), 1) << ran.said;
  }
  EXPECT_EQ(sh(allocviz(folder, kNoDisplay, "--preset large")).code, 2);
  EXPECT_EQ(sh(allocviz(folder, kNoDisplay, "--nonsense")).code, 2);
  EXPECT_EQ(sh(allocviz(folder, kNoDisplay, "--help")).code, 0);
  EXPECT_EQ(sh(allocviz(folder, kNoDisplay, "--version")).said.substr(0, 9), "allocviz ");
}

// Function keys by their codes: of a keyboard whose function keys have a level for Ctrl+Alt, as xkb-data 2.48 has them,
// xdotool presses Alt with each that it is told by name.
const std::string kF9 = "75", kF10 = "76", kF11 = "95", kF12 = "96";

// A window of its own under an X server of its own.
struct WindowTest : testing::Test {
  Folder folder;
  std::optional<Child> server, program;
  std::string display, window;
  std::string stats() const { return read_file(folder.path / "stats"); }

  void SetUp() override {
    if (!has("Xvfb") || !has("xdotool")) GTEST_SKIP() << "needs Xvfb and xdotool (apt install xvfb xdotool)";
    for (int attempt = 0; attempt < 5 && !server; ++attempt) start_server(1000 + (getpid() + 7919 * attempt) % 30'000);
    ASSERT_TRUE(server.has_value()) << "Xvfb did not start";
  }

  // Without -noreset it would begin anew, deaf for a moment, whenever the last of its clients has left: each xdotool.
  // By a number, which the server locks: let it pick one itself (-displayfd) and two that start at once may share it.
  void start_server(int number) {
    display = ":" + std::to_string(number);
    server.emplace("Xvfb " + display + " -screen 0 1400x900x24 -noreset -nolisten tcp >/dev/null 2>&1");
    const bool answers = eventually([&] {
      return xdotool("getdisplaygeometry").said == "1400 900\n" || server->wait(milliseconds{0}).has_value();
    });
    if (!answers || server->wait(milliseconds{0}).has_value()) server.reset();
  }

  void open(const std::string& arguments) {
    program.emplace("sh -c \"" +
                    allocviz(folder, "-u WAYLAND_DISPLAY DISPLAY=" + display, "--stats --size 1280x800 " + arguments) +
                    " > stats 2>&1\"");
    ASSERT_TRUE(eventually([&] {
      const Ran ran = xdotool("search --onlyvisible --class allocviz");
      window = ran.said.substr(0, ran.said.find('\n'));
      return ran.code == 0 && !window.empty() && title().find("event ") != std::string::npos;
    })) << "no window came up: "
        << stats();
  }

  Ran xdotool(const std::string& arguments) const { return sh("DISPLAY=" + display + " xdotool " + arguments); }
  std::string title() const { return xdotool("getwindowname " + window).said; }
  bool title_says(const std::string& words) const {
    return eventually([&] { return title().find(words) != std::string::npos; });
  }
  void key(const std::string& name) const { xdotool("windowfocus " + window + " key " + name); }
  void click(int x, int y) const {
    xdotool("mousemove --window " + window + " " + std::to_string(x) + " " + std::to_string(y));
    std::this_thread::sleep_for(milliseconds{100});
    xdotool("mousedown 1");
    std::this_thread::sleep_for(milliseconds{100});
    xdotool("mouseup 1");
  }
  void click_on(const std::string& label) const {
    const Ran placed = sh(allocviz(folder, kNoDisplay, "--size 1280x800 --screenshot where.png --placed"));
    const std::size_t line = placed.said.find(label + "\t");
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    ASSERT_TRUE(line != std::string::npos &&
                std::sscanf(placed.said.c_str() + line + label.size(), "%d %d %d %d", &x0, &y0, &x1, &y1) == 4)
        << placed.said;
    click((x0 + x1) / 2, (y0 + y1) / 2);
  }
  // Ends it as a user does; what --stats printed.
  std::string quit() {
    key("ctrl+q");
    const std::optional<int> code = program->wait(milliseconds{20'000});
    EXPECT_EQ(code, 0) << stats();
    program.reset();
    return stats();
  }
  static long number_after(const std::string& text, const std::string& word) {
    const std::size_t at = text.find(word + " ");
    return at == std::string::npos ? -1 : std::strtol(text.c_str() + at + word.size() + 1, nullptr, 10);
  }
};

TEST_F(WindowTest, a_driver_without_opengl_3_3_is_told_of_with_what_to_do) {
  const Ran ran =
      sh("timeout 30 sh -c \"" + allocviz(folder,
                                          "-u WAYLAND_DISPLAY DISPLAY=" + display +
                                              " MESA_GL_VERSION_OVERRIDE=2.1 MESA_GLSL_VERSION_OVERRIDE=120",
                                          "2>&1\""));
  EXPECT_NE(ran.code, 0);
  EXPECT_NE(ran.code, 124) << "it ended by itself";
  EXPECT_NE(ran.said.find("OpenGL 3.3"), std::string::npos) << ran.said;
  EXPECT_NE(ran.said.find("LIBGL_ALWAYS_SOFTWARE=1"), std::string::npos) << ran.said;
}

TEST_F(WindowTest, opens_a_lesson_and_steps_by_keyboard_and_mouse) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  EXPECT_TRUE(title_says("event 0 of ")) << title();
  key("Right");
  EXPECT_TRUE(title_says("event 1 of ")) << title();
  key(kF10);
  EXPECT_TRUE(title_says("event 2 of ")) << title();
  key("Left");
  EXPECT_TRUE(title_says("event 1 of ")) << title();
  key("End");
  const std::string last = std::to_string(number_after(title(), "of"));
  EXPECT_TRUE(title_says("event " + last + " of " + last)) << title();
  key("Home");
  EXPECT_TRUE(title_says("event 0 of ")) << title();
  quit();
}

// Ten changes of keys reach the window at once. Each key only once: GLFW takes two presses of one key within a
// millisecond for one that the input method handed on twice.
TEST_F(WindowTest, keys_hit_faster_than_frames_are_drawn_are_all_heard) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  for (int round = 0; round < 5; ++round) {
    key("Home");
    ASSERT_TRUE(title_says("event 0 of ")) << title();
    // Two events on, a step into the third, out of it again, one back: without any one of them it ends elsewhere.
    xdotool("key --delay 0 Right " + kF10 + " " + kF11 + " Left " + kF9);
    EXPECT_TRUE(title_says("event 1 of ")) << title();
  }
  quit();
}

// Ctrl goes down in one frame, the letter down and Ctrl up in the next. On a busy machine the field may not be there yet
// when the number is typed, so there are several attempts, each with more time; a chord that is not heard fails all.
TEST_F(WindowTest, a_chord_is_heard_though_its_modifier_is_let_go_at_once) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  for (int round = 0; round < 5; ++round) {
    key("End");
    ASSERT_TRUE(title_says("event 6 of 6")) << title();
    bool heard = false;
    for (int attempt = 0; attempt < 3 && !heard; ++attempt) {
      if (attempt != 0) key("Escape");
      xdotool("keydown ctrl");
      std::this_thread::sleep_for(milliseconds{100});
      xdotool("keydown g keyup ctrl keyup g");
      std::this_thread::sleep_for(milliseconds{300} * (1 + 4 * attempt));
      xdotool("key --delay 30 1 Return");
      heard = title_says("event 1 of ");
    }
    EXPECT_TRUE(heard) << title();
  }
  quit();
}

TEST_F(WindowTest, the_transport_listens_to_the_mouse) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  ASSERT_TRUE(title_says("event 0 of "));
  // Where the buttons stand is read from a picture of the same scene in the same size.
  click_on("transport/Next event");
  EXPECT_TRUE(title_says("event 1 of ")) << title();
  click_on("transport/Next event");
  EXPECT_TRUE(title_says("event 2 of ")) << title();
  click_on("transport/Previous event");
  EXPECT_TRUE(title_says("event 1 of ")) << title();
  quit();
}

TEST_F(WindowTest, the_close_button_ends_it) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  // What a window manager sends for a click on the close button.
  if (xdotool("windowquit " + window).code != 0) GTEST_SKIP() << "this xdotool has no windowquit";
  EXPECT_EQ(program->wait(milliseconds{20'000}), 0) << stats();
  program.reset();
}

TEST_F(WindowTest, f12_writes_a_picture_of_the_window) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  key("Right");
  ASSERT_TRUE(title_says("event 1 of "));
  key(kF12);
  EXPECT_TRUE(eventually([&] { return is_png(folder.path / "allocviz-1.png"); }));
  key("shift+" + kF12);
  EXPECT_TRUE(eventually([&] { return fs::exists(folder.path / "allocviz-1.svg"); }));
  key("Right");
  EXPECT_TRUE(title_says("event 2 of ")) << "and goes on";
  quit();
}

TEST_F(WindowTest, an_idle_window_draws_no_frame) {
  ASSERT_NO_FATAL_FAILURE(open(""));
  key("Right");
  ASSERT_TRUE(title_says("event 1 of "));
  std::this_thread::sleep_for(milliseconds{1'000});
  const std::string short_rest = quit();
  ASSERT_NO_FATAL_FAILURE(open(""));
  key("Right");
  ASSERT_TRUE(title_says("event 1 of "));
  std::this_thread::sleep_for(milliseconds{4'000});
  const std::string long_rest = quit();
  const long frames_short = number_after(short_rest, "frames"), frames_long = number_after(long_rest, "frames");
  EXPECT_GT(frames_short, 0) << short_rest;
  // Three more seconds of rest cost not a frame; a few more or less come of how the keys fell.
  EXPECT_NEAR(static_cast<double>(frames_long), static_cast<double>(frames_short), 12) << short_rest << long_rest;
  EXPECT_GT(number_after(long_rest, "waits"), 0) << long_rest;
}

}  // namespace
