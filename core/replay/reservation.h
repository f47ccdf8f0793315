// Address space for an arena or for a table over it: reserved whole, paid for page by page as it is written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/trace/trouble.h"

namespace allocviz::replay {

class Reservation {
 public:
  // Zeroed memory at a multiple of align (a power of two). Trouble where the system has no such address space to give;
  // `what` says what for.
  [[nodiscard]] static trace::Result<Reservation> make(std::uint64_t bytes, std::uint64_t align, const char* what);

  // The same of which no byte may be touched: for an arena whose allocator needs its addresses only.
  [[nodiscard]] static trace::Result<Reservation> make_untouched(std::uint64_t bytes, std::uint64_t align,
                                                                 const char* what);

  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  // Gives all its pages back: it is as when it was made, zeroed, and paid for as it is written anew. O(pages).
  void forget();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::uint64_t size() const { return bytes_; }

 private:
  Reservation(std::byte* data, std::uint64_t bytes) : data_(data), bytes_(bytes) {}

  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace allocviz::replay
