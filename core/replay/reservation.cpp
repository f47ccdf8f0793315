#include "core/replay/reservation.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/trace/spec.h"

namespace allocviz::replay {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 46;  // half of what a process can address
constexpr std::uint64_t kMostInLargePages = std::uint64_t{128} << 20;

// All the address space is taken as what may not be touched, and what is wanted of it opened.
void* map(std::uint64_t address, std::uint64_t bytes, int more_flags) {
  return ::mmap(reinterpret_cast<void*>(address), bytes, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | more_flags, -1, 0);
}

// An odd multiple of align, never a multiple of twice that: whether a request of a huge alignment is served must not
// depend on where the system happened to map the arena.
std::uint64_t odd_multiple_from(std::uint64_t address, std::uint64_t align) {
  const std::uint64_t multiple = (address + align - 1) & ~(align - 1);
  return (multiple & align) != 0 ? multiple : multiple + align;
}

// Room for any alignment, its ends then given back.
void* map_and_trim(std::uint64_t bytes, std::uint64_t align) {
  void* found = map(0, bytes + 2 * align, 0);
  if (found == MAP_FAILED) return MAP_FAILED;
  const auto from = reinterpret_cast<std::uint64_t>(found);
  const std::uint64_t to = odd_multiple_from(from, align);
  const std::uint64_t end = from + bytes + 2 * align;
  if (to > from) ::munmap(found, to - from);
  if (end > to + bytes) ::munmap(reinterpret_cast<void*>(to + bytes), end - to - bytes);
  return reinterpret_cast<void*>(to);
}

// Where even that much cannot be had in one piece: the aligned addresses, one after the other.
void* map_at_an_aligned_address(std::uint64_t bytes, std::uint64_t align) {
  for (std::uint64_t at = align; at <= 2 * kMostBytes - bytes; at += 2 * align) {
    void* found = map(at, bytes, MAP_FIXED_NOREPLACE);
    if (found == MAP_FAILED) continue;
    if (reinterpret_cast<std::uint64_t>(found) == at) return found;
    ::munmap(found, bytes);  // kernels before 4.17 take the address as a hint
  }
  return MAP_FAILED;
}

trace::Trouble refusal(std::uint64_t bytes, const char* what, const char* why) {
  return {
      fmt::format("{} of {} cannot be reserved: {}", what, trace::size_text(bytes), why), {}, "choose a smaller arena"};
}

}  // namespace

trace::Result<Reservation> Reservation::make_untouched(std::uint64_t bytes, std::uint64_t align, const char* what) {
  const auto refused = [wanted = bytes, what](const char* why) { return refusal(wanted, what, why); };
  if (bytes > kMostBytes || align > kMostBytes) return refused("a process cannot address that much");
  align = std::max(align, kPage);
  bytes = (std::max<std::uint64_t>(bytes, 1) + kPage - 1) & ~(kPage - 1);
  void* found = map_and_trim(bytes, align);
  const int error = errno;
  if (found == MAP_FAILED && align >= kMostBytes >> 10) found = map_at_an_aligned_address(bytes, align);
  if (found == MAP_FAILED) return refused(std::strerror(error));
  return Reservation(static_cast<std::byte*>(found), bytes);
}

trace::Result<Reservation> Reservation::make(std::uint64_t bytes, std::uint64_t align, const char* what) {
  auto made = make_untouched(bytes, align, what);
  if (!made.ok()) return made;
  if (::mprotect(made->data(), made->size(), PROT_READ | PROT_WRITE) != 0)
    return refusal(bytes, what, std::strerror(errno));
  // A fault costs more than an allocator's event, so the beginning comes in large pages; not all of it, for a page is
  // paid for as a whole where a single link is written into it.
  ::madvise(made->data(), std::min(made->size(), kMostInLargePages), MADV_HUGEPAGE);
  return made;
}

void Reservation::forget() {
  ::madvise(data_, bytes_, MADV_DONTNEED);
}

Reservation::Reservation(Reservation&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Reservation::~Reservation() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace allocviz::replay
