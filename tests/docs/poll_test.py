"""docs/examples/poll, the application of docs/build-your-own.md: its own routes, and all that it
gets for nothing."""
import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import threading
import unittest

import support

support.SERVER = os.environ['POLL_SERVER']


class PollTest(unittest.TestCase):
    def setUp(self):
        self.server = support.Server('--db=poll.db', workers=3)
        self.addCleanup(self.server.close)

    def vote(self, choice):
        return self.server.request('POST', f'/v1/poll/{choice}')

    def poll(self):
        return json.loads(self.server.request('GET', '/v1/poll').body)

    def fire(self, path):
        """A request that takes its worker along."""
        def send():
            try:
                self.server.request('GET', path)
            except OSError:
                pass
        thread = threading.Thread(target=send)
        thread.start()
        self.addCleanup(thread.join)

    def test_every_vote_counts_once_whoever_takes_it(self):
        self.assertEqual(self.poll()['votes'], {})
        statuses = []

        def voter(choice):
            for _ in range(20):
                statuses.append(self.vote(choice).status)

        threads = [threading.Thread(target=voter, args=(c,)) for c in ('yes', 'no', 'yes', 'no')]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(statuses), {204})
        self.assertEqual(self.poll()['votes'], {'no': 40, 'yes': 40})

    def test_votes_outlive_their_worker_and_its_memory_does_not(self):
        response = self.vote('yes')
        self.assertEqual(self.poll()['votes'], {'yes': 1})
        os.kill(int(response.getheader('X-Worker-Pid')), signal.SIGKILL)
        self.wait_for_successor()
        poll = self.poll()
        self.assertEqual((poll['votes'], poll['counted_here']), ({'yes': 1}, 0))

    def ask(self, connection, method, path):
        connection.request(method, path)
        response = connection.getresponse()
        response.body = response.read()
        return response

    def connection_to(self, worker):
        """One that this worker has; should it give it away, X-Worker would say so."""
        def arrives():
            connection = http.client.HTTPConnection('127.0.0.1', self.server.port,
                                                    timeout=support.DEADLINE)
            self.addCleanup(connection.close)
            answer = self.ask(connection, 'GET', '/v1/poll')
            return connection if answer.getheader('X-Worker') == str(worker) else None
        return support.wait_until(arrives, what=f'a connection to worker {worker}')

    def poll_at(self, connection, worker):
        answer = self.ask(connection, 'GET', '/v1/poll')
        self.assertEqual(answer.getheader('X-Worker'), str(worker))
        return json.loads(answer.body)

    def vote_at(self, connection, worker, choice):
        answer = self.ask(connection, 'POST', f'/v1/poll/{choice}')
        self.assertEqual((answer.status, answer.getheader('X-Worker')), (204, str(worker)))

    def connections_to_all(self):
        self.server.wait_for_calm(3)  # so that they stay where they are
        return {worker: self.connection_to(worker) for worker in (1, 2, 3)}

    def test_a_vote_at_one_worker_is_in_the_next_answer_of_every_other(self):
        connections = self.connections_to_all()
        for number in range(1, 31):
            self.vote_at(connections[1], 1, 'yes')
            self.vote_at(connections[2], 2, 'no')
            for worker, connection in connections.items():
                poll = self.poll_at(connection, worker)
                self.assertEqual(poll['votes'], {'no': number, 'yes': number})
                self.assertIn('yes, at worker 1', poll['latest'][:2])
                self.assertIn('no, at worker 2', poll['latest'][:2])

    def vote_in_the_database(self, choice):
        """So that no worker hears of it."""
        path = os.path.join(self.server.directory, 'poll.db')
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            database.execute('INSERT INTO votes VALUES (?, 1)', [choice])

    def test_no_worker_asks_the_database_before_it_hears_of_a_vote(self):
        connections = self.connections_to_all()
        self.vote_at(connections[1], 1, 'yes')
        for worker, connection in connections.items():
            self.assertEqual(self.poll_at(connection, worker)['votes'], {'yes': 1})
        self.vote_in_the_database('unheard')
        for worker, connection in connections.items():
            self.assertEqual(self.poll_at(connection, worker)['votes'], {'yes': 1})
        self.vote_at(connections[2], 2, 'no')
        for worker, connection in connections.items():
            self.assertEqual(self.poll_at(connection, worker)['votes'],
                             {'no': 1, 'unheard': 1, 'yes': 1})

    def test_a_new_worker_knows_the_votes_and_hears_and_is_heard(self):
        connections = self.connections_to_all()
        self.vote_at(connections[1], 1, 'yes')
        os.kill(int(self.ask(connections[3], 'GET', '/v1/poll').getheader('X-Worker-Pid')),
                signal.SIGKILL)
        self.vote_in_the_database('unheard')  # as of one that dies before it can say so
        self.wait_for_successor()
        self.vote_at(connections[2], 2, 'no')
        expected = {'no': 1, 'unheard': 1, 'yes': 1}
        connections = self.connections_to_all()  # some may have moved to the new one
        for worker, connection in connections.items():
            self.assertEqual(self.poll_at(connection, worker)['votes'], expected)
        for voter in (3, 1, 2):
            self.vote_at(connections[voter], voter, 'maybe')
            expected['maybe'] = expected.get('maybe', 0) + 1
            for worker, connection in connections.items():
                self.assertEqual(self.poll_at(connection, worker)['votes'], expected)

    def test_a_new_worker_has_the_others_look_for_what_the_one_before_did_not_say(self):
        connections = self.connections_to_all()
        self.assertEqual(self.poll_at(connections[1], 1)['votes'], {})
        self.vote_in_the_database('unheard')
        self.assertEqual(self.poll_at(connections[1], 1)['votes'], {})
        os.kill(int(self.ask(connections[3], 'GET', '/v1/poll').getheader('X-Worker-Pid')),
                signal.SIGKILL)
        self.wait_for_successor()
        self.assertEqual(self.poll_at(connections[1], 1)['votes'], {'unheard': 1})

    @unittest.skipUnless(support.CHROMIUM, 'needs Chromium: scripts/install-packages browser')
    def test_its_page_shows_the_votes_of_all_workers(self):
        browser = support.Browser()
        self.addCleanup(browser.close)
        browser.open(f'http://127.0.0.1:{self.server.port}/')
        for _ in range(5):
            self.vote('yes')
        browser.run("word.value = 'no'; form.requestSubmit()")
        support.wait_until(lambda: browser.text('#votes').startswith('1 no\n5 yes\n\n'),
                           what='the votes on the page')
        self.assertEqual(browser.errors, [])

    def test_goes_by_its_own_name(self):
        told = subprocess.run([support.SERVER, '--help'], check=True, capture_output=True,
                              text=True, timeout=support.DEADLINE).stdout
        self.assertTrue(told.startswith('A poll that a class can vote in.\n'), told)
        self.assertRegex(told, r'--db .*poll\.db')
        self.assertNotIn('todos', told)
        for worker in self.server.control(cmd='status')['workers']:
            with open(f'/proc/{worker["pid"]}/comm', encoding='ascii') as name:
                self.assertEqual(name.read(), f'poll worker {worker["number"]}\n')

    def wait_for_worker(self, is_it, what):
        """What the primary has of it: a question over HTTP might come to the one that hangs."""
        support.wait_until(
            lambda: any(map(is_it, self.server.control(cmd='status')['workers'])), what=what)

    def wait_for_successor(self):
        self.wait_for_worker(
            lambda worker: worker['generation'] > 1 and worker['state'] in ('idle', 'busy'),
            'the successor')

    def test_a_hang_stops_nobody_else(self):
        self.fire('/v1/faults/hang')
        self.wait_for_worker(lambda worker: worker['hangs'] > 0, 'a hung worker')
        self.assertEqual(self.vote('yes').status, 204)
        self.wait_for_successor()
        self.assertEqual(self.poll()['votes'], {'yes': 1})

    def test_a_crash_stops_nobody_else(self):
        self.fire('/v1/faults/crash?how=segv')
        self.wait_for_successor()
        self.assertEqual(self.vote('yes').status, 204)

    def test_answers_nonsense_as_an_api_should(self):
        self.assertEqual(self.vote('Yes%20or%20no').status, 404)
        self.assertEqual(self.vote('a' * 21).status, 404)
        refused = self.server.request('DELETE', '/v1/poll')
        self.assertEqual(refused.status, 405)
        self.assertEqual(refused.getheader('Allow'), 'GET, HEAD, OPTIONS')
        self.assertEqual(refused.getheader('Content-Type'), 'application/problem+json')

    def test_says_a_line_of_its_own(self):
        response = self.vote('yes')
        line = (f' info    worker {response.getheader("X-Worker")}, '
                f'pid {response.getheader("X-Worker-Pid")}: the first vote here: yes\n')
        with open(self.server.log.name, encoding='utf-8') as log:
            support.wait_until(lambda: log.seek(0) == 0 and line in log.read(), what='the line')

    def test_has_readiness_and_metrics(self):
        self.assertEqual(self.server.request('GET', '/readyz').status, 200)
        self.assertIn(b'http_requests_total{', self.server.request('GET', '/metrics').body)


if __name__ == '__main__':
    support.main()
