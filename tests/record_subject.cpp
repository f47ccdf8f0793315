// A program to be recorded. It says on standard output what it did, a call a line, between two blocks of a size nobody
// else asks for; nothing else it does in between allocates.
//   THREAD a SIZE ALIGN ADDR | THREAD f ADDR | THREAD r OLD SIZE NEW | THREAD x SIZE (refused)
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

constexpr std::size_t kMarker = 0xA110C;

// What was said, kept until the end: writing it in between would be slow, and printf may allocate.
struct Said {
  char* text = nullptr;
  std::size_t used = 0;
  unsigned thread = 0;
};
thread_local Said t_said;
char g_room[8][std::size_t{8} << 20];

void say(const char* format, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  Said& said = t_said;
  if (said.text == nullptr) said.text = g_room[0];
  char line[128];
  int length = std::snprintf(line, sizeof line, "%u ", said.thread);
  length += std::snprintf(line + length, sizeof line - static_cast<std::size_t>(length), format, a, b, c);
  std::memcpy(said.text + said.used, line, static_cast<std::size_t>(length));
  said.used += static_cast<std::size_t>(length);
}

void print(const Said& said) {
  for (std::size_t at = 0; at < said.used;) {
    const ssize_t wrote = ::write(STDOUT_FILENO, said.text + at, said.used - at);
    if (wrote <= 0) _exit(9);
    at += static_cast<std::size_t>(wrote);
  }
}

