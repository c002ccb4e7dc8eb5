/* stopwatch COMMAND...: from right before exec to the end of a command; its output is
 * thrown away. Prints start and end in nanoseconds, the peak of its memory in KiB, and its
 * wait status. */
#define _GNU_SOURCE
#include "shared.h"
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    if (count < 2) return 2;
    uint64_t *start = mmap(0, sizeof *start, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return 1;
    pid_t child = fork();
    if (child == 0) {
        int quiet = open("/dev/null", O_RDWR);
        dup2(quiet, 0), dup2(quiet, 1), dup2(quiet, 2), close(quiet);
        alarm(60); /* it stays across exec */
        *start = now();
        execvp(arguments[1], arguments + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 1;
    uint64_t end = now();
    printf("%llu %llu %ld %d\n", (unsigned long long)*start, (unsigned long long)end, usage.ru_maxrss, status);
    return 0;
}
