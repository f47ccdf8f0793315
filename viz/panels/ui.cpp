#include "viz/panels/ui.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "viz/panels/ui_inner.h"

namespace allocviz::ui {

Inner inner;

namespace {

ImVec2 at(draw::Point point) {
  return {point.x, point.y};
}

std::string full_label(std::string_view label) {
  std::string text = inner.regions.empty() ? std::string{} : inner.regions.back() + "/";
  text += label;
  return text;
}

// What is shown of "Play##2" is "Play"; "##search" shows nothing and is known as "search".
std::string_view shown(std::string_view label) {
  const std::size_t hashes = label.find("##");
  if (hashes == std::string_view::npos) return label;
  if (hashes > 0) return label.substr(0, hashes);
  return label.substr(label.find_first_not_of('#') == std::string_view::npos ? label.size()
                                                                             : label.find_first_not_of('#'));
}

void enter_region(const char* name, bool child) {
  inner.regions.emplace_back(name);
  inner.region_is_child.push_back(child);
  inner.region_numbers.push_back(inner.regions_begun++);
}

void leave_region() {
  inner.regions.pop_back();
  inner.region_is_child.pop_back();
  inner.region_numbers.pop_back();
}

}  // namespace

Fonts& fonts() {
  return inner.fonts;
}

void push_font(Font font) {
  const auto index = static_cast<std::size_t>(font);
  push_imgui_font(inner.fonts.of[index], inner.fonts.size_px[index]);
}
void pop_font() {
  ImGui::PopFont();
}

void reset() {
  inner = Inner{};
}

void begin_frame() {
  inner.placed.clear();
  inner.regions.clear();
  inner.region_is_child.clear();
  inner.region_numbers.clear();
  inner.regions_begun = 0;
  inner.stops_before.swap(inner.stops);
  inner.stops.clear();
  inner.modal_begun = false;
  begin_menus();
  move_focus();
}

void end_frame() {
  if (inner.modal_open && !inner.modal_begun) {
    close_all_popups();
    inner.modal_open = false;
    inner.focus = inner.type_on = 0;
    want_frame();
  }
  if (has_more_to_show()) want_frame();
}

void want_frame() {
  inner.want_frame = true;
}
bool take_want_frame() {
  return std::exchange(inner.want_frame, false);
}

const std::vector<Placed>& placed() {
  return inner.placed;
}

const Placed* find(std::string_view label) {
  const auto first = [](auto matches) -> const Placed* {
    const auto found = std::find_if(inner.placed.begin(), inner.placed.end(), matches);
    return found == inner.placed.end() ? nullptr : &*found;
  };
  if (const Placed* found = first([&](const Placed& p) { return p.label == label; })) return found;
  if (const Placed* found = first([&](const Placed& p) { return p.raw == label; })) return found;
  const auto ends_after = [&](const std::string& name, std::string_view wanted, char mark) {
    return name.size() > wanted.size() && name.ends_with(wanted) && name[name.size() - wanted.size() - 1] == mark;
  };
  if (const Placed* found = first([&](const Placed& p) { return ends_after(p.label, label, '/'); })) return found;
  // "events/clear the search" is "events/✕##clear the search" as well.
  const std::size_t slash = label.rfind('/');
  const std::string_view region = label.substr(0, slash == std::string_view::npos ? 0 : slash + 1);
  const std::string_view id = label.substr(region.size());
  return first([&](const Placed& p) { return p.raw.starts_with(region) && ends_after(p.raw, id, '#'); });
}

void place(std::string_view label, draw::Rect rect) {
  draw::Rect seen = rect;
  if (!outside_any_window()) {
    const ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 low = list->GetClipRectMin(), high = list->GetClipRectMax();
    seen = {std::max(rect.x0, low.x), std::max(rect.y0, low.y), std::min(rect.x1, high.x), std::min(rect.y1, high.y)};
    if (seen.x0 >= seen.x1 || seen.y0 >= seen.y1) seen = {};
  }
  inner.placed.push_back({.label = full_label(shown(label)), .rect = rect, .raw = full_label(label), .seen = seen});
}

void record(const char* label) {
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  place(label, {low.x, low.y, high.x, high.y});
}

bool begin_region(const char* name, draw::Rect rect, ImGuiWindowFlags flags) {
  // Whole pixels, or everything inside would be drawn between them.
  const draw::Point low{std::round(rect.x0), std::round(rect.y0)};
  const ImVec2 size{std::max(1.0f, std::round(rect.x1) - low.x), std::max(1.0f, std::round(rect.y1) - low.y)};
  const bool child = !outside_any_window();
  enter_region(name, child);
  if (child) {
    ImGui::SetCursorScreenPos(at(low));
    return ImGui::BeginChild(name, size, false, flags);
  }
  ImGui::SetNextWindowPos(at(low));
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.0f);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  const bool visible =
      ImGui::Begin(name, nullptr,
                   flags | ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                       ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBackground |
                       ImGuiWindowFlags_NoBringToFrontOnFocus);
  ImGui::PopStyleVar(3);
  return visible;
}

