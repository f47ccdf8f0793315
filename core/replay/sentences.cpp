// An event as a paragraph. The steps are read in order, as the parts an event can have: blocks given back (frees,
// implicit frees, what a move leaves behind), then a request, or a block resized where it stands.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/replay/buddy_text.h"
#include "core/replay/narrate.h"
#include "core/replay/reasons.h"
#include "core/replay/recorded_text.h"
#include "core/replay/refused_text.h"
#include "core/replay/run_text.h"
#include "core/replay/words.h"

namespace allocviz::replay {
namespace {

using alloc::Step;
using alloc::StepKind;
using trace::AllocatorKind;
using trace::AllocatorSpec;
using trace::Op;

class Paragraph {
 public:
  Paragraph(const trace::Trace& trace, std::uint64_t index, const AllocatorSpec& spec, const EventRun& run,
            const Census* census)
      : trace_(trace),
        index_(index),
        event_(trace.event(index)),
        spec_(spec),
        run_(run),
        census_(census),
        id_(trace.id_text(event_)) {
    const std::string* name = trace.mark_name(index);
    if (name != nullptr) mark_name_ = *name;
  }

  std::string text() {
    if (run_.outcome.kind == OutcomeKind::Nothing) return nothing();
    switch (event_.op) {
      case Op::Alloc:
        alloc();
        break;
      case Op::Free:
        free();
        break;
      case Op::Realloc:
        realloc();
        break;
      case Op::Reset:
        reset();
        break;
      case Op::Mark:
        break;
    }
    return out_;
  }

 private:
  // -- The steps, one after the other
  [[nodiscard]] bool at_end() const { return next_ == run_.steps.size(); }
  [[nodiscard]] bool is(StepKind kind) const { return !at_end() && run_.steps[next_].kind == kind; }
  // Of a run that is not this event's there may be fewer steps than it must have had.
  const Step& take() { return at_end() ? no_step_ : run_.steps[next_++]; }

  // Tiered: about a class's slabs, not the buddy below.
  [[nodiscard]] static bool is_of_slab(const Step& step) { return step.size_class != alloc::kNoClass; }
  [[nodiscard]] bool is_of_slab() const { return !at_end() && is_of_slab(run_.steps[next_]); }
  [[nodiscard]] bool is_tiered() const { return spec_.kind == AllocatorKind::Tiered; }

  void say(std::string sentence) {
    if (!out_.empty()) out_ += ' ';
    out_ += sentence;
  }
  [[nodiscard]] std::string at(std::uint64_t offset) const { return offset_in(spec_, offset); }
  [[nodiscard]] std::string block(std::uint64_t offset, std::uint64_t bytes) const {
    return block_in(spec_, offset, bytes);
  }

  // -- Events that do nothing
  [[nodiscard]] std::string nothing() const {
    if (event_.op == Op::Mark) {
      return mark_name_.empty() ? "A mark: nothing happens."
                                : fmt::format("A mark, \"{}\": nothing happens.", mark_name_);
    }
    if (event_.has(trace::kFailedThere)) {
      return fmt::format(
          "The program asked for {} and got nothing: the request failed in the log itself. It is not "
          "replayed.",
          amount_text(event_.size));
    }
    if (event_.has(trace::kNullFree)) return "A free of the null pointer does nothing.";
    if (!event_.has(trace::kUnknownId)) return {};
    return fmt::format(
        "No block called {} is live: the log freed it before, or began after it was allocated. "
        "Nothing happens.",
        id_);
  }

  // -- Events that reach the allocator
  void alloc() {
    if (gives_back()) {
      say(fmt::format("{} is alive already, so its block is freed first.", id_));
      give_back();
      freed_first_ = true;
    }
    request();
  }

