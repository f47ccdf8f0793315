// core/alloc can be taken as a folder: it includes its own files, and of the standard library what bare metal has.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace allocviz::test::folder_test {
namespace {

namespace fs = std::filesystem;
const fs::path kFolder = fs::path(ALLOCVIZ_SOURCE_DIR) / "core" / "alloc";

template <class F>
void each_include(const fs::path& folder, F&& f) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".h") continue;
    ++files;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("#include ")) f(entry.path(), line.substr(9));
    }
  }
  EXPECT_GT(files, 3) << folder;
}

TEST(AllocFolder, outside_hosted_includes_only_what_bare_metal_has) {
  const std::set<std::string> allowed = {"<bit>", "<concepts>", "<cstddef>", "<cstdint>", "<limits>", "<new>"};
  each_include(kFolder, [&](const fs::path& file, const std::string& name) {
    if (name[0] == '"') return;
    EXPECT_TRUE(allowed.contains(name)) << file << " includes " << name;
  });
}

TEST(AllocFolder, names_its_own_files_relative_to_themselves_and_no_others) {
  for (const fs::path& folder : {kFolder, kFolder / "hosted"}) {
    each_include(folder, [&](const fs::path& file, const std::string& name) {
      if (name[0] != '"') return;
      const fs::path named = fs::weakly_canonical(file.parent_path() / name.substr(1, name.size() - 2));
      EXPECT_TRUE(fs::exists(named)) << file << " includes " << name;
      EXPECT_TRUE(named.string().starts_with(fs::weakly_canonical(kFolder).string())) << file << " includes " << name;
      EXPECT_TRUE(folder != kFolder || named.parent_path().filename() != "hosted") << file << " includes " << name;
    });
  }
}

}  // namespace
}  // namespace allocviz::test::folder_test
