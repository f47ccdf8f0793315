#include "viz/panels/compat.h"

#include <imgui_internal.h>

#include <string_view>
#include <utility>

namespace allocviz::ui {
namespace {

struct KeyName {
  const char* name;
  Key key;
};
// How chords are spelled; a letter or digit stands for itself.
constexpr KeyName kKeyNames[] = {
    {"Tab", Key::Tab},           {"Left", Key::Left},
    {"Right", Key::Right},       {"Up", Key::Up},
    {"Down", Key::Down},         {"PageUp", Key::PageUp},
    {"PageDown", Key::PageDown}, {"Home", Key::Home},
    {"End", Key::End},           {"Delete", Key::Delete},
    {"Del", Key::Delete},        {"Backspace", Key::Backspace},
    {"Space", Key::Space},       {"Enter", Key::Enter},
    {"Return", Key::Enter},      {"Escape", Key::Escape},
    {"Esc", Key::Escape},        {"+", Key::Plus},
    {"Plus", Key::Plus},         {"-", Key::Minus},
    {"Minus", Key::Minus},       {"\xe2\x88\x92", Key::Minus},
    {"/", Key::Slash},           {"Slash", Key::Slash},
    {"?", Key::Question},        {"Question", Key::Question},
    {",", Key::Comma},           {"Comma", Key::Comma},
    {".", Key::Period},          {"Period", Key::Period},
};

Key key_of(std::string_view name) {
  if (name.size() == 1) {
    const char c = name[0];
    if (c >= 'A' && c <= 'Z') return static_cast<Key>(static_cast<int>(Key::A) + (c - 'A'));
    if (c >= 'a' && c <= 'z') return static_cast<Key>(static_cast<int>(Key::A) + (c - 'a'));
    if (c >= '0' && c <= '9') return static_cast<Key>(static_cast<int>(Key::N0) + (c - '0'));
  }
  if (name.size() >= 2 && name.size() <= 3 && name[0] == 'F') {
    int number = 0;
    for (const char c : name.substr(1)) number = (c >= '0' && c <= '9' && number >= 0) ? number * 10 + (c - '0') : -1;
    if (number >= 1 && number <= 12) return static_cast<Key>(static_cast<int>(Key::F1) + number - 1);
  }
  for (const KeyName& entry : kKeyNames) {
    if (name == entry.name) return entry.key;
  }
  return Key::None;
}

bool is_between(Key key, Key first, Key last) {
  return key >= first && key <= last;
}

#if IMGUI_VERSION_NUM < 18700
// 1.86 knows keys by the numbers its back end hands it: those of GLFW.
int imgui_key(Key key) {
  const int at = static_cast<int>(key);
  if (is_between(key, Key::A, Key::Z)) return 65 + at - static_cast<int>(Key::A);
  if (is_between(key, Key::N0, Key::N9)) return 48 + at - static_cast<int>(Key::N0);
  if (is_between(key, Key::F1, Key::F12)) return 290 + at - static_cast<int>(Key::F1);
  switch (key) {
    case Key::Tab:
      return 258;
    case Key::Left:
      return 263;
    case Key::Right:
      return 262;
    case Key::Up:
      return 265;
    case Key::Down:
      return 264;
    case Key::PageUp:
      return 266;
    case Key::PageDown:
      return 267;
    case Key::Home:
      return 268;
    case Key::End:
      return 269;
    case Key::Delete:
      return 261;
    case Key::Backspace:
      return 259;
    case Key::Space:
      return 32;
    case Key::Enter:
      return 257;
    case Key::Escape:
      return 256;
    case Key::Plus:
      return 334;  // of the keypad: the platform reports every + so, wherever the layout has it
    case Key::Minus:
      return 45;
    case Key::Slash:
    case Key::Question:
      return 47;
    case Key::Comma:
      return 44;
    case Key::Period:
      return 46;
    default:
      return -1;
  }
}
constexpr int kKeypadEnter = 335, kKeypadMinus = 333, kEqual = 61;
bool went_down(int key, bool repeat) {
  return key >= 0 && ImGui::IsKeyPressed(key, repeat);
}
#else
ImGuiKey imgui_key(Key key) {
  const int at = static_cast<int>(key);
  const auto from = [at](ImGuiKey first, Key ours) {
    return static_cast<ImGuiKey>(static_cast<int>(first) + at - static_cast<int>(ours));
  };
  if (is_between(key, Key::A, Key::Z)) return from(ImGuiKey_A, Key::A);
  if (is_between(key, Key::N0, Key::N9)) return from(ImGuiKey_0, Key::N0);
  if (is_between(key, Key::F1, Key::F12)) return from(ImGuiKey_F1, Key::F1);
  switch (key) {
    case Key::Tab:
      return ImGuiKey_Tab;
    case Key::Left:
      return ImGuiKey_LeftArrow;
    case Key::Right:
      return ImGuiKey_RightArrow;
    case Key::Up:
      return ImGuiKey_UpArrow;
    case Key::Down:
      return ImGuiKey_DownArrow;
    case Key::PageUp:
      return ImGuiKey_PageUp;
    case Key::PageDown:
      return ImGuiKey_PageDown;
    case Key::Home:
      return ImGuiKey_Home;
    case Key::End:
      return ImGuiKey_End;
    case Key::Delete:
      return ImGuiKey_Delete;
    case Key::Backspace:
      return ImGuiKey_Backspace;
    case Key::Space:
      return ImGuiKey_Space;
    case Key::Enter:
      return ImGuiKey_Enter;
    case Key::Escape:
      return ImGuiKey_Escape;
    case Key::Plus:
      return ImGuiKey_KeypadAdd;  // the platform reports every + so, wherever the layout has it
    case Key::Minus:
      return ImGuiKey_Minus;
    case Key::Slash:
    case Key::Question:
      return ImGuiKey_Slash;
    case Key::Comma:
      return ImGuiKey_Comma;
    case Key::Period:
      return ImGuiKey_Period;
    default:
      return ImGuiKey_None;
  }
}
constexpr ImGuiKey kKeypadEnter = ImGuiKey_KeypadEnter, kKeypadMinus = ImGuiKey_KeypadSubtract, kEqual = ImGuiKey_Equal;
bool went_down(ImGuiKey key, bool repeat) {
  return key != ImGuiKey_None && ImGui::IsKeyPressed(key, repeat);
}
#endif

bool typed(char wanted) {
  const ImVector<ImWchar>& typed_now = ImGui::GetIO().InputQueueCharacters;
  for (const ImWchar character : typed_now) {
    if (character == static_cast<ImWchar>(wanted)) return true;
  }
  return false;
}

// The sign a key stands for, '\0' when it stands for none.
char sign_of(Key key) {
  switch (key) {
    case Key::Plus:
      return '+';
    case Key::Minus:
      return '-';
    case Key::Slash:
      return '/';
    case Key::Question:
      return '?';
    case Key::Comma:
      return ',';
    case Key::Period:
      return '.';
    default:
      return '\0';
  }
}

}  // namespace

Chord chord_of(const char* text) {
  Chord chord;
  std::string_view rest = text == nullptr ? std::string_view{} : std::string_view{text};
  for (;;) {
    const std::size_t plus = rest.find('+', 1);  // from 1: a leading + is the key itself
    if (plus == std::string_view::npos) break;
    const std::string_view word = rest.substr(0, plus);
    if (word == "Ctrl")
      chord.ctrl = true;
    else if (word == "Shift")
      chord.shift = true;
    else if (word == "Alt")
      chord.alt = true;
    else
      return {};
    rest.remove_prefix(plus + 1);
  }
  chord.key = key_of(rest);
  return chord.key == Key::None ? Chord{} : chord;
}

bool pressed(Chord chord, bool repeat) {
  const ImGuiIO& io = ImGui::GetIO();
  if (chord.key == Key::None || io.KeyCtrl != chord.ctrl || io.KeyAlt != chord.alt) return false;
  if (const char sign = sign_of(chord.key); sign != '\0') {
    if (!chord.ctrl && !chord.alt) return typed(sign) || (sign == '+' && typed('='));
    // With Ctrl held no character is typed: ask for the key. + stands on = where a layout has it shifted.
    return went_down(imgui_key(chord.key), repeat) || (sign == '+' && went_down(kEqual, repeat)) ||
           (sign == '-' && went_down(kKeypadMinus, repeat));
  }
  if (io.KeyShift != chord.shift) return false;
  return went_down(imgui_key(chord.key), repeat) || (chord.key == Key::Enter && went_down(kKeypadEnter, repeat));
}

bool edits_text(Chord chord) {
  if (is_between(chord.key, Key::F1, Key::F12)) return false;
  if (!chord.ctrl) return true;
  switch (chord.key) {
    case Key::A:
    case Key::C:
    case Key::V:
    case Key::X:
    case Key::Y:
    case Key::Z:
    case Key::Left:
    case Key::Right:
    case Key::Home:
    case Key::End:
    case Key::Backspace:
    case Key::Delete:
      return true;
    default:
      return false;
  }
}

bool popup_is_open() {
  return ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
}

void close_popups_above(std::size_t level) {
  if (popup_is_open()) ImGui::ClosePopupToLevel(static_cast<int>(level), true);
}

void close_all_popups() {
  if (popup_is_open()) ImGui::ClosePopupToLevel(0, true);
}

ImTextureID texture_id(std::uintptr_t gl_name) {
  static_assert(sizeof(ImTextureID) >= sizeof(std::uintptr_t), "a texture id holds a GL name");
  return (ImTextureID)gl_name;  // a pointer up to 1.91, a number since: only a C cast is right for both
}

#if IMGUI_VERSION_NUM < 18700
void init_keys(ImGuiIO& io) {
  constexpr std::pair<int, Key> kTable[] = {{ImGuiKey_Tab, Key::Tab},
                                            {ImGuiKey_LeftArrow, Key::Left},
                                            {ImGuiKey_RightArrow, Key::Right},
                                            {ImGuiKey_UpArrow, Key::Up},
                                            {ImGuiKey_DownArrow, Key::Down},
                                            {ImGuiKey_PageUp, Key::PageUp},
                                            {ImGuiKey_PageDown, Key::PageDown},
                                            {ImGuiKey_Home, Key::Home},
                                            {ImGuiKey_End, Key::End},
                                            {ImGuiKey_Delete, Key::Delete},
                                            {ImGuiKey_Space, Key::Space},
                                            {ImGuiKey_Backspace, Key::Backspace},
                                            {ImGuiKey_Enter, Key::Enter},
                                            {ImGuiKey_Escape, Key::Escape},
                                            {ImGuiKey_A, Key::A},
                                            {ImGuiKey_C, Key::C},
                                            {ImGuiKey_V, Key::V},
                                            {ImGuiKey_X, Key::X},
                                            {ImGuiKey_Y, Key::Y},
                                            {ImGuiKey_Z, Key::Z}};
  for (const auto& [name, key] : kTable) io.KeyMap[name] = imgui_key(key);
  io.KeyMap[ImGuiKey_KeyPadEnter] = kKeypadEnter;
}
void feed_key(ImGuiIO& io, Key key, bool down) {
  if (const int at = imgui_key(key); at >= 0) io.KeysDown[at] = down;
}
void feed_mods(ImGuiIO& io, bool ctrl, bool shift, bool alt) {
  io.KeyCtrl = ctrl;
  io.KeyShift = shift;
  io.KeyAlt = alt;
}
void feed_mouse(ImGuiIO& io, float x, float y) {
  io.MousePos = ImVec2(x, y);
}
void feed_button(ImGuiIO& io, int button, bool down) {
  io.MouseDown[button] = down;
}
void feed_wheel(ImGuiIO& io, float x, float y) {
  io.MouseWheelH += x;
  io.MouseWheel += y;
}
#else
void init_keys(ImGuiIO&) {}
void feed_key(ImGuiIO& io, Key key, bool down) {
  io.AddKeyEvent(imgui_key(key), down);
}
void feed_mods(ImGuiIO& io, bool ctrl, bool shift, bool alt) {
#if IMGUI_VERSION_NUM >= 18900
  io.AddKeyEvent(ImGuiMod_Ctrl, ctrl);
  io.AddKeyEvent(ImGuiMod_Shift, shift);
  io.AddKeyEvent(ImGuiMod_Alt, alt);
#else
  io.AddKeyEvent(ImGuiKey_ModCtrl, ctrl);
  io.AddKeyEvent(ImGuiKey_ModShift, shift);
  io.AddKeyEvent(ImGuiKey_ModAlt, alt);
#endif
}
void feed_mouse(ImGuiIO& io, float x, float y) {
  io.AddMousePosEvent(x, y);
}
void feed_button(ImGuiIO& io, int button, bool down) {
  io.AddMouseButtonEvent(button, down);
}
void feed_wheel(ImGuiIO& io, float x, float y) {
  io.AddMouseWheelEvent(x, y);
}
#endif

void init_null_renderer(ImGuiIO& io) {
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
#if IMGUI_VERSION_NUM >= 19200
  io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
#else
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
#endif
}

void take_null_textures() {
#if IMGUI_VERSION_NUM >= 19200
  for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
    if (texture->Status == ImTextureStatus_WantDestroy) {
      texture->SetStatus(ImTextureStatus_Destroyed);
    } else if (texture->Status != ImTextureStatus_OK && texture->Status != ImTextureStatus_Destroyed) {
      texture->SetTexID(texture_id(1));
      texture->SetStatus(ImTextureStatus_OK);
    }
  }
#endif
}

