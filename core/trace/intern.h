// Texts and sites that are stored once, however often they occur.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/trace/trace.h"
#include "core/trace/utf8.h"

namespace allocviz::trace {

// Indices of equal texts (or sites) by hash; the texts themselves stand once, in the vector that owns them.
class Index {
 public:
  template <class Equal>
  [[nodiscard]] std::uint32_t find(std::size_t hash, Equal equal) const {
    const auto [begin, end] = by_hash_.equal_range(hash);
    for (auto i = begin; i != end; ++i) {
      if (equal(i->second)) return i->second;
    }
    return kNone;
  }
  void add(std::size_t hash, std::uint32_t index) { by_hash_.emplace(hash, index); }
  void clear() { by_hash_.clear(); }
  static constexpr std::uint32_t kNone = 0xffff'ffffu;

 private:
  std::unordered_multimap<std::size_t, std::uint32_t> by_hash_;
};

inline std::uint32_t intern(std::vector<std::string>& texts, Index& index, std::string_view text) {
  const std::size_t hash = std::hash<std::string_view>{}(text);
  const auto found = index.find(hash, [&](std::uint32_t i) { return texts[i] == text; });
  if (found != Index::kNone) return found;
  texts.emplace_back(text);
  index.add(hash, static_cast<std::uint32_t>(texts.size() - 1));
  return static_cast<std::uint32_t>(texts.size() - 1);
}

inline std::size_t hash_of_line(std::string_view line) {
  return std::hash<std::string_view>{}(line);
}

inline std::size_t hash_of(const Site& site) {
  if (!site.stack && site.frames.size() == 1) return hash_of_line(site.frames[0]);
  std::size_t hash = 1;
  for (const auto& frame : site.frames) hash = hash * 0x9e3779b97f4a7c15u + hash_of_line(frame);
  return hash;
}

// `text` itself where it is UTF-8, else what to_utf8 makes of it, kept in `storage`.
inline std::string_view as_utf8(std::string_view text, std::string& storage) {
  if (is_utf8(text)) return text;
  storage = to_utf8(text);
  return storage;
}

}  // namespace allocviz::trace
