#!/usr/bin/env python3
"""read_telemetry.py [PORT] [--once]: the workers of a running todos-server, then every request as
it ends. A reader of docs/telemetry-protocol.md in nothing but Python's standard library."""
import fcntl, glob, mmap, os, socket, struct, sys, threading, time

STATES = dict(enumerate('unused starting ready hung aborting draining dead backoff'.split()))
METHODS = dict(enumerate('? GET HEAD POST PUT PATCH DELETE OPTIONS'.split()))
SECTIONS = {'beat': 8, 'roster': 16, 'events': 16, 'progress': 8, 'counters': 16, 'current': 32,
            'requests': 8, 'histogram': 528}  # in their order, with the words of a record
PLAIN, SINGLE = ('progress', 'counters', 'histogram'), ('beat', 'events')  # others: lanes, per slot
CAPACITIES = [1 << n for n in range(1, 21)]
BARRIER = threading.Lock()  # taking and giving it back orders memory (POSIX.1-2017, section 4.12)


def attach(port):
    """The telemetry segment of the server on `port`, mapped read-only."""
    user, environment = os.getuid(), os.environ.get
    places = [environment('FORKSCOPE_RUNTIME_DIR')] if environment('FORKSCOPE_RUNTIME_DIR') else [
        environment('XDG_RUNTIME_DIR', '') + '/forkscope', f'/run/user/{user}/forkscope',
        f'/tmp/forkscope-{user}']
    own = [place for place in places if os.path.isdir(place) and os.lstat(place).st_uid == user
           and not os.path.islink(place)]
    names = [name for place in own for end in ('', '-*') for name in glob.glob(
        f'{glob.escape(place)}/{port}{end}.sock')]
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(5)
        found = any(control.connect_ex(name) == 0 for name in names)
        check(found, f'no server of this user runs on port {port}')
        control.sendall(b'{"cmd":"attach"}\n')
        reply, fds, _, _ = socket.recv_fds(control, 4096, maxfds=1)
    check(fds, f'the server gave no segment: {text(reply.strip())}')
    with open(fds[0], 'rb') as segment:
        seals, size = fcntl.fcntl(segment, fcntl.F_GET_SEALS), os.fstat(segment.fileno()).st_size
        check(seals & 0x16 == 0x16, 'the segment is not sealed')  # SHRINK, GROW, FUTURE_WRITE
        check(4096 <= size <= 1 << 30, 'the size of the segment is impossible')
        return mmap.mmap(segment.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ)


def check(condition, complaint):
    if not condition:
        raise ValueError(complaint)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def text(data):  # a client has sent it, so it may be anything
    return ''.join(chr(c) if 0x20 <= c <= 0x7E else '?' for c in data)


