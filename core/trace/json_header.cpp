// The parts of a header that are small and deep, "allocators" and "defaults": read from text that was captured of them.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <nlohmann/json.hpp>

#include "core/trace/json_parse.h"
#include "core/trace/json_text.h"

namespace allocviz::trace {
namespace {

using Json = nlohmann::json;

struct Keys {
  AllocatorKind kind;
  std::string_view keys;  // one space between; "!" behind those it cannot do without
};

constexpr std::array<Keys, 5> kKeys = {{{AllocatorKind::Buddy, "kind! arena! min_block block gaps"},
                                        {AllocatorKind::Bump, "kind! arena!"},
                                        {AllocatorKind::Slab, "kind! block! count!"},
                                        {AllocatorKind::Tiered, "kind! arena! min_block classes"},
                                        {AllocatorKind::Recorded, "kind!"}}};

template <class Each>
void for_each_key(std::string_view keys, Each each) {
  while (!keys.empty()) {
    auto key = keys.substr(0, keys.find(' '));
    keys.remove_prefix(std::min(keys.size(), key.size() + 1));
    const bool required = key.ends_with('!');
    if (required) key.remove_suffix(1);
    each(key, required);
  }
}

// Reads one allocator; faults are gathered with the field's full name.
class AllocatorReader {
 public:
  AllocatorReader(std::string field, std::vector<Trouble>& faults) : field_(std::move(field)), faults_(faults) {}

  std::optional<AllocatorSpec> read(const Json& json) {
    const std::size_t before = faults_.size();
    if (!json.is_object()) {
      fault("", "it is no object", "write {\"kind\": \"buddy\", \"arena\": \"1 KiB\", \"min_block\": 64}");
      return {};
    }
    if (!read_kind(json)) return {};
    if (json.contains("arena")) spec_.arena_bytes = size(json["arena"], "arena");
    if (spec_.kind == AllocatorKind::Buddy || spec_.kind == AllocatorKind::Tiered) {
      spec_.min_block_bytes = json.contains("min_block") ? size(json["min_block"], "min_block") : kDefaultMinBlockBytes;
    }
    if (json.contains("block")) {
      spec_.block_bytes = size(json["block"], "block");
      if (spec_.block_bytes == 0 && faults_.size() == before)
        fault("block", "a block of 0 B", "write a size of 16 B or more");
    }
    if (json.contains("count")) {
      if (json["count"].is_string()) {
        fault("count", "it is a string", "write a whole number");
      } else {
        spec_.block_count = size(json["count"], "count");
      }
    }
    if (json.contains("gaps")) read_gaps(json["gaps"]);
    if (json.contains("classes")) read_classes(json["classes"]);
    if (faults_.size() != before) return {};
    if (auto found = fault_of(spec_)) {
      if (found->where.field == "min") found->where.field = "min_block";
      fault(found->where.field, found->what, found->todo);
      return {};
    }
    return spec_;
  }

 private:
  void fault(std::string_view key, std::string what, std::string todo) {
    std::string field = field_;
    if (!key.empty()) field.append(".").append(key);
    faults_.push_back({std::move(what), {.field = std::move(field)}, std::move(todo)});
  }

  // The kind, and whether the keys are this kind's.
  bool read_kind(const Json& json) {
    const auto found = json.find("kind");
    const Keys* keys = nullptr;
    if (found != json.end() && found->is_string()) {
      for (const auto& candidate : kKeys) {
        if (kind_text(candidate.kind) == found->get_ref<const std::string&>()) keys = &candidate;
      }
    }
    if (keys == nullptr) {
      fault("kind", found == json.end() ? "it is missing" : "it is no kind of allocator",
            "write buddy, bump, slab, tiered or recorded");
      return false;
    }
    spec_.kind = keys->kind;
    const std::size_t before = faults_.size();
    std::string list;
    for_each_key(keys->keys, [&](std::string_view key, bool required) {
      list.append(list.empty() ? "" : ", ").append(key);
      if (required && !json.contains(key)) fault(key, fmt::format("a {} needs it", kind_text(spec_.kind)), "add it");
    });
    for (const auto& [name, value] : json.items()) {
      bool known = false;
      for_each_key(keys->keys, [&, wanted = &name](std::string_view key, bool) { known = known || key == *wanted; });
      if (!known) fault(name, fmt::format("a {} has no such field", kind_text(spec_.kind)), "its fields are " + list);
    }
    return faults_.size() == before;
  }