void push_imgui_font(ImFont* font, [[maybe_unused]] float size_px) {
#if IMGUI_VERSION_NUM >= 19200
  ImGui::PushFont(font, size_px);  // null keeps the font, 0 keeps the size
#else
  ImGui::PushFont(font);
#endif
}

#if IMGUI_VERSION_NUM >= 19100
void push_no_tab_stop() {
  ImGui::PushItemFlag(ImGuiItemFlags_NoTabStop, true);
}
void pop_no_tab_stop() {
  ImGui::PopItemFlag();
}
#elif IMGUI_VERSION_NUM >= 18940
void push_no_tab_stop() {
  ImGui::PushTabStop(false);
}
void pop_no_tab_stop() {
  ImGui::PopTabStop();
}
#else
void push_no_tab_stop() {
  ImGui::PushAllowKeyboardFocus(false);
}
void pop_no_tab_stop() {
  ImGui::PopAllowKeyboardFocus();
}
#endif

void path_stroke(ImDrawList* list, draw::Color color, bool closed, float thickness) {
  const ImDrawFlags flags = closed ? ImDrawFlags_Closed : ImDrawFlags_None;
#if IMGUI_VERSION_NUM >= 19280
  list->PathStroke(color, thickness, flags);
#else
  list->PathStroke(color, flags, thickness);
#endif
}