class Segment:
    """Checks everything once, and from then on looks only where it has checked."""

    def __init__(self, memory):
        head = bytes(memory[:504])  # a private copy: what is checked is what is used
        check(len(head) == 504 and head[:8] == b'FRKSCOPE', 'this is no Forkscope segment')
        major, _, *marks, total = struct.unpack_from('<HHIIIQ', head, 8)
        check(major == 1, f'the server speaks version {major} of the protocol, this program 1')
        self.slots, sections, crc = (struct.unpack_from('<I', head, at)[0] for at in (68, 172, 500))
        check(crc == crc32c(bytes(8) + head[8:500] + bytes(4)), 'the checksum is wrong')
        check(marks == [4096, 0x01020304, 8] and sections == 8 and 1 <= self.slots <= 256
              and total <= len(memory), 'the header contradicts itself')
        self.words, self.table = memoryview(memory)[:total // 8 * 8].cast('Q'), {}
        for i, (name, least) in enumerate(SECTIONS.items()):
            number, _, offset, stride, count, words, capacity, _ = struct.unpack_from(
                '<IIQQIIII', head, 176 + 40 * i)
            size = 8 * (words if name in PLAIN else 8 + words * capacity)
            check(number == i + 1 and count == (1 if name in SINGLE else self.slots)
                  and capacity in ([0] if name in PLAIN else CAPACITIES) and least <= words <= 4096
                  and offset % 8 == stride % 8 == 0 and offset >= 4096 and stride >= size
                  and offset + stride * (count - 1) + size <= total, f'section {i + 1} is wrong')
            self.table[name] = offset // 8, stride // 8, words, capacity

    def word(self, name, slot, i=0):
        """Word `i` of a plain section; of a lane, word 0 is the head."""
        at, stride, _, _ = self.table[name]
        return self.words[at + stride * slot + i]

    def record(self, name, slot, n):
        """Record `n` of a lane, or None: it is not there yet, or has been overwritten."""
        at, stride, words, capacity = self.table[name]
        start = at + stride * slot + 8 + n % capacity * words
        with BARRIER:
            before = self.word(name, slot)
        with BARRIER:
            copy = struct.pack(f'<{words}Q', *self.words[start:start + words])
        with BARRIER:
            after = self.word(name, slot)
        return copy if 0 <= n < before <= after < n + capacity else None

    def latest(self, name, slot):
        tries = (self.record(name, slot, self.word(name, slot) - 1) for _ in range(64))
        return next(filter(None, tries), None)

    def workers(self):
        """A dict per worker, under the names of GET /v1/workers."""
        for slot in range(self.slots):
            roster, current = self.latest('roster', slot), self.latest('current', slot)
            pid, generation, state = struct.unpack_from('<IIQ', roster or bytes(16))
            state, in_flight = STATES.get(state, 'unknown'), None
            if state == 'unused':
                continue
            if state == 'ready':  # split by the worker's own words
                state = 'idle' if self.word('progress', slot) == 1 else 'busy'
                state = 'draining' if self.word('progress', slot, 7) == 1 else state
            if current and state not in ('dead', 'backoff'):
                request, method, size, holder = struct.unpack_from('<Q16xBxHI', current)
                if request > self.word('progress', slot, 6) and holder == generation:
                    path = text(current[40:][:min(size, 216)])
                    in_flight = f'{METHODS.get(method, "?")} {path}'
            yield {'number': slot + 1, 'pid': pid, 'generation': generation, 'state': state,
                   'requests': sum(self.word('counters', slot, i) for i in range(5)),
                   'hangs': struct.unpack_from('<Q', roster, 96)[0], 'in_flight': in_flight}

    def follow(self, slot, n):
        """Prints the requests that have ended from record `n` on, and returns the next `n`."""
        head, keep = self.word('requests', slot), self.table['requests'][3] - 1
        if head - n > keep:
            print(f'worker {slot + 1}: {head - keep - n} records lost')
            n = head - keep
        while n < head and (record := self.record('requests', slot, n)):
            duration, method, status, size, path = struct.unpack_from('<16xQBxH10xH8x16s', record)
            path = ('…' if size > 16 else '') + text(path[:min(size, 16)])
            print(f'worker {slot + 1}  {METHODS.get(method, "?")} {path}  {status}'
                  f'  {duration / 1e6:.3f} ms')
            n += 1
        return n


def main(ports, once):
    sys.stdout.reconfigure(line_buffering=True)  # also into a pipe
    segment = Segment(attach(int(ports[0]) if ports else 8000))
    for worker in segment.workers():
        print('  '.join(f'{key} {value}' for key, value in worker.items() if value is not None))
    seen = [segment.word('requests', slot) for slot in range(segment.slots)]
    while not once:
        seen = [segment.follow(slot, n) for slot, n in enumerate(seen)]
        time.sleep(0.05)


if __name__ == '__main__':
    try:
        main([a for a in sys.argv[1:] if a != '--once'], '--once' in sys.argv)
    except (OSError, ValueError) as error:
        sys.exit(f'read_telemetry: {error}')
    except KeyboardInterrupt:
        pass
