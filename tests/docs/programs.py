"""What express_test.py and flask_test.py share: a server whose workers run somebody else's program
(`todos-server run`), the processes that this is, and what both programs have to do."""
import collections
import http.client
import json
import os
import pathlib
import signal
import subprocess
import threading

import support

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'docs/examples'
WORKERS = 3


def has_open(pid, socket):
    """Whether a process has it, as /proc/PID/fd names it."""
    try:
        return any(os.readlink(fd) == socket for fd in pathlib.Path(f'/proc/{pid}/fd').iterdir())
    except OSError:
        return False  # one or the other has gone meanwhile


class Server(support.Server):
    """`todos-server run [options] -- PROGRAM`. What it is at, the primary tells: there is no
    /v1/workers."""

    def __init__(self, program, *options):
        self.program = program
        super().__init__('--hang-after=1s', '--kill-after=2s', '--drain-timeout=10s', *options,
                         workers=WORKERS)

    def command(self, *options):
        return [support.SERVER, 'run', *options, '--', *self.program]

    def workers(self, timeout=support.DEADLINE):
        return self.control(cmd='status')['workers']

    def worker(self, number):
        return next(worker for worker in self.workers() if worker['number'] == number)

    def wait_for(self, number, is_it, what):
        support.wait_until(lambda: is_it(self.worker(number)), what=f'worker {number}: {what}')

    def wait_for_successor(self, number):
        self.wait_for(number, lambda worker: worker['generation'] > 1
                      and worker['state'] in ('idle', 'busy'), 'its successor')

    def let_pass(self, milliseconds):
        """Until the server says that it has become so much older."""
        def age():
            return sum(worker['uptime_ms'] for worker in self.workers()) / WORKERS
        end = age() + milliseconds
        support.wait_until(lambda: age() >= end, what='that time passes')

    def processes(self, number):
        """All that a worker is: who reports of it, the program, and what that has started."""
        found = [self.worker(number)['pid']]
        for pid in found:
            for children in pathlib.Path(f'/proc/{pid}/task').glob('*/children'):
                try:
                    found += map(int, children.read_text(encoding='ascii').split())
                except OSError:
                    pass  # it has just ended
        return found

    def has_said(self, *words):
        """Whether a line of the log has all of these."""
        with open(self.log.name, encoding='utf-8', errors='replace') as log:
            return any(all(word in line for word in words) for line in log)

    def fire(self, path):
        """A request that gets no answer; its connection."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=support.DEADLINE)
        connection.request('GET', path)
        return connection

    def begin_todo(self):
        """A POST of which a part is missing: its connection, and that part."""
        todo = b'{"title":"sleep"}'
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=support.DEADLINE)
        connection.putrequest('POST', '/v1/todos')
        connection.putheader('Content-Type', 'application/json')
        connection.putheader('Content-Length', str(len(todo)))
        connection.endheaders(todo[:5])
        return connection, todo[5:]

    def socket(self, peer='00000000:0000'):
        """How a process has the server's listening socket open, or the one to a peer
        (proc_pid_net(5), proc_pid_fd(5))."""
        ends = f': 0100007F:{self.port:04X} {peer} '
        table = pathlib.Path('/proc/net/tcp').read_text(encoding='ascii').splitlines()
        return next(f'socket:[{line.split()[9]}]' for line in table if ends in line)

    def who_has(self, client):
        """The worker that has accepted a client's connection."""
        peer = f'0100007F:{client.sock.getsockname()[1]:04X}'

        def number():
            socket = self.socket(peer)
            return next((number for number in range(1, WORKERS + 1)
                         if any(has_open(pid, socket) for pid in self.processes(number))), None)
        return support.wait_until(number, what='who has accepted the connection')

    def wait_until_it_leaves_the_port(self, number):
        """Until the program of a worker has been told to stop, and listens no more: who drains has
        only been sent that signal."""
        _, program, *_ = self.processes(number)
        support.wait_until(lambda: not has_open(program, self.socket()),
                           what=f'worker {number}: that its program listens no more')

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(support.DEADLINE)
        except subprocess.TimeoutExpired:
            pass
        super().close()


class HonestClient(threading.Thread):
    """Asks again and again, over a connection that it keeps. Where that was closed between two
    answers it asks once more on a new one, as clients do with what may be asked twice (RFC 9112,
    section 9.3.1). What goes wrong otherwise is lost."""

    def __init__(self, port, path, enough):
        super().__init__()
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=support.DEADLINE)
        self.path, self.enough = path, enough
        self.answers = collections.Counter()  # by worker
        self.asked_again, self.lost = 0, []

    def run(self):
        while not self.enough(self):
            self.ask()
        self.connection.close()

    def ask(self):
        was_kept, answer = self.connection.sock is not None, None
        try:
            self.connection.request('GET', self.path)
            answer = self.connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.answers[int(answer.getheader('X-Worker'))] += 1
            else:
                self.lost.append(answer.status)
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            if was_kept and answer is None and isinstance(error, ConnectionError):
                self.asked_again += 1
            else:
                self.lost.append(repr(error))


