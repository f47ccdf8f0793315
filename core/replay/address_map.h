// Where a recorded program's addresses are drawn: a compact space of offsets, in which memory that no block of the log
// ever touched takes little room.
//
//   addresses   0x55..a000 [blocks] 0x55..c000         0x7f..0000 [blocks] 0x7f..9000
//   offsets     0          [blocks] 0x2000   [gap]     0x12000    [blocks] 0x1b000
//
//   A1  a region is a run of whole granules that blocks of the log touch; regions are in ascending order and apart.
//   A2  offset - address is the same over a region, and a multiple of the granule: alignments up to it can be seen.
//   A3  between two regions is a gap: as long as the hole between their addresses, or kMaxGapBytes (a granule where
//   that
//       is longer), whichever is less. Offset 0 is the first region's first byte.
//
// The granule is a page of 4 KiB, or the largest alignment that a block of the log asks for, at most 4 MiB: so kernel
// pages of every order lie at multiples of their size. A region is what is known of the recorded heap, no more: whether
// memory in it that is not live was free, or the allocator's own, or not mapped at all, no log says.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::replay {

class AddressMap {
 public:
  static constexpr std::uint64_t kPageBytes = 4096;
  static constexpr std::uint64_t kMaxGranuleBytes = std::uint64_t{4} << 20;
  static constexpr std::uint64_t kMaxGapBytes = std::uint64_t{64} << 10;

  struct Region {
    std::uint64_t address = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    [[nodiscard]] std::uint64_t end() const { return offset + size; }
  };

  // Of every block that the trace says the address of. O(events log regions).
  explicit AddressMap(const trace::Trace& trace);

  [[nodiscard]] const std::vector<Region>& regions() const { return regions_; }
  [[nodiscard]] std::uint64_t granule_bytes() const { return granule_; }
  [[nodiscard]] std::uint64_t size() const { return regions_.empty() ? 0 : regions_.back().end(); }  // gaps included
  // Nothing where no region is. O(log regions).
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset) const;
  // The index of the region that an offset lies in, which there must be. O(log regions).
  [[nodiscard]] std::size_t region_at(std::uint64_t offset) const;

 private:
  std::uint64_t granule_ = kPageBytes;
  std::vector<Region> regions_;
};

// Bytes of memory that a request of `size` stood on: a request of 0 B had an address of its own.
[[nodiscard]] constexpr std::uint64_t bytes_stood_on(std::uint64_t size) {
  return size == 0 ? 1 : size;
}

// Whether the event made a block that the log says the address of, and that ends where addresses end.
[[nodiscard]] bool has_place(const trace::Event& event);

}  // namespace allocviz::replay
