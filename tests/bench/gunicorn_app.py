"""What gunicorn serves for tests/bench/faults: no todos, and a handler that never returns."""

import os

TODOS = b"[]"


def application(environ, start_response):
    while environ["PATH_INFO"] == "/hang":
        pass
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(TODOS))),
                              ("X-Worker-Pid", str(os.getpid()))])
    return [TODOS]