void add_image(ImDrawList* list, draw::Rect rect, std::uintptr_t gl_name) {
#if IMGUI_VERSION_NUM >= 19280
  const ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
  if (platform.DrawCallback_SetSamplerNearest != nullptr)
    list->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
#endif
  list->AddImage(texture_id(gl_name), ImVec2(rect.x0, rect.y0), ImVec2(rect.x1, rect.y1));
#if IMGUI_VERSION_NUM >= 19280
  if (platform.DrawCallback_SetSamplerLinear != nullptr)
    list->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
#endif
}

bool next_item_is_disabled() {
  return (ImGui::GetCurrentContext()->CurrentItemFlags & ImGuiItemFlags_Disabled) != 0;
}

// SetKeyboardFocusHere() of 1.90 loses a request for a field in a nested child window when the window's own region is
// drawn around it, so the field is activated by its id where there is a way.
void type_into([[maybe_unused]] ImGuiID field) {
#if IMGUI_VERSION_NUM >= 18900
  ImGuiContext& context = *ImGui::GetCurrentContext();
  context.NavNextActivateId = field;
  context.NavNextActivateFlags = ImGuiActivateFlags_PreferInput;
#else
  ImGui::SetKeyboardFocusHere();
#endif
}

bool has_more_to_show() {
  const ImGuiContext* context = ImGui::GetCurrentContext();
#if IMGUI_VERSION_NUM >= 18700
  if (!context->InputEventsQueue.empty()) return true;
#endif
  return ImGui::GetTopMostPopupModal() != nullptr && context->DimBgRatio < 1.0f;
}

void clear_focus() {
  ImGui::ClearActiveID();
}

bool outside_any_window() {
  const ImGuiWindow* window = ImGui::GetCurrentContext()->CurrentWindow;
  return window == nullptr || window->IsFallbackWindow;
}

void scroll_next_region(float y) {
  ImGui::SetNextWindowScroll(ImVec2(0, y));
}

const void* root_window() {
  const ImGuiWindow* window = ImGui::GetCurrentContext()->CurrentWindow;
  if (window == nullptr) return nullptr;
  // A menu within a menu is a child window to ImGui, and a popup all the same.
  while ((window->Flags & ImGuiWindowFlags_Popup) == 0 && window != window->RootWindow) window = window->ParentWindow;
  return window;
}

const void* top_popup() {
  const ImVector<ImGuiPopupData>& stack = ImGui::GetCurrentContext()->OpenPopupStack;
  return stack.empty() ? nullptr : stack.back().Window;
}

}  // namespace allocviz::ui
