"""A program as supervisors get it to run: quiet, without a handler, and with children that
leave its group and its session. Each member says on a FIFO that it is ready; those that are
named behind it ignore TERM. Everyone ends after a minute in any case.

    app.py FIFO [STUBBORN...]

Without arguments the FIFO is that of the environment.
"""

import os
import signal
import sys


def live(name, *children):
    signal.alarm(60)
    stubborn = name in sys.argv[2:]
    signal.signal(signal.SIGTERM, signal.SIG_IGN if stubborn else signal.SIG_DFL)
    for child in children:
        child()
    line = f"ready {name} {os.getpid()}\n"
    os.write(FIFO, line.encode())
    while True:
        signal.pause()


def child(name, *children, session=False):
    def start():
        if os.fork() == 0:
            if session:
                os.setsid()
            live(name, *children)

    return start


def daemon(name):
    def start():
        between = os.fork()
        if between == 0:
            os.setsid()
            if os.fork() == 0:
                live(name)
            os._exit(0)
        os.waitpid(between, 0)

    return start


FIFO = os.open((sys.argv + [os.environ.get("FIFO")])[1], os.O_WRONLY)
live(
    "main",
    child("w1", child("g1")),
    child("w2", child("g2", session=True), session=True),
    child("w3", child("g3")),
    daemon("daemon"),
)
