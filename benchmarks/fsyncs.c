/* Counts the calls that make data durable. Preloaded into each contender; writes the count to $FSYNC_COUNT at exit. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long calls;

#define COUNTED(name)                                             \
    int name(int fd) {                                            \
        static int (*real)(int);                                  \
        if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name);  \
        atomic_fetch_add(&calls, 1);                              \
        return real(fd);                                          \
    }

COUNTED(fsync)
COUNTED(fdatasync)

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("FSYNC_COUNT");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}
