// The system calls the preload library makes, without libc's wrappers: those are points at which a thread may be
// cancelled, and other libraries stand before them. errno says what went wrong.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace allocviz::record::preload::call {

inline int open(const char* path, int flags) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, 0600));
}
inline void close(int fd) {
  ::syscall(SYS_close, fd);
}
inline long read(int fd, void* into, std::size_t bytes) {
  return ::syscall(SYS_read, fd, into, bytes);
}
inline long pwrite(int fd, const void* from, std::size_t bytes, std::uint64_t at) {
  return ::syscall(SYS_pwrite64, fd, from, bytes, at);
}
inline long fallocate(int fd, std::uint64_t at, std::uint64_t bytes) {
  return ::syscall(SYS_fallocate, fd, 0, at, bytes);
}
inline void sleep_ns(long ns) {
  const struct timespec moment = {0, ns};
  ::syscall(SYS_nanosleep, &moment, nullptr);
}

}  // namespace allocviz::record::preload::call
