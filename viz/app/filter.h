// The search above the event list: what may be written there, and which events it means.
//
//   A                      the id A, or "a" anywhere in a note, a mark's name, a site, a tag or a name used as id
//   size>4k  size<=64      also = < >=; sizes as everywhere (4k, 4KiB, 4096)
//   alloc free realloc reset mark          the operation
//   failed  unknown  implicit  null        refused there or here; free of an unknown id, free first, free of null
//   id=A  addr=0x7f00  thread=3  site~text  note~text  tag~text
//
// Several words must all hold; "two words" in quotes are one. Letters match whatever their case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viz/app/state.h"

namespace allocviz::app {

enum class TermKind : std::uint8_t { Text, Id, Size, Op, Failed, Flag, Addr, Thread, Site, Note, Tag };
enum class Compare : std::uint8_t { Less, LessEqual, Equal, GreaterEqual, Greater };

struct Term {
  TermKind kind = TermKind::Text;
  Compare compare = Compare::Equal;
  std::uint64_t number = 0;  // Size, Addr, Thread; Op: the trace::Op; Flag: the trace::EventFlag
  std::string text;          // Text, Id, Site, Note, Tag; in lower case but for Id
  bool operator==(const Term&) const = default;
};

// The words of a search, or what is wrong with the first that is none.
[[nodiscard]] trace::Result<std::vector<Term>> parse_filter(std::string_view text);

// Terms made ready for one trace: the tables of names, sites and tags are searched once, an event then costs O(terms).
class Matcher {
 public:
  // The trace must outlive the matcher.
  Matcher(const trace::Trace& trace, std::vector<Term> terms);
  // `failures` = indices of failed requests, ascending.
  [[nodiscard]] bool matches(std::uint64_t index, const std::vector<std::uint64_t>& failures) const;

 private:
  struct Ready {                             // what one term found in the tables
    std::vector<bool> names, sites, tags;    // which entries of the tables match
    std::vector<std::uint64_t> events;       // indices whose note or mark name matches, ascending
    std::optional<std::uint64_t> as_number;  // the text read as a number: an id
  };
  [[nodiscard]] static Ready ready_for(const trace::Trace& trace, const Term& term);
  [[nodiscard]] bool holds(const Term& term, const Ready& ready, const trace::Event& event) const;

  const trace::Trace& trace_;
  std::vector<Term> terms_;
  std::vector<Ready> ready_;
};

inline constexpr std::uint64_t kEventsSearchedAFrame = 200'000;

// Takes a new text: the matches so far are dropped and the search begins anew. A text that is no filter keeps the whole
// list in sight and says why.
void set_filter(State& state, std::string text);
// Looks at up to `events` more events. Called once a frame, so a search of any log never holds up the window.
void search_on(State& state, std::uint64_t events);

}  // namespace allocviz::app
