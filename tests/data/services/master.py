"""A master whose workers lose their task when they get TERM, as a queue has them: it tells
them itself to finish. Says on the FIFO who is ready and what was finished."""

import os
import signal

FIFO = os.open(os.environ["FIFO"], os.O_WRONLY)


def say(line):
    os.write(FIFO, f"{line}\n".encode())


def worker():
    signal.alarm(60)
    signal.signal(signal.SIGUSR1, finish)
    say(f"ready worker {os.getpid()}")
    while True:
        signal.pause()


def finish(number, frame):
    say("finished")
    os._exit(0)


def drain(number, frame):
    for pid in workers:
        os.kill(pid, signal.SIGUSR1)
    for pid in workers:
        os.waitpid(pid, 0)
    os._exit(0)


signal.alarm(60)
workers = []
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        worker()
    workers.append(pid)
signal.signal(signal.SIGTERM, drain)
say(f"ready master {os.getpid()}")
while True:
    signal.pause()