def ask(port, path, count, enough):
    """So many clients at once, until each has had enough; returns them."""
    clients = [HonestClient(port, path, enough) for _ in range(count)]
    for client in clients:
        client.start()
    return clients


def sum_of(clients):
    """What they have seen together: answers by worker, how often one asked again, what was lost."""
    for client in clients:
        client.join()
    return (sum((client.answers for client in clients), collections.Counter()),
            sum(client.asked_again for client in clients),
            [lost for client in clients for lost in client.lost])


class TodosOfAllWorkers:
    """Tests of either program; `serve()` is to start a server with it, which `self.server` is."""

    def send(self, method, path, todo=None):
        body = None if todo is None else json.dumps(todo)
        return self.server.request(method, path, body, {'Content-Type': 'application/json'})

    def test_every_worker_has_the_same_todos(self):
        self.serve()
        self.assertEqual(self.send('POST', '/v1/todos', {'title': 'walk the dog'}).status, 201)
        self.assertEqual(self.send('POST', '/v1/todos', {'title': 'water the plants'}).status, 201)
        self.assertEqual(self.send('PATCH', '/v1/todos/2', {'completed': True}).status, 200)
        self.assertEqual(self.send('DELETE', '/v1/todos/1').status, 204)
        lists = {}  # by worker

        def has_been_everywhere():
            answer = self.server.request('GET', '/v1/todos')
            lists[answer.getheader('X-Worker')] = json.loads(answer.body)
            return len(lists) == WORKERS
        support.wait_until(has_been_everywhere, what='an answer of each worker')
        self.assertEqual(set(lists), {'1', '2', '3'})
        for todos in lists.values():
            self.assertEqual(todos, [{'id': 2, 'title': 'water the plants', 'completed': True,
                                      'url': '/v1/todos/2'}])

    def test_refuses_nonsense_and_keeps_nothing_of_it(self):
        self.serve()
        for body in ('{}', '[]', '7', 'null', '', '{"title":', '{"title":" "}', '{"title":7}',
                     '{"title":"x","completed":"no"}'):
            answer = self.server.request('POST', '/v1/todos', body,
                                         {'Content-Type': 'application/json'})
            self.assertEqual(answer.status, 400, body)
            self.assertIn('error', json.loads(answer.body))
        for number in ('1', '0', '-1', 'x', '9' * 40):
            self.assertEqual(self.send('GET', f'/v1/todos/{number}').status, 404, number)
        self.assertEqual(json.loads(self.send('GET', '/v1/todos').body), [])

    def assert_the_others_answer(self, number):
        for _ in range(6):
            answer = self.server.request('GET', '/v1/todos')
            self.assertEqual(answer.status, 200)
            self.assertNotEqual(answer.getheader('X-Worker'), str(number))

    def assert_has_ended(self, pids):
        support.wait_until(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in pids),
                           what=f'that none is left of {pids}')

    def test_a_reload_loses_no_request_of_an_honest_client(self):
        self.serve()
        before = {pid for number in (1, 2, 3) for pid in self.server.processes(number)}
        is_over = threading.Event()
        clients = ask(self.server.port, '/v1/todos', 4, lambda _: is_over.is_set())
        try:
            support.wait_until(lambda: all(client.answers for client in clients), what='load')
            self.server.control(cmd='reload')
            support.wait_until(self.is_reloaded, what='the end of the reload')
        finally:
            is_over.set()
            answers, _, lost = sum_of(clients)
        self.assertEqual(lost, [])
        self.assertGreater(sum(answers.values()), len(clients))
        self.assert_has_ended(before)

    def test_a_reload_waits_for_what_is_half_sent(self):
        self.serve()
        client, rest = self.server.begin_todo()
        self.addCleanup(client.close)
        number = self.server.who_has(client)
        self.server.control(cmd='reload')
        self.server.wait_for(number, lambda worker: worker['state'] == 'draining', 'that it drains')
        self.server.wait_until_it_leaves_the_port(number)
        client.send(rest)
        answer = client.getresponse()
        self.assertEqual((answer.status, answer.getheader('Connection')), (201, 'close'))
        support.wait_until(self.is_reloaded, what='the end of the reload')
        self.assertEqual(len(json.loads(self.send('GET', '/v1/todos').body)), 1)

    def is_reloaded(self):
        status = self.server.control(cmd='status')
        return (not status['reloading'] and len(status['workers']) == WORKERS and
                all(worker['generation'] > 1 for worker in status['workers']))
