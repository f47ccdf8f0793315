#include "viz/app/folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace allocviz::app {
namespace {

char small_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_letter(char a, char b) {
  return small_letter(a) == small_letter(b);
}

bool begins_with(std::string_view name, std::string_view begins) {
  return name.size() >= begins.size() && std::equal(begins.begin(), begins.end(), name.begin(), same_letter);
}

bool holds(std::string_view name, std::string_view part) {
  return std::search(name.begin(), name.end(), part.begin(), part.end(), same_letter) != name.end();
}

bool before(const FolderEntry& a, const FolderEntry& b) {
  if (a.folder != b.folder) return a.folder;
  const auto letter_before = [](char x, char y) { return small_letter(x) < small_letter(y); };
  if (std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(), b.name.end(), letter_before))
    return true;
  if (std::lexicographical_compare(b.name.begin(), b.name.end(), a.name.begin(), a.name.end(), letter_before))
    return false;
  return a.name < b.name;
}

// How many characters all of them begin with alike.
std::size_t alike(const std::vector<const FolderEntry*>& entries) {
  const std::string& first = entries.front()->name;
  std::size_t length = first.size();
  for (const FolderEntry* entry : entries) {
    const auto end = entry->name.begin() + static_cast<std::ptrdiff_t>(std::min(length, entry->name.size()));
    const auto differs = std::mismatch(entry->name.begin(), end, first.begin(), same_letter).first;
    length = static_cast<std::size_t>(differs - entry->name.begin());
  }
  return length;
}

}  // namespace

std::string expanded_path(std::string_view text) {
  const char* home = std::getenv("HOME");
  const bool at_home = text == "~" || text.substr(0, 2) == "~/";
  if (!at_home || home == nullptr || *home == '\0') return std::string(text);
  return home + std::string(text.substr(1));
}

std::string shown_path(std::string_view path) {
  namespace fs = std::filesystem;
  std::error_code trouble;
  std::string text = fs::absolute(expanded_path(path), trouble).lexically_normal().string();
  if (trouble || text.empty()) return std::string(path);
  const std::string home = expanded_path("~");
  const bool at_home =
      home.size() > 1 && text.starts_with(home) && (text.size() == home.size() || text[home.size()] == '/');
  return at_home ? "~" + text.substr(home.size()) : text;
}

std::string_view folder_part(std::string_view text) {
  return text.substr(0, text.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view name_part(std::string_view text) {
  return text.substr(folder_part(text).size());
}

std::string folder_above(std::string_view folder) {
  const std::string path = expanded_path(folder);
  if (path.empty() || path == "../" || (path.size() > 3 && path.substr(path.size() - 4) == "/../")) return path + "../";
  if (path == "./") return "../";
  std::string above(folder_part(std::string_view(path).substr(0, path.size() - 1)));
  return above.empty() && path.front() == '/' ? "/" : above;
}

Folder read_folder(std::string_view path) {
  namespace fs = std::filesystem;
  Folder folder;
  folder.path = path;
  folder.shown = shown_path(path.empty() ? "./" : path);
  folder.looked_at = true;
  std::error_code trouble;
  const std::string place = expanded_path(path);
  fs::directory_iterator entries(place.empty() ? "." : place, trouble);
  for (; !trouble && entries != fs::directory_iterator(); entries.increment(trouble)) {
    if (folder.entries.size() == kMostFolderEntries) {
      folder.cut = true;
      break;
    }
    std::error_code unknown;  // a link that leads nowhere is listed, too: opening it says what is wrong
    FolderEntry entry{.name = entries->path().filename().string(), .folder = entries->is_directory(unknown)};
    if (!entry.folder && entries->is_regular_file(unknown)) entry.bytes = entries->file_size(unknown);
    if (unknown) entry.bytes = 0;
    folder.entries.push_back(std::move(entry));
  }
  if (trouble) folder.fault = trouble.message();
  std::sort(folder.entries.begin(), folder.entries.end(), before);
  return folder;
}

std::vector<const FolderEntry*> entries_beginning(const Folder& folder, std::string_view begins) {
  std::vector<const FolderEntry*> found;
  const auto find = [&](bool (*fits)(std::string_view, std::string_view)) {
    for (const FolderEntry& entry : folder.entries) {
      const bool hidden = entry.name.front() == '.' && begins.substr(0, 1) != ".";
      if (!hidden && fits(entry.name, begins)) found.push_back(&entry);
    }
  };
  find(begins_with);
  if (found.empty()) find(holds);
  return found;
}

std::string completed_path(const Folder& folder, std::string_view text) {
  const std::string_view name = name_part(text);
  if (folder_part(text) != folder.path) return {};
  // A folder that is named without its slash, as "~" and "..".
  if (name == ".." || text == "~") return std::string(text) + "/";
  const auto entries = entries_beginning(folder, name);
  if (entries.empty() || !begins_with(entries.front()->name, name)) return {};
  std::string more = folder.path + entries.front()->name.substr(0, alike(entries));
  if (entries.size() == 1 && entries.front()->folder) more += '/';
  return more == text || more.size() < text.size() ? std::string() : more;
}

}  // namespace allocviz::app
