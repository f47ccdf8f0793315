#include "viz/app/query.h"
#include "viz/app/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace allocviz::app {

namespace {

using trace::Result;
using trace::Trouble;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

Trouble fault(std::string what, std::string todo) {
  return {std::move(what), {}, std::move(todo)};
}

struct Written {
  std::string text;
  bool quoted = false;  // it begins with a quote: a text and nothing else
};

// Words, with "quoted ones" whole. A quote left open ends with the text.
std::vector<Written> words_of(std::string_view text) {
  std::vector<Written> words;
  Written word;
  bool inside = false, any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escaped = c == '\\' && inside && i + 1 < text.size() && text[i + 1] == '"';
    if (c == '"') {
      if (!any) word.quoted = true;
      inside = !inside;
      any = true;
    } else if ((c == ' ' || c == '\t') && !inside) {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word.text += escaped ? text[++i] : c;
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

enum class Unit : std::uint8_t { Text, Size, Address, Count, Moment };  // Moment: an event, or a time with its unit
struct Field {
  std::string_view name;
  TermKind kind;
  Unit unit;
  char sign;  // of a text: '~' for a part of it, '=' for all of it
  std::string_view example;
};
constexpr std::array kFields{
    Field{"id", TermKind::Id, Unit::Text, '=', "id=A"},
    Field{"site", TermKind::Site, Unit::Text, '~', "site~parse"},
    Field{"site", TermKind::SiteIs, Unit::Text, '=', "site=\"parse < main\""},
    Field{"stack", TermKind::StackIs, Unit::Text, '=', "stack=\"parse < main\""},
    Field{"note", TermKind::Note, Unit::Text, '~', "note~first"},
    Field{"tag", TermKind::Tag, Unit::Text, '~', "tag~boot"},
    Field{"tag", TermKind::TagIs, Unit::Text, '=', "tag=boot"},
    Field{"size", TermKind::Size, Unit::Size, 0, "size>4k, size=64 or size=1k..4k"},
    Field{"addr", TermKind::Addr, Unit::Address, 0, "addr=0x7f00 or addr=0x1000..0x2000"},
    Field{"thread", TermKind::Thread, Unit::Count, 0, "thread=3"},
    Field{"event", TermKind::Number, Unit::Count, 0, "event=100..200"},
    Field{"born", TermKind::Born, Unit::Moment, 0, "born=100..200 or born<5ms"},
    Field{"freed", TermKind::Freed, Unit::Moment, 0, "freed>200, freed<5ms or freed=never"},
    Field{"lifetime", TermKind::Lifetime, Unit::Moment, 0, "lifetime<100 or lifetime>5ms"},
    Field{"age", TermKind::Age, Unit::Moment, 0, "age>1000 or age>5ms"},
};

std::optional<std::uint64_t> size_of(std::string_view text) {
  const Result<std::uint64_t> size = trace::parse_typed_size(text);
  return size.ok() ? std::optional(*size) : std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  if (base == 16 && text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x') text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "5ms", "1.5s" in nanoseconds.
std::optional<std::uint64_t> time_of(std::string_view text) {
  struct Length {
    std::string_view unit;
    double ns;
  };
  constexpr std::array kLengths{Length{"ns", 1},     Length{"us", 1e3}, Length{"µs", 1e3},  Length{"ms", 1e6},
                                Length{"min", 60e9}, Length{"s", 1e9},  Length{"h", 3600e9}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (digits == 0 || error != std::errc{} || end != text.data() + digits) return std::nullopt;
  for (const Length& length : kLengths) {
    if (in_lower_case(text.substr(digits)) != length.unit) continue;
    const double ns = value * length.ns;
    return ns < 9e18 ? std::optional(static_cast<std::uint64_t>(std::llround(ns))) : std::nullopt;
  }
  return std::nullopt;
}

struct Value {
  std::uint64_t number = 0;
  bool is_time = false;
};

std::optional<Value> value_of(Unit unit, std::string_view text) {
  std::optional<std::uint64_t> number;
  if (unit == Unit::Size) number = size_of(text);
  if (unit == Unit::Address) number = number_of(text, 16);
  if (unit == Unit::Count || unit == Unit::Moment) number = number_of(text, 10);
  if (number) return Value{*number, false};
  if (unit == Unit::Moment) number = time_of(text);
  return number ? std::optional(Value{*number, true}) : std::nullopt;
}

constexpr std::string_view name_of(Unit unit) {
  switch (unit) {
    case Unit::Size:
      return "size";
    case Unit::Address:
      return "address";
    case Unit::Moment:
      return "number of events and no time";
    default:
      return "number";
  }
}

// low and high of "5", "5..9", "5..", "..9".
Trouble no_value(const Field& field, std::string_view value) {
  return fault(fmt::format("\"{}\" is no {}", value, name_of(field.unit)), fmt::format("write {}", field.example));
}

Result<Term> range_term(const Field& field, std::string_view value) {
  Term term{.kind = field.kind};
  const std::size_t dots = value.find("..");
  const std::string_view first = value.substr(0, dots);
  const std::string_view last = dots == std::string_view::npos ? first : value.substr(dots + 2);
  const auto low = value_of(field.unit, first), high = value_of(field.unit, last);
  const bool open = dots != std::string_view::npos && value.size() > 2;
  if (!low && !(open && first.empty())) return no_value(field, first);
  if (!high && !(open && last.empty())) return no_value(field, last);
  if (low && high && low->is_time != high->is_time) {
    return fault(fmt::format("\"{}\" goes from events to time", value), "give both ends a unit, or neither");
  }
  term.by_time = (low && low->is_time) || (high && high->is_time);
  if (low) term.low = low->number;
  if (high) term.high = high->number;
  if (term.low > term.high) {
    return fault(fmt::format("nothing lies in {}", value), fmt::format("write {}={}..{}", field.name, last, first));
  }
  return term;
}

Result<Term> number_term(const Field& field, std::string_view sign, std::string_view text) {
  if (sign == "=" && field.kind == TermKind::Freed && in_lower_case(text) == "never")
    return Term{.kind = TermKind::Never};
  if (sign == "=") return range_term(field, text);
  const auto value = value_of(field.unit, text);
  if (!value) return no_value(field, text);
  Term term{.kind = field.kind, .by_time = value->is_time};
  const std::uint64_t number = value->number;
  if (sign == ">=") term.low = number;
  if (sign == "<=") term.high = number;
  if (sign == ">") term.low = number == kMost ? kMost : number + 1;
  if (sign == "<" && number == 0) return fault(fmt::format("nothing is below {}", text), "write a larger number");
  if (sign == "<") term.high = number - 1;
  return term;
}

std::string field_names() {
  std::string names;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (i > 0 && kFields[i].name == kFields[i - 1].name) continue;
    names += (names.empty() ? "" : i + 1 == kFields.size() ? " or " : ", ") + std::string(kFields[i].name);
    if (kFields[i].sign == '~') names += '~';
  }
  return names;
}

// A word with a sign in it; nothing where it is no field, but a text that holds a sign of its own.
std::optional<Result<Term>> field_term(std::string_view word) {
  const std::size_t at = word.find_first_of("<>=~");
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string name = in_lower_case(word.substr(0, at));
  const bool or_equal = (word[at] == '<' || word[at] == '>') && word.size() > at + 1 && word[at + 1] == '=';
  const std::string_view sign = word.substr(at, or_equal ? 2 : 1);
  const std::string_view value = word.substr(at + sign.size());
  const Field* named = nullptr;
  for (const Field& field : kFields) {
    if (field.name != name) continue;
    if (named == nullptr) named = &field;
    const bool fits_sign = field.unit == Unit::Text ? sign == std::string_view(&field.sign, 1) : sign != "~";
    if (!fits_sign) continue;
    if (value.empty()) return fault(fmt::format("nothing follows {}", word), fmt::format("write {}", field.example));
    const bool none = sign == "=" && in_lower_case(value) == "none";
    if (none && field.kind == TermKind::Thread) return Term{.kind = field.kind, .text = "none"};
    if (field.unit != Unit::Text) return number_term(field, sign, value);
    const bool exact = field.sign == '=';
    if (none && field.kind != TermKind::Id) return Term{.kind = field.kind};
    return Term{.kind = field.kind, .text = exact ? std::string(value) : in_lower_case(value)};
  }
  if (named != nullptr) {
    return fault(fmt::format("{} is not compared with {}", name, sign), fmt::format("write {}", named->example));
  }
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!letters) return std::nullopt;
  return fault(fmt::format("there is no \"{}\" to compare", word.substr(0, at)), fmt::format("use {}", field_names()));
}

// Reads words one after the other; a clause such as "freed after 200" takes several.
class Reader {
 public:
  explicit Reader(std::vector<Written> words) : words_(std::move(words)) {}

  Result<Query> read() {
    Query query;
    std::vector<Term> group;
    while (at_ < words_.size()) {
      if (take("and")) continue;
      if (is("or") || is("|")) {
        if (group.empty() || at_ + 1 == words_.size()) {
          return fault("\"or\" stands between two searches", "write failed or size>1M");
        }
        ++at_;
        query.any_of.push_back(std::exchange(group, {}));
        continue;
      }
      Result<Term> term = next();
      if (!term.ok()) return std::move(term).trouble();
      group.push_back(std::move(term).value());
    }
    if (!group.empty()) query.any_of.push_back(std::move(group));
    return query;
  }

 private:
  [[nodiscard]] bool is(std::string_view word, std::size_t ahead = 0) const {
    return at_ + ahead < words_.size() && !words_[at_ + ahead].quoted &&
           in_lower_case(words_[at_ + ahead].text) == word;
  }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }

  Result<Term> next() {
    bool negated = false;
    if (is("not") && at_ + 1 < words_.size()) {
      ++at_;
      negated = true;
    }
    Written& word = words_[at_];
    if (!word.quoted && word.text.size() > 1 && word.text.front() == '-') {
      negated = !negated;
      word.text.erase(0, 1);
    }
    Result<Term> term = positive();
    if (term.ok()) term->negated = negated;
    return term;
  }

  Result<Term> positive() {
    if (is("live")) return live();
    if (is("never") && is("freed", 1)) {
      at_ += 2;
      return Term{.kind = TermKind::Never};
    }
    const bool of_freeing = is("freed");
    if (of_freeing && is("never", 1)) {
      at_ += 2;
      return Term{.kind = TermKind::Never};
    }
    if ((of_freeing || is("allocated") || is("born")) && begins_clause(1)) {
      ++at_;
      return clause(of_freeing ? "freed" : "born");
    }
    return word_term(words_[at_++]);
  }

  [[nodiscard]] bool begins_clause(std::size_t ahead) const {
    return is("between", ahead) || is("after", ahead) || is("before", ahead) || is("at", ahead);
  }

  // "between 100 and 200", "after 200", "before 200", "at 200".
  Result<Term> clause(std::string_view name) {
    const auto field = std::find_if(kFields.begin(), kFields.end(), [&](const Field& f) { return f.name == name; });
    const std::string word = in_lower_case(words_[at_++].text);
    const std::optional<std::string> first = operand();
    const bool between = word == "between";
    std::optional<std::string> last = first;
    if (between) {
      if (!take("and")) last.reset();
      if (last) last = operand();
    }
    if (!first || !last) {
      const std::string_view said = name == "born" ? "allocated" : "freed";
      return fault(
          fmt::format("\"{} {}\" wants {}", said, word, between ? "two events" : "an event"),
          between ? fmt::format("write {} between 100 and 200", said) : fmt::format("write {} {} 200", said, word));
    }
    if (between) return range_term(*field, *first + ".." + *last);
    if (word == "at") return range_term(*field, *first);
    return number_term(*field, word == "after" ? ">" : "<", *first);
  }

  // The next word as a number, with "event" before it or not.
  std::optional<std::string> operand() {
    if (is("event") || is("events")) ++at_;
    if (at_ >= words_.size()) return std::nullopt;
    return words_[at_++].text;
  }

  // "live", "live at 500", "live at cursor".
  Result<Term> live() {
    ++at_;
    Term term{.kind = TermKind::Live, .at_cursor = true};
    if (!take("at")) return term;
    const std::optional<std::string> when = operand();
    return when ? live_at(*when) : fault("\"live at\" wants an event", "write live at 500");
  }

  static Result<Term> live_at(const std::string& when) {
    if (when == "cursor" || when == "here") return Term{.kind = TermKind::Live, .at_cursor = true};
    const auto number = number_of(when, 10);
    if (!number) return fault(fmt::format("\"{}\" is no event", when), "write live at 500, or live for the cursor");
    return Term{.kind = TermKind::Live, .low = *number};
  }

  static Result<Term> word_term(const Written& word) {
    const std::string small = in_lower_case(word.text);
    if (word.quoted) return Term{.kind = TermKind::Text, .text = small};
    if (small.starts_with("live@")) return live_at(small.substr(5));
    for (const Word& known : kWords) {
      if (small == known.text) return Term{.kind = known.kind, .low = known.number};
    }
    if (auto term = field_term(word.text)) return std::move(*term);
    return Term{.kind = TermKind::Text, .text = small};
  }

  std::vector<Written> words_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Query> parse_query(std::string_view text) {
  return Reader(words_of(text)).read();
}

}  // namespace allocviz::app
