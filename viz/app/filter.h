// The search above the event list: which events a query (query.h) means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/analyze/lives.h"
#include "viz/app/query.h"
#include "viz/app/slice.h"
#include "viz/app/state.h"

namespace allocviz::app {

// What a search needs to know beside the trace.
struct SearchMoment {
  const std::vector<std::uint64_t>& failures;  // indices of failed requests, ascending: there, or here on any stage
  const analyze::Lives& lives;                 // on the first stage's allocator
  std::uint64_t cursor = 0;                    // events done
};

// A query made ready for one trace. An entry of the tables of names, sites and tags is looked at when an event with it
// is first met, and only then: a table may be as long as the log. O(terms) an event, and an entry's text once.
class Matcher {
 public:
  // The trace must outlive the matcher.
  Matcher(const trace::Trace& trace, Query query);
  [[nodiscard]] bool matches(std::uint64_t index, const SearchMoment& now) const;
  [[nodiscard]] bool follows_cursor() const { return query_.follows_cursor(); }
  [[nodiscard]] bool asks_for_ends() const { return query_.asks_for_ends(); }
  // Whatever it finds lives at the cursor: the blocks of the census are all there is to look at.
  [[nodiscard]] bool wants_live_at_cursor() const;

 private:
  class Table {  // which entries of a table match, as far as it is known
   public:
    template <class Entries, class Holds>
    bool holds(const Entries& entries, std::uint64_t index, Holds of) {
      if (known_.empty()) known_.resize(entries.size(), kUnknown);
      std::uint8_t& known = known_[index];
      if (known == kUnknown) known = of(entries[index]) ? kYes : kNo;
      return known == kYes;
    }

   private:
    enum : std::uint8_t { kUnknown, kNo, kYes };
    std::vector<std::uint8_t> known_;
  };
  struct Ready {                             // what one term found in the tables
    mutable Table names, sites, tags;        // found out bit by bit: what they say does not depend on when
    std::vector<std::uint64_t> events;       // indices whose note or mark name matches, ascending
    std::optional<std::uint64_t> as_number;  // the text read as a number: an id
  };
  [[nodiscard]] static Ready ready_for(const trace::Trace& trace, const Term& term);
  [[nodiscard]] bool holds(const Term& term, const Ready& ready, std::uint64_t index, const SearchMoment& now) const;
  [[nodiscard]] bool holds_of_event(const Term& term, const Ready& ready, const trace::Event& event) const;
  [[nodiscard]] bool holds_of_block(const Term& term, std::uint64_t index, const SearchMoment& now) const;

  const trace::Trace& trace_;
  Query query_;
  std::vector<std::vector<Ready>> ready_;
};

inline constexpr std::uint64_t kEventsSearchedAtOnce = 2'000;  // between two looks at the clock

// Takes a new text: the matches so far are dropped and the search begins anew. A text that is no query keeps the whole
// list in sight and says why.
void set_filter(State& state, std::string text);
// Looks at up to `events` more events. A search for what lives at the cursor begins anew where that has moved.
void search_on(State& state, std::uint64_t events);
// As many as the slice holds. Called once a frame, so a search of any log never holds up the window.
void search_on(State& state, const Slice& slice);
[[nodiscard]] bool is_searching(const State& state);

// Whether the query means the event `index`, searched already or not. False without a query.
[[nodiscard]] bool is_found(const State& state, std::uint64_t index);
// The list shows what was found and nothing else.
[[nodiscard]] bool list_is_narrowed(const State& state);
// "12 of 345", how far a search is, and whether what it found rests on ends of blocks that the log could not tell.
[[nodiscard]] std::string found_text(const State& state);
// How a query spells a text that holds spaces or quotes: "a \"b\"".
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace allocviz::app
