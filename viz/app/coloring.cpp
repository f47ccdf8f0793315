#include "viz/app/coloring.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/trace/spec.h"
#include "viz/app/names.h"

namespace allocviz::app {

namespace {

using replay::Block;
using Key = std::uint64_t;
using KeyOf = std::function<Key(const Block&)>;

constexpr Key kNever = ~Key{0};  // a lifetime without an end

struct Sum {
  std::uint64_t blocks = 0, bytes = 0;
};
using Sums = std::map<Key, Sum>;

Sums sums_of(const replay::Census& census, const KeyOf& key_of) {
  Sums sums;
  for (const Block& block : census.blocks) {
    if (block.state != replay::BlockState::Live) continue;
    Sum& sum = sums[key_of(block)];
    ++sum.blocks;
    sum.bytes += block.requested;
  }
  return sums;
}

// An entry whose word is never cut: "1 000 000" without its end is another number.
Coloring::Entry number(std::string word) {
  Coloring::Entry entry;
  entry.kept = word.size();
  entry.word = std::move(word);
  return entry;
}

using EntryOf = std::function<Coloring::Entry(Key, bool and_more)>;

// The exponents of a scale, smallest first; what is beyond the last entry belongs to it.
Coloring scale(const Sums& sums, const KeyOf& key_of, const EntryOf& name_of) {
  Coloring coloring;
  coloring.is_scale = true;
  std::vector<Key> keys;
  for (const auto& [key, sum] : sums) {
    const bool merged = keys.size() == kMostEntries;
    if (merged) {
      Coloring::Entry last = name_of(keys.back(), true);
      last.blocks = coloring.entries.back().blocks;
      last.bytes = coloring.entries.back().bytes;
      coloring.entries.back() = std::move(last);
    } else {
      keys.push_back(key);
      coloring.entries.push_back(name_of(key, false));
    }
    coloring.entries.back().blocks += sum.blocks;
    coloring.entries.back().bytes += sum.bytes;
  }
  coloring.entry_of = [keys, key_of](const Block& block) {
    const auto at = std::lower_bound(keys.begin(), keys.end(), key_of(block));
    return std::min(static_cast<std::size_t>(at - keys.begin()), keys.size() - 1);
  };
  return coloring;
}

// The keys of one word: call sites in one line of a file differ in what is not shown, call stacks in who called.
struct Kind {
  Coloring::Entry name;
  Sum sum;
  std::vector<Key> keys;

  void take(const Kind& other) {
    sum.blocks += other.sum.blocks;
    sum.bytes += other.sum.bytes;
    keys.insert(keys.end(), other.keys.begin(), other.keys.end());
  }
};

using TextOf = std::function<std::string_view(Key)>;

void by_bytes(std::vector<Kind>& kinds) {
  std::stable_sort(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) { return a.sum.bytes > b.sum.bytes; });
}

// The keys of one text: of ten thousand call stacks those that end in the same call. All of them, or the sums of those
// that are shown would be those of the largest stacks alone.
std::vector<Kind> kinds_by_text(const Sums& sums, const TextOf& text_of) {
  std::vector<Kind> kinds;
  std::unordered_map<std::string_view, std::size_t> kind_of;
  for (const auto& [key, sum] : sums) {
    Kind kind{{}, sum, {key}};
    const auto same = text_of ? kind_of.try_emplace(text_of(key), kinds.size()).first : kind_of.end();
    if (same == kind_of.end() || same->second == kinds.size()) {
      kinds.push_back(std::move(kind));
    } else {
      kinds[same->second].take(kind);
    }
  }
  return kinds;
}

// The most bytes first. Of a hundred thousand sites most are "others" whatever they are called: they get no word.
std::vector<Kind> kinds_of(const Sums& sums, const TextOf& text_of,
                           const std::function<Coloring::Entry(Key)>& name_of) {
  constexpr std::size_t kNamed = 64;
  std::vector<Kind> all = kinds_by_text(sums, text_of);
  by_bytes(all);
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Kind& kind = all[i];
    auto same = kinds.end();
    if (i < kNamed) {
      kind.name = name_of(kind.keys.front());
      same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name.word == kind.name.word; });
    }
    if (same == kinds.end()) {
      kinds.push_back(std::move(kind));
    } else {
      same->take(kind);
    }
  }
  by_bytes(kinds);
  for (std::size_t i = 0; i < std::min(kinds.size(), kMostEntries); ++i) {
    if (kinds[i].name.word.empty()) kinds[i].name = name_of(kinds[i].keys.front());
  }
  return kinds;
}

