// Backing by pages from the operating system: reserved at once, paid for as they are touched. Hosted, POSIX.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include "../layout.h"

namespace allocviz::alloc {

class Mmap {
 public:
  // Any alignment, also above a page; null when the address space has no such hole.
  [[nodiscard]] void* allocate(Layout layout) const noexcept {
    const usize page = page_size();
    const usize align = layout.align > page ? layout.align : page;
    if (layout.size == 0 || layout.size > ~usize{0} - 2 * align) return nullptr;
    const usize size = whole_pages(layout.size);
    // More than is needed, of which the ends that stick out go back.
    const usize reserved = size + (align - page);
    void* const got =
        ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) return nullptr;
    auto* const first = static_cast<std::byte*>(got);
    const usize before = (0 - reinterpret_cast<std::uintptr_t>(got)) & (align - 1);
    const usize after = reserved - size - before;
    if (before != 0) ::munmap(first, before);
    if (after != 0) ::munmap(first + before + size, after);
    return first + before;
  }
  void deallocate(void* ptr, Layout layout) const noexcept { ::munmap(ptr, whole_pages(layout.size)); }

 private:
  [[nodiscard]] static usize page_size() noexcept { return static_cast<usize>(::sysconf(_SC_PAGESIZE)); }
  [[nodiscard]] static usize whole_pages(usize size) noexcept {
    const usize page = page_size();
    return (size + page - 1) & ~(page - 1);
  }
};

}  // namespace allocviz::alloc
