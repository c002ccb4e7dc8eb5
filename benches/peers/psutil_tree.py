"""psutil_tree.py PID: shows a process and all its descendants, as psutil finds them."""
import sys

import psutil

root = psutil.Process(int(sys.argv[1]))
for process in [root, *root.children(recursive=True)]:
    print(process.pid, process.ppid(), process.name())