void end_region() {
  const bool child = inner.region_is_child.back();
  leave_region();
  if (child) {
    ImGui::EndChild();
  } else {
    ImGui::End();
  }
}

bool begin_modal(const char* name, draw::Rect rect) {
  if (!ImGui::IsPopupOpen(name)) ImGui::OpenPopup(name);
  ImGui::SetNextWindowPos(ImVec2(std::round(rect.x0), std::round(rect.y0)));
  ImGui::SetNextWindowSize(ImVec2(std::round(rect.width()), std::round(rect.height())));
  // Opened in this very frame, so it is open: begun in any case, that end_modal() need not ask.
  [[maybe_unused]] const bool begun =
      ImGui::BeginPopupModal(name, nullptr,
                             ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                 ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoCollapse);
  IM_ASSERT(begun && "a popup opened just before can be begun");
  inner.modal_open = inner.modal_begun = true;
  enter_region(name, false);
  return true;
}

void end_modal() {
  leave_region();
  ImGui::EndPopup();
}

std::string capitals(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  for (std::size_t at = out.find("IB"); at != std::string::npos; at = out.find("IB", at + 2)) {
    const bool unit =
        at >= 2 && out[at - 2] == ' ' && std::string_view("KMG").find(out[at - 1]) != std::string_view::npos;
    if (unit && (at + 2 == out.size() || out[at + 2] == ' ' || out[at + 2] == ',')) out[at] = 'i';
  }
  return out;
}

std::string_view parts_that_fit(std::string_view note, float width) {
  constexpr std::string_view kDot = " · ";
  while (text_width(note) > width) {
    const std::size_t dot = note.rfind(kDot), comma = note.rfind(", ");
    const std::size_t at = dot == std::string_view::npos     ? comma
                           : comma == std::string_view::npos ? dot
                                                             : std::max(dot, comma);
    if (at == std::string_view::npos) break;
    note = note.substr(0, at);
  }
  return note;
}

float panel_title_height(float em) {
  return std::round(2.2f * em);
}

float panel_pad(float em) {
  return std::round(0.85f * em);
}

draw::Rect panel_frame(const draw::Theme& theme, draw::Rect rect, std::string_view title, std::string_view note) {
  ImDrawList* list = draw_list();
  const float em = ImGui::GetFontSize();
  const float pad = panel_pad(em);
  fill(list, rect, theme.panel, 0.35f * em);
  outline(list, rect, theme.panel_edge, 1, 0.35f * em);
  if (title.empty() && note.empty()) return {rect.x0 + pad, rect.y0 + pad, rect.x1 - pad, rect.y1 - pad};

  const float y = rect.y0 + std::round(0.7f * em);
  float used = 0;
  {
    const WithFont font{Font::SmallBold};
    used = text_at(list, {rect.x0 + pad, y}, theme.text_dim, capitals(title), rect.width() - 2 * pad);
  }
  if (!note.empty()) {
    const WithFont font{Font::Small};
    const float room = rect.width() - 2 * pad - used - em;
    note = parts_that_fit(note, room);
    const float width = std::min(text_width(note), room);
    // What is left of a number that is cut is another number: then nothing is said.
    if (room <= 2 * em) note = {};
    const bool cut = !note.empty() && text_width(note) > room && note.front() >= '0' && note.front() <= '9';
    if (!note.empty() && !cut) {
      place(note, {rect.x1 - pad - width, y, rect.x1 - pad, y + line_height()});
      text_at(list, {rect.x1 - pad - width, y}, theme.text_faint, note, room);
    }
  }
  return {rect.x0 + pad, rect.y0 + panel_title_height(em), rect.x1 - pad, rect.y1 - pad};
}

void set_upload(UploadTexture upload_texture) {
  inner.upload = upload_texture;
}

std::uintptr_t upload(std::string_view name, const draw::Color* pixels, int width, int height) {
  const std::uintptr_t texture = inner.upload == nullptr ? 0 : inner.upload(name, pixels, width, height);
  if (texture != 0 && inner.kept != nullptr) {
    const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    inner.kept->pictures[texture] = {width, height, {pixels, pixels + count}};
  }
  return texture;
}

}  // namespace allocviz::ui
