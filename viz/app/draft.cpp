#include "viz/app/draft.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace allocviz::app {

namespace {

using trace::AllocatorKind;

constexpr std::array kKinds{AllocatorKind::Buddy, AllocatorKind::Bump, AllocatorKind::Slab};
constexpr std::array kBuddyFields{DraftField::Arena, DraftField::MinBlock, DraftField::Block, DraftField::Gaps};
constexpr std::array kBumpFields{DraftField::Arena};
constexpr std::array kSlabFields{DraftField::Block, DraftField::Count};
constexpr std::array<std::string_view, kDraftFields> kKeys{"arena", "min", "block", "count", "gaps"};

// "1MiB" -> "1 MiB": easier to read and still what a SPEC takes.
std::string spaced(std::string_view size) {
  const std::size_t unit = size.find_first_not_of("0123456789");
  if (unit == std::string_view::npos || unit == 0 || size.find_first_of("-+") != std::string_view::npos) {
    return std::string(size);
  }
  return std::string(size.substr(0, unit)) + " " + std::string(size.substr(unit));
}

std::string size_written(std::uint64_t bytes) {
  trace::AllocatorSpec spec;
  spec.kind = AllocatorKind::Bump;
  spec.arena_bytes = bytes;
  return draft_of(spec)[DraftField::Arena];
}

// As much memory as the draft is about, as far as that can be read.
std::uint64_t bytes_of(const Draft& draft) {
  const auto size = [&](DraftField field) {
    const auto read = trace::parse_size(draft[field]);
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
    draft.texts[static_cast<std::size_t>(key - kKeys.begin())] = spaced(pair.substr(equals + 1));
  }
  // What a SPEC leaves out because it is the default is shown all the same.
  if (spec.kind == AllocatorKind::Buddy && draft[DraftField::MinBlock].empty()) {
    draft[DraftField::MinBlock] = spaced(std::to_string(spec.min_block_bytes));
  }
  return draft;
}

void change_kind(Draft& draft, AllocatorKind kind) {
  if (kind == draft.kind) return;
  const std::uint64_t bytes = std::max<std::uint64_t>(bytes_of(draft), 1024);
  const auto smallest = trace::parse_size(draft[DraftField::MinBlock]);
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
  if (kind == AllocatorKind::Buddy) next[DraftField::MinBlock] = size_written(std::bit_floor(block));
  draft = std::move(next);
}

trace::Result<trace::AllocatorSpec> spec_of(const Draft& draft) {
  std::string text(trace::kind_text(draft.kind));
  char before = ':';
  for (const DraftField field : fields_of(draft.kind)) {
    if (draft[field].find_first_not_of(' ') == std::string::npos) {
      if (field == DraftField::Gaps || (field == DraftField::Block && draft.kind == AllocatorKind::Buddy)) continue;
      return trace::Trouble{"it is empty", {.field = std::string(key_of(field))}, "write a size: 64, 4 KiB, 1 MiB"};
    }
    // A comma would begin the next key.
    if (draft[field].find(',') != std::string::npos) {
      return trace::Trouble{"a comma", {.field = std::string(key_of(field))}, "write gaps as FROM-TO, joined by +"};
    }
    text.append(1, std::exchange(before, ',')).append(key_of(field)).append("=").append(draft[field]);
  }
  auto spec = trace::parse_spec(text);
  if (!spec.ok()) return spec;
  if (auto fault = trace::fault_of(*spec)) return std::move(*fault);
  return spec;
}

std::span<const AllocatorKind> draft_kinds() {
  return kKinds;
}

std::span<const DraftField> fields_of(AllocatorKind kind) {
  if (kind == AllocatorKind::Bump) return kBumpFields;
  if (kind == AllocatorKind::Slab) return kSlabFields;
  return kBuddyFields;
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
      return kind == AllocatorKind::Slab ? "64 B" : "as the arena";
    case DraftField::Count:
      return "1024";
    case DraftField::Gaps:
      return "none, or from-to in bytes: 4096-8192+65536-69632";
  }
  return "";
}

}  // namespace allocviz::app
