// What a compiler may call of a library where there is none.
#include <cstddef>

#include "board.h"

extern "C" {
void* memcpy(void* to, const void* from, std::size_t count);
void* memset(void* to, int byte, std::size_t count);

// The volatile keeps the compiler from making calls of themselves of these loops.
void* memcpy(void* to, const void* from, std::size_t count) {
  auto* out = static_cast<volatile unsigned char*>(to);
  const auto* in = static_cast<const volatile unsigned char*>(from);
  while (count-- != 0) *out++ = *in++;
  return to;
}
void* memset(void* to, int byte, std::size_t count) {
  auto* out = static_cast<volatile unsigned char*>(to);
  while (count-- != 0) *out++ = static_cast<unsigned char>(byte);
  return to;
}
}

namespace board {

void say(const char* text, unsigned long number) {
  char digits[12] = {};
  char* at = digits + sizeof digits - 1;
  do *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  say(text);
  say(at);
}

}  // namespace board
