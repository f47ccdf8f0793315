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

// Written whole or not at all; the same pixels give the same bytes.
[[nodiscard]] trace::Status write_png(const std::string& path, const Image& image);

}  // namespace allocviz::platform