  void free() {
    if (run_.outcome.kind == OutcomeKind::FreeOfFailed) {
      say(
          fmt::format("{} has no block in this replay: its request failed, or its block was taken back before. There "
                      "is nothing to free.",
                      id_));
      return;
    }
    if (run_.outcome.kind == OutcomeKind::Failed) {
      say(refused_free_text(trace_, spec_, run_.outcome, census_));
      return;
    }
    if (event_.has(trace::kByOffset)) {
      say(fmt::format("{} is freed by its offset.", at(run_.outcome.offset)));
    } else {
      say(fmt::format("{}'s block at {} is given back.", id_, block(run_.outcome.offset, run_.outcome.block_bytes)));
    }
    give_back();
  }

  void realloc() {
    if (event_.has(trace::kUnknownId)) say(fmt::format("No block called {} is live: the realloc allocates.", id_));
    const bool moves = std::any_of(run_.steps.begin(), run_.steps.end(), [](const Step& step) {
      return step.kind == StepKind::Pop || step.kind == StepKind::Move || step.kind == StepKind::Look;
    });
    if (run_.outcome.kind == OutcomeKind::Placed && !moves) {
      resize();
      return;
    }
    const bool from_somewhere = run_.outcome.moved_from != Outcome::kNowhere;
    if (run_.outcome.kind == OutcomeKind::Placed && from_somewhere) say_why_it_moves();
    request();
    if (run_.outcome.kind == OutcomeKind::Failed) {
      if (run_.outcome.block_bytes != 0)
        say(fmt::format("The old block at {} stays as it is.", at(run_.outcome.offset)));
      return;
    }
    if (!from_somewhere) return;
    say(fmt::format("The old block at {} is given back.", at(run_.outcome.moved_from)));
    give_back();
  }

  // Of the old block, before a word is said of the new one. What gives it back tells its size.
  void say_why_it_moves() {
    const std::string who = fmt::format("{} at {}", id_.empty() ? "The block" : id_, at(run_.outcome.moved_from));
    if (spec_.kind == AllocatorKind::Bump)
      return say(fmt::format("A bump allocator never grows a block where it stands, so {} moves.", who));
    std::string why;
    const auto answer = std::find_if(run_.steps.begin(), run_.steps.end(),
                                     [](const Step& step) { return step.kind == StepKind::Take; });
    if (spec_.kind == AllocatorKind::Buddy && answer != run_.steps.end() && answer + 1 != run_.steps.end()) {
      why = stuck_text(trace_, index_, census_, run_.outcome.moved_from, (answer + 1)->size, run_.outcome.block_bytes);
    }
    say(why.empty() ? fmt::format("{} moves:", who)
                    : fmt::format("{} cannot grow where it stands: {}. So it moves:", who, why));
  }

  void reset() {
    const Step& rewind = take();
    if (rewind.size == 0) {
      say("Everything is reset; nothing was in use.");
    } else if (spec_.kind == AllocatorKind::Bump) {
      say(fmt::format("Everything is taken back at once: the mark returns from {} to {}.", at(rewind.other),
                      at(rewind.offset)));
    } else {
      say(fmt::format("Everything is taken back at once: the {} in use are free again.", amount_text(rewind.size)));
    }
  }

  // -- A block given back
  [[nodiscard]] bool gives_back() const {
    if (at_end()) return false;
    const Step& step = run_.steps[next_];
    return step.kind == StepKind::Push || step.kind == StepKind::Remove || step.kind == StepKind::Rewind ||
           (step.kind == StepKind::Move && step.size == 0);
  }

  void give_back() {
    if (at_end()) return;
    if (is_of_slab()) {
      give_back_to_slab();
    } else if (spec_.kind == AllocatorKind::Buddy || is_tiered()) {
      give_back_to_buddy();
    } else if (spec_.kind == AllocatorKind::Slab) {
      take();
      say("It is now the head of the free list, the next block to be handed out.");
    } else if (is(StepKind::Rewind)) {
      const Step& rewind = take();
      say(fmt::format("It was the last one outstanding: the mark returns from {} to {}, and everything is free.",
                      at(rewind.other), at(rewind.offset)));
    } else {
      say(fmt::format("A bump allocator only counts it: the mark stays at {} until nothing is outstanding.",
                      at(take().offset)));
    }
  }

