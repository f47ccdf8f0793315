// The language of the search above the event list, and what it says of a text that is none.
//
//   query = words or words or ...        one of these has to hold
//   words = word word word ...           each of these has to hold; -word: must not hold
//   word  = failed | size>4k | site~parse | born=100..200 | live at 500 | "a text" ...    (language() lists them all)
//
// A number is compared with < <= = >= > or lies in a range, from..to, both ends included; either may be left out.
// Letters match whatever their case. Events are counted from 1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::app {

enum class TermKind : std::uint8_t {
  Text,      // the id, or in a note, a mark's name, a site, a tag or a name used as id
  Id,        // exactly
  Number,    // the event's own number
  Size,      // as requested
  Op,        // low: the trace::Op
  Failed,    // refused, there or here
  Flag,      // low: the trace::EventFlag
  Addr,      // where the recorded program had it
  Thread,    //
  Site,      // a part of it
  SiteIs,    // the frames where the stack leaves the allocator (analyze::site_label of as many frames)
  StackIs,   // the same, all of them
  Note,      // a part of it
  Tag,       // a part of it
  TagIs,     // exactly
  Born,      // by event number or time: when the block was made
  Freed,     // likewise: when it was freed or resized
  Never,     // it is never freed
  Lifetime,  // events or time from one to the other
  Age,       // since it was made, of a block that lives at the cursor
  Live,      // it lives after event `low`, or at the cursor
};

// From Born on a term speaks of a block, and what it finds is the event that made it.
[[nodiscard]] constexpr bool is_of_block(TermKind kind) {
  return kind >= TermKind::Born;
}

struct Term {
  TermKind kind = TermKind::Text;
  bool negated = false;
  bool by_time = false;                             // low and high are nanoseconds
  bool at_cursor = false;                           // Live
  std::uint64_t low = 0, high = ~std::uint64_t{0};  // both included; nothing lies between where low > high
  // Empty: of SiteIs, StackIs and TagIs, that the log says none. Thread: "none" likewise.
  std::string text = {};  // in lower case but for Id, SiteIs, StackIs, TagIs
  bool operator==(const Term&) const = default;
};

struct Query {
  std::vector<std::vector<Term>> any_of;  // none of them empty; empty itself where nothing was written
  // What it finds depends on where the cursor stands.
  [[nodiscard]] bool follows_cursor() const;
  // What it finds depends on when blocks were freed: approximate where the log cannot tell.
  [[nodiscard]] bool asks_for_ends() const;
  bool operator==(const Query&) const = default;
};

// The query, or what is wrong with the first word that is none.
[[nodiscard]] trace::Result<Query> parse_query(std::string_view text);
// Trouble where a log says nothing of what the query asks for: it has no threads, no times ...
[[nodiscard]] trace::Status fits(const Query& query, const trace::Trace& trace);

// A line of the language's list.
struct Phrase {
  std::string_view begins;   // what its first letters are completed to: "size>", "live at "
  std::string_view example;  // "size>4k"
  std::string_view means;    // "requests of more than 4 KiB"
};
[[nodiscard]] std::span<const Phrase> language();
// Those that the last word of a text may become; all of them while nothing, or nothing of it, is written.
[[nodiscard]] std::vector<const Phrase*> completions(std::string_view text);
// The text with its last word replaced by what it is completed to.
[[nodiscard]] std::string completed(std::string_view text, const Phrase& phrase);

}  // namespace allocviz::app
