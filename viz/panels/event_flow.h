// What an event has to say, as it flows down its panel: what each allocator did, the steps of the first of them, the
// lesson's note.
//
//   SLAB 5 × 48 B            a heading, where several are told of
//   48 B needs a ...         its sentence
//   o round up ...           its steps, where they are those at the cursor
//   | the lesson's note
//   write a note  ...
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/panels/flow.h"

namespace allocviz::panels {

struct Said {
  std::string heading;  // whose it is, where several are told of
  std::string text;
  bool has_steps = false;  // those at the cursor are this one's
};

struct EventWords {
  std::vector<Said> said;  // one a stage, before them one of what is tried; none where the note says it all
  const std::string* note = nullptr;
  std::vector<replay::StepText> steps;  // those of the first stage
  bool has_mark = false;

  [[nodiscard]] bool tells_several() const { return said.size() > 1; }
};
[[nodiscard]] EventWords event_words(const app::State& state, std::uint64_t index);

// What of it stands above what flows, and where the note goes.
struct Order {
  bool sentence_stands = false, heading_stands = false;  // the first one of each
  bool note_last = false;                                // behind the steps, to be read on from there
};

// All that an event says, in that order. What is to be seen is the step at the cursor and the one after it; of a whole
// event also the note that follows. Returns where each of words.said begins.
std::vector<float> draw_said(Flow& flow, const EventWords& words, const Order& order);
// A paragraph called "sentence", "sentence 2", ...
void draw_sentence(Flow& flow, const std::string& text, std::size_t number);
// Whose sentence and steps follow. Returns its height.
float draw_heading(const Context& context, draw::Point at, float width, const Said& said, std::size_t number,
                   bool painted);

}  // namespace allocviz::panels
