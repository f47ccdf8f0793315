// The one place that knows which Dear ImGui this is (1.86 ... 1.92): what later versions renamed, under one name.
#pragma once

#include <imgui.h>

#include <cstdint>

namespace allocviz::ui {

// Keys by name, the same on every version; letters are those printed on the keyboard, whatever its layout.
enum class Key : std::uint8_t {
  None, Tab, Left, Right, Up, Down, PageUp, PageDown, Home, End, Delete, Backspace, Space, Enter, Escape,
  F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12,
  A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z,
  N0, N1, N2, N3, N4, N5, N6, N7, N8, N9, Plus, Minus, Slash, Question, Comma, Period,
};
struct Chord {
  Key key = Key::None;
  bool ctrl = false, shift = false, alt = false;
  bool operator==(const Chord&) const = default;
};
// "Ctrl+Shift+P" -> Chord, {} when it is no chord.
[[nodiscard]] Chord chord_of(const char* text);
// True in the frame the chord goes down (or repeats, for keys held). Does not ask who wants the keyboard.
[[nodiscard]] bool pressed(Chord chord, bool repeat = true);
// Nobody else wants plain keys now: no text field is active, no popup open, no control focused by keyboard navigation.
[[nodiscard]] bool keys_are_free();

[[nodiscard]] ImTextureID texture_id(std::uintptr_t gl_name);

}  // namespace allocviz::ui
