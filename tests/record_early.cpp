// A program whose own dlsym allocates: whoever stands before malloc and looks for the real one calls itself.
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

volatile bool g_inside = false;

}  // namespace

extern "C" __attribute__((visibility("default"))) void* dlsym(void* handle, const char* name) noexcept {
  if (g_inside) return nullptr;
  g_inside = true;
  void* block = std::calloc(3, 100);
  for (int i = 0; i < 300; ++i) {
    if (block == nullptr || static_cast<char*>(block)[i] != 0) std::abort();
  }
  std::memset(block, 'x', 300);
  block = std::realloc(block, 400);
  for (int i = 0; i < 300; ++i) {
    if (static_cast<char*>(block)[i] != 'x') std::abort();
  }
  std::free(block);
  void* const kept = std::malloc(10);
  void* found = nullptr;
  void* const libc = handle == RTLD_NEXT ? dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD) : handle;
  for (const char* version : {"GLIBC_2.2.5", "GLIBC_2.16", "GLIBC_2.26", "GLIBC_2.34"}) {
    if (found == nullptr) found = dlvsym(libc, name, version);
  }
  g_inside = false;
  if (kept == nullptr) std::abort();
  return found;
}

int main() {
  void* block = std::malloc(4321);
  std::free(block);
  return block == nullptr;
}
