// A Cortex-M without an operating system or a library: how it starts, and what a compiler may call.
#include "board.h"

#include <cstddef>
#include <cstdint>

int run();

extern "C" {
extern std::uint32_t zeroed[];
extern std::uint32_t zeroed_end[];
extern std::uint32_t stack_top[];

[[noreturn]] void reset() {
  for (volatile std::uint32_t* word = zeroed; word != zeroed_end; ++word) *word = 0;
  board::end(run());
}
[[noreturn]] void fault() {
  board::say("the processor faulted\n");
  board::end(99);
}

// Where the stack begins, where to start, and a fault for everything else.
[[gnu::section(".vectors"), gnu::used]] void* const vectors[16] = {stack_top,
                                                                   reinterpret_cast<void*>(reset),
                                                                   reinterpret_cast<void*>(fault),
                                                                   reinterpret_cast<void*>(fault),
                                                                   reinterpret_cast<void*>(fault),
                                                                   reinterpret_cast<void*>(fault),
                                                                   reinterpret_cast<void*>(fault)};

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
void __aeabi_memcpy(void* to, const void* from, std::size_t count) {
  memcpy(to, from, count);
}
void __aeabi_memcpy4(void* to, const void* from, std::size_t count) {
  memcpy(to, from, count);
}
void __aeabi_memcpy8(void* to, const void* from, std::size_t count) {
  memcpy(to, from, count);
}
void __aeabi_memset(void* to, std::size_t count, int byte) {
  memset(to, byte, count);
}
void __aeabi_memclr(void* to, std::size_t count) {
  memset(to, 0, count);
}
void __aeabi_memclr4(void* to, std::size_t count) {
  memset(to, 0, count);
}
void __aeabi_memclr8(void* to, std::size_t count) {
  memset(to, 0, count);
}
}

namespace board {
namespace {

constexpr std::uint32_t kWrite0 = 0x04;
constexpr std::uint32_t kExitExtended = 0x20;

void call(std::uint32_t operation, const void* argument) {
  register std::uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

}  // namespace

void say(const char* text) {
  call(kWrite0, text);
}
void say(const char* text, unsigned long number) {
  char digits[12] = {};
  char* at = digits + sizeof digits - 1;
  do *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  say(text);
  say(at);
}
void end(int status) {
  const std::uint32_t stopped[2] = {0x20026, static_cast<std::uint32_t>(status)};  // the application ended
  call(kExitExtended, stopped);
  while (true) {
  }
}

}  // namespace board
