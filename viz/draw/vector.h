// A picture as shapes instead of pixels: what a frame drew, kept in the order it was drawn, for a file that scales
// (platform/svg.h). Plain data; the widgets fill it while they paint (ui::keep_shapes).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "viz/draw/geometry.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

struct VectorShape {
  Rect clip;  // what of it is seen, in pixels
  Color color = 0;
  // An outline or an area: a path as SVG writes it, in pixels; filled where the thickness is 0.
  std::string path;
  float thickness = 0, dash = 0;  // dash: pixels drawn and left out in turn; 0 = a whole line
  // Words, from their left end and the line's top on.
  std::string text;
  Point at;
  float height = 0, width = 0;  // of the line, as the font has it; of the words
  bool mono = false, bold = false;
  // Pixels: one of `pictures`, stretched over a rectangle.
  std::uintptr_t picture = 0;
  Rect rect;
};

struct VectorPicture {
  std::vector<VectorShape> shapes;
  std::map<std::uintptr_t, Picture> pictures;
};

}  // namespace allocviz::draw
