// Rectangles and colours as plain data: what layouts produce and panels paint. No ImGui, no GL.
#pragma once

#include <cstdint>

namespace allocviz::draw {

struct Point {
  float x = 0, y = 0;
};

struct Rect {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  [[nodiscard]] float width() const { return x1 - x0; }
  [[nodiscard]] float height() const { return y1 - y0; }
  [[nodiscard]] bool contains(Point p) const { return p.x >= x0 && p.x < x1 && p.y >= y0 && p.y < y1; }
};

// 0xAABBGGRR, as ImGui and GL_RGBA bytes have it.
using Color = std::uint32_t;
constexpr Color rgb(std::uint32_t hex, std::uint32_t alpha = 255) {  // rgb(0x56B4E9)
  return (alpha << 24) | ((hex & 0xff) << 16) | (hex & 0xff00) | ((hex >> 16) & 0xff);
}
constexpr Color with_alpha(Color color, std::uint32_t alpha) {
  return (color & 0x00ff'ffff) | (alpha << 24);
}

}  // namespace allocviz::draw
