"""A web application whose answer takes a second, and that says when it has begun."""

import os
import time


def app(environ, start_response):
    with open(os.environ["BEGUN"], "w") as fifo:
        fifo.write("begun\n")
    time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"done"]
