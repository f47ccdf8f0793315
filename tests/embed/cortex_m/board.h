// All that the program needs of its board: words to whoever runs it, and an end. By ARM's semihosting.
#pragma once

namespace board {

void say(const char* text);
void say(const char* text, unsigned long number);
[[noreturn]] void end(int status);

}  // namespace board
