"""docs/examples/express: an application of Express 5 in each worker, which reports what it does."""
import fcntl
import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

import programs
import support

SOURCES = programs.EXAMPLES / 'express'
INSTALLED = pathlib.Path(os.environ['BUILD_DIRECTORY'], 'docs/examples/express')


def install():
    """The application and what its lock names, in the build directory: sources stay as they are."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ('app.js', 'report.js', 'package.json', 'package-lock.json'):
        shutil.copy(SOURCES / name, INSTALLED)
    lock, of = INSTALLED / 'package-lock.json', INSTALLED / 'node_modules/package-lock.json'
    if not of.exists() or of.read_bytes() != lock.read_bytes():
        subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd=INSTALLED,
                       check=True, stdin=subprocess.DEVNULL)
        shutil.copy(lock, of)


@unittest.skipUnless(shutil.which('node') and shutil.which('npm'),
                     'Node.js or npm is missing: scripts/install-packages express')
class ExpressTest(programs.TodosOfAllWorkers, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        install()

    def serve(self):
        self.server = programs.Server(['node', str(INSTALLED / 'app.js')], '--wait-for-ready')
        self.addCleanup(self.server.close)

    def who_is_at(self, path):
        """The worker that has such a request in hand, as the primary has it."""
        return support.wait_until(
            lambda: next((worker['number'] for worker in self.server.workers()
                          if worker['in_flight'] and worker['in_flight']['path'] == path), None),
            what=f'a worker at {path}')

    def test_the_primary_counts_what_the_clients_have_asked(self):
        self.serve()
        clients = programs.ask(self.server.port, '/v1/todos', 4,
                               lambda client: sum(client.answers.values()) == 100 or client.lost)
        answers, asked_again, lost = programs.sum_of(clients)
        self.assertEqual((asked_again, lost), (0, []))

        def counted():
            return {worker['number']: worker['requests'] for worker in self.server.workers()
                    if worker['requests'] > 0}
        support.wait_until(lambda: sum(counted().values()) >= 400, what='that all have ended')
        self.assertEqual(counted(), dict(answers))
        self.assertEqual({worker['reports']['ignored'] for worker in self.server.workers()}, {0})

    def test_a_hang_is_named_and_ended_and_stops_nobody_else(self):
        self.serve()
        self.addCleanup(self.server.fire('/hang').close)
        hung = self.who_is_at('/hang')
        processes = self.server.processes(hung)
        self.assertGreater(len(processes), 1)
        self.assert_the_others_answer(hung)
        self.server.wait_for(hung, lambda worker: worker['hangs'] == 1, 'a hang')
        self.server.wait_for_successor(hung)
        self.assertTrue(self.server.has_said(f'worker {hung} ', 'hung', 'GET /hang'))
        self.assert_has_ended(processes)
        self.assertEqual(sum(worker['hangs'] for worker in self.server.workers()), 1)

    def test_who_waits_for_its_client_does_not_hang(self):
        self.serve()
        client, rest = self.server.begin_todo()
        self.addCleanup(client.close)
        number = self.who_is_at('/v1/todos')
        self.server.let_pass(3000)  # thrice --hang-after
        self.assertEqual(self.who_is_at('/v1/todos'), number)
        client.send(rest)
        self.assertEqual(client.getresponse().status, 201)
        self.assertEqual([(worker['hangs'], worker['generation'])
                          for worker in self.server.workers()], [(0, 1)] * programs.WORKERS)

    def test_a_crash_is_answered_by_a_successor(self):
        self.serve()
        client = self.server.fire('/crash')
        self.addCleanup(client.close)
        self.assertRaises(ConnectionError, client.getresponse)
        [crashed] = support.wait_until(
            lambda: [worker['number'] for worker in self.server.workers()
                     if worker['generation'] > 1], what='a successor')
        self.server.wait_for_successor(crashed)
        self.assertTrue(self.server.has_said('Error: A crash was asked for.'))  # Node's own words
        self.assertTrue(self.server.has_said(f'worker {crashed} ', 'exit code 1'))
        self.assertEqual(self.server.request('GET', '/v1/todos').status, 200)

    def without_a_server(self, port, *start, pass_fds=(), **environment):
        """The application alone answers, ends when it is asked to, and has nothing to say."""
        alone = subprocess.Popen(
            [*start, 'node', str(INSTALLED / 'app.js')], stderr=subprocess.PIPE, pass_fds=pass_fds,
            env=dict(os.environ, PORT=str(port), TODOS_DB=':memory:', **environment))
        self.addCleanup(alone.stderr.close)
        self.addCleanup(alone.wait)
        self.addCleanup(alone.kill)

        def todos():
            client = http.client.HTTPConnection('127.0.0.1', port, timeout=support.DEADLINE)
            try:
                client.request('GET', '/v1/todos')
                return client.getresponse().read()
            finally:
                client.close()
        self.assertEqual(support.wait_until(todos, what='an answer'), b'[]')
        alone.terminate()
        _, said = alone.communicate(timeout=support.DEADLINE)
        self.assertEqual((alone.returncode, said), (0, b''))

    def test_reports_to_nobody_when_the_socket_is_not_for_it(self):
        self.without_a_server(support.free_port(), FORKSCOPE_REPORT='2', LISTEN_PID='1')

    def test_answers_though_nobody_reads_what_it_reports(self):
        read_end, write_end = os.pipe2(os.O_NONBLOCK)
        self.addCleanup(os.close, read_end)
        self.addCleanup(os.close, write_end)
        try:
            while True:
                os.write(write_end, bytes(4096))
        except BlockingIOError:
            pass  # full
        with socket.create_server(('127.0.0.1', 0)) as listener:
            listener.setblocking(False)
            report = fcntl.fcntl(write_end, fcntl.F_DUPFD, 10)  # 3 is for the socket
            self.addCleanup(os.close, report)
            self.without_a_server(
                listener.getsockname()[1], 'bash', '-c',
                f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ exec "$@"', 'bash',
                pass_fds=(report, listener.fileno()), FORKSCOPE_REPORT=str(report),
                FORKSCOPE_HANG_AFTER_MS='1000')


if __name__ == '__main__':
    support.main()
