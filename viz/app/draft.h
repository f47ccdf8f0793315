// A configuration while it is being typed: one text a field, and what the texts come to.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/trace/spec.h"

namespace allocviz::app {

enum class DraftField : std::uint8_t { Arena, MinBlock, Block, Count, Gaps, Classes };
inline constexpr std::size_t kDraftFields = 6;

struct Draft {
  trace::AllocatorKind kind = trace::AllocatorKind::Buddy;
  std::array<std::string, kDraftFields> texts;  // as typed; what may_be_empty() names may be
  [[nodiscard]] const std::string& operator[](DraftField field) const { return texts[static_cast<std::size_t>(field)]; }
  [[nodiscard]] std::string& operator[](DraftField field) { return texts[static_cast<std::size_t>(field)]; }
};

[[nodiscard]] Draft draft_of(const trace::AllocatorSpec& spec);
// Another kind over as much memory: what the old kind did not have gets a value that makes the configuration valid.
void change_kind(Draft& draft, trace::AllocatorKind kind);
// The configuration, or what is wrong with it; `where.field` names the field as a SPEC spells it.
[[nodiscard]] trace::Result<trace::AllocatorSpec> spec_of(const Draft& draft);

// The kinds that can be chosen, and the fields of one in the order in which they are asked for.
[[nodiscard]] std::span<const trace::AllocatorKind> draft_kinds();
[[nodiscard]] std::span<const DraftField> fields_of(trace::AllocatorKind kind);
// Left empty it has a default: a buddy's largest block and gaps, a tiered allocator's classes.
[[nodiscard]] bool may_be_empty(DraftField field, trace::AllocatorKind kind);
[[nodiscard]] std::string_view key_of(DraftField field);                               // "min", as in a SPEC
[[nodiscard]] std::string_view title_of(DraftField field, trace::AllocatorKind kind);  // "Smallest block"
[[nodiscard]] std::string_view hint_of(DraftField field, trace::AllocatorKind kind);   // "a power of two"

}  // namespace allocviz::app
