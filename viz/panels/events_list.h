// A list of very many rows of one height: only those in sight are drawn, and the scroll offset is counted in rows, so a
// hundred million of them scroll as well as ten. Where it stands is the state's, not ImGui's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "viz/panels/panel.h"

namespace allocviz::panels {

// Colours; 0 = not marked.
struct Ticks {
  draw::Color found = 0;    // at the left
  draw::Color notable = 0;  // at the right: failures and marks
};

struct RowList {
  const char* name;  // of its region
  app::LeftTab tab;  // whose ScrollList it pushes
  app::ListView view;
  std::uint64_t rows = 0;
  float row_height = 20;
  std::function<void(std::uint64_t row, draw::Rect rect)> draw_row;
  // A strip beside the scroll bar: how the rows [first, last) are marked. May be empty.
  std::function<Ticks(std::uint64_t first, std::uint64_t last)> ticks = {};
  // A click on the strip: goes to what is marked among these rows; false where nothing is. May be empty.
  std::function<bool(std::uint64_t first, std::uint64_t last)> jump = {};
  // Drawn last, in the list's region: the menu that its rows open. May be empty.
  std::function<void()> menu = {};
};

void row_list(const Context& context, draw::Rect rect, const RowList& list);

}  // namespace allocviz::panels
