// Every view as a picture, to be looked at: each lesson and each log given, at telling positions, in both themes and
// several sizes and scales.
#pragma once

#include <string>
#include <vector>

#include "core/trace/trouble.h"
#include "viz/platform/picture.h"

namespace allocviz::platform {

struct GalleryReport {
  int pictures = 0;
  double slowest_frame_ms = 0;  // CPU part
  std::string slowest;          // the picture it was
};

// Writes the pictures and an index.html into `folder`, which is made where it is missing.
[[nodiscard]] trace::Result<GalleryReport> draw_gallery(Painter& painter, const std::string& folder,
                                                        const std::vector<std::string>& logs);

}  // namespace allocviz::platform
