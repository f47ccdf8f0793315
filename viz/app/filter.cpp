#include "viz/app/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/analyze/grouping.h"
#include "viz/app/cursor.h"
#include "viz/app/names.h"

namespace allocviz::app {

namespace {

using trace::Event;
using trace::kNoEvent;

// The live blocks of the census are sorted at once where they are no more than this; else the log is searched.
constexpr std::uint64_t kLiveBlocksAtOnce = 30'000;
constexpr std::uint64_t kRoomForMatches = std::uint64_t{16} << 20;

bool contains(std::string_view text, std::string_view lower_part) {
  return std::search(text.begin(), text.end(), lower_part.begin(), lower_part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool lies_in(const Term& term, std::uint64_t value) {
  return value >= term.low && value <= term.high;
}

bool site_holds(const trace::Site& site, const Term& term) {
  if (term.kind == TermKind::StackIs) return analyze::site_label(site, analyze::kWholeStack) == term.text;
  if (term.kind == TermKind::SiteIs) {
    std::size_t frames = 1;
    for (std::size_t at = term.text.find(" < "); at != std::string::npos; at = term.text.find(" < ", at + 3)) ++frames;
    return analyze::site_label(site, frames) == term.text;
  }
  return std::any_of(site.frames.begin(), site.frames.end(),
                     [&](const std::string& frame) { return contains(frame, term.text); });
}

}  // namespace

Matcher::Ready Matcher::ready_for(const trace::Trace& trace, const Term& term) {
  Ready ready;
  const bool text = term.kind == TermKind::Text;
  const auto has = [&](std::string_view where) { return contains(where, term.text); };
  if (text || term.kind == TermKind::Id) {
    ready.as_number = number_of(term.text);
  }
  if (text || term.kind == TermKind::Note) {
    for (const auto& [index, note] : trace.notes()) {
      if (has(note)) ready.events.push_back(index);
    }
  }
  if (text) {
    for (const auto& [index, name] : trace.marks()) {
      if (has(name)) ready.events.push_back(index);
    }
  }
  std::sort(ready.events.begin(), ready.events.end());
  return ready;
}

Matcher::Matcher(const trace::Trace& trace, Query query) : trace_(trace), query_(std::move(query)) {
  for (const std::vector<Term>& terms : query_.any_of) {
    ready_.emplace_back();
    for (const Term& term : terms) ready_.back().push_back(ready_for(trace, term));
  }
}

bool Matcher::wants_live_at_cursor() const {
  const auto wants = [](const Term& term) { return !term.negated && (term.kind == TermKind::Age || term.at_cursor); };
  return std::all_of(query_.any_of.begin(), query_.any_of.end(),
                     [&](const auto& terms) { return std::any_of(terms.begin(), terms.end(), wants); });
}

// What the event's own row tells.
bool Matcher::holds_of_event(const Term& term, const Ready& ready, const Event& event) const {
  const auto id = [&] {
    if (!event.has(trace::kHasId)) return false;
    if (!event.has(trace::kNamedId)) return ready.as_number == event.id;
    return ready.names.holds(trace_.names(), event.id, [&](const std::string& name) {
      return term.kind == TermKind::Text ? contains(name, term.text) : name == term.text;
    });
  };
  const auto site = [&] {
    return event.site != 0 && ready.sites.holds(trace_.sites(), event.site - 1,
                                                [&](const trace::Site& one) { return site_holds(one, term); });
  };
  const auto tag = [&] {
    return event.tag != 0 && ready.tags.holds(trace_.tags(), event.tag - 1, [&](const std::string& name) {
      return term.kind == TermKind::TagIs ? name == term.text : contains(name, term.text);
    });
  };
  switch (term.kind) {
    case TermKind::Text:
      return id() || site() || tag();
    case TermKind::Id:
      return id();
    case TermKind::Addr:
      return event.addr != trace::kNoAddr && lies_in(term, event.addr);
    case TermKind::Thread:
      if (!term.text.empty()) return !event.has(trace::kHasThread);
      return event.has(trace::kHasThread) && lies_in(term, event.thread);
    case TermKind::SiteIs:
    case TermKind::StackIs:
      return term.text.empty() ? event.site == 0 : site();
    case TermKind::Site:
      return site();
    case TermKind::TagIs:
      return term.text.empty() ? event.tag == 0 : tag();
    case TermKind::Tag:
      return tag();
    default:
      return false;
  }
}

// What the life of the block tells that this event makes.
bool Matcher::holds_of_block(const Term& term, std::uint64_t index, const SearchMoment& now) const {
  if (!now.lives.makes(index)) return false;
  const auto time = [&](std::uint64_t event) { return trace_.event(event).time_ns; };
  if (term.kind == TermKind::Born) return lies_in(term, term.by_time ? time(index) : index + 1);
  const std::uint64_t end = now.lives.ended_at(index);
  const auto lives_at = [&](std::uint64_t position) {
    return index < position && (end == kNoEvent || end >= position);
  };
  switch (term.kind) {
    case TermKind::Live:
      return lives_at(term.at_cursor ? now.cursor : term.low);
    case TermKind::Age:
      if (!lives_at(now.cursor)) return false;
      return lies_in(term, term.by_time ? time(now.cursor - 1) - time(index) : now.cursor - 1 - index);
    case TermKind::Never:
      return end == kNoEvent;
    case TermKind::Freed:
      return end != kNoEvent && lies_in(term, term.by_time ? time(end) : end + 1);
    case TermKind::Lifetime:
      return end != kNoEvent && lies_in(term, term.by_time ? time(end) - time(index) : end - index);
    default:
      return false;
  }
}

bool Matcher::holds(const Term& term, const Ready& ready, std::uint64_t index, const SearchMoment& now) const {
  if (is_of_block(term.kind)) return holds_of_block(term, index, now);
  switch (term.kind) {
    case TermKind::Number:
      return lies_in(term, index + 1);
    case TermKind::Size: {
      const trace::Op op = trace_.op(index);
      const bool sized = op == trace::Op::Alloc || op == trace::Op::Realloc;
      return sized && lies_in(term, trace_.request(index).size);
    }
    case TermKind::Op:
      return trace_.op(index) == static_cast<trace::Op>(term.low);
    case TermKind::Flag:
      return (trace_.flags(index) & term.low) != 0;
    case TermKind::Failed:
      return std::binary_search(now.failures.begin(), now.failures.end(), index);
    case TermKind::Note:
    case TermKind::Text:
      if (std::binary_search(ready.events.begin(), ready.events.end(), index)) return true;
      break;
    default:
      break;
  }
  return holds_of_event(term, ready, trace_.event(index));
}

bool Matcher::matches(std::uint64_t index, const SearchMoment& now) const {
  for (std::size_t group = 0; group < ready_.size(); ++group) {
    const std::vector<Term>& terms = query_.any_of[group];
    bool all = true;
    for (std::size_t i = 0; i < terms.size() && all; ++i) {
      all = holds(terms[i], ready_[group][i], index, now) != terms[i].negated;
    }
    if (all) return true;
  }
  return false;
}

namespace {

void add_found(EventFilter& filter, std::uint64_t index) {
  filter.matches.push_back(index);
  filter.bits[index / 64] |= std::uint64_t{1} << (index % 64);
}

void begin_search(State& state) {
  EventFilter& filter = state.filter;
  filter.matches.clear();
  // Room that is not written to costs nothing; matches that have to be moved hold up a frame.
  filter.matches.reserve(std::min(state.document.trace->size(), kRoomForMatches));
  filter.bits.assign(state.document.trace->size() / 64 + 1, 0);
  filter.scanned = 0;
  filter.searched_at = state.cursor().event;
  ++filter.number;
}

// All that lives at the cursor and is meant, where that is little enough to look at in one go.
bool search_census(State& state, const SearchMoment& now) {
  EventFilter& filter = state.filter;
  const replay::Timeline& timeline = state.timeline();
  const bool whole = timeline.position().step >= timeline.step_count();
  if (!filter.matcher->wants_live_at_cursor() || !whole) return false;
  if (timeline.figures().live_blocks > kLiveBlocksAtOnce) return false;
  std::vector<std::uint64_t> born;
  for (const replay::Block& block : timeline.census().blocks) {
    if (block.state == replay::BlockState::Live && block.born < now.cursor) born.push_back(block.born);
  }
  std::sort(born.begin(), born.end());
  for (const std::uint64_t index : born) {
    if (filter.matcher->matches(index, now)) add_found(filter, index);
  }
  filter.scanned = state.document.trace->size();
  return true;
}

}  // namespace

void set_filter(State& state, std::string text) {
  EventFilter& filter = state.filter;
  const std::uint64_t number = filter.number + 1;
  filter = {};
  filter.number = number;
  filter.text = std::move(text);
  auto query = parse_query(filter.text);
  trace::Status status = query.ok() ? fits(*query, *state.document.trace) : std::move(query).trouble();
  if (!status.ok()) {
    filter.fault = status.trouble().what + "; " + status.trouble().todo;
  } else if (!query->any_of.empty()) {
    filter.active = true;
    filter.matcher = std::make_shared<const Matcher>(*state.document.trace, std::move(query).value());
    begin_search(state);
  }
  search_on(state, Slice());
  follow_cursor(state);
}

void search_on(State& state, std::uint64_t events) {
  EventFilter& filter = state.filter;
  if (!filter.active) return;
  const bool moved = filter.matcher->follows_cursor() && filter.searched_at != state.cursor().event;
  if (moved) begin_search(state);
  const std::uint64_t size = state.document.trace->size();
  if (filter.scanned >= size) return;
  const analyze::Lives lives(*state.document.trace, state.timeline().failures());
  const SearchMoment now{state.failures, lives, state.cursor().event};
  if (filter.scanned == 0 && search_census(state, now)) return;
  const std::uint64_t end = filter.scanned + std::min(events, size - filter.scanned);
  for (; filter.scanned < end; ++filter.scanned) {
    if (filter.matcher->matches(filter.scanned, now)) add_found(filter, filter.scanned);
  }
}

void search_on(State& state, const Slice& slice) {
  slice.fill([&] {
    search_on(state, kEventsSearchedAtOnce);
    return is_searching(state);
  });
}

bool is_searching(const State& state) {
  const EventFilter& filter = state.filter;
  if (!filter.active) return false;
  const bool moved = filter.matcher->follows_cursor() && filter.searched_at != state.cursor().event;
  return moved || filter.scanned < state.document.trace->size();
}

bool is_found(const State& state, std::uint64_t index) {
  const EventFilter& filter = state.filter;
  if (!filter.active || index >= state.document.trace->size()) return false;
  if (index < filter.scanned) return (filter.bits[index / 64] >> (index % 64) & 1u) != 0;
  const analyze::Lives lives(*state.document.trace, state.timeline().failures());
  return filter.matcher->matches(index, {state.failures, lives, state.cursor().event});
}

bool list_is_narrowed(const State& state) {
  return state.filter.active && !state.settings.list_all;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string found_text(const State& state) {
  const EventFilter& filter = state.filter;
  const std::uint64_t all = state.document.trace->size();
  if (!filter.active) return trace::count_text(all, "event");
  std::string note = fmt::format("{} of {}", trace::count_text(filter.matches.size()), trace::count_text(all));
  if (filter.scanned < all) {
    note +=
        fmt::format(" · searching {:.0f} %", 100.0 * static_cast<double>(filter.scanned) / static_cast<double>(all));
  }
  if (state.document.trace->header().has_approximate_lifetimes() && filter.matcher->asks_for_ends()) {
    note += " · frees are approximate";
  }
  return note;
}

}  // namespace allocviz::app
