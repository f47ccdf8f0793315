// A trace as the bytes of a cache file, and back. The caller maps and keeps the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/trace/trace.h"

namespace allocviz::trace {

// Not against anybody who wants two texts to have the same: against accidents. About as fast as memory is read.
[[nodiscard]] std::uint64_t hash_bytes(std::span<const std::byte> bytes, std::uint64_t seed);

class TraceImage {
 public:
  // Hands the image to `put` piece by piece, some of them empty; false as soon as put says so. `key` has to be given
  // again to read it.
  static bool write(const Trace& trace, const Header& header, std::string_view key,
                    const std::function<bool(std::string_view)>& put);
  // Nothing where the bytes are no image under this key. The trace borrows its columns from them; `owner` keeps them.
  [[nodiscard]] static std::optional<Trace> read(std::span<const std::byte> bytes, std::string_view key,
                                                 std::shared_ptr<const void> owner);
  // Makes the checksum of an image true: what a forger does, and the test of one.
  static void sum_up(std::string& image);

 private:
  static bool is_sound(const Trace& trace);
};

}  // namespace allocviz::trace
