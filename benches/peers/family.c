/* family: a bounded family of idle processes to be looked at, stopped and counted.
 *
 *   family -m FILE [-n MEMBERS] [-o OTHERS] [-t MS] [-i] [-w WORKERS [-s]]
 *
 * The tree has MEMBERS processes, eight children below each, in a session of their own.
 * OTHERS stand beside it and belong to nobody's tree. With -t each member leaves MS after
 * TERM and notes when; with -i it ignores TERM; with -w the root has WORKERS that fork all
 * the time, with -s every second child into a session of its own.
 *
 * When all are up it prints the root's PID, and then answers a word a line on its input:
 *   left  how many of the tree are there    gone  waits (2 s at most) until none is, and when
 *   stamp when the last member left by itself
 * At the end of its input, on a signal or after five minutes it ends everyone. It takes in
 * all orphans, so whoever is left is below it; and everybody has an alarm, so that nobody
 * outlives it by much even if it is killed. */
#define _GNU_SOURCE
#include "shared.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { BELOW = 8, LIFE = 300, FORKS = 20000 };

static struct shared *shared;
static uint32_t others, workers;
static int delay = -1, ignores, opens_sessions;
static pid_t keeper; /* of the others */

static void up(void) { __atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST); }

static void idle(void) {
    up();
    for (;;) pause();
}

static void leave_on_term(const sigset_t *term) {
    int signal;
    up();
    while (sigwait(term, &signal)) {}
    pause_for((uint64_t)delay * 1000000u);
    uint64_t at = now(), last = __atomic_load_n(&shared->left, __ATOMIC_SEQ_CST);
    while (last < at && !__atomic_compare_exchange_n(&shared->left, &last, at, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    _exit(0);
}

static void worker(void) {
    up();
    for (;;) {
        uint32_t number = __atomic_add_fetch(&shared->forked, 1, __ATOMIC_SEQ_CST);
        if (number > FORKS) _exit(0);
        if (fork() == 0) {
            alarm(2);
            if (opens_sessions && number % 2) setsid();
            if (fork() == 0) alarm(2);
            pause_for(150000000);
            _exit(0);
        }
        pause_for(3000000);
    }
}

static void member(uint32_t at) {
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    alarm(LIFE + 30);
    if (at == 0) setsid();
    if (delay >= 0) sigprocmask(SIG_BLOCK, &term, 0);
    if (ignores) signal(SIGTERM, SIG_IGN);
    for (uint32_t child = at * BELOW + 1; child <= at * BELOW + BELOW && child < shared->members; child++)
        if (fork() == 0) member(child);
    for (uint32_t i = 0; at == 0 && i < workers; i++)
        if (fork() == 0) worker();
    shared->pid[at] = getpid();
    if (delay >= 0) leave_on_term(&term);
    idle();
}

static void keep_others(void) {
    alarm(LIFE + 30);
    setsid();
    for (uint32_t i = 1; i < others; i++)
        if (fork() == 0) {
            alarm(LIFE + 30);
            idle();
        }
    idle();
}

/* Calls `with` for each descendant but the others, and tells how many there are. */
static unsigned descend(pid_t pid, void (*with)(pid_t)) {
    char path[64], *list = 0;
    size_t room = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    ssize_t length = getdelim(&list, &room, 0, file);
    fclose(file);
    unsigned count = 0;
    for (char *at = list, *end; length > 0; at = end) {
        pid_t child = (pid_t)strtol(at, &end, 10);
        if (end == at) break;
        if (child == keeper && !with) continue;
        count += 1 + descend(child, with);
        if (with) with(child);
    }
    free(list);
    return count;
}

static void kill_one(pid_t pid) { kill(pid, SIGKILL); }

static int end_all(void) {
    for (int round = 0; round < 2000; round++) {
        if (!descend(getpid(), kill_one)) return 0;
        pause_for(2000000);
    }
    return 3; /* somebody is left */
}

static void answer(const char *word) {
    uint64_t until = now() + 2000000000u, at;
    if (!strncmp(word, "left", 4)) printf("%u\n", descend(getpid(), 0));
    if (!strncmp(word, "stamp", 5)) printf("%llu\n", (unsigned long long)shared->left);
    if (!strncmp(word, "gone", 4)) {
        while (at = now(), descend(getpid(), 0) && at < until) pause_for(100000);
        printf("%llu\n", at < until ? (unsigned long long)at : 0ull);
    }
    fflush(stdout);
}

static volatile sig_atomic_t asked_to_end;
static void note(int signal) { (void)signal, asked_to_end = 1; }

int main(int count, char **arguments) {
    const char *path = 0;
    uint32_t members = 10;
    for (int option; (option = getopt(count, arguments, "m:n:o:t:iw:s")) != -1;) switch (option) {
        case 'm': path = optarg; break;
        case 'n': members = (uint32_t)atoi(optarg); break;
        case 'o': others = (uint32_t)atoi(optarg); break;
        case 't': delay = atoi(optarg); break;
        case 'i': ignores = 1; break;
        case 'w': workers = (uint32_t)atoi(optarg); break;
        case 's': opens_sessions = 1; break;
        default: return 2;
        }
    if (!path || members < 1 || members + others > MOST || workers > 16) return 2;
    shared = map_shared(path, O_CREAT | O_TRUNC);
    if (!shared) return perror("family: map"), 1;
    shared->members = members;
    signal(SIGCHLD, SIG_IGN); /* the kernel reaps */
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int out = dup(1), quiet = open("/dev/null", O_RDWR);
    dup2(quiet, 1); /* nobody of the family keeps the reader of our output waiting */
    if (others && (keeper = fork()) == 0) close(out), keep_others();
    pid_t root = fork();
    if (root == 0) close(out), member(0);
    dup2(out, 1), close(out), close(quiet);
    shared->root = root;
    struct sigaction ending = {.sa_handler = note};
    sigaction(SIGTERM, &ending, 0), sigaction(SIGINT, &ending, 0), sigaction(SIGHUP, &ending, 0);
    uint64_t until = now() + 60000000000u, end = now() + LIFE * 1000000000ull;
    while (__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) < members + others + workers && now() < until && !asked_to_end)
        pause_for(1000000);
    printf("%d\n", root), fflush(stdout);
    char word[32];
    struct pollfd input = {0, POLLIN, 0};
    while (!asked_to_end && now() < end) {
        int ready = poll(&input, 1, 1000);
        if (ready < 0 && errno != EINTR) break;
        if (ready > 0) {
            ssize_t length = read(0, word, sizeof word - 1);
            if (length <= 0) break;
            word[length] = 0;
            answer(word);
        }
    }
    unlink(path);
    return end_all();
}
