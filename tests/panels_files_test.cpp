// Open and save where the desktop has no dialog: a path is typed, completed, or picked from the folder's files.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/panels_support.h"
#include "viz/app/folder.h"

namespace {

using namespace panels_test;
using app::Do;
namespace fs = std::filesystem;

struct Files : Panels {
  fs::path place = fs::temp_directory_path() / ("allocviz_files_" + std::to_string(getpid()));

  void SetUp() override {
    fs::remove_all(place);
    fs::create_directories(place / "logs" / "old");
    fs::create_directories(place / "Lessons");
    for (const char* name : {"app.json", "app.jsonl", "big.mtrace", ".hidden"}) make(name);
    make("logs/deep.json");
    state.document.path = (place / "app.json").string();  // where the dialog begins
  }
  void TearDown() override { fs::remove_all(place); }

  void make(std::string_view name, std::string_view text = kLesson) const { std::ofstream(place / name) << text; }
  [[nodiscard]] std::string in(std::string_view name) const { return (place / name).string(); }
  [[nodiscard]] std::vector<std::string> shown(std::string_view begins) const {
    const app::Folder folder = app::read_folder(place.string() + "/");
    std::vector<std::string> names;
    for (const app::FolderEntry* entry : app::entries_beginning(folder, begins)) names.push_back(entry->name);
    return names;
  }
  [[nodiscard]] std::string completed(std::string_view name) const {
    const app::Folder folder = app::read_folder(place.string() + "/");
    const std::string whole = app::completed_path(folder, in(name));
    return whole.empty() ? "" : whole.substr(place.string().size() + 1);
  }
  [[nodiscard]] const std::string& typed() const { return state.popup_state.text; }
  void ask(const char* chord) {
    program.key(chord);
    program.gui->frames(2);
  }
};

using Names = std::vector<std::string>;

TEST_F(Files, folders_stand_first_then_files_by_name_and_hidden_ones_where_a_dot_is_typed) {
  EXPECT_EQ(shown(""), (Names{"Lessons", "logs", "app.json", "app.jsonl", "big.mtrace"}));
  EXPECT_EQ(shown("."), Names{".hidden"});
  EXPECT_EQ(shown("L"), (Names{"Lessons", "logs"})) << "capitals or not";
  EXPECT_EQ(shown("trace"), Names{"big.mtrace"}) << "where none begins so, those that hold it";
  EXPECT_EQ(shown("nothing"), Names{});
}

TEST_F(Files, what_is_typed_is_completed_as_far_as_it_is_clear) {
  EXPECT_EQ(completed("a"), "app.json");
  EXPECT_EQ(completed("app.json"), "") << "there are two of them";
  EXPECT_EQ(completed("b"), "big.mtrace");
  EXPECT_EQ(completed("lo"), "logs/");
  EXPECT_EQ(completed("le"), "Lessons/") << "as the folder is written";
  EXPECT_EQ(completed("trace"), "") << "what only holds it is not what was begun";
  EXPECT_EQ(completed(".."), "../");
  EXPECT_EQ(completed("x"), "");
}

TEST_F(Files, the_folder_above_is_found_from_wherever_one_is) {
  EXPECT_EQ(app::folder_above("/a/b/"), "/a/");
  EXPECT_EQ(app::folder_above("/a/"), "/");
  EXPECT_EQ(app::folder_above("/"), "/");
  EXPECT_EQ(app::folder_above("a/"), "");
  EXPECT_EQ(app::folder_above(""), "../");
  EXPECT_EQ(app::folder_above("./"), "../");
  EXPECT_EQ(app::folder_above("../"), "../../");
  EXPECT_EQ(app::folder_above("../../"), "../../../");
}

TEST_F(Files, a_tilde_is_the_home_folder) {
  ASSERT_EQ(setenv("HOME", place.string().c_str(), 1), 0);
  EXPECT_EQ(app::expanded_path("~/app.json"), in("app.json"));
  EXPECT_EQ(app::expanded_path("~"), place.string());
  EXPECT_EQ(app::expanded_path("~else/app.json"), "~else/app.json");
  EXPECT_EQ(app::expanded_path("a/~/b"), "a/~/b");
  EXPECT_EQ(app::shown_path(in("app.json")), "~/app.json");
  EXPECT_EQ(app::shown_path(place.string()), "~");
  EXPECT_EQ(app::shown_path(place.string() + "x/app.json"), place.string() + "x/app.json");
  EXPECT_EQ(app::shown_path("app.json"), (fs::current_path() / "app.json").string()) << "from the root on";
  EXPECT_EQ(app::folder_above("~/"), place.parent_path().string() + "/");
  ask("Ctrl+O");
  program.key("Ctrl+A");
  program.type("~/app.jsonl");
  program.key("Enter");
  app::finish_loading(state);
  EXPECT_EQ(state.document.path, in("app.jsonl"));
}

TEST_F(Files, a_folder_that_is_not_there_says_so_and_one_with_too_many_files_is_cut) {
  EXPECT_EQ(app::read_folder(in("nowhere/")).fault, "No such file or directory");
  EXPECT_TRUE(app::read_folder(in("nowhere/")).entries.empty());
  EXPECT_FALSE(app::read_folder(in("app.json/")).fault.empty());
  fs::create_directory(place / "many");
  for (std::size_t i = 0; i <= app::kMostFolderEntries; ++i) make("many/" + std::to_string(i), "");
  const app::Folder many = app::read_folder(in("many/"));
  EXPECT_TRUE(many.cut);
  EXPECT_EQ(many.entries.size(), app::kMostFolderEntries);
}

TEST_F(Files, opening_begins_where_the_document_is_and_goes_on_behind_its_folder) {
  ask("Ctrl+O");
  ASSERT_EQ(state.popup, app::Popup::OpenPath);
  EXPECT_EQ(typed(), place.string() + "/");
  EXPECT_TRUE(program.gui->sees("files/" + in("big.mtrace")));
  program.type("b");
  EXPECT_EQ(typed(), in("b")) << "it does not replace the folder";
  EXPECT_FALSE(program.gui->sees("files/" + in("app.json")));
  program.key("Tab");
  EXPECT_EQ(typed(), in("big.mtrace"));
}

TEST_F(Files, a_folder_is_gone_into_by_a_click_and_typing_goes_on_behind_it) {
  ask("Ctrl+O");
  program.click(("files/" + in("logs/")).c_str());
  program.gui->frames(3);
  EXPECT_EQ(typed(), in("logs/"));
  EXPECT_TRUE(program.gui->sees("files/" + in("logs/deep.json")));
  program.type("d");
  EXPECT_EQ(typed(), in("logs/d"));
  program.key("Tab");
  program.key("Enter");
  app::finish_loading(state);
  EXPECT_EQ(state.popup, app::Popup::None);
  EXPECT_EQ(state.document.path, in("logs/deep.json"));
}

TEST_F(Files, the_way_up_is_the_first_row) {
  ask("Ctrl+O");
  program.type("logs/");
  program.click(("files/" + place.string() + "/").c_str());
  program.gui->frames(3);
  EXPECT_EQ(typed(), place.string() + "/");
}

TEST_F(Files, arrows_choose_a_file_and_Enter_opens_it_once) {
  ask("Ctrl+O");
  program.type("a");
  program.key("Down");
  program.key("Down");
  program.pressed.clear();
  program.key("Enter");
  EXPECT_EQ(program.pressed, std::vector<Do>{Do::OpenFile});
  app::finish_loading(state);
  EXPECT_EQ(state.document.path, in("app.jsonl"));
  EXPECT_FALSE(state.trouble);
}

TEST_F(Files, a_row_that_Tab_reached_is_opened_once_too) {
  ask("Ctrl+O");
  program.type("app.json");  // there is nothing to complete: Tab goes on to the rows
  program.key("Tab");
  program.key("Down");
  EXPECT_EQ(state.popup_state.row, 0u) << "the arrows are the focused row's";
  program.pressed.clear();
  program.key("Enter");
  EXPECT_EQ(program.pressed, std::vector<Do>{Do::OpenFile});
  app::finish_loading(state);
  EXPECT_EQ(state.document.path, in("app.jsonl"));
}

TEST_F(Files, a_folder_typed_without_its_slash_is_gone_into_instead_of_opened) {
  ask("Ctrl+O");
  program.type("logs");
  program.key("Enter");
  program.gui->frames(3);
  EXPECT_EQ(state.popup, app::Popup::OpenPath);
  EXPECT_EQ(typed(), in("logs/"));
  program.type("deep.json");
  EXPECT_EQ(typed(), in("logs/deep.json"));
}

TEST_F(Files, recent_files_are_offered_until_a_name_is_typed) {
  state.settings.recent = {"/there/a.jsonl", "/there/b.jsonl"};
  ask("Ctrl+O");
  EXPECT_TRUE(program.gui->sees("files//there/b.jsonl"));
  program.type("b");
  EXPECT_FALSE(program.gui->sees("files//there/b.jsonl"));
}

TEST_F(Files, saving_proposes_the_name_and_a_picked_file_is_only_a_name_to_save_under) {
  ask("Ctrl+Shift+S");
  ASSERT_EQ(state.popup, app::Popup::SavePath);
  EXPECT_EQ(typed(), in("app.json"));
  program.key("Ctrl+A");
  program.type(in("new.json"));
  program.click(("files/" + in("logs/")).c_str());
  program.gui->frames(3);
  EXPECT_EQ(typed(), in("logs/new.json")) << "the name goes along";
  program.click(("files/" + place.string() + "/").c_str());
  program.gui->frames(3);
  EXPECT_EQ(typed(), in("new.json"));
  program.click(("files/" + in("big.mtrace")).c_str());
  program.gui->frames(3);
  EXPECT_EQ(state.popup, app::Popup::SavePath) << "a click overwrites nothing";
  EXPECT_EQ(typed(), in("big.mtrace"));
}

TEST_F(Files, quitting_asks_for_what_was_typed_and_saves_it_by_enter) {
  app::Command note{.what = Do::SetEventText, .position = {2}, .number = 1, .text = "why?"};
  state.document.path = in("typed.json");
  app::update(state, note);
  ask("Ctrl+Q");
  ASSERT_EQ(state.popup, app::Popup::Unsaved);
  EXPECT_TRUE(program.gui->sees("unsaved/Do not save"));
  program.key("Escape");
  EXPECT_FALSE(state.quit);
  ask("Ctrl+Q");
  program.click("unsaved/Cancel");
  EXPECT_EQ(state.popup, app::Popup::None);
  EXPECT_FALSE(state.quit);
  ask("Ctrl+Q");
  program.key("Enter");
  program.gui->frames(2);
  EXPECT_TRUE(state.quit);
  EXPECT_TRUE(fs::exists(in("typed.json")));
  state.quit = false;
  note.text = "why not?";
  app::update(state, note);
  ask("Ctrl+Q");
  program.click("unsaved/Do not save");
  EXPECT_TRUE(state.quit);
}

TEST_F(Files, the_question_for_what_was_typed_has_its_buttons_apart_on_any_window) {
  app::update(state, {.what = Do::SetEventText, .position = {2}, .number = 1, .text = "why?"});
  ask("Ctrl+Q");
  const auto apart = [&] {
    const draw::Rect drop = program.gui->rect_of("unsaved/Do not save"),
                     cancel = program.gui->rect_of("unsaved/Cancel");
    return drop.x1 < cancel.x0 || drop.y1 < cancel.y0;
  };
  EXPECT_TRUE(apart());
  for (const float em : {16.0f, 24.0f, 32.0f}) {
    program.size(800, 600, em);
    program.gui->frames(3);
    EXPECT_TRUE(apart()) << em;
  }
}

}  // namespace
