// A Cortex-M without an operating system: how it starts, what a compiler for it may call, and its words by ARM's
// semihosting.
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

void* memcpy(void* to, const void* from, std::size_t count);
void* memset(void* to, int byte, std::size_t count);
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
void end(int status) {
  const std::uint32_t stopped[2] = {0x20026, static_cast<std::uint32_t>(status)};  // the application ended
  call(kExitExtended, stopped);
  while (true) {
  }
}

}  // namespace board
