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
  bool leads_on = false;       // the title of a menu
  const void* root = nullptr;  // the popup or window it stands in
  std::size_t region = 0;      // which begin_region() of the frame it stood in
};

// Menus under the keyboard: ImGui's own navigation would take the arrows that step through events.
struct Menus {
  struct Title {  // of the menu bar
    ImGuiID id = 0;
    bool open = false;
  };
  std::vector<Title> titles, titles_before;  // of this frame so far, and of the frame before
  std::vector<ImGuiID> open, open_before;    // the titles whose menus are open, outermost first
  ImGuiID open_next = 0;                     // opened as soon as its title is drawn
  std::size_t depth = 0;                     // how many begin_menu() are open now
  bool waited = false;                       // open_next for a frame
  bool by_keys = false;                      // a key opened what is open: the mouse has no say until it moves
  bool took_keys = false;                    // in this frame: what it closed by them had them still
  bool enter = false;                        // its first row takes the focus once it is there
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

  Menus menus;
  bool modal_open = false, modal_begun = false;
  bool type_next = false;  // the next text field takes the keyboard
  ImGuiID takes_tab = 0;   // the text field that Tab completes, in the frame before
  ImGuiID behind = 0;      // the text field whose caret goes behind its text as soon as it is typed into
  ImGuiID type_on = 0;     // the field of a dialog that Enter left: if the dialog stays, so does the typing
};
extern Inner inner;

void record(const char* label);  // the item just drawn, under its label
// After every control: remembers where it stood, makes it a stop for Tab, shows the focus, and lets Enter and Space
// stand for a click. True when it was clicked or stood for.
bool finish(const char* label, ImGuiID id, Stop::Kind kind, bool clicked, bool selected = false);
void move_focus();                            // Tab, arrows, Enter, Escape: once a frame
void begin_menus();                           // before that, in each frame
bool move_in_menus();                         // arrows and Escape while a menu is open; false when none is
[[nodiscard]] std::vector<Stop> reachable();  // by Tab now: with a popup open, only what stands in it
void focus_on(const Stop& stop);

}  // namespace allocviz::ui
