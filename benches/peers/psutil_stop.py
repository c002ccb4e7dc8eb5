"""psutil_stop.py PID SIGNAL: signals a tree, waits, and kills whoever is left, in the way that
psutil's documentation recommends."""
import sys

import psutil

root = psutil.Process(int(sys.argv[1]))
everyone = [*root.children(recursive=True), root]
for process in everyone:
    try:
        process.send_signal(int(sys.argv[2]))
    except psutil.NoSuchProcess:
        pass
_, alive = psutil.wait_procs(everyone, timeout=10)
for process in alive:
    process.kill()