  void give_back_to_slab() {
    take();
    if (!at_end() && !is_of_slab() && gives_back()) {
      say("It was the last live block of its slab, so the slab goes back to the buddy.");
      give_back_to_buddy();
    } else {
      say("It is now the next block of its slab to be handed out.");
    }
  }

  void give_back_to_buddy() {
    std::vector<Step> merges;
    std::size_t blocks = 0;
    do {
      merges.clear();
      while (is(StepKind::Remove)) {
        take();
        merges.push_back(take());  // a merge follows each remove
      }
      take();
      ++blocks;
    } while (is_tiered() && !is_of_slab() && (is(StepKind::Push) || is(StepKind::Remove)));
    const Step& push = next_ == 0 ? no_step_ : run_.steps[next_ - 1];
    if (blocks > 1) {
      say(fmt::format("It is {} blocks side by side, freed one after the other.{}", trace::count_text(blocks),
                      merges.empty() ? "" : " The last:"));
    }
    if (!merges.empty()) say(merges_text(merges, spec_));
    const std::string goes = fmt::format("{} goes to level {}'s free list", at(push.offset), push.level);
    if (push.size == spec_.arena_bytes) {
      say(fmt::format("That is the whole arena: {}.", goes));
    } else if (push.level == 0) {
      say(fmt::format("That is a block of the largest size, which has no buddy: {}.", goes));
    } else {
      const std::uint64_t buddy = push.offset ^ push.size;
      const char* const whose = !merges.empty() ? "That block's" : blocks > 1 ? "The last one's" : "Its";
      say(fmt::format("{} buddy {} {}, so they do not merge: {}.", whose, at(buddy),
                      apart_text(trace_, index_, census_, buddy, push.size), goes));
    }
  }

  // -- A request
  void request() {
    if (is_of_slab()) {
      request_of_slabs();
    } else if (spec_.kind == AllocatorKind::Buddy || is_tiered()) {
      request_of_buddy();
    } else if (spec_.kind == AllocatorKind::Slab) {
      request_of_slab();
    } else {
      request_of_bump();
    }
  }

  // "100 B needs a 128 B block"; of an alignment above the size: "100 B aligned to 1 KiB needs ...".
  [[nodiscard]] std::string needs(const Step& round) const {
    return fmt::format("{} {} block", needs(), trace::with_article(amount_text(round.size)));
  }
  [[nodiscard]] std::string needs() const {
    const std::string served = event_.size == 0 ? " is served as 1 B and" : "";
    const bool by_align = event_.align() > std::max<std::uint64_t>(event_.size, 1) && event_.align() > 1;
    return fmt::format("{}{}{} needs", amount_text(event_.size), served,
                       by_align ? fmt::format(" aligned to {}", amount_text(event_.align())) : "");
  }
  void say_waste() {
    const std::uint64_t asked = std::max<std::uint64_t>(event_.size, 1);
    if (run_.outcome.block_bytes <= asked) {
      say("It fits exactly.");
    } else {
      say(fmt::format("{} rounding waste.", part_text(run_.outcome.block_bytes - asked)));
    }
  }

  void request_of_buddy() {
    if (!is(StepKind::Round)) {
      say(refused_request());
      return;
    }
    const Step& round = take();
    if (is_tiered()) return request_of_run(round);
    say(fmt::format("{} (level {} of 0 … {}).", needs(round), round.level, last_level_of(spec_)));
    say_empty_levels(round.level);
    if (!is(StepKind::Pop)) {
      say(fmt::format("So {}.", fails()));
      if (census_ != nullptr) say_what_is_free(census_->figures);
      return;
    }
    const Step& found = take();
    if (is(StepKind::Split)) {
      say_splits(found);
    } else {
      say(fmt::format("Level {} has one at {}: it is the answer.", found.level, at(found.offset)));
    }
    take();  // the answer
    say_waste();
  }