  std::uint64_t size(const Json& json, std::string_view key) {
    if (json.is_number_unsigned()) return json.get<std::uint64_t>();
    if (json.is_number_integer() && json.get<std::int64_t>() >= 0) return json.get<std::uint64_t>();
    if (!json.is_string()) {
      fault(key, json.is_number_integer() ? "it is negative" : "it is no size",
            "write bytes, or \"1 KiB\", \"1 MiB\", \"1 GiB\"");
      return 0;
    }
    const auto bytes = parse_size(json.get_ref<const std::string&>());
    if (bytes.ok()) return *bytes;
    fault(key, bytes.trouble().what, bytes.trouble().todo);
    return 0;
  }

  void read_gaps(const Json& json) {
    constexpr std::string_view kWrite = "write [[from, to], …], offsets in bytes";
    if (!json.is_array()) return fault("gaps", "it is no array", std::string(kWrite));
    for (const auto& gap : json) {
      const auto key = fmt::format("gaps[{}]", spec_.gaps.size());
      if (!gap.is_array() || gap.size() != 2)
        return fault(key, "a gap is an array of two offsets", std::string(kWrite));
      const std::uint64_t from = size(gap[0], key);
      spec_.gaps.push_back({from, size(gap[1], key)});
    }
  }

  void read_classes(const Json& json) {
    if (!json.is_array()) return fault("classes", "it is no array", "write [16, 32, 48]");
    for (const auto& each : json)
      spec_.class_bytes.push_back(size(each, fmt::format("classes[{}]", spec_.class_bytes.size())));
  }

  std::string field_;
  std::vector<Trouble>& faults_;
  AllocatorSpec spec_;
};

// "1 KiB" where that is exact and shorter to read, else the number.
void append_size(std::string& out, std::uint64_t bytes) {
  const int unit = bytes == 0 ? 0 : std::min(std::countr_zero(bytes) / 10, 3);
  constexpr std::array<std::string_view, 4> kUnits = {"", " KiB", " MiB", " GiB"};
  if (unit != 0) out += '"';
  append_number(out, bytes >> (10 * unit));
  if (unit != 0) out.append(kUnits[static_cast<unsigned>(unit)]).append("\"");
}

}  // namespace

std::vector<AllocatorSpec> allocators_from_json(const std::string& text, std::vector<Trouble>& faults) {
  std::vector<AllocatorSpec> specs;
  std::size_t index = 0;
  const auto array = parse_json(text);  // the text is what our own reader wrote: it is valid
  for (const auto& json : array) {
    if (auto spec = AllocatorReader(fmt::format("allocators[{}]", index++), faults).read(json))
      specs.push_back(*std::move(spec));
  }
  return specs;
}

Result<std::optional<std::uint64_t>> default_align_from_json(const std::string& text) {
  std::optional<std::uint64_t> align;
  const auto object = parse_json(text);
  for (const auto& [name, value] : object.items()) {
    if (name != "align")
      return Trouble{"there is no such default", {.field = "defaults." + name}, "the only one is \"align\""};
    if (!value.is_number_unsigned() || !std::has_single_bit(value.get<std::uint64_t>())) {
      return Trouble{"it is no power of two", {.field = "defaults.align"}, "write 1, 2, 4, 8, 16 …"};
    }
    align = value.get<std::uint64_t>();
  }
  return align;
}

std::string allocator_to_json(const AllocatorSpec& spec) {
  std::string out = "{\"kind\": ";
  append_quoted(out, kind_text(spec.kind));
  const auto add = [&out](std::string_view key, std::uint64_t bytes) {
    out.append(", \"").append(key).append("\": ");
    append_size(out, bytes);
  };
  if (spec.kind == AllocatorKind::Buddy || spec.kind == AllocatorKind::Bump || spec.kind == AllocatorKind::Tiered) {
    add("arena", spec.arena_bytes);
  }
  if (spec.kind == AllocatorKind::Buddy || spec.kind == AllocatorKind::Tiered) add("min_block", spec.min_block_bytes);
  if (spec.kind == AllocatorKind::Slab || spec.block_bytes != 0) add("block", spec.block_bytes);
  if (spec.kind == AllocatorKind::Slab) {
    out += ", \"count\": ";
    append_number(out, spec.block_count);
  }
  std::string list;
  for (const auto& gap : spec.gaps) list += fmt::format("{}[{}, {}]", list.empty() ? "" : ", ", gap.from, gap.to);
  if (!list.empty()) out += ", \"gaps\": [" + list + "]";
  list.clear();
  for (const auto bytes : spec.class_bytes) list += fmt::format("{}{}", list.empty() ? "" : ", ", bytes);
  if (!list.empty()) out += ", \"classes\": [" + list + "]";
  return out + "}";
}

}  // namespace allocviz::trace
