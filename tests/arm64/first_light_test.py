"""One server and one text view for arm64, under QEMU: they serve, lose a worker, catch a hang, and
are watched.

Not a part of tests/run: tests/arm64/run calls it, and says by TODOS_SERVER and TODOS_VISUALIZER
what to start.
"""
import json
import os
import pathlib
import signal
import subprocess
import unittest

import support

VISUALIZER = os.environ['TODOS_VISUALIZER']


class FirstLight(unittest.TestCase):
    def setUp(self):
        self.server = support.Server('--hang-after=1s', '--kill-after=2s')
        self.addCleanup(self.server.close)

    def worker(self, number):
        return self.server.workers()[number - 1]

    def serves_again(self, number):
        worker = self.worker(number)
        return worker['generation'] == 2 and worker['state'] in ('idle', 'busy')

    def look(self):
        """The text view's picture of the server."""
        view = subprocess.run(
            [VISUALIZER, '--text', '--once', f'--port={self.server.port}'],
            env=dict(os.environ, XDG_RUNTIME_DIR=self.server.directory),
            capture_output=True, text=True, check=False, timeout=support.DEADLINE)
        self.assertEqual(view.returncode, 0, view.stderr)
        return json.loads(view.stdout)

    def test_serves_and_is_watched(self):
        pids = [worker['pid'] for worker in self.server.workers()]
        for pid in pids:
            loaded = pathlib.Path(f'/proc/{pid}/maps').read_text('utf-8')
            self.assertIn('ld-linux-aarch64.so.1', loaded)  # it is an arm64 program indeed
        created = self.server.request('POST', '/v1/todos', '{"title":"hello from arm64"}')
        self.assertEqual(created.status, 201)
        [todo] = json.loads(self.server.request('GET', '/v1/todos').body)
        self.assertEqual(todo['title'], 'hello from arm64')

        picture = self.look()
        self.assertEqual([worker['pid'] for worker in picture['workers']], pids)
        self.assertGreaterEqual(picture['totals']['requests'], 2)

    def test_replaces_a_worker_that_is_killed_and_one_that_hangs(self):
        os.kill(self.worker(1)['pid'], signal.SIGKILL)
        support.wait_until(lambda: self.serves_again(1), what='a successor of the killed worker')
        with self.assertRaises(ConnectionError):  # its worker is killed before it answers
            self.server.request('GET', '/v1/faults/hang?mode=spin')
        support.wait_until(
            lambda: sum(worker['generation'] for worker in self.server.workers()) == 6 and
            all(worker['state'] in ('idle', 'busy') for worker in self.server.workers()),
            what='a successor of the worker that hung')
        self.assertEqual(sum(worker['hangs'] for worker in self.look()['workers']), 1)

    def test_stops_when_it_is_asked_to(self):
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(support.DEADLINE), 0)


if __name__ == '__main__':
    support.main()
