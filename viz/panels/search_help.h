// What the search can be asked: the whole language in place of the list, and what a word that was begun may become.
#pragma once

#include <string>
#include <string_view>

#include "viz/panels/panel.h"

namespace allocviz::panels {

// Every phrase with an example; a click searches for that.
void search_help(const Context& context, draw::Rect rect);
// A few lines below the field while its last word could become something else. Returns where they end.
float suggestions(const Context& context, draw::Rect rect);
// What Tab makes of the text; "" where it could become nothing or several things begin alike.
[[nodiscard]] std::string complete_search(std::string_view text);

}  // namespace allocviz::panels
