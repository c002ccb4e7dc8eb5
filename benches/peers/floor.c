/* floor: the bare work, as few system calls as the kernel lets one do it with.
 *
 *   floor tree PID         reads stat, children and command line of a tree, by descent
 *   floor picture PID      and status: all that a picture with owners and signals takes
 *   floor stop FILE SIGNAL signals a family's whole group and waits until all have ended;
 *                          it need not look for anybody: the family's file names them */
#define _GNU_SOURCE
#include "shared.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static char text[65536];

static ssize_t take(int below, const char *name) {
    int file = openat(below, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    return length;
}

static int tree(int root, int with_status) {
    static int line[MOST];
    char path[64];
    unsigned met = 1, bytes = 0;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    line[0] = root;
    for (unsigned at = 0; at < met; at++) {
        sprintf(path, "%d/stat", line[at]);
        ssize_t length = take(proc, path);
        if (length < 0) continue;
        bytes += (unsigned)length;
        sprintf(path, "%d/cmdline", line[at]);
        length = take(proc, path);
        bytes += length > 0 ? (unsigned)length : 0;
        if (with_status) {
            sprintf(path, "%d/status", line[at]);
            length = take(proc, path);
            bytes += length > 0 ? (unsigned)length : 0;
        }
        sprintf(path, "%d/task/%d/children", line[at], line[at]);
        if (take(proc, path) <= 0) continue;
        for (char *from = text, *end; met < MOST; from = end) {
            int child = (int)strtol(from, &end, 10);
            if (end == from) break;
            line[met++] = child;
        }
    }
    printf("%u processes, %u bytes\n", met, bytes);
    return 0;
}

static int stop(const char *path, int signal) {
    static int pidfds[MOST];
    struct shared *shared = map_shared(path, 0);
    struct rlimit limit;
    if (!shared) return 1;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (unsigned at = 0; at < shared->members; at++) pidfds[at] = (int)syscall(SYS_pidfd_open, shared->pid[at], 0);
    kill(-shared->root, signal);
    for (unsigned at = 0; at < shared->members; at++) {
        struct pollfd pidfd = {pidfds[at], POLLIN, 0};
        if (pidfds[at] >= 0) poll(&pidfd, 1, 20000);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count == 3 && !strcmp(arguments[1], "tree")) return tree(atoi(arguments[2]), 0);
    if (count == 3 && !strcmp(arguments[1], "picture")) return tree(atoi(arguments[2]), 1);
    if (count == 4 && !strcmp(arguments[1], "stop")) return stop(arguments[2], atoi(arguments[3]));
    return 2;
}
