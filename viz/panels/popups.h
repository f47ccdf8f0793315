// The dialogs: each draws itself and says by commands when it is done. Only popups.cpp calls them.
#pragma once

#include <string>

#include "viz/panels/panel.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

// A dialog of this size, in ems, in the upper middle of the window and never larger than it. Begun by this, ended by
// end_dialog(); Escape and a click outside close it. Returns what is left inside its padding.
draw::Rect begin_dialog(const Context& context, const char* name, float width_em, float height_em);
void end_dialog();
// In the frame in which the dialog appeared, its first field takes the keyboard. Before that field.
void focus_first(const Context& context);
// The dialog's title; returns where what follows begins.
float dialog_title(const Context& context, draw::Rect inside, const char* title);
// The dialog's first field, which takes the keyboard; what is typed goes into the state, and is returned.
std::string dialog_field(const Context& context, draw::Rect inside, float y, const char* label, const char* hint,
                         const ui::Complete& complete = {});
void push_text(const Context& context, app::Do what, std::string text);
// The line of buttons at the foot: the one that does it, and Cancel. True when it is to be done, by click or Enter.
bool dialog_buttons(const Context& context, draw::Rect inside, const char* label, bool enabled);

void palette(const Context& context);
void keys_page(const Context& context);
void open_path(const Context& context);
void save_path(const Context& context);
void allocator_dialog(const Context& context);
void text_dialog(const Context& context);
void try_dialog(const Context& context);

}  // namespace allocviz::panels
