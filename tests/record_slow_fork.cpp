// Loaded before libc: who forks hears of it late, so that the child has long begun.
#include <dlfcn.h>
#include <unistd.h>

extern "C" pid_t fork() {
  using Fork = pid_t (*)();
  const Fork real = reinterpret_cast<Fork>(dlsym(RTLD_NEXT, "fork"));
  const pid_t pid = real();
  if (pid > 0) usleep(300'000);
  return pid;
}
