// A list of very many rows of one height: only those in sight are drawn, and the scroll offset is counted in rows, so a
// hundred million of them scroll as well as ten. Where it stands is the state's, not ImGui's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "viz/panels/panel.h"

namespace allocviz::panels {

struct RowList {
  const char* name;  // of its region
  app::LeftTab tab;  // whose ScrollList it pushes
  app::ListView view;
  std::uint64_t rows = 0;
  float row_height = 20;
  std::function<void(std::uint64_t row, draw::Rect rect)> draw_row;
  // Ticks beside the scroll bar: in what colour the rows [first, last) are marked, 0 = not at all. May be empty.
  std::function<draw::Color(std::uint64_t first, std::uint64_t last)> tick;
};

void row_list(const Context& context, draw::Rect rect, const RowList& list);

}  // namespace allocviz::panels
