"""Keep-alive clients that ask again and again, and see what becomes of their connections.

A client whose connection has ended connects anew. If an answer was outstanding it asks again, as a
browser would, and its wait goes on from the first time. All of them live in one thread, inside of
Crowd.run().
"""

import collections
import re
import selectors
import socket
import time

TICK_S = 0.002  # how late a client's pause may end
APART_S = 0.01  # between two clients that come
LOOK_S = 0.02   # between two looks at what run() waits for
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
WORKER = re.compile(rb"\r\nx-worker-pid: *(\d+)", re.IGNORECASE)


class Seen:
    """What the clients have seen since some moment."""

    def __init__(self):
        self.broken = set()  # clients whose connection ended while an answer was outstanding
        self.closed = set()  # clients whose connection ended at rest, or who were told that it ends
        self.answers = collections.Counter()  # by pid of the worker
        self.longest_wait = 0.0


class Client:
    def __init__(self, crowd, comes_at):
        self.crowd = crowd
        self.socket = None
        self.is_connected = False
        self.asks_since = None  # at rest: None
        self.acts_at = comes_at
        self.received = b""
        self.worker = None  # pid of who answered last

    def act(self, now):
        """Its pause is over."""
        if self.asks_since is None:
            self.asks_since = now
        if self.socket is None:
            self.connect(now)
        elif self.is_connected:
            self.ask(now)

    def connect(self, now):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", self.crowd.port))
        self.crowd.selector.register(self.socket, selectors.EVENT_WRITE, self)
        self.is_connected = False
        self.acts_at = now + self.crowd.pause_s

    def ask(self, now):
        self.acts_at = float("inf")
        try:
            self.socket.send(self.crowd.request)
        except OSError:
            self.ended(self.crowd.seen.closed, now)

    def ready(self, now):
        """Something has happened to its socket."""
        if not self.is_connected:
            if self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
                self.leave(now)
                return
            self.is_connected = True
            self.crowd.selector.modify(self.socket, selectors.EVENT_READ, self)
            self.ask(now)
            return
        try:
            data = self.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            seen = self.crowd.seen
            self.ended(seen.closed if self.asks_since is None else seen.broken, now)
            return
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if blank and len(body) >= int(LENGTH.search(head).group(1)):
            self.answered(head, now)

    def answered(self, head, now):
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError(f"a client was answered: {head.decode(errors='replace')}")
        self.worker = int(WORKER.search(head).group(1))
        seen = self.crowd.seen
        seen.answers[self.worker] += 1
        seen.longest_wait = max(seen.longest_wait, now - self.asks_since)
        self.asks_since = None
        self.received = b""
        self.acts_at = now + self.crowd.pause_s
        if CLOSES.search(head):
            self.ended(seen.closed, now)

    def ended(self, which, now):
        which.add(self)
        self.leave(now)

    def leave(self, now):
        self.crowd.selector.unregister(self.socket)
        self.socket.close()
        self.socket = None
        self.received = b""
        self.acts_at = now + self.crowd.pause_s


class Crowd:
    """Of clients of one port that GET one path, with a pause after each answer. They come one after
    another."""

    def __init__(self, port, path, count, pause_s):
        self.port = port
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.pause_s = pause_s
        self.selector = selectors.DefaultSelector()
        self.seen = Seen()
        now = time.monotonic()
        self.clients = [Client(self, now + number * APART_S) for number in range(count)]

    def run(self, seconds, until=lambda: False):
        """For that time, or until something is true: tells whether it was."""
        end = time.monotonic() + seconds
        looks_at = 0.0
        while True:
            now = time.monotonic()
            if now >= looks_at:
                if until():
                    return True
                looks_at = now + LOOK_S
            if now >= end:
                return False
            for key, _ in self.selector.select(TICK_S):
                key.data.ready(time.monotonic())
            now = time.monotonic()
            for client in self.clients:
                if now >= client.acts_at:
                    client.act(now)

    def look_anew(self):
        """Forgets what was seen, and gives it back."""
        seen, self.seen = self.seen, Seen()
        return seen

    def clients_by_worker(self):
        return collections.Counter(client.worker for client in self.clients)

    def outstanding(self):
        """Who waits for an answer, and for how long."""
        now = time.monotonic()
        return {client: now - client.asks_since for client in self.clients
                if client.asks_since is not None}

    def go_home(self):
        for client in self.clients:
            if client.socket is not None:
                client.leave(0.0)
        self.selector.close()