  // Tiered: a run, which is all of a block or its front, or what is free side by side.
  void request_of_run(const Step& round) {
    say(fmt::format("{} {}.", needs(), run_needed_text(round, spec_)));
    say_empty_levels(round.level);
    const bool beside = is(StepKind::Look);
    while (is(StepKind::Look)) take();
    const auto steps = to_the_answer();
    if (steps.empty()) {
      say(beside ? fmt::format("Nor is enough free beside the blocks of half and a quarter of that size: {}.", fails())
                 : fmt::format("So {}.", fails()));
      if (census_ != nullptr) say_what_is_free(census_->figures);
      return;
    }
    say(run_made_text(steps, spec_));
    say_waste();
  }
  // The steps up to the one that is the answer; none where there is none.
  [[nodiscard]] std::span<const Step> to_the_answer() {
    const std::size_t from = next_;
    while (!at_end() && !is(StepKind::Take)) ++next_;
    if (at_end()) return {};
    ++next_;
    return std::span(run_.steps).subspan(from, next_ - from);
  }

  void say_what_is_free(const Figures& figures) {
    if (figures.free == 0) return say("Nothing is free.");
    say(figures.free == figures.largest_free
            ? fmt::format("All that is free is one block of {}.", amount_text(figures.free))
            : fmt::format("Of the {} that are free the largest block has {}.", amount_text(figures.free),
                          amount_text(figures.largest_free)));
  }

  void say_empty_levels(int from) {
    int last = -1;
    while (is(StepKind::Look) && run_.steps[next_].other == 0 && run_.steps[next_].level <= from) last = take().level;
    if (is(StepKind::Look) && run_.steps[next_].level <= from) take();
    if (last < 0) return;
    say(fmt::format("{} {} no free block.", with_capital(levels_text(from, last)), from == last ? "has" : "have"));
  }

  // What was found is too large: halved until it is not.
  void say_splits(const Step& found) {
    std::vector<Step> pushes;
    while (is(StepKind::Split)) {
      take();
      pushes.push_back(take());
    }
    say(splits_text(found, pushes, spec_));
  }

  void request_of_slab() {
    if (!is(StepKind::Round)) {
      say(refused_request());
      return;
    }
    say(fmt::format("{}, the only size there is.", needs(take())));
    if (is(StepKind::Look)) take();
    if (!is(StepKind::Pop)) {
      say(fmt::format("The free list is empty: {}.", fails()));
      return;
    }
    say(fmt::format("The head of the free list is {}: it is popped and is the answer.", at(take().offset)));
    take();  // the answer
    say_waste();
  }

  // Tiered: a block of a slab, which may have to be made first; where that is not possible, whatever else holds it.
  void request_of_slabs() {
    const Step& round = take();
    say(fmt::format("{}, from a slab of such blocks.", needs(round)));
    if (is(StepKind::Look) && run_.steps[next_].other == 0) {
      take();
      if (!makes_slab(round.size)) return;
    } else {
      say("One has room.");
    }
    if (is(StepKind::Look)) take();
    say(fmt::format("The next block of it is {}: it is popped and is the answer.", at(take().offset)));
    take();  // the answer
    say_waste();
  }

  // False when the request is served otherwise, or not at all.
  bool makes_slab(std::uint64_t block_bytes) {
    const Step& slab = take();
    while (is(StepKind::Look)) take();
    if (is(StepKind::Pop)) {
      std::size_t splits = 0;
      while (!at_end() && !is(StepKind::Take)) splits += take().kind == StepKind::Split ? 1u : 0u;
      say(fmt::format("None has room: a new one is made of the buddy's block {}{}.", block(take().offset, slab.size),
                      splits == 0 ? "" : fmt::format(", split off {}", times_text(splits))));
      return true;
    }
    const std::string none =
        fmt::format("None has room, and the buddy has no block of {} for a new one.", amount_text(slab.size));
    const auto answer = std::find_if(run_.steps.begin() + static_cast<std::ptrdiff_t>(next_), run_.steps.end(),
                                     [](const Step& step) { return step.kind == StepKind::Take; });
    if (answer == run_.steps.end()) {
      say(fmt::format("{} Nor has anything else a free block of {}: {}.", none, amount_text(block_bytes), fails()));
      return false;
    }
    if (!is_of_slab(*answer)) {
      say(none + " So the buddy serves it itself.");
      request_of_buddy();
      return false;
    }
    while (!at_end() && !is_of_slab()) take();
    say(fmt::format("{} So a slab of {} blocks serves it.", none, amount_text(answer->size)));
    return true;
  }

