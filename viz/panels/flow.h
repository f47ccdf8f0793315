// Text and rows that flow down a column, and a part of a panel that scrolls through them by whole lines.
//
//   y0  +----------------+
//       | round up ...   |   a cut may run between any two lines, so that neither edge shows half of one
//       | look ...       |
//   y1  +----------------+   ends where the last line that fits ends
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "viz/draw/axis.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {

// y is where the next thing goes. The same calls measure (nothing is painted) and paint.
struct Flow {
  const Context& context;
  float x = 0, y = 0, width = 0;
  bool painted = true;
  std::vector<float> cuts = {};                      // each y between two lines, ascending
  std::optional<draw::Span> in_view = std::nullopt;  // what is to be seen, where the view may move
  std::vector<draw::Span> wholes = {};               // what a view that moves by itself does not begin in the midst of

  void gap(float ems);
  void may_cut() { cuts.push_back(y); }
  // A paragraph in the current font, `indent` from the left.
  void text(std::string_view words, draw::Color color, float indent = 0);
  // The same with **bold** and *stressed* words, as lessons write them: `code` loses its signs.
  void prose(std::string_view words, draw::Color color, float indent = 0);
};

struct Scrolled {
  const char* name;    // of the region
  float pad = 0;       // at the left, and at least at the right, where the scroll bar has its own place
  bool anew = false;   // it shows something else than before: begin at its start
  bool moved = false;  // what is to be seen may have changed; else whoever scrolled by hand is left alone
};
// How wide what flows in `rect` is: the scroll bar's place is kept free.
[[nodiscard]] float flow_width(draw::Rect rect, float pad);
// Draws what flows into `rect`, twice: to measure it and to paint it. Nothing is wrapped anew when a scroll bar
// appears. Returns how far it is scrolled.
float scrolled(const Context& context, draw::Rect rect, const Scrolled& what, const std::function<void(Flow&)>& draw);

}  // namespace allocviz::panels
