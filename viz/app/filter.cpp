#include "viz/app/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "viz/app/cursor.h"

namespace allocviz::app {

namespace {

using trace::Trouble;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

bool contains(std::string_view text, std::string_view lower_part) {
  return std::search(text.begin(), text.end(), lower_part.begin(), lower_part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

// Words, with "quoted ones" whole. A quote left open ends with the text.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if ((c == ' ' || c == '\t') && !quoted) {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

struct Word {
  std::string_view text;
  TermKind kind;
  std::uint64_t number;
};
constexpr std::array kWords{
    Word{"alloc", TermKind::Op, static_cast<std::uint64_t>(trace::Op::Alloc)},
    Word{"free", TermKind::Op, static_cast<std::uint64_t>(trace::Op::Free)},
    Word{"realloc", TermKind::Op, static_cast<std::uint64_t>(trace::Op::Realloc)},
    Word{"reset", TermKind::Op, static_cast<std::uint64_t>(trace::Op::Reset)},
    Word{"mark", TermKind::Op, static_cast<std::uint64_t>(trace::Op::Mark)},
    Word{"failed", TermKind::Failed, 0},
    Word{"unknown", TermKind::Flag, trace::kUnknownId},
    Word{"implicit", TermKind::Flag, trace::kImplicitFree},
    Word{"null", TermKind::Flag, trace::kNullFree},
};

struct Field {
  std::string_view name;
  TermKind kind;
  bool by_tilde;
};
constexpr std::array kFields{
    Field{"id", TermKind::Id, false},         Field{"addr", TermKind::Addr, false},
    Field{"thread", TermKind::Thread, false}, Field{"site", TermKind::Site, true},
    Field{"note", TermKind::Note, true},      Field{"tag", TermKind::Tag, true},
    Field{"size", TermKind::Size, false},
};

// "4k" and "4 m" as people write sizes in a hurry; everything else as trace::parse_size reads it.
trace::Result<std::uint64_t> size_of(std::string_view text) {
  std::string full(text);
  if (!full.empty()) {
    switch (lower(full.back())) {
      case 'k':
        full += "iB";
        break;
      case 'm':
        full += "iB";
        break;
      case 'g':
        full += "iB";
        break;
      default:
        break;
    }
  }
  if (full.size() > 3 && full.substr(full.size() - 2) == "iB") {
    char& unit = full[full.size() - 3];
    if (unit >= 'a' && unit <= 'z') unit = static_cast<char>(unit - 'a' + 'A');
  }
  return trace::parse_size(full);
}

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  if (base == 16 && text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x') text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Trouble fault(std::string what, std::string todo) {
  return {std::move(what), {}, std::move(todo)};
}

trace::Result<Term> number_term(const Field& field, Compare compare, std::string_view value) {
  Term term{field.kind, compare, 0, {}};
  if (field.kind == TermKind::Size) {
    auto size = size_of(value);
    if (!size.ok()) return fault(fmt::format("\"{}\" is no size", value), "write size>4k, size<=64 or size=100");
    term.number = *size;
    return term;
  }
  const int base = field.kind == TermKind::Addr ? 16 : 10;
  const std::optional<std::uint64_t> number = number_of(value, base);
  if (!number) {
    return fault(fmt::format("\"{}\" is no {}", value, field.kind == TermKind::Addr ? "address" : "thread"),
                 field.kind == TermKind::Addr ? "write addr=0x7f00" : "write thread=3");
  }
  term.number = *number;
  return term;
}

trace::Result<Term> field_term(const Field& field, std::string_view rest) {
  Compare compare = Compare::Equal;
  const bool tilde = rest.front() == '~';
  const bool or_equal = rest.size() > 1 && rest[1] == '=' && !tilde && rest.front() != '=';
  if (rest.front() == '<') compare = or_equal ? Compare::LessEqual : Compare::Less;
  if (rest.front() == '>') compare = or_equal ? Compare::GreaterEqual : Compare::Greater;
  const std::string_view value = rest.substr(or_equal ? 2 : 1);
  const bool text = field.by_tilde || field.kind == TermKind::Id;
  if (tilde != field.by_tilde || (compare != Compare::Equal && field.kind != TermKind::Size)) {
    return fault(fmt::format("{} is not compared with {}", field.name, rest.substr(0, or_equal ? 2 : 1)),
                 fmt::format("write {}{}…", field.name, field.by_tilde ? "~" : "="));
  }
  if (value.empty()) return fault(fmt::format("nothing follows {}{}", field.name, rest), "write what it should be");
  if (!text) return number_term(field, compare, value);
  return Term{field.kind, Compare::Equal, 0, field.kind == TermKind::Id ? std::string(value) : lower(value)};
}

trace::Result<Term> parse_word(const std::string& word) {
  const std::string small = lower(word);
  for (const Word& known : kWords) {
    if (small == known.text) return Term{known.kind, Compare::Equal, known.number, {}};
  }
  const std::size_t sign = word.find_first_of("<>=~");
  if (sign != std::string::npos && sign > 0) {
    for (const Field& field : kFields) {
      if (small.substr(0, sign) == field.name) return field_term(field, std::string_view(word).substr(sign));
    }
    // An id or a note may well hold a sign of its own; only what looks like a misspelt field is a fault.
    if (std::all_of(small.begin(), small.begin() + static_cast<std::ptrdiff_t>(sign),
                    [](char c) { return c >= 'a' && c <= 'z'; })) {
      return fault(fmt::format("there is no \"{}\" to compare", word.substr(0, sign)),
                   "use size, id, addr, thread, site~, note~ or tag~");
    }
  }
  return Term{TermKind::Text, Compare::Equal, 0, small};
}

bool compares(std::uint64_t value, Compare compare, std::uint64_t with) {
  switch (compare) {
    case Compare::Less:
      return value < with;
    case Compare::LessEqual:
      return value <= with;
    case Compare::Equal:
      return value == with;
    case Compare::GreaterEqual:
      return value >= with;
    case Compare::Greater:
      return value > with;
  }
  return false;
}

}  // namespace

trace::Result<std::vector<Term>> parse_filter(std::string_view text) {
  std::vector<Term> terms;
  for (const std::string& word : words_of(text)) {
    auto term = parse_word(word);
    if (!term.ok()) return std::move(term).trouble();
    terms.push_back(std::move(term).value());
  }
  return terms;
}

Matcher::Ready Matcher::ready_for(const trace::Trace& trace, const Term& term) {
  Ready ready;
  const bool text = term.kind == TermKind::Text;
  const auto has = [&](std::string_view where) { return contains(where, term.text); };
  if (text || term.kind == TermKind::Id) {
    ready.as_number = number_of(term.text, 10);
    for (const std::string& name : trace.names()) ready.names.push_back(text ? has(name) : name == term.text);
  }
  if (text || term.kind == TermKind::Site) {
    for (const trace::Site& site : trace.sites()) {
      ready.sites.push_back(std::any_of(site.frames.begin(), site.frames.end(), has));
    }
  }
  if (text || term.kind == TermKind::Tag) {
    for (const std::string& tag : trace.tags()) ready.tags.push_back(has(tag));
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

Matcher::Matcher(const trace::Trace& trace, std::vector<Term> terms) : trace_(trace), terms_(std::move(terms)) {
  for (const Term& term : terms_) ready_.push_back(ready_for(trace, term));
}

// Everything but what only the event's index tells.
bool Matcher::holds(const Term& term, const Ready& ready, const trace::Event& event) const {
  const auto id = [&] {
    if (!event.has(trace::kHasId)) return false;
    return event.has(trace::kNamedId) ? bool{ready.names[event.id]} : ready.as_number == event.id;
  };
  const auto site = [&] { return event.site != 0 && ready.sites[event.site - 1]; };
  const auto tag = [&] { return event.tag != 0 && ready.tags[event.tag - 1]; };
  switch (term.kind) {
    case TermKind::Text:
      return id() || site() || tag();
    case TermKind::Id:
      return id();
    case TermKind::Size:
      return (event.op == trace::Op::Alloc || event.op == trace::Op::Realloc) &&
             compares(event.size, term.compare, term.number);
    case TermKind::Op:
      return event.op == static_cast<trace::Op>(term.number);
    case TermKind::Flag:
      return event.has(static_cast<trace::EventFlag>(term.number));
    case TermKind::Addr:
      return event.addr != trace::kNoAddr && event.addr == term.number;
    case TermKind::Thread:
      return trace_.has_threads() && event.thread == term.number;
    case TermKind::Site:
      return site();
    case TermKind::Tag:
      return tag();
    case TermKind::Failed:
    case TermKind::Note:
      return false;
  }
  return false;
}

bool Matcher::matches(std::uint64_t index, const std::vector<std::uint64_t>& failures) const {
  const trace::Event event = trace_.event(index);
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const std::vector<std::uint64_t>& listed = terms_[i].kind == TermKind::Failed ? failures : ready_[i].events;
    if (!holds(terms_[i], ready_[i], event) && !std::binary_search(listed.begin(), listed.end(), index)) return false;
  }
  return true;
}

void set_filter(State& state, std::string text) {
  EventFilter& filter = state.filter;
  filter = {};
  filter.text = std::move(text);
  auto terms = parse_filter(filter.text);
  if (!terms.ok()) {
    filter.fault = terms.trouble().what + "; " + terms.trouble().todo;
  } else if (!terms->empty()) {
    filter.active = true;
    filter.matcher = std::make_shared<const Matcher>(*state.document.trace, std::move(terms).value());
  }
  search_on(state, kEventsSearchedAFrame);
  follow_cursor(state);
}

void search_on(State& state, std::uint64_t events) {
  EventFilter& filter = state.filter;
  if (!filter.active) return;
  const std::uint64_t size = state.document.trace->size();
  const std::uint64_t end = filter.scanned + std::min(events, size - filter.scanned);
  for (; filter.scanned < end; ++filter.scanned) {
    if (filter.matcher->matches(filter.scanned, state.failures)) filter.matches.push_back(filter.scanned);
  }
}

}  // namespace allocviz::app
