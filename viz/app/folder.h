// The files of a folder, as the dialogs that ask for a path list them: where no desktop has a dialog of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace allocviz::app {

// More than that are not looked at, so that no folder keeps the window waiting.
inline constexpr std::size_t kMostFolderEntries = 5000;

struct FolderEntry {
  std::string name;
  bool folder = false;
  std::uint64_t bytes = 0;  // of a file
};
struct Folder {
  std::string path;                  // as it was typed, up to its last slash; empty = the working folder
  std::string shown;                 // the same as shown_path
  std::string fault;                 // why it cannot be listed
  std::vector<FolderEntry> entries;  // folders first, then by name, capitals or not
  bool cut = false;                  // there are more
  bool looked_at = false;            // else it is nobody's answer
};

// "~" at the front becomes the home folder, as a shell has it; anything else stays as it is.
[[nodiscard]] std::string expanded_path(std::string_view text);
// The other way round, for a person to find it: from the root on, the home folder as "~".
[[nodiscard]] std::string shown_path(std::string_view path);
// What is typed, parted at the last slash: "logs/app.j" -> "logs/" and "app.j".
[[nodiscard]] std::string_view folder_part(std::string_view text);
[[nodiscard]] std::string_view name_part(std::string_view text);
// The folder above one that ends in a slash or is "", written the same way; "/" is above itself.
[[nodiscard]] std::string folder_above(std::string_view folder);
// The folder that this names ("" or ending in a slash). Never fails: what is wrong with it stands in `fault`.
[[nodiscard]] Folder read_folder(std::string_view path);

// The entries whose names begin so, capitals or not; where none does, those that hold it. Hidden ones only where the
// first character is a dot.
[[nodiscard]] std::vector<const FolderEntry*> entries_beginning(const Folder& folder, std::string_view begins);
// What is typed with as much more as all entries that begin so agree on, and a slash where that is one folder. Empty
// where that is no more than stands there.
[[nodiscard]] std::string completed_path(const Folder& folder, std::string_view text);

}  // namespace allocviz::app
