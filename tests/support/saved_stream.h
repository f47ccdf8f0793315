// What a random test or a fuzzer asked of an allocator, kept so that a failure can be written as a trace that the
// program opens. Needs nothing but the standard library: the tests of core/alloc have no more.
#pragma once

#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

namespace allocviz::test {

class SavedStream {
 public:
  // The header's object: {"kind": "slab", "block": 48, "count": 10}.
  explicit SavedStream(std::string allocator) : allocator_(std::move(allocator)) {}

  // A block is known by where it stands; `offset` is where the answer is, kNowhere when it was refused.
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  void allocate(std::size_t size, std::size_t align, std::size_t offset) {
    request("alloc", next_id_, size, align);
    if (offset != kNowhere) ids_[offset] = next_id_;
    ++next_id_;
  }
  void reallocate(std::size_t from, std::size_t size, std::size_t align, std::size_t offset) {
    const auto it = ids_.find(from);
    if (it == ids_.end()) return allocate(size, align, offset);
    const std::size_t id = it->second;
    request("realloc", id, size, align);
    if (offset == kNowhere) return;
    ids_.erase(it);
    ids_[offset] = id;
  }
  // Of a live block, or of anything else: then it is a free by offset, right or wrong.
  void deallocate(std::size_t offset) {
    const auto it = ids_.find(offset);
    if (it == ids_.end()) {
      if (offset < (std::size_t{1} << 62))
        events_ += "{\"op\": \"free\", \"offset\": " + std::to_string(offset) + "}\n";
      return;
    }
    events_ += "{\"op\": \"free\", \"id\": " + std::to_string(it->second) + "}\n";
    ids_.erase(it);
  }
  // What a trace cannot say, by name: the replay stands before it.
  void mark(const std::string& name) { events_ += "{\"op\": \"mark\", \"name\": \"" + name + "\"}\n"; }

  // As JSON lines. False when the file cannot be written.
  [[nodiscard]] bool write(const std::string& path, const std::string& name) const {
    std::ofstream file(path);
    file << "{\"format\": \"allocviz-trace\", \"version\": 1, \"name\": \"" << name << "\", \"allocators\": ["
         << allocator_ << "]}\n"
         << events_;
    return static_cast<bool>(file.flush());
  }

 private:
  void request(const char* op, std::size_t id, std::size_t size, std::size_t align) {
    events_ += std::string("{\"op\": \"") + op + "\", \"id\": " + std::to_string(id) +
               ", \"size\": " + std::to_string(size) + ", \"align\": " + std::to_string(align) + "}\n";
  }

  std::string allocator_;
  std::string events_;
  std::map<std::size_t, std::size_t> ids_;  // live: offset to id
  std::size_t next_id_ = 1;
};

// The header's objects for the allocators under test.
inline std::string spec_json(const char* kind, std::initializer_list<std::pair<const char*, std::size_t>> members) {
  std::string out = std::string("{\"kind\": \"") + kind + "\"";
  for (const auto& [key, value] : members) out += std::string(", \"") + key + "\": " + std::to_string(value);
  return out + "}";
}
template <class Ranges>
std::string with_gaps(std::string spec, const Ranges& gaps) {
  std::string list;
  for (const auto& gap : gaps) {
    if (gap.from == gap.to) continue;
    list += (list.empty() ? "[" : ", [") + std::to_string(gap.from) + ", " + std::to_string(gap.to) + "]";
  }
  if (!list.empty()) spec.insert(spec.size() - 1, ", \"gaps\": [" + list + "]");
  return spec;
}
// A spec names no slab size, so a stream of a tiered allocator replays on slabs of the size that belongs to its arena.
inline std::string with_classes(std::string spec, const std::size_t* classes, std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ", ") + std::to_string(classes[i]);
  if (!list.empty()) spec.insert(spec.size() - 1, ", \"classes\": [" + list + "]");
  return spec;
}

}  // namespace allocviz::test
