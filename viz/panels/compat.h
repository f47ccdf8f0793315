// The one place that knows which Dear ImGui this is (1.86 ... 1.92): what later versions renamed, under one name.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <cstdint>

#include "viz/draw/geometry.h"

namespace allocviz::ui {

// Fields of several lines break their lines where they end.
#if IMGUI_VERSION_NUM >= 19230
inline constexpr bool kFieldsWrap = true;
inline constexpr int kWrapsLines = ImGuiInputTextFlags_WordWrap;
#else
inline constexpr bool kFieldsWrap = false;
inline constexpr int kWrapsLines = 0;
#endif

// Keys by name, the same on every version; letters are those printed on the keyboard, whatever its layout.
enum class Key : std::uint8_t {
  // clang-format off
  None, Tab, Left, Right, Up, Down, PageUp, PageDown, Home, End, Delete, Backspace, Space, Enter, Escape,
  F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12,
  A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z,
  N0, N1, N2, N3, N4, N5, N6, N7, N8, N9, Plus, Minus, Slash, Question, Comma, Period,
  // clang-format on
};
inline constexpr int kKeys = static_cast<int>(Key::Period) + 1;

struct Chord {
  Key key = Key::None;
  bool ctrl = false, shift = false, alt = false;
  bool operator==(const Chord&) const = default;
};
// "Ctrl+Shift+P", "F10", "+", "Ctrl++", "?" -> Chord, {} when it is no chord.
[[nodiscard]] Chord chord_of(const char* text);
// True in the frame the chord goes down (or repeats, for keys held). Does not ask who wants the keyboard. The signs
// (Plus, Minus, Slash, Question, Comma, Period) are told by the character typed, so shift does not matter to them.
[[nodiscard]] bool pressed(Chord chord, bool repeat = true);
// Nobody else wants plain keys now: no text field is active, no popup open, no control focused by keyboard navigation.
[[nodiscard]] bool keys_are_free();
// The same for one chord, and finer: a focused control wants Space, Enter and Escape (a list also Up and Down), a text
// field whatever edits text, a popup everything. What panels ask before they carry out a shortcut.
[[nodiscard]] bool is_free(Chord chord);
[[nodiscard]] bool edits_text(Chord chord);  // an active text field would take it

[[nodiscard]] ImTextureID texture_id(std::uintptr_t gl_name);

// What the back ends and the test harness feed in where ImGui's own way differs by version.
void init_keys(ImGuiIO& io);                     // once a context: 1.86 wants a table of its own key names
void init_null_renderer(ImGuiIO& io);            // for tests: takes draw lists of any length and draws none
void take_null_textures();                       // after ImGui::Render(): 1.92 wants its font textures acknowledged
void feed_key(ImGuiIO& io, Key key, bool down);  // down or up, for keys that are injected
void feed_mods(ImGuiIO& io, bool ctrl, bool shift, bool alt);
void feed_mouse(ImGuiIO& io, float x, float y);
void feed_button(ImGuiIO& io, int button, bool down);
void feed_wheel(ImGuiIO& io, float x, float y);

void push_imgui_font(ImFont* font, float size_px);  // pop with ImGui::PopFont()
void type_into(ImGuiID field);                      // the text field drawn next, by its id, has the keyboard
void push_no_tab_stop();                            // ImGui's own Tab order passes by what is drawn until ...
void pop_no_tab_stop();
void path_stroke(ImDrawList* list, draw::Color color, bool closed, float thickness);
void add_image(ImDrawList* list, draw::Rect rect, std::uintptr_t gl_name);  // nearest sampling
[[nodiscard]] bool next_item_is_disabled();
[[nodiscard]] bool has_more_to_show();  // ImGui itself wants a frame: queued input, the veil of a dialog
void clear_focus();                     // whatever text field was active is not any more
[[nodiscard]] bool popup_is_open();
void close_all_popups();
void close_popups_above(std::size_t level);  // the outermost `level` of them stay
void scroll_next_region(float y);            // the region begun next shows its content from y on, in this very frame
[[nodiscard]] bool outside_any_window();     // no Begin() is open: ImGui would draw into its debug window
[[nodiscard]] const void* root_window();     // of the current window, or the popup it is in: an identity, nothing more
[[nodiscard]] const void* top_popup();       // the root window of the topmost popup; null when none is open

}  // namespace allocviz::ui
