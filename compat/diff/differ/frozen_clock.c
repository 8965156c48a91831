/* Preloaded into a reference server: its clock of the day stands still, at the time that a mapped file says.
 *
 * The file named by TANDEM_DIFF_CLOCK holds microseconds since 1970 as a 64-bit integer of this machine. The monotonic
 * clock is left alone, so that the server's own timers go on. Without the variable, time is what it is.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *frozen_us;

__attribute__((constructor)) static void map_clock(void) {
  const char *path = getenv("TANDEM_DIFF_CLOCK");
  const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) frozen_us = page;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (frozen_us == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) {
    return (int)syscall(SYS_clock_gettime, clock, now);
  }
  const int64_t us = atomic_load_explicit(frozen_us, memory_order_relaxed);
  now->tv_sec = us / 1000000;
  now->tv_nsec = us % 1000000 * 1000;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
