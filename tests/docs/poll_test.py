"""docs/examples/poll, the application of docs/build-your-own.md: its own routes, and all that it
gets for nothing."""
import json
import os
import signal
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
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.poll()['votes'], {'no': 40, 'yes': 40})

    def test_votes_outlive_their_worker_and_its_memory_does_not(self):
        response = self.vote('yes')
        self.assertEqual(json.loads(response.body), {'votes': {'yes': 1}, 'counted_here': 1})
        os.kill(int(response.getheader('X-Worker-Pid')), signal.SIGKILL)
        self.wait_for_successor()
        self.assertEqual(self.poll(), {'votes': {'yes': 1}, 'counted_here': 0})

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
        self.assertEqual(self.vote('yes').status, 200)
        self.wait_for_successor()
        self.assertEqual(self.poll()['votes'], {'yes': 1})

    def test_a_crash_stops_nobody_else(self):
        self.fire('/v1/faults/crash?how=segv')
        self.wait_for_successor()
        self.assertEqual(self.vote('yes').status, 200)

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