// Kinds by their bytes, the most first; what finds no place among the first seven is "others".
Coloring kinds(const Sums& sums, const KeyOf& key_of, const TextOf& text_of,
               const std::function<Coloring::Entry(Key)>& name_of) {
  Coloring coloring;
  const std::vector<Kind> ranked = kinds_of(sums, text_of, name_of);
  const auto entry = std::make_shared<std::map<Key, std::size_t>>();  // of a hundred thousand sites: not copied
  const bool crowded = ranked.size() > kMostEntries;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const Kind& kind = ranked[i];
    const bool other = crowded && i >= kMostEntries - 1;
    if (!other) coloring.entries.push_back(kind.name);
    if (other && i == kMostEntries - 1) {
      coloring.entries.push_back(number(fmt::format("{} others", trace::count_text(ranked.size() - i))));
    }
    for (const Key key : kind.keys) (*entry)[key] = coloring.entries.size() - 1;
    coloring.entries.back().blocks += kind.sum.blocks;
    coloring.entries.back().bytes += kind.sum.bytes;
  }
  coloring.entry_of = [entry, key_of](const Block& block) {
    const auto found = entry->find(key_of(block));
    return found == entry->end() ? std::size_t{0} : found->second;
  };
  return coloring;
}

constexpr Key kLeastSize = 2;  // 16 B: what is smaller is no class of its own in most allocators

// The exponent e of the smallest 4^e not below a size, at least kLeastSize; of the smallest 10^e above a number of
// events.
Key power_of_four(std::uint64_t bytes) {
  return bytes <= 1 ? kLeastSize : std::max(kLeastSize, (static_cast<Key>(std::bit_width(bytes - 1)) + 1) / 2);
}
Key power_of_ten(std::uint64_t events) {
  Key exponent = 1;
  for (std::uint64_t bound = 10; events >= bound && exponent < 19; bound *= 10) ++exponent;
  return exponent;
}
std::uint64_t ten_to(Key exponent) {
  std::uint64_t value = 1;
  while (exponent-- > 0) value *= 10;
  return value;
}

Coloring::Entry size_entry(Key exponent, bool and_more) {
  if (and_more) return number("> " + trace::size_text(std::uint64_t{1} << (2 * (exponent - 1))));
  return number(exponent >= 32 ? "larger" : "≤ " + trace::size_text(std::uint64_t{1} << (2 * exponent)));
}

// "100 k": as short as a legend wants it. The legend's title says what of.
std::string power_word(Key exponent) {
  static constexpr const char* kUnits[] = {"", " k", " M", " G", " T", " P", " E"};
  return trace::count_text(ten_to(exponent % 3)) + kUnits[exponent / 3];
}

Coloring::Entry events_entry(Key exponent, bool and_more) {
  if (exponent == kNever) return number("never freed");
  const Key bound = and_more ? exponent - 1 : exponent;
  const char* const sign = and_more ? "≥" : "<";
  Coloring::Entry entry = number(fmt::format("{} {}", sign, power_word(bound)));
  entry.whole = fmt::format("{} {} events", sign, trace::count_text(ten_to(bound)));
  return entry;
}

