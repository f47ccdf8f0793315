// The spelling of a configuration on a command line, and its short title.
#include "core/trace/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace allocviz::trace {
namespace {

struct KindKeys {
  AllocatorKind kind;
  std::string_view name;
  std::string_view keys;      // every key it takes, one space between
  std::string_view required;  // those it cannot do without
  std::string_view example;
};

constexpr std::array<KindKeys, 5> kKinds = {{
    {AllocatorKind::Buddy, "buddy", "arena min block gaps", "arena", "buddy:arena=1MiB,min=64"},
    {AllocatorKind::Bump, "bump", "arena", "arena", "bump:arena=64KiB"},
    {AllocatorKind::Slab, "slab", "block count", "block count", "slab:block=64,count=1024"},
    {AllocatorKind::Tiered, "tiered", "arena min classes", "arena", "tiered:arena=64MiB,min=64"},
    {AllocatorKind::Recorded, "recorded", "", "", "recorded"},
}};

std::string_view cut(std::string_view& text, char at) {
  const auto end = text.find(at);
  const auto head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    if (cut(words, ' ') == word) return true;
  }
  return false;
}

std::string with_commas(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    if (!out.empty()) out += ", ";
    out += cut(words, ' ');
  }
  return out;
}

Trouble at_key(Trouble trouble, std::string_view key) {
  trouble.where.field = key;
  return trouble;
}

Status read_gaps(std::string_view text, std::vector<Gap>& gaps) {
  while (!text.empty()) {
    auto to_text = cut(text, '+');
    const auto from_text = cut(to_text, '-');
    const auto from = parse_typed_size(from_text);
    const auto to = parse_typed_size(to_text);
    if (!from.ok() || !to.ok()) {
      Trouble trouble = !from.ok() ? from.trouble() : to.trouble();
      trouble.todo = "write gaps as FROM-TO, joined by +: gaps=4096-8192+100000-163850";
      return at_key(std::move(trouble), "gaps");
    }
    gaps.push_back({*from, *to});
  }
  return Done{};
}

Status read_classes(std::string_view text, std::vector<std::uint64_t>& classes) {
  while (!text.empty()) {
    const auto size = parse_typed_size(cut(text, '+'));
    if (!size.ok()) {
      Trouble trouble = size.trouble();
      trouble.todo = "write classes joined by +: classes=16+32+48";
      return at_key(std::move(trouble), "classes");
    }
    classes.push_back(*size);
  }
  return Done{};
}

Status read_value(AllocatorSpec& spec, std::string_view key, std::string_view value) {
  if (value.empty()) return Trouble{"it has no value", {.field = std::string(key)}, fmt::format("write {}=…", key)};
  if (key == "gaps") return read_gaps(value, spec.gaps);
  if (key == "classes") return read_classes(value, spec.class_bytes);
  auto size = parse_typed_size(value);
  if (!size.ok()) return at_key(std::move(size).trouble(), key);
  if (key == "arena") {
    spec.arena_bytes = *size;
  } else if (key == "min") {
    spec.min_block_bytes = *size;
  } else if (key == "block") {
    // 0 stands for "not given" in the spec, so a 0 that was given is refused here.
    if (*size == 0) return Trouble{"a block of 0 B", {.field = "block"}, "write a size of 16 B or more"};
    spec.block_bytes = *size;
  } else {
    spec.block_count = *size;
  }
  return Done{};
}

std::string spelled(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  const int unit = std::min(std::countr_zero(bytes) / 10, 3);
  constexpr std::array<std::string_view, 4> kUnits = {"", "KiB", "MiB", "GiB"};
  return fmt::format("{}{}", bytes >> (10 * unit), kUnits[static_cast<unsigned>(unit)]);
}

}  // namespace

std::uint64_t slab_bytes(const AllocatorSpec& spec) {
  std::uint64_t bytes = std::clamp(std::bit_floor(spec.arena_bytes / 512), std::uint64_t{512}, std::uint64_t{64} << 10);
  if (!spec.class_bytes.empty()) bytes = std::max(bytes, std::bit_ceil(8 * spec.class_bytes.back()));
  return std::min(std::max(bytes, spec.min_block_bytes), largest_block_bytes(spec));
}

std::string_view kind_text(AllocatorKind kind) {
  return kKinds[static_cast<unsigned>(kind)].name;
}

