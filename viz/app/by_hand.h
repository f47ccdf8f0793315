// Requests that somebody tries in the window: they go into the trace behind the event at the cursor, as if the program
// had made them there, and are undone, replayed and saved like everything else in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "viz/app/history.h"

namespace allocviz::app {

// A request as it was typed, understood at the cursor.
struct ByHand {
  trace::RawEvent event;  // its id_name is `id`'s, so look at it where `id` still is
  std::string id;
  std::string words;  // "alloc E, 100 B", "free A", "free 0x040"
};

// "100", "4k", "alloc 100 align 64", "free A", "free 0x040", "realloc A 200", "reset". An allocation gets a name that
// the trace does not use yet; a free of an address where a block of the trace begins means that block, any other
// reaches the allocator as it is, which is how something is freed twice. Trouble where it cannot be meant at the
// cursor.
[[nodiscard]] trace::Result<ByHand> by_hand(const State& state, std::string_view text);
// Why nothing can be tried here, or nothing: an empty optional where it can.
[[nodiscard]] std::optional<trace::Trouble> cannot_try(const State& state);
// "free 0x040" for the block that is selected; "" without one.
[[nodiscard]] std::string free_of_selected(const State& state);
// Puts it behind the cursor's event and goes there. What cannot be meant becomes State::trouble.
void insert_by_hand(State& state, std::string_view text);
// The document's trace becomes this one; blocks, bytes and time that are looked at stay.
void change_trace(State& state, EditedTrace to, Remember as);

}  // namespace allocviz::app
