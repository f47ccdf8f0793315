// A vector picture as an SVG file: areas, lines, words as words, and pixels where a picture has them.
#pragma once

#include <string>

#include "core/trace/trouble.h"
#include "viz/draw/vector.h"
#include "viz/platform/fonts.h"

namespace allocviz::platform {

// `fonts` are those that the words were measured in. `title` is what a reader of the file, or a mouse over it, is told
// that it is. The same shapes give the same text.
[[nodiscard]] std::string svg_text(const draw::VectorPicture& picture, int width, int height, const FontNames& fonts,
                                   const std::string& title);

}  // namespace allocviz::platform