std::uint64_t number(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// Keeps the compiler from pairing calls that nobody would miss.
void* kept(void* block) {
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

void* got(void* block, std::size_t size, std::size_t align = 0) {
  block = kept(block);
  if (block == nullptr) {
    say("x %" PRIu64 "\n", size, 0, 0);
  } else {
    say("a %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", size, align, number(block));
  }
  return block;
}

void give(void* block) {
  say("f %" PRIu64 "\n", number(block), 0, 0);
  std::free(kept(block));
}

void* regot(void* old, std::size_t size, bool array = false) {
  const std::uint64_t before = number(old);
  void* const block = kept(array ? reallocarray(old, size / 8, 8) : std::realloc(old, size));
  if (block == nullptr && size != 0) {
    say("x %" PRIu64 "\n", size, 0, 0);
  } else if (block == nullptr) {
    say("f %" PRIu64 "\n", before, 0, 0);
  } else if (before == 0) {
    say("a %" PRIu64 " 0 %" PRIu64 "\n", size, number(block), 0);
  } else {
    say("r %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", before, size, number(block));
  }
  return block;
}

void mark() {
  std::free(kept(std::malloc(kMarker)));
}

void aligned_calls() {
  give(got(memalign(64, 100), 100, 64));
  give(got(aligned_alloc(4096, 8192), 8192, 4096));
  void* block = nullptr;
  if (posix_memalign(&block, 128, 1000) == 0) give(got(block, 1000, 128));
  give(got(valloc(10), 10, static_cast<std::size_t>(getpagesize())));
  give(got(pvalloc(5000), 5000, static_cast<std::size_t>(getpagesize())));
  say("x %" PRIu64 "\n", 64, 0, 0);
  void* untouched = &block;
  if (posix_memalign(&untouched, 3, 64) != EINVAL || untouched != &block) _exit(8);
}

int calls(char**) {
  mark();
  give(got(std::malloc(100), 100));
  give(got(std::malloc(0), 0));
  give(nullptr);
  void* zeros = got(std::calloc(30, 40), 1200);
  for (std::size_t i = 0; i < 1200; ++i) {
    if (static_cast<char*>(zeros)[i] != 0) return 8;
  }
  if (malloc_usable_size(zeros) < 1200) return 8;
  zeros = regot(zeros, 100'000);
  zeros = regot(zeros, 50);
  give(zeros);
  void* grown = regot(nullptr, 10);
  grown = regot(grown, 160, true);
  regot(grown, 0);
  got(std::malloc(SIZE_MAX / 4), SIZE_MAX / 4);
  void* small = got(std::malloc(24), 24);
  regot(small, SIZE_MAX / 4);
  give(small);
  aligned_calls();
  char* const object = static_cast<char*>(got(::operator new(77), 77));
  say("f %" PRIu64 "\n", number(object), 0, 0);
  ::operator delete(kept(object));
  void* const wide = got(::operator new (256, std::align_val_t{256}), 256, 256);
  say("f %" PRIu64 "\n", number(wide), 0, 0);
  ::operator delete (kept(wide), std::align_val_t{256});
  mark();
  print(t_said);
  return 0;
}

// Blocks that threads hand to each other: what one gives back another gets next, as often as chance has it.
constexpr unsigned kThreads = 4, kShared = 64;
constexpr std::size_t kThreadsOwn = 7000;  // a thread's first call asks for this and its number: nobody else does
std::atomic<void*> g_shared[kShared];
unsigned long g_rounds;

void* work(void* argument) {
  t_said.thread = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(argument));
  t_said.text = g_room[t_said.thread];
  std::uint64_t state = t_said.thread * 0x9e37'79b9'7f4a'7c15u + 1;
  const auto chance = [&state](std::uint64_t below) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state % below;
  };
  mark();
  give(got(std::malloc(kThreadsOwn + t_said.thread), kThreadsOwn + t_said.thread));
  for (unsigned long round = 0; round < g_rounds; ++round) {
    std::atomic<void*>& place = g_shared[chance(kShared)];
    void* block = place.exchange(nullptr);
    const std::size_t size = chance(8) == 0 ? chance(5000) + 1 : chance(64) + 1;
    const bool again = block != nullptr && chance(2) == 0;
    if (block != nullptr && !again) give(block);
    block = again ? regot(block, size) : got(std::malloc(size), size);
    if (void* const other = place.exchange(block)) give(other);
  }
  mark();
  auto* const said = new Said(t_said);
  return said;
}

int threads(char** argv) {
  g_rounds = std::strtoul(argv[2], nullptr, 10);
  pthread_t started[kThreads];
  for (unsigned i = 0; i < kThreads; ++i) {
    pthread_create(&started[i], nullptr, work, reinterpret_cast<void*>(std::uintptr_t{i + 1}));
  }
  for (const pthread_t thread : started) {
    void* result = nullptr;
    pthread_join(thread, &result);
    print(*static_cast<Said*>(result));
  }
  return 0;
}

int forks(char**) {
  mark();
  void* const before = got(std::malloc(1111), 1111);
  mark();
  const pid_t child = fork();
  if (child == 0) {
    t_said.used = 0;
    mark();
    give(got(std::malloc(2222), 2222));
    std::free(kept(before));
    mark();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("child %d\n", static_cast<int>(child));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 7;
}

// Children made while other threads are in the midst of their calls.
int fork_storm(char**) {
  std::atomic<bool> ends{false};
  pthread_t busy[3];
  for (pthread_t& thread : busy) {
    const auto work_on = [](void* stop) -> void* {
      while (!static_cast<std::atomic<bool>*>(stop)->load()) {
        for (int n = 0; n < 50; ++n) std::free(kept(std::malloc(40)));
        usleep(200);
      }
      return nullptr;
    };
    pthread_create(&thread, nullptr, work_on, &ends);
  }
  int failed = 0;
  for (int i = 0; i < 12; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (int n = 0; n < 100; ++n) std::free(kept(std::malloc(4445)));
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    failed += status != 0;
  }
  ends = true;
  for (const pthread_t thread : busy) pthread_join(thread, nullptr);
  return failed;
}

// A child that outlives the program, and allocates on when nobody reads any more: when a file GO says so.
int outlived(char** argv) {
  int ready[2];
  if (pipe(ready) != 0) return 7;
  if (fork() == 0) {
    std::free(kept(std::malloc(4446)));
    if (write(ready[1], "x", 1) != 1) _exit(7);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    for (int waited = 0; access(argv[3], F_OK) != 0 && waited < 6'000; ++waited) usleep(20'000);
    for (int n = 0; n < 100'000; ++n) std::free(kept(std::malloc(4447)));
    std::fclose(std::fopen(argv[2], "w"));
    _exit(0);
  }
  char byte = 0;
  return read(ready[0], &byte, 1) == 1 ? 0 : 7;
}

int execs(char** argv) {
  kept(std::malloc(3333));
  char mode[] = "calls";
  char* const again[] = {argv[0], mode, nullptr};
  execv("/proc/self/exe", again);
  return 7;
}

// Lowers its own limit on files below what is recorded of it already.
int limits_itself(char** argv) {
  const long count = std::atol(argv[2]);
  for (long i = 0; i < count; ++i) std::free(kept(std::malloc(48)));
  const rlimit limit{4096, 4096};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 7;
  for (long i = 0; i < count; ++i) std::free(kept(std::malloc(48)));
  return 0;
}
int killed(char** argv) {
  const long count = std::atol(argv[2]);
  mark();
  for (long i = 0; i < count; ++i) give(got(std::malloc(48), 48));
  print(t_said);
  raise(SIGKILL);
  return 7;
}

void in_atfork() {
  std::free(kept(std::malloc(4444)));
}

int atforks(char**) {
  pthread_atfork(in_atfork, in_atfork, in_atfork);
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return 7;
  }
  return 0;
}

struct AtExit {
  ~AtExit() { std::free(kept(std::malloc(5555))); }
};
thread_local AtExit t_at_exit;
AtExit g_at_exit;
__attribute__((destructor)) void last_of_all() {
  std::free(kept(std::malloc(6666)));
}

int destructors(char**) {
  std::atexit([] { std::free(kept(std::malloc(7777))); });
  pthread_t thread;
  pthread_create(
      &thread, nullptr, [](void*) -> void* { return &t_at_exit; }, nullptr);
  pthread_join(thread, nullptr);
  return 0;
}

__attribute__((noinline)) void* site_inner(std::size_t size) {
  return kept(std::malloc(size));
}
__attribute__((noinline)) void* site_outer(std::size_t size) {
  return kept(site_inner(size + 1));
}
int sites(char**) {
  std::free(site_outer(8887));
  return 0;
}

// Handlers that allocate where the thread is in none of the allocator's functions: allowed by nobody, done by many.
int signals(char**) {
  std::signal(SIGUSR1, [](int) { give(got(std::malloc(99), 99)); });
  mark();
  for (int i = 0; i < 1000; ++i) {
    void* const block = got(std::malloc(10), 10);
    raise(SIGUSR1);
    give(block);
  }
  mark();
  print(t_said);
  return 0;
}

int ends_by(char** argv) {
  const int signal = std::atoi(argv[2]);
  raise(signal);
  return 7;
}

int waits(char**) {
  std::free(kept(std::malloc(1212)));
  if (write(STDOUT_FILENO, "ready", 5) != 5) return 7;
  for (;;) pause();
}

// Two libraries that take turns, as a rule at the same addresses.
int plugins(char** argv) {
  for (int i = 0; i < 6; ++i) {
    void* const library = dlopen(argv[2 + i % 2], RTLD_NOW);
    if (library == nullptr) return 7;
    void* const found = dlsym(library, i % 2 == 0 ? "plugin_one" : "plugin_two");
    void* (*function)() = nullptr;
    std::memcpy(&function, &found, sizeof found);
    std::free(function());
    dlclose(library);
  }
  return 0;
}

int many(char** argv) {
  const long count = std::atol(argv[2]);
  for (long i = 0; i < count; ++i) std::free(kept(std::malloc(64)));
  return 5;
}

}  // namespace

int main(int argc, char** argv) {
  const struct {
    const char* name;
    int (*run)(char**);
  } modes[] = {{"calls", calls},           {"threads", threads},         {"forks", forks},
               {"execs", execs},           {"killed", killed},           {"limits-itself", limits_itself},
               {"atforks", atforks},       {"destructors", destructors}, {"sites", sites},
               {"signals", signals},       {"ends_by", ends_by},         {"many", many},
               {"fork_storm", fork_storm}, {"outlived", outlived},       {"waits", waits},
               {"plugins", plugins}};
  for (const auto& mode : modes) {
    if (argc > 1 && std::strcmp(argv[1], mode.name) == 0) return mode.run(argv);
  }
  return 64;
}
