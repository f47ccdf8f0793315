// Open and save where the desktop has no dialog for them: a path, and the files that it may mean.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/trace/spec.h"
#include "viz/app/folder.h"
#include "viz/panels/parts.h"
#include "viz/panels/popups.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr std::size_t kMostRecent = 4;

// What a row of the list stands for, and what it says.
struct FileRow {
  std::string path;  // as it would be typed; a folder ends in a slash
  std::string_view name, more;
  std::string size;
  bool folder = false;
  bool recent = false;
};

// To open: the files last opened, where the dialog began, and the way up, as long as no name is being typed; then what
// may be meant in the folder. To save: all of the folder, for the name is mostly none of theirs.
std::vector<FileRow> file_rows(const app::State& state, bool opens) {
  std::vector<FileRow> rows;
  const app::PopupState& popup = state.popup_state;
  const std::string_view begins = opens ? app::name_part(popup.text) : std::string_view{};
  const bool where_it_began = app::folder_part(popup.text) == app::folder_part(state.document.path);
  if (opens && begins.empty() && where_it_began) {
    for (const std::string& path : state.settings.recent) {
      if (rows.size() == kMostRecent) break;
      const std::string_view whole = path;
      rows.push_back({path, app::name_part(whole), app::folder_part(whole), {}, false, true});
    }
  }
  if (std::string above = app::folder_above(popup.folder.path); begins.empty() && above != popup.folder.path) {
    rows.push_back({std::move(above), "..", {}, {}, true, false});
  }
  for (const app::FolderEntry* entry : app::entries_beginning(popup.folder, begins)) {
    rows.push_back({popup.folder.path + entry->name + (entry->folder ? "/" : ""),
                    entry->name,
                    {},
                    entry->folder || entry->bytes == 0 ? "" : trace::size_text(entry->bytes),
                    entry->folder,
                    false});
  }
  return rows;
}

void heading(const Context& context, float width, std::string_view text) {
  const float em = context.em;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ui::WithFont font(ui::Font::SmallBold);
  ui::text_at(ui::draw_list(), {at.x + 0.4f * em, at.y + 0.5f * em}, context.theme.text_dim, text, width - em);
  ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + std::round(1.8f * em)));
}

// True when it was clicked.
bool file_row(const Context& context, const FileRow& file, draw::Rect row, bool chosen) {
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const bool clicked = row_button(context, fmt::format("##{}", file.path).c_str(), row, chosen);
  const std::string name = std::string(file.name) + (file.folder ? "/" : "");
  const float used =
      row_text(row, row.x0 + 0.9f * em, file.folder ? theme.live : theme.text, name, row.width() - 7 * em);
  if (!file.more.empty())
    row_text(row, row.x0 + 1.9f * em + used, theme.text_faint, file.more, row.width() - used - 2.5f * em);
  if (!file.size.empty()) row_text_right(row, row.x1 - 0.6f * em, theme.text_dim, file.size);
  return clicked;
}

void pick_row(const Context& context, std::size_t row) {
  app::Command command;
  command.what = app::Do::PickRow;
  command.number = row;
  context.commands.push(std::move(command));
}

// A folder is gone into, which a name to save under outlives; a file is what the dialog is for, or such a name.
void take(const Context& context, const FileRow& file, app::Do done) {
  if (done == app::Do::OpenFile) return push_text(context, file.folder ? app::Do::ProposePath : done, file.path);
  const std::string_view name = app::name_part(context.state.popup_state.text);
  push_text(context, app::Do::ProposePath, file.folder ? file.path + std::string(name) : file.path);
}

std::string folder_heading(const app::Folder& folder) {
  const std::string_view path = folder.shown;
  return fmt::format("IN {}", path.size() > 1 ? path.substr(0, path.size() - 1) : path);
}

