// The rooms of the house and who may know whom (ARCHITECTURE.md), read from every #include of core/ and viz/.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string, std::less<>>;

const fs::path kRoot = ALLOCVIZ_SOURCE_DIR;

// A room and every room below it: the arrows, transitive, spelled out. A room always knows itself.
const std::map<std::string, Names, std::less<>> kMayKnow = {
    {"core/alloc", {}},
    {"core/alloc/hosted", {"core/alloc"}},
    {"core/trace", {"core/alloc", "core/alloc/hosted"}},
    {"core/record", {"core/alloc", "core/alloc/hosted", "core/trace"}},
    {"core/import", {"core/alloc", "core/alloc/hosted", "core/trace"}},
    {"core/replay", {"core/alloc", "core/alloc/hosted", "core/trace"}},
    {"core/analyze", {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay"}},
    {"core/cli",
     {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay", "core/analyze", "core/import", "core/record"}},
    {"viz/app", {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay", "core/analyze", "core/import"}},
    {"viz/draw", {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay", "core/analyze"}},
    {"viz/panels",
     {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay", "core/analyze", "core/import", "viz/app",
      "viz/draw"}},
    {"viz/platform",
     {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay", "core/analyze", "core/import", "viz/app",
      "viz/draw", "viz/panels"}},
    {"viz",
     {"core/alloc", "core/alloc/hosted", "core/trace", "core/replay", "core/analyze", "core/import", "viz/app",
      "viz/draw", "viz/panels", "viz/platform"}},
};

// A library from outside: what its headers begin with, and the files (by prefix) that may name it, or name it in a
// header (what is slow to compile stays out of those).
struct Library {
  std::string_view name;
  std::vector<std::string_view> headers;
  std::vector<std::string_view> anywhere;
  std::vector<std::string_view> cpp_only;
};
const std::vector<Library> kLibraries = {
    {"Dear ImGui", {"imgui", "backends/imgui"}, {"viz/panels/", "viz/platform/", "viz/main.cpp"}, {}},
    {"GLFW", {"GLFW/"}, {"viz/platform/"}, {}},
    {"glibc's malloc", {"malloc.h"}, {}, {"viz/app/opening.cpp"}},
    {"OpenGL", {"GL/", "GLES", "glad/", "KHR/"}, {"viz/platform/"}, {}},
    {"EGL", {"EGL/"}, {"viz/platform/"}, {}},
    {"stb", {"stb"}, {}, {"viz/platform/", "viz/draw/"}},
    {"nlohmann/json", {"nlohmann/"}, {}, {"core/trace/", "core/import/", "core/cli/", "viz/app/settings.cpp"}},
    {"CLI11", {"CLI/"}, {}, {"core/cli/", "viz/main.cpp"}},
    {"libarchive", {"archive"}, {}, {"core/trace/", "core/import/"}},
    {"protozero", {"protozero/"}, {}, {"core/import/"}},
    {"zstd", {"zstd"}, {}, {"core/trace/", "core/record/"}},
    {"zlib", {"zlib"}, {}, {"core/trace/"}},
    {"elfutils", {"elfutils/", "dwarf.h"}, {}, {"core/record/symbols.cpp"}},
    {"fmt",
     {"fmt/"},
     {"core/trace/", "core/record/", "core/import/", "core/replay/", "core/analyze/", "core/cli/", "viz/"},
     {}},
    {"the operating system",
     {"sys/",     "linux/",   "unistd.h", "fcntl.h",   "dlfcn.h", "elf.h",    "errno.h",
      "limits.h", "link.h",   "poll.h",   "pthread.h", "pwd.h",   "signal.h", "spawn.h",
      "stddef.h", "stdint.h", "string.h", "termios.h", "time.h",  "cxxabi.h"},
     {"core/alloc/hosted/", "core/trace/", "core/record/", "core/replay/", "core/cli/", "viz/app/", "viz/platform/",
      "viz/main.cpp"},
     {}},
};

// What a C++20 compiler offers without a hosted library, and <cstring>, whose four mem functions GCC and Clang ask of
// every environment.
const Names kFreestanding = {
    "bit",     "cfloat",          "climits",     "compare", "concepts",  "coroutine",
    "cstdarg", "cstddef",         "cstdint",     "cstring", "exception", "initializer_list",
    "limits",  "source_location", "type_traits", "new",     "utility",   "version",
};

struct Include {
  std::string file;    // of the one that includes, relative to the project
  std::string target;  // as written
  bool quoted = true;
};

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_header(std::string_view file) {
  return file.size() > 2 && file.substr(file.size() - 2) == ".h";
}

// The room that a file of ours stands in; "" where it stands in none.
std::string room_of(std::string_view file) {
  std::string found;
  for (const auto& [room, below] : kMayKnow) {
    if (starts(file, room + "/") && room.size() > found.size()) found = room;
  }
  return found;
}

const Library* library_of(std::string_view target) {
  for (const Library& library : kLibraries) {
    for (std::string_view header : library.headers) {
      if (starts(target, header)) return &library;
    }
  }
  return nullptr;
}

std::optional<std::string> fault_of_ours(const Include& include, const std::string& target_file) {
  const std::string from = room_of(include.file);
  const std::string to = room_of(target_file);
  if (to.empty()) return include.target + " stands in no room";
  const Names& below = kMayKnow.find(from)->second;
  if (from == to || below.count(to) != 0) return std::nullopt;
  return from + " may not know " + to;
}

bool stands_in(std::string_view file, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return starts(file, prefix); });
}

std::optional<std::string> fault_of_library(const Include& include, const Library& library) {
  if (stands_in(include.file, library.anywhere)) return std::nullopt;
  if (!stands_in(include.file, library.cpp_only)) {
    return std::string(library.name) + " has no business in " + include.file;
  }
  const bool only_names = include.target.ends_with("_fwd.hpp");  // costs those who include it nothing
  if (is_header(include.file) && !only_names) return std::string(library.name) + " stays out of headers";
  return std::nullopt;
}

// Why an include is against the arrows, or nothing.
std::optional<std::string> fault_of(const Include& include) {
  const std::string from = room_of(include.file);
  if (from.empty()) return include.file + " stands in no room";
  if (starts(include.target, "core/") || starts(include.target, "viz/")) return fault_of_ours(include, include.target);
  if (starts(include.target, "tests/")) return "the tests know the house, not the other way round";
  const Library* library = library_of(include.target);
  if (library != nullptr) return fault_of_library(include, *library);
  if (include.quoted) {
    const fs::path sibling = (fs::path(include.file).parent_path() / include.target).lexically_normal();
    return fault_of_ours(include, sibling.generic_string());
  }
  if (from == "core/alloc" && kFreestanding.count(include.target) == 0) {
    return "<" + include.target + "> is not freestanding";
  }
  if (include.target == "iostream" && is_header(include.file)) return "<iostream> stays out of headers";
  if (include.target.find_first_of("./") != std::string::npos) {
    return "<" + include.target + "> is in no row of kLibraries: say there who may include it";
  }
  return std::nullopt;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// `#include "x"` or `# include <x>` at the start of a line, as an Include of `file`.
std::optional<Include> include_in(const std::string& line, const std::string& file) {
  std::size_t at = line.find_first_not_of(' ');
  if (at == std::string::npos || line[at] != '#') return std::nullopt;
  at = line.find_first_not_of(' ', at + 1);
  if (at == std::string::npos || line.compare(at, 7, "include") != 0) return std::nullopt;
  const std::size_t open = line.find_first_of("\"<", at);
  if (open == std::string::npos) return std::nullopt;
  const std::size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
  if (close == std::string::npos) return std::nullopt;
  return Include{file, line.substr(open + 1, close - open - 1), line[open] == '"'};
}

// Every file below these folders whose name ends in one of `endings`, relative to the project, sorted.
std::vector<std::string> files_below(const std::vector<std::string>& folders, const Names& endings) {
  std::vector<std::string> files;
  for (const std::string& folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (!entry.is_regular_file() || endings.count(entry.path().extension().string()) == 0) continue;
      files.push_back(fs::relative(entry.path(), kRoot).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Package {
  std::string name;
  std::string kind;
};

std::vector<Package> packages() {
  std::vector<Package> list;
  for (const std::string& line : lines_of(read(kRoot / "third_party/packages.txt"))) {
    if (line.empty() || line[0] == '#') continue;
    Package package;
    std::istringstream(line) >> package.name >> package.kind;
    list.push_back(package);
  }
  return list;
}

// Whether a build list names this file: its name, and not only as the end of a longer one.
bool is_named(const std::string& lists, const std::string& name) {
  for (std::size_t at = lists.find(name); at != std::string::npos; at = lists.find(name, at + 1)) {
    if (at == 0 || lists[at - 1] == '/' || lists[at - 1] == ' ' || lists[at - 1] == '\n') return true;
  }
  return false;
}

// The words that follow each `marker` in `text`, up to the first character no package name has.
std::vector<std::string> words_after(const std::string& text, const std::string& marker) {
  std::vector<std::string> words;
  for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + 1)) {
    std::istringstream rest(
        text.substr(at + marker.size(), text.find_first_of(".\n`\")", at + marker.size()) - at - marker.size()));
    for (std::string word; rest >> word;) words.push_back(word);
  }
  return words;
}

bool known_package(const std::string& name) {
  const std::vector<Package> list = packages();
  return std::any_of(list.begin(), list.end(), [&](const Package& package) { return package.name == name; });
}

}  // namespace

TEST(House, every_include_obeys_the_arrows) {
  const std::vector<std::string> files = files_below({"core", "viz"}, {".h", ".cpp"});
  std::size_t includes = 0;
  for (const std::string& file : files) {
    const std::vector<std::string> lines = lines_of(read(kRoot / file));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::optional<Include> include = include_in(lines[i], file);
      if (!include) continue;
      ++includes;
      const std::optional<std::string> fault = fault_of(*include);
      if (fault) ADD_FAILURE() << file << ":" << i + 1 << ": " << *fault;
    }
  }
  EXPECT_GT(files.size(), 30U);  // an empty walk would prove nothing
  EXPECT_GT(includes, 150U);
}

// It is loaded into foreign programs: neither our library nor the C++ run time comes with it.
TEST(House, the_preload_library_knows_itself_and_the_spool_alone) {
  const Names headers = {"atomic", "cstddef", "cstdint"};
  std::size_t includes = 0;
  for (const std::string& file : files_below({"core/record"}, {".h", ".cpp"})) {
    if (!starts(file, "core/record/preload_") && file != "core/record/spool.h") continue;
    for (const std::string& line : lines_of(read(kRoot / file))) {
      const std::optional<Include> include = include_in(line, file);
      if (!include) continue;
      ++includes;
      const bool own = starts(include->target, "core/record/preload_") || include->target == "core/record/spool.h";
      const bool system = !include->quoted && include->target.find('.') != std::string::npos;
      EXPECT_TRUE(own || system || headers.count(include->target) != 0) << file << " includes " << include->target;
    }
  }
  EXPECT_GT(includes, 20U);
}

TEST(House, the_arrows_are_transitive_and_have_no_circle) {
  for (const auto& [room, below] : kMayKnow) {
    EXPECT_EQ(below.count(room), 0U) << room << " stands below itself";
    for (const std::string& lower : below) {
      ASSERT_EQ(kMayKnow.count(lower), 1U) << lower << " is no room";
      const Names& lowest = kMayKnow.find(lower)->second;
      EXPECT_TRUE(std::includes(below.begin(), below.end(), lowest.begin(), lowest.end()))
          << room << " knows " << lower << " but not all that stands below it";
    }
  }
}

TEST(House, the_checker_sees_an_arrow_that_points_the_wrong_way) {
  const std::array<Include, 18> wrong = {{
      {"core/trace/io.cpp", "core/replay/machine.h"},
      {"core/replay/machine.cpp", "core/import/importer.h"},
      {"core/import/mtrace.cpp", "../replay/machine.h"},
      {"core/replay/census.h", "viz/draw/theme.h"},
      {"core/cli/main.cpp", "viz/app/state.h"},
      {"viz/app/update.cpp", "viz/panels/panel.h"},
      {"viz/draw/buddy.cpp", "viz/app/state.h"},
      {"viz/panels/events.cpp", "viz/platform/window.h"},
      {"core/alloc/buddy.h", "hosted/mmap.h"},
      {"core/alloc/buddy.h", "vector", false},
      {"core/trace/json.h", "nlohmann/json.hpp", false},
      {"viz/app/update.cpp", "nlohmann/json.hpp", false},
      {"viz/draw/buddy.cpp", "imgui.h", false},
      {"viz/panels/memory_map.cpp", "GLFW/glfw3.h", false},
      {"core/replay/timeline.h", "iostream", false},
      {"core/alloc/arena.h", "sys/mman.h", false},
      {"viz/panels/events.cpp", "unistd.h", false},
      {"core/replay/timeline.cpp", "boost/pool/pool.hpp", false},
  }};
  for (const Include& include : wrong) {
    EXPECT_TRUE(fault_of(include).has_value()) << include.file << " includes " << include.target;
  }
}

TEST(House, the_checker_lets_right_arrows_pass) {
  const std::array<Include, 9> right = {{
      {"core/alloc/buddy.h", "layout.h"},
      {"core/alloc/buddy.h", "cstdint", false},
      {"core/alloc/hosted/mmap.h", "sys/mman.h", false},
      {"core/replay/machine.cpp", "core/alloc/buddy.h"},
      {"core/trace/json_reader.cpp", "nlohmann/json.hpp", false},
      {"core/trace/json_parse.h", "nlohmann/json_fwd.hpp", false},
      {"viz/panels/events.cpp", "viz/app/state.h"},
      {"viz/platform/window.cpp", "GLFW/glfw3.h", false},
      {"viz/main.cpp", "viz/platform/window.h"},
  }};
  for (const Include& include : right) {
    EXPECT_EQ(fault_of(include), std::nullopt) << include.file << " includes " << include.target;
  }
}

TEST(House, includes_are_found_however_they_are_spelled) {
  EXPECT_EQ(include_in("#include \"core/trace/io.h\"", "x")->target, "core/trace/io.h");
  EXPECT_EQ(include_in("  #  include <vector>  // why", "x")->target, "vector");
  EXPECT_FALSE(include_in("#include <vector>", "x")->quoted);
  EXPECT_FALSE(include_in("// #include <vector>", "x").has_value());
  EXPECT_FALSE(include_in("#pragma once", "x").has_value());
}

TEST(House, every_source_file_stands_in_a_list) {
  std::string lists;
  for (const std::string& file : files_below({"core", "viz", "tests", "third_party"}, {".cmake", ".txt"})) {
    lists += read(kRoot / file);
  }
  for (const std::string& file : files_below({"core", "viz", "tests"}, {".cpp"})) {
    if (!is_named(lists, fs::path(file).filename().string())) ADD_FAILURE() << file << " is built by nobody";
  }
}

TEST(House, packages_are_listed_once_each_with_a_known_kind) {
  Names seen;
  for (const Package& package : packages()) {
    EXPECT_TRUE(seen.insert(package.name).second) << package.name << " is listed twice";
    EXPECT_EQ(Names({"run", "test", "bench"}).count(package.kind), 1U)
        << package.name << " is of kind " << package.kind;
  }
  EXPECT_GT(seen.size(), 10U);
}

TEST(House, every_package_somebody_is_told_to_install_is_in_the_list) {
  std::size_t told = 0;
  std::vector<std::string> texts =
      files_below({"third_party", "tests", "core", "viz"}, {".cmake", ".txt", ".md", ".sh", ".cpp"});
  texts.insert(texts.end(), {"README.md", "CONTRIBUTING.md", "CMakeLists.txt"});
  for (const std::string& file : texts) {
    const std::string text = read(kRoot / file);
    for (const std::string& word : words_after(text, "apt install ")) {
      if (word[0] == '$' || word[0] == '-') continue;  // a macro's argument, whose calls are looked at below; an option
      ++told;
      EXPECT_TRUE(known_package(word)) << file << " names " << word;
    }
    for (const std::string& line : lines_of(text)) {
      if (!starts(line, "allocviz_find(")) continue;
      std::string package, debian;
      std::istringstream(line) >> package >> debian;
      ++told;
      EXPECT_TRUE(known_package(debian)) << file << " names " << debian;
    }
  }
  EXPECT_GT(told, 4U);
}

TEST(House, text_has_no_tabs_no_trailing_spaces_and_ends_with_a_newline) {
  std::vector<std::string> files = files_below({"core", "viz", "scenarios", "tests", "third_party"},
                                               {".h", ".cpp", ".cmake", ".txt", ".md", ".json"});
  files.insert(files.end(), {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "CMakeLists.txt",
                             "CMakePresets.json", "run.sh", "test.sh"});
  for (const std::string& file : files) {
    if (starts(file, "tests/data/")) continue;  // logs are kept as they were written
    const std::string text = read(kRoot / file);
    EXPECT_FALSE(text.empty()) << file << " is empty or missing";
    EXPECT_EQ(text.find('\t'), std::string::npos) << file << " has a tab";
    EXPECT_EQ(text.find('\r'), std::string::npos) << file << " has a carriage return";
    EXPECT_EQ(text.find(" \n"), std::string::npos) << file << " has trailing spaces";
    EXPECT_TRUE(text.empty() || text.back() == '\n') << file << " does not end with a newline";
  }
}

// "TEST_F(Suite, name)": both, as "Suite" and "Suite.name"; of a benchmark its name.
void add_names(const std::string& text, const std::string& macro, Names& known) {
  for (std::size_t at = text.find(macro); at != std::string::npos; at = text.find(macro, at + 1)) {
    const std::size_t from = at + macro.size();
    const std::string suite = text.substr(from, text.find_first_of(",<)", from) - from);
    known.insert(suite);
    const std::size_t comma = text.find_first_not_of(", \n", from + suite.size());
    known.insert(suite + "." + text.substr(comma, text.find(')', comma) - comma));
  }
}

TEST(House, every_test_and_benchmark_that_a_page_of_promises_names_is_there) {
  Names known;
  for (const std::string& file : files_below({"tests"}, {".cpp", ".cmake"})) {
    const std::string text = read(kRoot / file);
    known.insert(fs::path(file).filename().string());
    for (const char* macro : {"TEST(", "TEST_F(", "TEST_P(", "BENCHMARK("}) add_names(text, macro, known);
    // Programs that ctest runs: their names stand in the lists.
    std::istringstream words(file.ends_with(".cmake") ? text : "");
    for (std::string word; words >> word;) {
      const std::size_t point = word.find('.');
      if (point == std::string::npos || word.front() < 'A' || word.front() > 'Z') continue;
      known.insert(word.substr(0, point));
      known.insert(word.substr(0, word.find_last_not_of(')') + 1));
    }
  }
  std::size_t named = 0;
  for (const char* page : {"core/docs/contract.md", "core/record/README.md"}) {
    bool promises = false;  // else a table of something else
    for (const std::string& line : lines_of(read(kRoot / page))) {
      if (!starts(line, "| ")) continue;
      const std::size_t promise = line.find(" | ");
      if (starts(line.substr(promise + 3), "held by")) promises = true;
      if (starts(line, "| program |")) promises = false;
      for (std::size_t at = line.find('`', promise); promises && at != std::string::npos;) {
        const std::size_t end = line.find('`', at + 1);
        const std::string name = line.substr(at + 1, end - at - 1);
        if (name != "alloc_bench") {
          ++named;
          EXPECT_TRUE(known.contains(name)) << name << " of: " << line;
        }
        at = line.find('`', end + 1);
      }
    }
  }
  EXPECT_GT(named, 120U);
}
