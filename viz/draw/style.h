// What layouts are measured in: every length is a multiple of the body font's size, every text as wide as its glyphs.
// Plain data, filled by the painter from the fonts as loaded; the defaults stand in where there is no window.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace allocviz::draw {

enum class Type : std::uint8_t { Body, Bold, Small, Mono, MonoSmall };
inline constexpr std::size_t kTypes = 5;

struct Glyphs {
  static constexpr char kFirst = ' ', kLast = '~';
  std::array<float, kLast - kFirst + 1> ascii{};
  float other = 0;  // every glyph beyond ASCII: → … ✕
  bool operator==(const Glyphs&) const = default;
};

struct Style {
  float em = 16;
  std::array<Glyphs, kTypes> glyphs{};

  Style();
  // Pixels from the first glyph's left to the last one's right.
  [[nodiscard]] float width(Type type, std::string_view utf8) const;
  [[nodiscard]] const Glyphs& of(Type type) const { return glyphs[static_cast<std::size_t>(type)]; }
  [[nodiscard]] Glyphs& of(Type type) { return glyphs[static_cast<std::size_t>(type)]; }
  bool operator==(const Style&) const = default;
};

}  // namespace allocviz::draw
