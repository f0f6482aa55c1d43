/* Makes the disk of a program slow, for LD_PRELOAD: each call that makes data durable is counted, and
   returns some time later. The time and the count lie in a file that all programs of a run map, named
   by COORD_BENCH_SYNC: the bench changes the time while they run. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct shared {
  _Atomic uint32_t delay_us;
  _Atomic uint32_t skip; /* 1: nothing is synced at all, to prepare what is not measured */
  _Atomic uint64_t count;
};

static struct shared *shared;

__attribute__((constructor)) static void attach(void) {
  const char *path = getenv("COORD_BENCH_SYNC");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *at = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) shared = at;
  close(fd);
}

static int later(int result) {
  int kept = errno;
  if (shared != NULL) {
    shared->count++;
    uint32_t us = shared->delay_us;
    struct timespec left = {us / 1000000, us % 1000000 * 1000L};
    while (us > 0 && nanosleep(&left, &left) != 0 && errno == EINTR) continue;
  }
  errno = kept;
  return result;
}

#define NEXT(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#define SKIPPED (shared != NULL && shared->skip)

int fsync(int fd) { return SKIPPED ? 0 : later(NEXT(fsync)(fd)); }

int fdatasync(int fd) { return SKIPPED ? 0 : later(NEXT(fdatasync)(fd)); }

int syncfs(int fd) { return SKIPPED ? 0 : later(NEXT(syncfs)(fd)); }

int msync(void *at, size_t size, int flags) {
  if (!(flags & MS_SYNC)) return NEXT(msync)(at, size, flags);
  return SKIPPED ? 0 : later(NEXT(msync)(at, size, flags));
}

/* Only a call that waits for the disk is as slow as the disk. */
int sync_file_range(int fd, off64_t from, off64_t size, unsigned flags) {
  if (SKIPPED) return 0;
  int result = NEXT(sync_file_range)(fd, from, size, flags);
  return flags & SYNC_FILE_RANGE_WAIT_AFTER ? later(result) : result;
}
