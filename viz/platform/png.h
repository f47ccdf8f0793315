// Pictures as pixels and as PNG files.
#pragma once

#include <string>
#include <vector>

#include "core/trace/trouble.h"
#include "viz/draw/geometry.h"

namespace allocviz::platform {

struct Image {
  int width = 0, height = 0;
  std::vector<draw::Color> pixels;  // row by row from the top
  bool operator==(const Image&) const = default;
};

// The same pixels give the same bytes; empty where there is no memory for them.
[[nodiscard]] std::string png_bytes(const Image& image);
// Written whole or not at all.
[[nodiscard]] trace::Status write_png(const std::string& path, const Image& image);
// The bytes of a picture's file, likewise whole or not at all.
[[nodiscard]] trace::Status write_picture(const std::string& path, const std::string& bytes);

}  // namespace allocviz::platform