// The rows in their region, chosen by Up and Down from the field. The one that was clicked, or null.
const FileRow* list(const Context& context, draw::Rect inside, const std::vector<FileRow>& rows, bool typing) {
  const app::PopupState& popup = context.state.popup_state;
  const float em = context.em, height = std::round(1.9f * em);
  ui::begin_region("files", inside);
  const float width = ImGui::GetContentRegionAvail().x;
  const bool down = typing && ui::pressed({.key = ui::Key::Down}), up = typing && ui::pressed({.key = ui::Key::Up});
  const FileRow* clicked = nullptr;
  bool told_folder = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 && rows[i].recent) heading(context, width, "RECENT");
    if (!rows[i].recent && !std::exchange(told_folder, true)) heading(context, width, folder_heading(popup.folder));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool chosen = popup.row == i + 1;
    if (file_row(context, rows[i], {at.x, at.y, at.x + width, at.y + height}, chosen)) clicked = &rows[i];
    if (chosen && (down || up)) ImGui::SetScrollHereY(0.5f);
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + height));
  }
  const app::Folder& folder = popup.folder;
  if (!folder.fault.empty()) {
    ui::text_wrapped(
        context.theme.text_dim,
        fmt::format("{} cannot be listed: {}", folder.path.empty() ? "This folder" : folder.path, folder.fault));
  } else if (!told_folder) {
    ui::text(context.theme.text_dim, folder.entries.empty() ? "This folder is empty." : "No file here is called that.");
  } else if (folder.cut) {
    ui::text(context.theme.text_dim, fmt::format("Its first {} files; type more of the name.", folder.entries.size()));
  }
  ui::end_region();
  if (down) pick_row(context, std::min(popup.row + 1, rows.size()));
  if (up && popup.row > 0) pick_row(context, popup.row - 1);
  return clicked;
}

bool names_folder(const app::PopupState& popup) {
  const std::string_view name = app::name_part(popup.text);
  if (name == "." || name == ".." || popup.text == "~") return true;
  const auto& entries = popup.folder.entries;
  return std::any_of(entries.begin(), entries.end(), [name](const auto& e) { return e.folder && e.name == name; });
}

struct Asked {
  const char* name;
  const char* title;
  const char* hint;
  const char* button;
  app::Do done;
};

void ask(const Context& context, const Asked& asked, std::string_view foot, draw::Color foot_color) {
  const float em = context.em;
  const app::PopupState& popup = context.state.popup_state;
  const draw::Rect inside = begin_dialog(context, asked.name, 44, 34);
  const float y = dialog_title(context, inside, asked.title);
  const std::vector<FileRow> rows = file_rows(context.state, asked.done == app::Do::OpenFile);
  const std::string text = dialog_field(context, inside, y, "##path", asked.hint, [&popup](std::string_view typed) {
    return app::completed_path(popup.folder, typed);
  });
  const bool typing = ImGui::IsItemActive();
  const float top = ImGui::GetItemRectMax().y + std::round(0.4f * em);
  // The foot stands beside the buttons, or above them where they leave it too little.
  const float buttons = std::round(2.1f * em);
  float under = inside.y1 - buttons;
  {
    const ui::WithFont small(ui::Font::Small);
    const float line = ui::line_height(), beside = inside.width() - 15.5f * em;
    const bool fits = ui::text_width(foot) <= beside;
    if (!fits) under -= line + std::round(0.5f * em);
    ui::text_at(ui::draw_list(), {inside.x0, fits ? under + std::round((buttons - line) / 2) : under}, foot_color, foot,
                inside.width());
  }
  const draw::Rect files{inside.x0, top, inside.x1, under - std::round(0.8f * em)};
  const FileRow* clicked = list(context, files, rows, typing);

  const bool row = popup.row > 0 && popup.row <= rows.size();
  if (clicked != nullptr) {
    take(context, *clicked, asked.done);
  } else if (dialog_buttons(context, inside, asked.button, row || !app::name_part(text).empty())) {
    if (row) {
      take(context, rows[popup.row - 1], asked.done);
    } else if (names_folder(popup)) {
      push_text(context, app::Do::ProposePath, text + "/");
    } else {
      push_text(context, asked.done, text);
    }
  }
  end_dialog();
}

// Whether a file of that name stands in the folder that is listed.
bool is_there(const app::PopupState& popup) {
  const std::string_view name = app::name_part(popup.text);
  const auto& entries = popup.folder.entries;
  return std::any_of(entries.begin(), entries.end(), [name](const auto& e) { return !e.folder && e.name == name; });
}

}  // namespace

void open_path(const Context& context) {
  ask(context, {"open", "Open a trace or a log", "path", "Open", app::Do::OpenFile},
      "Tab completes. Or drop a file on the window.", context.theme.text_faint);
}

void save_path(const Context& context) {
  const bool replaces = is_there(context.state.popup_state);
  ask(context, {"save", "Save the trace as", "name.json, name.jsonl; .zst compresses", "Save", app::Do::SaveAs},
      replaces ? "Replaces the file of that name." : "The allocators shown are saved with it.",
      replaces ? ink_on(context.theme, context.theme.waste, context.theme.panel) : context.theme.text_dim);
}

}  // namespace allocviz::panels
