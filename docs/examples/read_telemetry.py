#!/usr/bin/env python3
"""Looks at a running todos-server from outside: its workers, then every request as it ends.

    read_telemetry.py [PORT] [--once]

A reader of the protocol in docs/telemetry-protocol.md, with nothing but Python's standard library.
"""
import fcntl
import mmap
import os
import socket
import struct
import sys
import threading
import time

STATES = ['unused', 'starting', 'ready', 'hung', 'aborting', 'draining', 'dead', 'backoff']
METHODS = ['?', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
#            name        words at least, one per slot
SECTIONS = [('beat', 8, False), ('roster', 16, True), ('events', 16, False), ('progress', 8, True),
            ('counters', 16, True), ('current', 32, True), ('requests', 8, True),
            ('histogram', 528, True)]
HEADER = struct.Struct('<Q HHI II QQQ II Q II QQ 64s16s II')  # up to the section table, at 176
SECTION = struct.Struct('<II QQ IIII')
BARRIER = threading.Lock()  # taking it orders memory (POSIX.1-2017, section 4.12)


def attach(port):
    """The telemetry segment of the server on `port`, mapped read-only."""
    base, user = os.environ.get('XDG_RUNTIME_DIR', ''), os.getuid()
    own = os.path.isabs(base) and os.path.isdir(base) and os.stat(base).st_uid == user
    path = f'{base}/forkscope/{port}.sock' if own else f'/tmp/forkscope-{user}/{port}.sock'
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(5)
        try:
            control.connect(path)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ValueError(f'no server of this user runs on port {port}') from error
        control.sendall(b'{"cmd":"attach"}\n')
        reply, fds, _, _ = socket.recv_fds(control, 4096, maxfds=1)
    if not fds:
        raise ValueError(f'the server gave no segment: {reply.decode(errors="replace").strip()}')
    try:
        if fcntl.fcntl(fds[0], fcntl.F_GET_SEALS) & 0x16 != 0x16:  # SHRINK, GROW, FUTURE_WRITE
            raise ValueError('the segment is not sealed')
        return mmap.mmap(fds[0], os.fstat(fds[0]).st_size, mmap.MAP_SHARED, mmap.PROT_READ)
    finally:
        os.close(fds[0])


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Segment:
    """Checks everything once; afterwards it only looks at places that it has checked."""

    def __init__(self, memory):
        head = bytes(memory[:504])  # a private copy: what is checked is what is used
        if len(head) < 504 or head[:8] != b'FRKSCOPE':
            raise ValueError('this is no Forkscope segment')
        (_, major, _, header_bytes, endian, word, total, _, _, _, _, _, _, self.slots, _, _, _, _, _,
         sections) = HEADER.unpack_from(head)
        if major != 1:
            raise ValueError(f'the server speaks version {major} of the protocol, this program 1')
        if crc32c(bytes(8) + head[8:500] + bytes(4)) != struct.unpack_from('<I', head, 500)[0]:
            raise ValueError('the checksum of the header is wrong')
        if ((endian, word, header_bytes, sections) != (0x01020304, 8, 4096, 8)
                or total > len(memory) or not 1 <= self.slots <= 256):
            raise ValueError('the header contradicts itself')
        self.words, self.table = memoryview(memory).cast('Q'), {}
        for i, (name, least, per_slot) in enumerate(SECTIONS):
            number, _, offset, stride, count, words, capacity, _ = SECTION.unpack_from(
                head, HEADER.size + i * SECTION.size)
            is_lane = name not in ('progress', 'counters', 'histogram')
            size = 8 * ((8 if is_lane else 0) + words * max(capacity, 1))
            if (number != i + 1 or count != (self.slots if per_slot else 1)
                    or not least <= words <= 4096 or is_lane != (capacity > 0)
                    or capacity > 1 << 20 or capacity == 1 or capacity & (capacity - 1)
                    or offset % 8 or stride % 8 or offset < 4096 or stride < size
                    or offset + stride * (count - 1) + size > total):
                raise ValueError(f'section {number} is impossible')
            self.table[name] = offset // 8, stride // 8, words, capacity

    def plain(self, name, slot=0):
        """The words of a section that is no lane."""
        at, stride, words, _ = self.table[name]
        return self.words[at + stride * slot:][:words].tolist()

    def head(self, name, slot=0):
        at, stride, _, _ = self.table[name]
        return self.words[at + stride * slot]

    def record(self, name, n, slot=0):
        """Record `n` of a lane, or None: it is not there yet, or has been overwritten."""
        at, stride, words, capacity = self.table[name]
        at += stride * slot
        before = self.words[at]
        with BARRIER:
            pass
        if not 0 <= n < before < n + capacity:
            return None
        start = at + 8 + (n & (capacity - 1)) * words
        copy = struct.pack(f'<{words}Q', *self.words[start:start + words])
        with BARRIER:
            pass
        return copy if before <= self.words[at] < n + capacity else None

    def latest(self, name, slot=0):
        for _ in range(64):
            record = self.record(name, self.head(name, slot) - 1, slot)
            if record:
                return record
        return None

    def workers(self):
        """A dict per worker, under the names of GET /v1/workers."""
        for slot in range(self.slots):
            roster = self.latest('roster', slot)
            if not roster:
                continue
            pid, generation, state = struct.unpack_from('<IIQ', roster)
            respawns, hangs = struct.unpack_from('<QQ', roster, 88)
            progress, counters = self.plain('progress', slot), self.plain('counters', slot)
            state = STATES[state] if state < len(STATES) else 'unknown'
            if state == 'ready':  # split by the worker's own words
                state = 'draining' if progress[7] else 'idle' if progress[0] == 1 else 'busy'
            if state == 'unused':
                continue
            current, in_flight = self.latest('current', slot), None
            if current and struct.unpack_from('<Q', current)[0] > progress[6]:
                method, _, length = struct.unpack_from('<BBH', current, 24)
                in_flight = f'{name_of(method)} {text(current[40:40 + min(length, 216)])}'
            gone = state in ('dead', 'backoff')
            yield {'number': slot + 1, 'pid': 0 if gone else pid, 'generation': generation,
                   'state': state, 'connections': counters[8], 'requests': sum(counters[:5]),
                   'respawns': respawns, 'hangs': hangs, 'in_flight': None if gone else in_flight}


def name_of(method):
    return METHODS[method] if method < len(METHODS) else '?'


def text(data):
    return ''.join(chr(c) if 0x20 <= c <= 0x7E else '?' for c in data)


def follow(segment):
    """Prints what ends from now on. A lane keeps 512 records: whoever is slower loses some."""
    keep = segment.table['requests'][3] - 1
    seen = [segment.head('requests', slot) for slot in range(segment.slots)]
    while True:
        for slot, n in enumerate(seen):
            head = segment.head('requests', slot)
            if head - n > keep:
                print(f'worker {slot + 1}: {head - keep - n} records lost')
                n = head - keep
            while n < head and (record := segment.record('requests', n, slot)):
                _, _, duration, method, _, status, _, _, _, length, _, path = struct.unpack_from(
                    '<QQQ BBHI IHH Q16s', record)
                path = text(path[:min(length, 16)])
                print(f'worker {slot + 1}  {name_of(method)} {"…" if length > 16 else ""}{path}  '
                      f'{status}  {duration / 1e6:.3f} ms', flush=True)
                n += 1
            seen[slot] = n
        time.sleep(0.05)


def main():
    ports = [argument for argument in sys.argv[1:] if argument != '--once']
    segment = Segment(attach(int(ports[0]) if ports else 8000))
    workers = list(segment.workers())
    print('  '.join(f'{key:>11}' for key in workers[0]) if workers else 'no workers')
    for worker in workers:
        print('  '.join(f'{str(value if value is not None else "-"):>11}'
                        for value in worker.values()))
    if '--once' not in sys.argv:
        follow(segment)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as error:
        sys.exit(f'read_telemetry: {error}')
