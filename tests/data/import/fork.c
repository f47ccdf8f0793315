// The program behind fork.ltrace: gcc -O0 -Wl,-z,lazy fork.c -o fork -pthread; ltrace -f -o fork.ltrace ./fork
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void* work(void* size) {
  void* block = malloc((size_t)size);
  usleep(20000);
  free(block);
  return 0;
}

int main(void) {
  void *a = malloc(100), *b = malloc(200);
  pthread_t thread;
  pthread_create(&thread, 0, work, (void*)300);
  pthread_join(thread, 0);
  const pid_t child = fork();
  if (child == 0) {
    void* own = malloc(1000);
    free(a);
    pthread_create(&thread, 0, work, (void*)400);
    pthread_join(thread, 0);
    for (int i = 0; i < 5; ++i) free(malloc(50 + i));
    free(own);
    return 0;
  }
  void* own = malloc(500);
  usleep(50000);
  free(b);
  waitpid(child, 0, 0);
  free(own);
  free(a);
  return 0;
}
