"""How a server spreads new connections over its workers, as long as nothing else happens.

Clients in a burst do not wait for each other: many have connected before the first is accepted.
Each burst meets a server that has served nobody, and whose workers are no newcomers any more: those
would be given connections of the others afterwards.
"""

import contextlib
import http.client
import json
import socket
import subprocess
import tempfile
import time

from measuring import print_table
from servers import BIN, ROOT, Server, fail

ROUNDS = 20
WORKERS = 4
BURSTS = [(64, 4), (256, 8)]  # connections, and how far from its share a worker is that is near
LIGHT = 200  # connections one after the other
FEW = 2  # workers that are enough for them
NEWCOMER_MS = 2000
LIMIT_S = 10
GET = b"GET /v1/todos HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def workers(server):
    # Not /v1/workers: whoever asks for that has a connection too.
    ctl = subprocess.run([BIN / "todos-server", "ctl", f"--port={server.port}", "--json", "status"],
                         check=False, capture_output=True, text=True)
    return json.loads(ctl.stdout)["workers"] if ctl.returncode == 0 else []


def wait_for(server, condition):
    """→ the workers, once all of them are idle and it is true of them."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        now = workers(server)
        if all(worker["state"] == "idle" for worker in now) and condition(now):
            return now
    return fail(f"{server.name} does not come to rest: {now}")


@contextlib.contextmanager
def fresh_servers(log):
    """One for each round."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="spread-", dir=ROOT / "build"))
        servers = []
        for _ in range(ROUNDS):
            servers.append(Server("forkscope", lambda port: [
                BIN / "todos-server", f"--port={port}", f"--workers={WORKERS}",
                f"--db={directory}/{port}.db"], log))
            stack.callback(servers[-1].stop)
        for server in servers:
            wait_for(server, lambda now: len(now) == WORKERS and all(
                worker["uptime_ms"] > NEWCOMER_MS and worker["connections"] == 0
                for worker in now))
        yield servers


def burst(server, count, asks):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(count)]
        for client in clients:
            client.setblocking(False)
        for client in clients:
            client.connect_ex(("127.0.0.1", server.port))
        if asks:
            for client in clients:
                client.settimeout(LIMIT_S)
                client.sendall(GET)
            for client in clients:
                if not client.recv(4096).startswith(b"HTTP/1.1 200 "):
                    fail("a client of a burst is not answered")
        accepted = wait_for(server, lambda now: sum(
            worker["connections"] for worker in now) == count)
        return [worker["connections"] for worker in accepted]


def off(spread, count):
    """How far the worst worker is from its share."""
    return max(abs(connections - count // WORKERS) for connections in spread)


def bursts(count, margin, asks, log):
    with fresh_servers(log) as servers:
        spreads = [burst(server, count, asks) for server in servers]
    share = count // WORKERS
    worst = max(spreads, key=lambda spread: off(spread, count))
    within = sum(off(spread, count) <= margin for spread in spreads)
    return (f"{count} at once" + ", one GET each" * asks, f"{share} ± {margin}",
            f"{within} of {ROUNDS}", " / ".join(map(str, worst)))


def workers_used_by_light_traffic(server):
    seen = set()
    for _ in range(LIGHT):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_S)
        connection.request("GET", "/v1/todos")
        response = connection.getresponse()
        response.read()
        seen.add(response.headers["X-Worker-Pid"])
        connection.close()
    return len(seen)


def light_traffic(log):
    with fresh_servers(log) as servers:
        used = [workers_used_by_light_traffic(server) for server in servers]
    few = sum(count <= FEW for count in used)
    return (f"{LIGHT} one after the other", f"on {FEW} at most", f"{few} of {ROUNDS}",
            f"on {max(used)}")


def print_spread(log):
    rows = [("", "connections of a worker", "rounds", "the worst round")]
    rows += [bursts(*numbers, asks, log) for numbers in BURSTS for asks in (False, True)]
    rows.append(light_traffic(log))
    print_table(f"Who accepts, at a fresh server of {WORKERS} workers", rows)
