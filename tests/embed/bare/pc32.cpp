// A PC in its 32-bit mode under Linux, and nothing of Linux but two of its calls: words to stdout, and an end.
#include <cstddef>

#include "board.h"

int run();

extern "C" [[noreturn]] void start();
extern "C" [[noreturn]] void start() {
  board::end(run());
}
asm(".text\n.global _start\n_start: xorl %ebp, %ebp\n andl $-16, %esp\n call start\n");

namespace board {
namespace {

constexpr long kExit = 1;
constexpr long kWrite = 4;
constexpr long kStdout = 1;

long call(long number, long first, const void* second, std::size_t third) {
  asm volatile("int $0x80" : "+a"(number) : "b"(first), "c"(second), "d"(third) : "memory");
  return number;
}

}  // namespace

void say(const char* text) {
  std::size_t length = 0;
  while (text[length] != '\0') ++length;
  call(kWrite, kStdout, text, length);
}
void end(int status) {
  while (true) call(kExit, status, nullptr, 0);
}

}  // namespace board
