// An independent picture of an allocator's region for the tests: which bytes belong to whom, as a set of intervals, and
// what was painted into them. It knows no levels, lists or tags; it only knows what must never happen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace allocviz::test {

class IntervalModel {
 public:
  struct Owned {
    std::size_t size = 0;       // bytes up to where nobody else may be
    std::size_t requested = 0;  // bytes painted
    std::uint64_t paint = 0;
    bool is_gap = false;
  };

  explicit IntervalModel(std::byte* base, std::size_t size) : base_(base), size_(size) {}

  // Says what is wrong with a new owner of [offset, offset + size); nothing when it may be there.
  [[nodiscard]] std::optional<std::string> claim(std::size_t offset, std::size_t size) {
    if (offset > size_ || size > size_ - offset) return "reaches out of the region";
    const auto after = owned_.lower_bound(offset);
    if (after != owned_.end() && after->first < offset + size) return "overlaps the one behind it";
    if (after != owned_.begin()) {
      const auto before = std::prev(after);
      if (before->first + before->second.size > offset) return "overlaps the one before it";
    }
    owned_[offset] = Owned{size, 0, 0, false};
    return std::nullopt;
  }
  void claim_gap(std::size_t offset, std::size_t size) { owned_[offset] = Owned{size, 0, 0, true}; }
  void drop(std::size_t offset) { owned_.erase(offset); }
  void drop_blocks() {
    std::erase_if(owned_, [](const auto& entry) { return !entry.second.is_gap; });
  }
  [[nodiscard]] const std::map<std::size_t, Owned>& owned() const { return owned_; }
  [[nodiscard]] bool is_free(std::size_t from, std::size_t to) const {
    const auto after = owned_.lower_bound(from);
    if (after != owned_.end() && after->first < to) return false;
    return after == owned_.begin() || std::prev(after)->first + std::prev(after)->second.size <= from;
  }

  // Whether somewhere a range of `size` bytes is nobody's, starting at a multiple of `align`.
  [[nodiscard]] bool has_room(std::size_t size, std::size_t align) const {
    std::size_t from = 0;
    for (const auto& [offset, owned] : owned_) {
      if (fits(from, offset, size, align)) return true;
      from = offset + owned.size;
    }
    return fits(from, size_, size, align);
  }

  void paint(std::size_t offset, std::size_t count, std::uint64_t paint) {
    Owned& owned = owned_.at(offset);
    owned.requested = count;
    owned.paint = paint;
    for (std::size_t i = 0; i < count; ++i) base_[offset + i] = color(paint, i);
  }
  // Whether the first `count` painted bytes are still what was painted.
  [[nodiscard]] bool is_intact(std::size_t offset, std::size_t count) const {
    const Owned& owned = owned_.at(offset);
    for (std::size_t i = 0; i < count && i < owned.requested; ++i) {
      if (base_[offset + i] != color(owned.paint, i)) return false;
    }
    return true;
  }
  // The first `count` bytes that were painted there.
  [[nodiscard]] static std::vector<std::byte> painted(const Owned& owned, std::size_t count) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < count && i < owned.requested; ++i) bytes.push_back(color(owned.paint, i));
    return bytes;
  }
  [[nodiscard]] bool all_intact() const {
    for (const auto& [offset, owned] : owned_) {
      if (!is_intact(offset, owned.requested)) return false;
    }
    return true;
  }

 private:
  [[nodiscard]] static bool fits(std::size_t from, std::size_t to, std::size_t size, std::size_t align) {
    const std::size_t start = (from + align - 1) / align * align;
    return start <= to && to - start >= size;
  }
  [[nodiscard]] static std::byte color(std::uint64_t paint, std::size_t i) {
    return static_cast<std::byte>((paint * 0x9E3779B97F4A7C15u + i * 0xD1B54A32D192ED03u) >> 56);
  }

  std::byte* base_;
  std::size_t size_;
  std::map<std::size_t, Owned> owned_;
};

}  // namespace allocviz::test
