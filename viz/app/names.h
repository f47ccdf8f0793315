// Whose a block is, in a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/census.h"
#include "core/trace/trace.h"
#include "viz/app/state.h"

namespace allocviz::app {

// An ASCII letter as a search compares it; everything else as it is.
[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline constexpr std::size_t kNamesSpelled = 3;  // beyond that a number

// "D", or "the block of event 5" where the log gives no id; empty where nobody owns it.
[[nodiscard]] std::string owner_of(const trace::Trace& trace, const replay::Block& block);
// "D", "P and Q", "P, Q and R", "61 blocks".
[[nodiscard]] std::string names_of(const trace::Trace& trace, const std::vector<const replay::Block*>& blocks);
// A call site in few characters: of "/lib/libc.so.6:(_IO_doallocbuf+0x8c)[0x75d9c]" the function, of
// "/bin/jq:[0x3570a]" "jq+0x3570a", of any other path its last part.
[[nodiscard]] std::string short_site(std::string_view site);
// What of that tells most, where there is no room for all of it: the function without its file, line, offset and
// parameters; of a file without names all of it.
[[nodiscard]] std::string telling_part(std::string_view short_site);
// How many bytes at its end say where in a file without names: of "jq+0x3570a" those of "+0x3570a", of a bare address
// all; 0 of any other.
[[nodiscard]] std::size_t offset_bytes(std::string_view short_site);
// Of a trace that was written to compare allocators on it: whether the cursor has yet to come to the event. Then it is
// not said which of them refuses it, for that is what a reader is to guess.
[[nodiscard]] bool is_to_be_guessed(const State& state, std::uint64_t index);
// Up to which event it may be told.
[[nodiscard]] std::uint64_t told_until(const State& state);
// What one of the allocators is called: "slab 5 × 48 B"; of several that would be called alike with its number among
// the stages, "buddy 1 MiB / 64 B (2)". O(stages).
[[nodiscard]] std::string title_of_stage(const State& state, std::size_t stage);
// Whose failed requests are told apart, where there are several allocators: each that refused one, in the stages'
// order; of a trace that is to be guessed at all of them. The recorded program's, where it had any, come last. Each
// with a short name: "slab", of two slabs "slab 1" and "slab 2"; and in full: "slab 5 × 48 B".
struct Refuser {
  std::string name, title;
  const std::vector<std::uint64_t>* failures = nullptr;
};
[[nodiscard]] std::vector<Refuser> refusers(const State& state);
// Which of several allocators refused event `index`: "slab 5 × 48 B", "a and b"; empty where there is one allocator, or
// none refused it, or it is to be guessed. O(stages log failures).
[[nodiscard]] std::string refused_by(const State& state, std::uint64_t index);
// The same in one word, where one word tells it: "slab"; empty where several refused it, or another is of that kind.
[[nodiscard]] std::string_view refusing_kind(const State& state, std::uint64_t index);

}  // namespace allocviz::app
