// Pictures, fonts and dialogs: everything of viz/platform that needs no display.
#include <gtest/gtest.h>
#include <imgui.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <string>
#include <thread>

#include "viz/app/loader.h"
#include "viz/app/startup.h"
#include "viz/app/update.h"
#include "viz/panels/ui.h"
#include "viz/platform/dialogs.h"
#include "viz/platform/fonts.h"
#include "viz/platform/picture.h"
#include "viz/platform/png.h"

namespace {

namespace fs = std::filesystem;
using namespace allocviz;

// A folder of the test's own, gone afterwards.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "allocviz-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return (path / name).string(); }
};

void write_file(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

struct WithImGui {
  WithImGui() {
    ImGui::CreateContext();
    ui::reset();
  }
  ~WithImGui() {
    ImGui::DestroyContext();
    ui::reset();
  }
  WithImGui(const WithImGui&) = delete;
  WithImGui& operator=(const WithImGui&) = delete;
};

TEST(Fonts, fall_back_to_the_built_in_one_where_none_is_installed) {
  const WithImGui context;
  const Folder empty;
  const platform::FontNames names = platform::load_fonts({{empty.path.string()}}, 1);
  EXPECT_EQ(names.body, "");
  EXPECT_EQ(names.mono, "");
  for (ImFont* font : ui::fonts().of) EXPECT_NE(font, nullptr);
  EXPECT_FALSE(ui::fonts().has_symbols);
  EXPECT_EQ(ui::symbols("16 B → 64 B"), "16 B -> 64 B");
}

TEST(Fonts, pass_by_files_that_are_no_fonts) {
  const WithImGui context;
  const Folder folder;
  write_file(folder.file("Inter-Regular.otf"), "");
  write_file(folder.file("JetBrainsMono-Regular.ttf"), "<html>404</html>");
  write_file(folder.file("DejaVuSans.ttf"), std::string("\0\1\0\0", 4) + std::string(4000, '\0'));
  EXPECT_EQ(platform::find_fonts({{folder.path.string()}}).mono, "") << "it begins as a font, and is none";
  // A real one that was cut short, anywhere.
  if (const std::string real = platform::find_fonts(platform::default_font_folders()).symbols; !real.empty()) {
    const std::string whole = read_file(real);
    for (const std::size_t length : {11u, 12u, 100u, 1000u, 20'000u, 300'000u}) {
      write_file(folder.file("DejaVuSans.ttf"), whole.substr(0, length));
      EXPECT_EQ(platform::find_fonts({{folder.path.string()}}).mono, "") << length;
    }
  }
  const platform::FontNames names = platform::load_fonts({{folder.path.string()}}, 1);
  EXPECT_EQ(names.body, "") << "the built-in one";
  EXPECT_NE(ui::fonts().of[0], nullptr);
}

TEST(Fonts, installed_ones_hold_every_sign_that_the_panels_print) {
  const platform::FontNames names = platform::find_fonts(platform::default_font_folders());
  if (names.body.empty() || names.symbols.empty()) GTEST_SKIP() << "neither Inter nor DejaVu is installed";
  const WithImGui context;
  platform::load_fonts(platform::default_font_folders(), 1);
  EXPECT_TRUE(ui::fonts().has_symbols);
  EXPECT_EQ(ui::symbols("16 B → 64 B"), "16 B → 64 B");
}

TEST(Fonts, grow_with_the_scale) {
  const WithImGui context;
  platform::load_fonts(platform::default_font_folders(), 1);
  EXPECT_FLOAT_EQ(ui::fonts().size_px[0], platform::kBodyPx);
  platform::load_fonts(platform::default_font_folders(), 2);
  EXPECT_FLOAT_EQ(ui::fonts().size_px[0], 2 * platform::kBodyPx);
}

app::State lesson(const std::string& at = "") {
  app::Arguments arguments;
  arguments.wait = true;
  arguments.remember = false;
  arguments.at = at;
  auto state = app::start(arguments);
  EXPECT_TRUE(state.ok());
  return std::move(state).value();
}

// A picture of the first lesson at an event, by a painter of its own.
platform::Image picture_at(const std::string& at, const platform::PictureSize& size) {
  auto painter = platform::Painter::create();
  if (!painter.ok()) {
    ADD_FAILURE() << painter.trouble().text();
    return {};
  }
  app::State state = lesson(at);
  auto image = (*painter)->draw(state, size);
  if (!image.ok()) {
    ADD_FAILURE() << image.trouble().text();
    return {};
  }
  return std::move(image).value();
}

TEST(Picture, is_the_same_to_the_bit_each_time) {
  const platform::PictureSize size{640, 400, 1};
  const platform::Image first = picture_at("2", size);
  EXPECT_EQ(first.width, 640);
  EXPECT_EQ(first.height, 400);
  EXPECT_EQ(first, picture_at("2", size));
}

TEST(Picture, is_not_blank_and_follows_the_state) {
  const platform::PictureSize size{1280, 800, 1};
  const platform::Image before = picture_at("0", size), after = picture_at("2", size);
  const std::set<draw::Color> colors{before.pixels.begin(), before.pixels.end()};
  EXPECT_GT(colors.size(), 50u);
  EXPECT_NE(before, after);
}

TEST(Picture, is_drawn_again_by_the_same_painter_in_any_size_and_scale) {
  const platform::Image alone = picture_at("0", {700, 500, 1});
  auto painter = platform::Painter::create();
  ASSERT_TRUE(painter.ok()) << painter.trouble().text();
  app::State state = lesson("1");
  for (const platform::PictureSize size : {platform::PictureSize{1, 1, 1}, {2560, 1440, 1}, {900, 700, 2}}) {
    auto image = (*painter)->draw(state, size);
    ASSERT_TRUE(image.ok()) << image.trouble().text();
    EXPECT_EQ(image->pixels.size(), static_cast<std::size_t>(size.width * size.height));
  }
  app::State again = lesson("0");
  auto image = (*painter)->draw(again, {700, 500, 1});
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(*image, alone) << "what was drawn before leaves no trace";
}

TEST(Picture, of_a_log_whose_rest_is_being_read_shows_what_is_there_and_waits_for_nothing) {
  Folder folder;
  std::string text = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"]})"
                     "\n";
  for (int i = 0; i < 4000; ++i) text += "[\"a\"," + std::to_string(i) + ",64]\n";
  write_file(folder.file("long.jsonl"), text);
  auto painter = platform::Painter::create();
  ASSERT_TRUE(painter.ok()) << painter.trouble().text();
  std::promise<void> drawn;
  app::State state = lesson();
  state.long_logs.first_bytes = 8 << 10;
  state.long_logs.before_rest = [seen = drawn.get_future().share()] { seen.wait(); };
  app::update(state, {.what = app::Do::OpenFile, .text = folder.file("long.jsonl")});
  while (state.loading != nullptr && !app::is_reading_rest(state)) {
    app::poll_loading(state);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(app::is_reading_rest(state));
  const std::uint64_t part = state.timeline().event_count();
  EXPECT_TRUE((*painter)->draw(state, {640, 400, 1}).ok());
  EXPECT_TRUE(app::is_reading_rest(state));
  EXPECT_EQ(state.timeline().event_count(), part);
  drawn.set_value();
  app::finish_loading(state);
  EXPECT_EQ(state.timeline().event_count(), 4000u);
}

TEST(Picture, of_an_impossible_size_is_refused_with_the_possible_ones) {
  auto painter = platform::Painter::create();
  ASSERT_TRUE(painter.ok()) << painter.trouble().text();
  app::State state = lesson();
  for (const platform::PictureSize size : {platform::PictureSize{0, 100, 1}, {1'000'000, 100, 1}}) {
    auto image = (*painter)->draw(state, size);
    ASSERT_FALSE(image.ok());
    EXPECT_NE(image.trouble().todo.find("from 1 to "), std::string::npos);
  }
}

TEST(Png, is_written_whole_and_the_same_each_time) {
  const Folder folder;
  platform::Image image{.width = 3, .height = 2, .pixels = {}};
  for (unsigned i = 0; i < 6; ++i) image.pixels.push_back(draw::rgb(i * 40));
  ASSERT_TRUE(platform::write_png(folder.file("a.png"), image).ok());
  ASSERT_TRUE(platform::write_png(folder.file("b.png"), image).ok());
  const std::string bytes = read_file(folder.file("a.png"));
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(bytes, read_file(folder.file("b.png")));
  EXPECT_FALSE(fs::exists(folder.file("a.png.part")));
}

TEST(Png, says_where_it_could_not_be_written_and_leaves_nothing_behind) {
  const Folder folder;
  const platform::Image image{.width = 1, .height = 1, .pixels = {0xffffffff}};
  const trace::Status status = platform::write_png(folder.file("no/such/folder.png"), image);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.trouble().text().find("no/such/folder.png"), std::string::npos);
  EXPECT_NE(status.trouble().text().find("No such file or directory"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder.path));
}

// PATH is a folder of the test's own, so the dialogs are whatever stands there.
struct DialogTest : testing::Test {
  Folder folder;
  std::string path_before = std::getenv("PATH");
  void SetUp() override {
    setenv("PATH", folder.path.c_str(), 1);
    unsetenv("XDG_CURRENT_DESKTOP");
  }
  void TearDown() override { setenv("PATH", path_before.c_str(), 1); }

  void program(const char* name, const std::string& script) const {
    write_file(folder.file(name), "#!/bin/sh\n" + script + "\n");
    chmod(folder.file(name).c_str(), 0755);
  }
  static platform::FileDialog::Answer wait_for(platform::FileDialog& dialog) {
    for (int i = 0; i < 2000; ++i) {
      if (auto answer = dialog.poll()) return *answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "no answer within ten seconds";
    return {};
  }
};

TEST_F(DialogTest, without_a_dialog_program_the_window_has_to_ask_itself) {
  platform::FileDialog dialog;
  EXPECT_FALSE(dialog.start(platform::DialogKind::Open, ""));
  EXPECT_FALSE(dialog.is_open());
  EXPECT_FALSE(dialog.poll().has_value());
}

TEST_F(DialogTest, the_chosen_path_comes_back_while_nobody_waited) {
  program("zenity", "read line < " + folder.file("gate") + "; echo '/data/my log.json'");
  ASSERT_EQ(mkfifo(folder.file("gate").c_str(), 0600), 0);
  platform::FileDialog dialog;
  ASSERT_TRUE(dialog.start(platform::DialogKind::Open, "/data/other.json"));
  EXPECT_TRUE(dialog.is_open());
  EXPECT_FALSE(dialog.poll().has_value()) << "the user has not chosen yet";
  EXPECT_FALSE(dialog.start(platform::DialogKind::Open, "")) << "one dialog at a time";
  write_file(folder.file("gate"), "go\n");
  const auto answer = wait_for(dialog);
  EXPECT_EQ(answer.path, "/data/my log.json");
  EXPECT_FALSE(answer.failed);
  EXPECT_FALSE(dialog.is_open());
}

TEST_F(DialogTest, cancelling_is_no_failure_and_a_crash_is_one) {
  program("zenity", "exit 1");
  platform::FileDialog dialog;
  ASSERT_TRUE(dialog.start(platform::DialogKind::Save, ""));
  auto answer = wait_for(dialog);
  EXPECT_EQ(answer.path, "");
  EXPECT_FALSE(answer.failed);
  EXPECT_EQ(answer.kind, platform::DialogKind::Save);
  program("zenity", "exit 255");
  ASSERT_TRUE(dialog.start(platform::DialogKind::Open, ""));
  answer = wait_for(dialog);
  EXPECT_TRUE(answer.failed);
}

TEST_F(DialogTest, a_dialog_left_open_ends_with_the_program) {
  program("zenity", "exec /bin/sleep 1000");
  const auto begun = std::chrono::steady_clock::now();
  {
    platform::FileDialog dialog;
    ASSERT_TRUE(dialog.start(platform::DialogKind::Open, ""));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(DialogTest, the_desktops_own_dialog_is_preferred) {
  const auto chosen = [](platform::DialogKind kind) { return platform::dialog_command(kind, "/data/a.json"); };
  program("zenity", "");
  EXPECT_EQ(chosen(platform::DialogKind::Open).front(), "zenity");
  EXPECT_EQ(chosen(platform::DialogKind::Open).back(), "--filename=/data/") << "beside the open document";
  program("kdialog", "");
  EXPECT_EQ(chosen(platform::DialogKind::Save).front(), "zenity");
  setenv("XDG_CURRENT_DESKTOP", "KDE", 1);
  EXPECT_EQ(chosen(platform::DialogKind::Save).front(), "kdialog");
  fs::remove(folder.path / "zenity");
  unsetenv("XDG_CURRENT_DESKTOP");
  EXPECT_EQ(chosen(platform::DialogKind::Open).front(), "kdialog");
}

}  // namespace