  void request_of_bump() {
    if (!is(StepKind::Move)) {
      say(refused_request());
      return;
    }
    const Step& move = take();
    const Step& answer = take();
    say(fmt::format("{}{}: the mark moves down by {}, from {} to {}, which is the answer.", amount_text(event_.size),
                    event_.size == 0 ? " is served as 1 B" : "", amount_text(move.size), at(move.other),
                    at(move.offset)));
    if (move.size > answer.size) {
      say(fmt::format("{} behind it {} padding, lost to an alignment of {}.", amount_text(move.size - answer.size),
                      move.size - answer.size == 1 ? "is" : "are", amount_text(event_.align())));
    }
  }

  // -- A block resized where it stands
  void resize() {
    if (is(StepKind::Round)) {
      const Step& round = take();
      if (is_of_slab(round)) {
        say(fmt::format("{}, as all blocks of its slab are.", needs(round)));
      } else if (spec_.kind == AllocatorKind::Slab) {
        say(fmt::format("{}, the only size there is.", needs(round)));
      } else if (is_tiered()) {
        say(fmt::format("{} {}.", needs(), run_needed_text(round, spec_)));
        say(run_resized_text(to_the_answer(), spec_));
        return say_waste();
      } else {
        say(fmt::format("{} (level {} of 0 … {}).", needs(round), round.level, last_level_of(spec_)));
      }
    }
    const std::string here = at(run_.outcome.offset);
    std::vector<std::string> touched;
    const bool shrinks = is(StepKind::Split);
    while (!at_end() && !is(StepKind::Take)) {
      const Step& step = take();
      if (step.kind == StepKind::Push || step.kind == StepKind::Remove) touched.push_back(at(step.offset));
    }
    if (touched.empty()) {
      say(spec_.kind == AllocatorKind::Bump
              ? fmt::format("It does not grow, so the block at {} stays where it is.", here)
              : fmt::format("The block at {} is of that size: it stays as it is.", here));
    } else if (shrinks) {
      say(fmt::format("The block at {} shrinks where it stands: its back half is split off {}, and {} {} freed.", here,
                      times_text(touched.size()), list_text(touched), touched.size() == 1 ? "is" : "are"));
    } else {
      say(fmt::format("The block at {} grows where it stands: {} behind it {} free and merged in.", here,
                      list_text(touched), touched.size() == 1 ? "is" : "are"));
    }
    if (spec_.kind != AllocatorKind::Bump) say_waste();
  }

  // -- Refusals
  [[nodiscard]] const char* fails() const {
    return freed_first_ ? "the request fails, and nothing else has changed"
                        : "the request fails, and nothing has changed";
  }
  [[nodiscard]] std::string refused_request() const {
    return fmt::format("{}: {}.", refused_request_text(event_, spec_, run_.outcome, census_), fails());
  }

  const trace::Trace& trace_;
  std::uint64_t index_;
  trace::Event event_;
  const AllocatorSpec& spec_;
  const EventRun& run_;
  const Census* census_;
  std::string id_, mark_name_;
  Step no_step_;
  std::size_t next_ = 0;
  bool freed_first_ = false;  // a block of the same id, which the log never freed
  std::string out_;
};

}  // namespace

std::string event_text(const trace::Trace& trace, std::uint64_t index, const AllocatorSpec& spec, const EventRun& run,
                       const Census* census) {
  if (spec.kind == AllocatorKind::Recorded) {
    std::string text = recorded_text(trace, index, spec, run);
    if (!text.empty()) return text;
  }
  return Paragraph(trace, index, spec, run, census).text();
}

}  // namespace allocviz::replay