KeyOf lifetime_of(const trace::Trace& trace) {
  return [&trace](const Block& block) {
    const std::uint64_t end = block.born < trace.size() ? trace.ended_at(block.born) : trace::kNoEvent;
    return end == trace::kNoEvent ? kNever : power_of_ten(end - block.born);
  };
}

KeyOf field_of(ColorBy by, const trace::Trace& trace) {
  return [by, &trace](const Block& block) -> Key {
    if (block.born >= trace.size()) return 0;
    const trace::Event event = trace.event(block.born);
    if (by == ColorBy::Site) return event.site;
    if (by == ColorBy::Tag) return event.tag;
    return event.has(trace::kHasThread) ? event.thread + 1 : 0;
  };
}

// Of call stacks the frame that allocates; threads and tags are one of a kind.
TextOf text_of_kind(ColorBy by, const trace::Trace& trace) {
  if (by != ColorBy::Site) return {};
  return [&trace](Key key) { return key == 0 ? std::string_view{} : trace.sites()[key - 1].frames.front(); };
}

Coloring::Entry field_name(ColorBy by, const trace::Trace& trace, Key key) {
  if (key == 0) return number(by == ColorBy::Thread ? "thread not said" : by == ColorBy::Site ? "no site" : "no tag");
  if (by == ColorBy::Thread) return number(fmt::format("thread {}", key - 1));
  if (by == ColorBy::Tag) return {trace.tags()[key - 1]};
  const std::string& frame = trace.sites()[key - 1].frames.front();
  Coloring::Entry entry;
  entry.word = short_site(frame);
  entry.telling = telling_part(entry.word);
  entry.kept = offset_bytes(entry.telling);
  entry.whole = frame;
  return entry;
}

}  // namespace

bool can_color_by(ColorBy by, const trace::Trace& trace) {
  switch (by) {
    case ColorBy::Thread:
      return trace.has_threads();
    case ColorBy::Site:
      return trace.has_sites();
    case ColorBy::Tag:
      return !trace.tags().empty();
    default:
      return true;
  }
}

ColorBy color_by(const State& state) {
  const ColorBy by = state.settings.color_by;
  return can_color_by(by, *state.document.trace) ? by : ColorBy::State;
}

const char* name_of(ColorBy by) {
  static constexpr const char* kNames[kColorBys] = {"state", "size", "age", "lifetime", "thread", "site", "tag"};
  return kNames[static_cast<std::size_t>(by)];
}

std::string title_of(ColorBy by, const trace::Trace& trace) {
  const bool in_events = by == ColorBy::Age || by == ColorBy::Lifetime;
  // No longer than the exact one: on a small window the first colours stand beside it or not at all.
  if (by == ColorBy::Lifetime && trace.header().has_approximate_lifetimes()) return "by approximate lifetime";
  return fmt::format("by {}{}", name_of(by), in_events ? ", in events" : "");
}

Coloring coloring_of(ColorBy by, const trace::Trace& trace, const replay::Census& census, std::uint64_t event) {
  KeyOf key_of;
  switch (by) {
    case ColorBy::State:
      return {};
    case ColorBy::Size:
      key_of = [](const Block& block) { return power_of_four(block.requested); };
      return scale(sums_of(census, key_of), key_of, size_entry);
    case ColorBy::Age:
      key_of = [event](const Block& block) { return power_of_ten(event > block.born ? event - block.born - 1 : 0); };
      return scale(sums_of(census, key_of), key_of, events_entry);
    case ColorBy::Lifetime:
      key_of = lifetime_of(trace);
      return scale(sums_of(census, key_of), key_of, events_entry);
    case ColorBy::Thread:
    case ColorBy::Site:
    case ColorBy::Tag:
      key_of = field_of(by, trace);
      return kinds(sums_of(census, key_of), key_of, text_of_kind(by, trace),
                   [by, &trace](Key key) { return field_name(by, trace, key); });
  }
  return {};
}

}  // namespace allocviz::app
