// What the search can be asked, a line each, how a word that was begun goes on, and what a log has no answer to.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "viz/app/names.h"
#include "viz/app/query.h"

namespace allocviz::app {

namespace {

constexpr std::array kLanguage{
    Phrase{"", "parse", "an id, or in a note, a mark, a call site or a tag"},
    Phrase{"size>", "size>4k", "requests of more than 4 KiB; also < <= = >= and 1k..4k"},
    Phrase{"id=", "id=A", "events of this id"},
    Phrase{"failed", "failed", "refused, here or in the recorded program"},
    Phrase{"site~", "site~parse", "a part of the call site"},
    Phrase{"thread=", "thread=3", "of one thread"},
    Phrase{"addr=", "addr=0x1000..0x2000", "where the recorded program had it"},
    Phrase{"live at ", "live at 500", "blocks that live after event 500; live: at the cursor"},
    Phrase{"age>", "age>1000", "live at the cursor and made that many events ago; or 5ms"},
    Phrase{"lifetime<", "lifetime<100", "freed within 100 events; or 5ms"},
    Phrase{"born=", "born=100..200", "allocated in these events; allocated between 100 and 200"},
    Phrase{"freed>", "freed>200", "freed after event 200; freed after 200"},
    Phrase{"freed=never", "freed=never", "never freed in this log"},
    Phrase{"event=", "event=100..200", "these events"},
    Phrase{"note~", "note~first", "a part of its note"},
    Phrase{"tag~", "tag~boot", "a part of its tag"},
    Phrase{"alloc", "alloc", "the operation: alloc, free, realloc, reset, mark"},
    Phrase{"unknown", "unknown", "an id that is not live; also implicit, null"},
    Phrase{"-", "-failed", "not this"},
    Phrase{"or", "failed or size>1M", "one of both"},
};

// Where the word begins that is being written; a leading - is not part of it.
std::size_t last_word(std::string_view text) {
  const std::size_t space = text.find_last_of(" \t");
  std::size_t at = space == std::string_view::npos ? 0 : space + 1;
  if (at < text.size() && text[at] == '-') ++at;
  return at;
}

bool begins_with(std::string_view text, std::string_view part) {
  return text.size() >= part.size() &&
         std::equal(part.begin(), part.end(), text.begin(), [](char a, char b) { return lower(a) == b; });
}

}  // namespace

std::span<const Phrase> language() {
  return kLanguage;
}

std::vector<const Phrase*> completions(std::string_view text) {
  const std::string_view word = text.substr(last_word(text));
  std::vector<const Phrase*> found;
  for (const Phrase& phrase : kLanguage) {
    if (word.empty() ||
        (word.size() < phrase.begins.size() && !phrase.begins.empty() && begins_with(phrase.begins, word)))
      found.push_back(&phrase);
  }
  return found;
}

std::string completed(std::string_view text, const Phrase& phrase) {
  return std::string(text.substr(0, last_word(text))) + std::string(phrase.begins);
}

namespace {

template <class F>
bool any_term(const Query& query, F&& holds) {
  return std::any_of(query.any_of.begin(), query.any_of.end(),
                     [&](const auto& terms) { return std::any_of(terms.begin(), terms.end(), holds); });
}

}  // namespace

bool Query::follows_cursor() const {
  return any_term(*this, [](const Term& term) { return term.kind == TermKind::Age || term.at_cursor; });
}
bool Query::asks_for_ends() const {
  return any_term(*this, [](const Term& term) { return is_of_block(term.kind) && term.kind != TermKind::Born; });
}

trace::Status fits(const Query& query, const trace::Trace& trace) {
  const auto lacks = [](const char* what, const char* todo) {
    return trace::Trouble{fmt::format("this log names no {}", what), {}, todo};
  };
  for (const std::vector<Term>& terms : query.any_of) {
    for (const Term& term : terms) {
      const TermKind kind = term.kind;
      if (kind == TermKind::Addr && !trace.has_addresses()) return lacks("addresses", "find by id= or size=");
      if (kind == TermKind::Thread && !trace.has_threads()) return lacks("threads", "find by id=, size= or event=");
      if ((kind == TermKind::Tag || kind == TermKind::TagIs) && trace.tags().empty()) {
        return lacks("tags", "find by id=, size= or event=");
      }
      const bool of_site = kind == TermKind::Site || kind == TermKind::SiteIs || kind == TermKind::StackIs;
      if (of_site && !trace.has_sites()) return lacks("call sites", "find by id=, size= or event=");
      if (term.by_time && !trace.has_times()) return lacks("times", "leave the unit out to count events");
    }
  }
  return trace::Done{};
}

}  // namespace allocviz::app
