// All that the program needs of its machine: words to whoever runs it, and an end.
#pragma once

namespace board {

void say(const char* text);
void say(const char* text, unsigned long number);  // of the library, by way of the first
[[noreturn]] void end(int status);

}  // namespace board
