#include "viz/app/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "viz/app/names.h"

namespace allocviz::app {

namespace {

using trace::AllocatorKind;

constexpr std::array kKinds{AllocatorKind::Buddy, AllocatorKind::Bump, AllocatorKind::Slab, AllocatorKind::Tiered};
constexpr std::array kBuddyFields{DraftField::Arena, DraftField::MinBlock, DraftField::Block, DraftField::Gaps};
constexpr std::array kBumpFields{DraftField::Arena};
constexpr std::array kSlabFields{DraftField::Block, DraftField::Count};
constexpr std::array kTieredFields{DraftField::Arena, DraftField::MinBlock, DraftField::Classes};
constexpr std::array<std::string_view, kDraftFields> kKeys{"arena", "min", "block", "count", "gaps", "classes"};

// "1MiB" -> "1 MiB", "64" -> "64 B": easier to read and still what a SPEC takes.
std::string spaced(const std::string& size) {
  const std::size_t unit = size.find_first_not_of("0123456789");
  if (unit == std::string::npos) return size + " B";
  return size.substr(0, unit) + " " + size.substr(unit);
}

bool is_size(DraftField field) {
  return field == DraftField::Arena || field == DraftField::MinBlock || field == DraftField::Block;
}

std::string size_written(std::uint64_t bytes) {
  trace::AllocatorSpec spec;
  spec.kind = AllocatorKind::Bump;
  spec.arena_bytes = bytes;
  return draft_of(spec)[DraftField::Arena];
}

// What is wrong with a SPEC in the words that stand beside the fields: "min is 48 B" is about the "Smallest block", and
// a field takes what is behind its key alone.
trace::Trouble in_words_of_the_fields(trace::Trouble trouble, AllocatorKind kind) {
  for (const DraftField field : fields_of(kind)) {
    const std::string key(key_of(field)), begins = key + " is ", example = key + "=";
    if (trouble.what.starts_with(begins)) {
      std::string name(title_of(field, kind));
      name.front() = lower(name.front());
      trouble.what.replace(0, key.size(), "the " + name);
    }
    if (const std::size_t at = trouble.todo.find(example); at != std::string::npos)
      trouble.todo.erase(at, example.size());
  }
  return trouble;
}

// As much memory as the draft is about, as far as that can be read.
std::uint64_t bytes_of(const Draft& draft) {
  const auto size = [&](DraftField field) {
    const auto read = trace::parse_typed_size(draft[field]);
    return read.ok() ? *read : 0;
  };
  if (draft.kind != AllocatorKind::Slab) return size(DraftField::Arena);
  const std::uint64_t block = size(DraftField::Block), count = size(DraftField::Count);
  return block == 0 || count > (std::uint64_t{1} << 46) / block ? 0 : block * count;
}

}  // namespace

Draft draft_of(const trace::AllocatorSpec& spec) {
  Draft draft;
  draft.kind = spec.kind;
  const std::string text = trace::to_text(spec);
  std::string_view rest = text;
  rest.remove_prefix(std::min(rest.find(':'), rest.size() - 1) + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    const auto key = std::find(kKeys.begin(), kKeys.end(), pair.substr(0, equals));
    if (key == kKeys.end() || equals == std::string_view::npos) continue;
    const auto field = static_cast<DraftField>(key - kKeys.begin());
    const std::string value(pair.substr(equals + 1));
    draft[field] = is_size(field) ? spaced(value) : value;
  }
  // What a SPEC leaves out because it is the default is shown all the same.
  const bool halves = spec.kind == AllocatorKind::Buddy || spec.kind == AllocatorKind::Tiered;
  if (halves && draft[DraftField::MinBlock].empty()) {
    draft[DraftField::MinBlock] = spaced(std::to_string(spec.min_block_bytes));
  }
  return draft;
}

void change_kind(Draft& draft, AllocatorKind kind) {
  if (kind == draft.kind) return;
  const std::uint64_t bytes = std::max<std::uint64_t>(bytes_of(draft), 1024);
  const auto smallest = trace::parse_typed_size(draft[DraftField::MinBlock]);
  const std::uint64_t block = smallest.ok() && *smallest >= 16 && *smallest <= bytes ? *smallest : 64;
  Draft next;
  next.kind = kind;
  if (kind == AllocatorKind::Slab) {
    next[DraftField::Block] = size_written(block);
    next[DraftField::Count] = std::to_string(bytes / block);
  } else {
    const bool whole = kind == AllocatorKind::Bump || bytes > (std::uint64_t{1} << 46);
    next[DraftField::Arena] = size_written(whole ? bytes : std::bit_ceil(bytes));
  }
  if (kind == AllocatorKind::Buddy || kind == AllocatorKind::Tiered) {
    next[DraftField::MinBlock] = size_written(std::bit_floor(block));
  }
  draft = std::move(next);
}

trace::Result<trace::AllocatorSpec> spec_of(const Draft& draft) {
  std::string text(trace::kind_text(draft.kind));
  char before = ':';
  for (const DraftField field : fields_of(draft.kind)) {
    if (draft[field].find_first_not_of(' ') == std::string::npos) {
      if (may_be_empty(field, draft.kind)) continue;
      return trace::Trouble{"it is empty", {.field = std::string(key_of(field))}, "write a size: 64, 4 KiB, 1 MiB"};
    }
    // A comma would begin the next key.
    if (draft[field].find(',') != std::string::npos) {
      const bool several = field == DraftField::Gaps || field == DraftField::Classes;
      return trace::Trouble{fmt::format("\"{}\" has a comma", draft[field]),
                            {.field = std::string(key_of(field))},
                            several ? "write several joined by +" : "write the digits alone, or 4 KiB, 1 MiB"};
    }
    text.append(1, std::exchange(before, ',')).append(key_of(field)).append("=").append(draft[field]);
  }
  auto spec = trace::parse_spec(text);
  if (!spec.ok()) return in_words_of_the_fields(std::move(spec).trouble(), draft.kind);
  if (auto fault = trace::fault_of(*spec)) return in_words_of_the_fields(std::move(*fault), draft.kind);
  return spec;
}

std::span<const AllocatorKind> draft_kinds() {
  return kKinds;
}

std::span<const DraftField> fields_of(AllocatorKind kind) {
  if (kind == AllocatorKind::Bump) return kBumpFields;
  if (kind == AllocatorKind::Slab) return kSlabFields;
  if (kind == AllocatorKind::Tiered) return kTieredFields;
  return kBuddyFields;
}

bool may_be_empty(DraftField field, AllocatorKind kind) {
  return field == DraftField::Gaps || field == DraftField::Classes ||
         (field == DraftField::Block && kind == AllocatorKind::Buddy);
}

std::string_view key_of(DraftField field) {
  return kKeys[static_cast<std::size_t>(field)];
}

std::string_view title_of(DraftField field, AllocatorKind kind) {
  switch (field) {
    case DraftField::Arena:
      return "Arena";
    case DraftField::MinBlock:
      return "Smallest block";
    case DraftField::Block:
      return kind == AllocatorKind::Slab ? "Block" : "Largest block";
    case DraftField::Count:
      return "Blocks";
    case DraftField::Gaps:
      return "Gaps";
    case DraftField::Classes:
      return "Slab classes";
  }
  return "";
}

std::string_view hint_of(DraftField field, AllocatorKind kind) {
  switch (field) {
    case DraftField::Arena:
      return kind == AllocatorKind::Bump ? "64 KiB" : "1 MiB";
    case DraftField::MinBlock:
      return "a power of two, 16 B or more";
    case DraftField::Block:
      return kind == AllocatorKind::Slab ? "64 B" : "a power of two; else the largest that divides the arena";
    case DraftField::Count:
      return "1024";
    case DraftField::Gaps:
      return "none, or from-to in bytes: 4096-8192+65536-69632";
    case DraftField::Classes:
      return "the usual ones, or sizes joined by +: 16+32+48";
  }
  return "";
}

}  // namespace allocviz::app
