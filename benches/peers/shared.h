/* What a family and those who measure it both see: one file, mapped by all of them. */
#ifndef SHARED_H
#define SHARED_H
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MOST 12000 /* processes that a family may have, the others included */

struct shared {
    uint32_t ready;          /* how many are up */
    uint32_t forked;         /* by forking families, who may not go on for ever */
    int32_t root;            /* of the tree, who leads its group */
    uint32_t members;        /* of the tree */
    uint64_t left;           /* when the last member left by itself, in nanoseconds */
    int32_t pid[MOST];       /* of the tree, the root first */
};

static inline uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void pause_for(uint64_t nanoseconds) {
    struct timespec t = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    nanosleep(&t, 0);
}

static inline struct shared *map_shared(const char *path, int flags) {
    int file = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    if (file < 0 || (flags && ftruncate(file, sizeof(struct shared)))) return 0;
    void *at = mmap(0, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return at == MAP_FAILED ? 0 : at;
}
#endif