Result<AllocatorSpec> parse_spec(std::string_view text) {
  auto rest = text;
  const auto name = cut(rest, ':');
  const KindKeys* kind = nullptr;
  for (const auto& candidate : kKinds) {
    if (candidate.name == name) kind = &candidate;
  }
  if (kind == nullptr) {
    return Trouble{fmt::format("\"{}\" is no kind of allocator", name),
                   {.field = "kind"},
                   "write buddy, bump, slab, tiered or recorded, as in buddy:arena=1MiB,min=64"};
  }
  AllocatorSpec spec{.kind = kind->kind};
  if (has_word(kind->keys, "min")) spec.min_block_bytes = kDefaultMinBlockBytes;
  std::string seen;
  while (!rest.empty()) {
    auto value = cut(rest, ',');
    const auto key = cut(value, '=');
    if (!has_word(kind->keys, key)) {
      return Trouble{fmt::format("a {} has no \"{}\"", name, key),
                     {.field = std::string(key)},
                     kind->keys.empty() ? fmt::format("write {} alone", name)
                                        : fmt::format("its keys are {}", with_commas(kind->keys))};
    }
    if (has_word(seen, key)) {
      return Trouble{fmt::format("\"{}\" is given twice", key), {.field = std::string(key)}, "give each key once"};
    }
    seen.append(key).append(" ");
    if (auto status = read_value(spec, key, value); !status.ok()) return std::move(status).trouble();
  }
  for (auto required = kind->required; !required.empty();) {
    const auto key = cut(required, ' ');
    if (!has_word(seen, key)) {
      return Trouble{fmt::format("a {} needs \"{}\"", name, key),
                     {.field = std::string(key)},
                     fmt::format("write it like {}", kind->example)};
    }
  }
  if (auto fault = fault_of(spec)) return *std::move(fault);
  return spec;
}

std::string to_text(const AllocatorSpec& spec) {
  std::string out(kind_text(spec.kind));
  char before = ':';
  const auto add = [&](std::string_view key, std::string_view value) {
    out += before;
    out.append(key).append("=").append(value);
    before = ',';
  };
  switch (spec.kind) {
    case AllocatorKind::Slab:
      add("block", spelled(spec.block_bytes));
      add("count", fmt::format("{}", spec.block_count));
      return out;
    case AllocatorKind::Recorded:
      return out;
    default:
      break;
  }
  add("arena", spelled(spec.arena_bytes));
  if (spec.kind == AllocatorKind::Bump) return out;
  add("min", spelled(spec.min_block_bytes));
  if (spec.block_bytes != 0) add("block", spelled(spec.block_bytes));
  std::string list;
  for (const auto& gap : spec.gaps) list += fmt::format("{}{}-{}", list.empty() ? "" : "+", gap.from, gap.to);
  if (!list.empty()) add("gaps", list);
  list.clear();
  for (const auto size : spec.class_bytes) list += fmt::format("{}{}", list.empty() ? "" : "+", spelled(size));
  if (!list.empty()) add("classes", list);
  return out;
}

std::string to_title(const AllocatorSpec& spec) {
  switch (spec.kind) {
    case AllocatorKind::Buddy: {
      std::string out = "buddy " + size_text(spec.arena_bytes);
      if (largest_block_bytes(spec) != spec.arena_bytes)
        out += fmt::format(" in {}", size_text(largest_block_bytes(spec)));
      out += " / " + size_text(spec.min_block_bytes);
      if (!spec.gaps.empty()) out += fmt::format(", {} gap{}", spec.gaps.size(), spec.gaps.size() == 1 ? "" : "s");
      return out;
    }
    case AllocatorKind::Bump:
      return "bump " + size_text(spec.arena_bytes);
    case AllocatorKind::Slab:
      return fmt::format("slab {} × {}", count_text(spec.block_count), size_text(spec.block_bytes));
    case AllocatorKind::Tiered:
      return fmt::format("tiered {} / {}", size_text(spec.arena_bytes), size_text(spec.min_block_bytes));
    case AllocatorKind::Recorded:
      return "recorded";
  }
  return {};
}

AllocatorSpec default_spec(std::uint64_t peak_live_bytes, std::uint64_t min_block_bytes) {
  AllocatorSpec spec{.kind = AllocatorKind::Buddy};
  spec.min_block_bytes = min_block_bytes;
  spec.arena_bytes = kMaxArenaBytes;
  if (peak_live_bytes < kMaxArenaBytes / 2) {
    spec.arena_bytes = std::max(std::bit_ceil(2 * peak_live_bytes), min_block_bytes);
  }
  spec.min_block_bytes = std::max(spec.min_block_bytes, spec.arena_bytes / kMostDefaultBlocks);
  return spec;
}

}  // namespace allocviz::trace
