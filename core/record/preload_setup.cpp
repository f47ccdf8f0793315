#include "core/record/preload_setup.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/record/preload_calls.h"

namespace allocviz::record::preload {
namespace {

// At most `size` bytes of a file; 0 where it cannot be read.
std::size_t read_file(const char* path, char* into, std::size_t size) {
  const int fd = call::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::size_t have = 0;
  while (have < size) {
    const long got = call::read(fd, into + have, size - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  call::close(fd);
  return have;
}

std::uint64_t number_in(const char* text) {
  std::uint64_t number = 0;
  for (; *text >= '0' && *text <= '9'; ++text) number = number * 10 + static_cast<std::uint64_t>(*text - '0');
  return number;
}

// The value of NAME=value, or null.
const char* value_of(const char* entry, const char* name) {
  const std::size_t length = strlen(name);
  return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1 : nullptr;
}

void take_over(Setup& setup, const char* entry) {
  if (const char* folder = value_of(entry, kFolderVariable)) {
    const std::size_t length = strlen(folder);
    if (length == 0 || length >= sizeof setup.folder) return;
    memcpy(setup.folder, folder, length + 1);
    setup.wanted = true;
  } else if (const char* depth = value_of(entry, kDepthVariable)) {
    const std::uint64_t frames = number_in(depth);
    setup.depth = frames < kMostFrames ? static_cast<std::uint32_t>(frames) : kMostFrames;
  } else if (const char* room = value_of(entry, kRoomVariable)) {
    setup.room_percent = static_cast<std::uint32_t>(number_in(room));
  } else if (const char* pid = value_of(entry, kOnlyVariable)) {
    setup.only_pid = static_cast<pid_t>(number_in(pid));
  }
}

// The environment as the kernel handed it over, entry by entry; one longer than the buffer is none of ours.
void read_from_kernel(Setup& setup) {
  const int fd = call::open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  static char buffer[8192];
  std::size_t have = 0;
  for (;;) {
    const long got = call::read(fd, buffer + have, sizeof buffer - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
    char* entry = buffer;
    while (char* end = static_cast<char*>(memchr(entry, '\0', have))) {
      take_over(setup, entry);
      have -= static_cast<std::size_t>(end - entry) + 1;
      entry = end + 1;
    }
    if (have == sizeof buffer) have = 0;
    memmove(buffer, entry, have);
  }
  call::close(fd);
}

// Decimal digits, without printf: that may allocate.
char* append_number(char* at, std::uint32_t number) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count != 0) *at++ = digits[--count];
  return at;
}

}  // namespace

void read_setup(Setup& setup) {
  if (environ != nullptr) {
    for (char** entry = environ; *entry != nullptr; ++entry) take_over(setup, *entry);
  } else {
    read_from_kernel(setup);
  }
  setup.read = true;
}

bool spool_path(char* path, std::size_t size, const char* folder, std::uint32_t pid, std::uint32_t generation) {
  const std::size_t length = strlen(folder);
  if (length + 24 > size) return false;
  memcpy(path, folder, length);
  char* at = path + length;
  *at++ = '/';
  at = append_number(at, pid);
  *at++ = '.';
  at = append_number(at, generation);
  *at = '\0';
  return true;
}

void describe_program(SpoolHeader& header) {
  header.parent_pid = static_cast<std::uint32_t>(getppid());
  const ssize_t length = readlink("/proc/self/exe", header.program, sizeof header.program - 1);
  header.program[length > 0 ? length : 0] = '\0';
  read_file("/proc/self/cmdline", header.command, sizeof header.command - 1);
  // "PID (NAME) STATE ...": the name may hold spaces and brackets, so fields are counted from its last ')'.
  char stat[1024];
  const std::size_t have = read_file("/proc/self/stat", stat, sizeof stat - 1);
  stat[have] = '\0';
  const char* field = strrchr(stat, ')');
  for (int number = 2; field != nullptr && number < 22; ++number) {
    field = strchr(field, ' ');
    if (field != nullptr) ++field;
  }
  if (field != nullptr) header.process_started_ticks = number_in(field);
}

}  // namespace allocviz::record::preload
