// What the ui_*.cpp files share and nobody else sees: the widgets' memory from frame to frame.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "viz/draw/vector.h"
#include "viz/panels/ui.h"

namespace allocviz::ui {

// A control that Tab reaches. Rows of one region that follow each other are one stop; Up and Down move inside.
struct Stop {
  enum class Kind : std::uint8_t { Button, Text, Row };
  ImGuiID id = 0;
  Kind kind = Kind::Button;
  bool selected = false;
  const void* root = nullptr;  // the popup or window it stands in
  std::size_t region = 0;      // which begin_region() of the frame it stood in
};

// ImGui is one context a process, so its widgets' memory is one object, too: `inner` below. It holds nothing of the
// document and nothing that a panel decides by.
struct Inner {
  Fonts fonts;
  draw::Theme theme;
  UploadTexture upload = nullptr;
  draw::VectorPicture* kept = nullptr;  // where shapes are kept, too, while they are drawn
  bool want_frame = false;

  std::vector<Placed> placed;
  std::vector<std::string> regions;  // names, innermost last
  std::vector<bool> region_is_child;
  std::vector<std::size_t> region_numbers;  // as regions, numbered in order of begin_region()
  std::size_t regions_begun = 0;

  std::vector<Stop> stops, stops_before;  // of this frame so far, and of the frame before
  ImGuiID focus = 0;                      // the control that has the keyboard; 0 = none
  Stop::Kind focus_kind = Stop::Kind::Button;
  bool focus_moved = false;   // in this frame, by Tab or an arrow
  bool activate = false;      // Enter or Space went down on it in this frame
  bool escape_taken = false;  // Escape cleared the focus in this frame

  bool modal_open = false, modal_begun = false;
  bool type_next = false;  // the next text field takes the keyboard
  ImGuiID takes_tab = 0;   // the text field that Tab completes, in the frame before
  ImGuiID type_on = 0;     // the field of a dialog that Enter left: if the dialog stays, so does the typing
};
extern Inner inner;

void record(const char* label);  // the item just drawn, under its label
void move_focus();               // Tab, arrows, Enter, Escape: once a frame

}  // namespace allocviz::ui
