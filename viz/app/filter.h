// The search above the event list: which events a query (query.h) means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/analyze/lives.h"
#include "viz/app/query.h"
#include "viz/app/state.h"

namespace allocviz::app {

// What a search needs to know beside the trace.
struct SearchMoment {
  const std::vector<std::uint64_t>& failures;  // indices of failed requests, ascending: there, or here on any stage
  const analyze::Lives& lives;                 // on the first stage's allocator
  std::uint64_t cursor = 0;                    // events done
};

// A query made ready for one trace: the tables of names, sites and tags are searched once, an event then costs
// O(terms).
class Matcher {
 public:
  // The trace must outlive the matcher.
  Matcher(const trace::Trace& trace, Query query);
  [[nodiscard]] bool matches(std::uint64_t index, const SearchMoment& now) const;
  [[nodiscard]] bool follows_cursor() const { return query_.follows_cursor(); }
  // Whatever it finds lives at the cursor: the blocks of the census are all there is to look at.
  [[nodiscard]] bool wants_live_at_cursor() const;

 private:
  struct Ready {                             // what one term found in the tables
    std::vector<bool> names, sites, tags;    // which entries of the tables match
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

inline constexpr std::uint64_t kEventsSearchedAFrame = 100'000;

// Takes a new text: the matches so far are dropped and the search begins anew. A text that is no query keeps the whole
// list in sight and says why.
void set_filter(State& state, std::string text);
// Looks at up to `events` more events. Called once a frame, so a search of any log never holds up the window. A search
// for what lives at the cursor begins anew where that has moved.
void search_on(State& state, std::uint64_t events);
[[nodiscard]] bool is_searching(const State& state);

// Whether the query means the event `index`, searched already or not. False without a query.
[[nodiscard]] bool is_found(const State& state, std::uint64_t index);
// The list shows what was found and nothing else.
[[nodiscard]] bool list_is_narrowed(const State& state);
// How a query spells a text that holds spaces or quotes: "a \"b\"".
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace allocviz::app
