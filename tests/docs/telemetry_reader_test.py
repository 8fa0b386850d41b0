"""docs/examples/read_telemetry.py, which knows no more than docs/telemetry-protocol.md says, tells
the same as the server does."""
import contextlib
import importlib.util
import io
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import threading
import unittest

import support

READER = pathlib.Path(__file__).parents[2] / 'docs' / 'examples' / 'read_telemetry.py'
CRC_OFFSET = 500
TABLE_OFFSET = 176


def load_reader():
    spec = importlib.util.spec_from_file_location('read_telemetry', READER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ReaderTest(unittest.TestCase):
    def setUp(self):
        self.server = support.Server('--hang-after=300ms', '--kill-after=0', workers=3)
        self.addCleanup(self.server.close)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.server.directory)
        self.environment.pop('PYTHONUNBUFFERED', None)  # as most people have it
        self.reader = load_reader()

    def run_reader(self, *arguments):
        return subprocess.run([sys.executable, READER, str(self.server.port), *arguments],
                              env=self.environment, capture_output=True, text=True, check=False,
                              timeout=support.DEADLINE)

    def segment(self):
        before = os.environ.get('XDG_RUNTIME_DIR')
        os.environ['XDG_RUNTIME_DIR'] = self.server.directory
        try:
            return self.reader.attach(self.server.port)
        finally:
            if before is None:
                del os.environ['XDG_RUNTIME_DIR']
            else:
                os.environ['XDG_RUNTIME_DIR'] = before

    def test_tells_of_workers_what_the_server_tells(self):
        for _ in range(10):
            self.server.request('GET', '/v1/todos')
        self.server.request('POST', '/v1/todos', '{"title":"a"}')
        victim = self.server.workers()[1]
        os.kill(victim['pid'], signal.SIGKILL)
        support.wait_until(lambda: self.server.workers()[1]['generation'] == 2
                           and self.server.ready(3), what='the successor')
        segment = self.reader.Segment(self.segment())
        served = sum(worker['requests'] for worker in segment.workers())

        told = self.server.workers()
        support.wait_until(lambda: sum(w['requests'] for w in segment.workers()) == served + 1,
                           what='the end of the last request')
        read = list(segment.workers())
        for key in ('number', 'pid', 'generation', 'hangs'):
            self.assertEqual([w[key] for w in read], [w[key] for w in told], key)
        self.assertEqual(sum(w['requests'] for w in told), served)
        self.assertEqual(read[1]['generation'], 2)
        self.assertGreaterEqual(served, 11)

        table = self.run_reader('--once')
        self.assertEqual(table.returncode, 0, table.stderr)
        for line, worker in zip(table.stdout.splitlines(), told, strict=True):
            self.assertIn('number {number}  pid {pid}  generation {generation}'.format(**worker), line)

    def test_shows_what_a_worker_hangs_in(self):
        threading.Thread(target=self.fire_a_hang, daemon=True).start()
        segment = self.reader.Segment(self.segment())
        hung = support.wait_until(
            lambda: next((w for w in segment.workers() if w['state'] == 'hung'), None),
            what='a hung worker')
        self.assertEqual(hung['in_flight'], 'GET /v1/faults/hang')
        told = next(w for w in self.server.workers() if w['state'] == 'hung')
        self.assertEqual(told['number'], hung['number'])
        self.assertEqual(told['hangs'], hung['hangs'])

    def fire_a_hang(self):
        try:
            self.server.request('GET', '/v1/faults/hang')
        except OSError:
            pass  # the test is over

    def test_follows_requests(self):
        with subprocess.Popen([sys.executable, READER, str(self.server.port)], text=True,
                              env=self.environment, stdout=subprocess.PIPE) as reader:
            try:
                for _ in range(3):  # the workers
                    reader.stdout.readline()
                # It starts at what is there, so it may miss the first ones.
                seen = []

                def read():
                    seen.extend(reader.stdout)

                thread = threading.Thread(target=read, daemon=True)
                thread.start()

                def shown():
                    self.server.request('GET', '/v1/todos/77?a=b')
                    return any('GET /v1/todos/77  404' in line for line in seen)

                support.wait_until(shown, what='a line for the request')
            finally:
                reader.kill()
            thread.join(support.DEADLINE)

    def test_says_in_one_line_that_nobody_is_there(self):
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()
        reader = self.run_reader('--once')
        self.assertEqual(reader.returncode, 1)
        self.assertEqual(reader.stderr.count('\n'), 1)
        self.assertIn(f'no server of this user runs on port {self.server.port}', reader.stderr)

    def test_refuses_a_header_that_lies(self):
        segment = bytes(self.segment())
        self.reader.Segment(segment)
        for at in range(504):  # every byte is covered: by the magic, the version or the checksum
            changed = bytearray(segment)
            changed[at] ^= 0x41
            with self.assertRaises(ValueError, msg=f'byte {at}'):
                self.reader.Segment(changed)
        with self.assertRaises(ValueError):
            self.reader.Segment(segment[:4096])
        changed = self.with_checksum(segment, 8, struct.pack('<H', 2))
        with self.assertRaisesRegex(ValueError, 'version 2 of the protocol'):
            self.reader.Segment(changed)

    def test_never_leaves_the_segment_however_the_table_lies(self):
        segment = bytes(self.segment())
        random.seed(1)
        refused = 0
        for _ in range(300):
            at = random.randrange(TABLE_OFFSET, CRC_OFFSET - 4, 4)
            value = random.choice([0, 1, 7, 8, 4096, 1 << 20, len(segment) - 8, 0xFFFFFFFF,
                                   random.getrandbits(32)])
            changed = self.with_checksum(segment, at, struct.pack('<I', value))
            try:
                list(self.reader.Segment(changed).workers())
            except ValueError:
                refused += 1
        self.assertGreater(refused, 100)

    def test_refuses_a_record_that_was_overwritten_while_it_was_copied(self):
        segment = self.reader.Segment(bytearray(self.segment()))
        at, _, _, capacity = segment.table['events']
        newest = segment.word('events', 0) - 1
        self.assertIsNotNone(segment.record('events', 0, newest))
        self.assertIsNone(segment.record('events', 0, newest + 1), 'not there yet')

        class Overtaking(list):
            """Words whose writer is as fast as it can be: it laps while the reader copies."""

            def __getitem__(self, index):
                if isinstance(index, slice):
                    self[at] = newest + capacity
                return super().__getitem__(index)

        segment.words = Overtaking(segment.words)
        self.assertIsNone(segment.record('events', 0, newest), 'torn')

    def test_counts_exactly_what_it_has_missed(self):
        segment = self.reader.Segment(bytearray(self.segment()))
        at, _, _, capacity = segment.table['requests']
        segment.words[at] = 3 * capacity
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(segment.follow(0, capacity), 3 * capacity)
        lines = out.getvalue().splitlines()
        self.assertEqual(lines[0], f'worker 1: {capacity + 1} records lost')
        self.assertEqual(len(lines), capacity)  # the rest of the two rounds, and that line

    def test_never_fails_on_nonsense_behind_the_header(self):
        random.seed(2)
        segment = bytearray(self.segment())
        for _ in range(30):
            for at in range(4096, len(segment) - 8, random.randrange(8, 4000, 8)):
                segment[at:at + 8] = random.choice(
                    [bytes(8), b'\xff' * 8, random.randbytes(8), struct.pack('<Q', 5)])
            list(self.reader.Segment(segment).workers())

    def with_checksum(self, segment, at, data):
        changed = bytearray(segment)
        changed[at:at + len(data)] = data
        covered = bytes(8) + bytes(changed[8:CRC_OFFSET]) + bytes(4)
        changed[CRC_OFFSET:CRC_OFFSET + 4] = struct.pack('<I', self.reader.crc32c(covered))
        return changed


if __name__ == '__main__':
    support.main()
