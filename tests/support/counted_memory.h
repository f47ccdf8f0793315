// A test program that links counted_memory.cpp has every operator new of its own counted.
#pragma once

#include <cstddef>

namespace allocviz::test {

// The most bytes that were live at once since the last call of forget_peak(), above what was live then.
[[nodiscard]] std::size_t peak_bytes();
void forget_peak();

}  // namespace allocviz::test
