// A library that is loaded, asked for a block and unloaded; built twice, each with a function and a size of its own.
#include <cstdlib>

extern "C" __attribute__((visibility("default"))) void* PLUGIN_FUNCTION() {
  void* block = std::malloc(PLUGIN_SIZE);
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}
