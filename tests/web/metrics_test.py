"""/metrics is what Prometheus' own parser reads, and what it says is true."""
import json
import signal
import unittest

from prometheus_client.parser import text_string_to_metric_families

import support


class Metrics(unittest.TestCase):
    def setUp(self):
        self.server = support.Server(workers=3)
        self.addCleanup(self.server.close)

    def scrape(self):
        # A worker counts a request when its answer has left.
        support.wait_until(lambda: not self.server.requests_in_hand(), what='that all are counted')
        response = self.server.request('GET', '/metrics')
        self.assertEqual(response.status, 200)
        self.assertEqual(response.getheader('Content-Type'),
                         'text/plain; version=0.0.4; charset=utf-8')
        families = list(text_string_to_metric_families(response.body.decode()))
        names = [family.name for family in families]
        self.assertEqual(len(names), len(set(names)), 'the samples of a metric stand together')
        for family in families:
            self.assertTrue(family.documentation, family.name)
            self.assertNotEqual(family.type, 'unknown', family.name)
            keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
            self.assertEqual(len(keys), len(set(keys)), family.name)
        return {family.name: family for family in families}

    def total(self, families, name, **labels):
        return sum(sample.value for sample in families[name].samples
                   if sample.name == name + '_total'
                   and all(sample.labels[key] == value for key, value in labels.items()))

    def test_requests_are_counted_for_all_workers(self):
        before = self.scrape()
        for _ in range(20):
            self.server.request('GET', '/v1/todos')
        for _ in range(5):
            self.server.request('GET', '/nowhere')
        after = self.scrape()
        grown = {code: self.total(after, 'http_requests', code=code)
                 - self.total(before, 'http_requests', code=code) for code in ('2xx', '4xx', '5xx')}
        self.assertEqual(grown, {'2xx': 21, '4xx': 5, '5xx': 0})  # and the first scrape
        workers = {sample.labels['worker'] for sample in after['http_requests'].samples}
        self.assertEqual(workers, {'1', '2', '3'})

    def test_durations_are_a_histogram(self):
        self.server.request('GET', '/v1/faults/slow?ms=300')
        families = self.scrape()
        family = families['http_request_duration_seconds']
        self.assertEqual(family.type, 'histogram')
        total = 0
        for worker in ('1', '2', '3'):
            samples = [sample for sample in family.samples if sample.labels['worker'] == worker]
            buckets = [(float(sample.labels['le']), sample.value) for sample in samples
                       if sample.name.endswith('_bucket')]
            self.assertEqual(buckets, sorted(buckets))
            self.assertEqual([count for _, count in buckets],
                             sorted(count for _, count in buckets))
            count = next(s.value for s in samples if s.name.endswith('_count'))
            self.assertEqual(buckets[-1], (float('inf'), count))
            total += count
        requests = self.total(families, 'http_requests')
        self.assertEqual(total, requests)
        slow = sum(s.value for s in family.samples if s.name.endswith('_bucket')
                   and s.labels['le'] == '+Inf') - sum(
                       s.value for s in family.samples if s.name.endswith('_bucket')
                       and s.labels['le'] == '0.268435456')
        self.assertEqual(slow, 1)
        self.assertGreaterEqual(sum(s.value for s in family.samples if s.name.endswith('_sum')), 0.29)

    def test_exceptions_are_counted_for_their_worker(self):
        response = self.server.request('GET', '/v1/faults/crash?how=throw')
        self.assertEqual(response.status, 500)
        worker = response.getheader('X-Worker')
        families = self.scrape()
        self.assertEqual(self.total(families, 'forkscope_worker_exceptions'), 1)
        self.assertEqual(self.total(families, 'forkscope_worker_exceptions', worker=worker), 1)
        self.assertEqual(self.total(families, 'forkscope_worker_log_lines_dropped'), 0)
        told = {str(w['number']): w['exceptions'] for w in self.server.workers()}
        self.assertEqual({number for number, count in told.items() if count}, {worker})

    def test_states_respawns_and_the_build_are_told(self):
        with self.assertRaises(OSError):
            self.server.request('GET', '/v1/faults/crash?how=exit')
        support.wait_until(lambda: sum(w['respawns'] for w in self.server.workers()) == 1
                           and self.server.ready(3), what='the successor')
        families = self.scrape()
        self.assertEqual(self.total(families, 'forkscope_worker_respawns'), 1)
        self.assertEqual(self.total(families, 'forkscope_worker_requests_abandoned'), 1)
        states = [s for s in families['forkscope_worker_state'].samples if s.value == 1]
        self.assertEqual([s.labels['worker'] for s in states], ['1', '2', '3'])
        self.assertLessEqual({s.labels['state'] for s in states}, {'idle', 'busy'})
        self.assertEqual(families['forkscope_build_info'].samples[0].value, 1)
        self.assertEqual(families['forkscope_workers_target'].samples[0].value, 3)


class Protection(unittest.TestCase):
    """What is counted of connections is what their clients see."""

    def setUp(self):
        self.server = support.Server('--kill-after=3s', workers=3)
        self.addCleanup(self.server.close)

    def figures(self):
        text = self.server.request('GET', '/metrics').body.decode()
        families = {family.name: family for family in text_string_to_metric_families(text)}
        figures = {sample.labels['reason']: sample.value
                   for sample in families['forkscope_connections_moved'].samples}
        self.assertEqual(set(figures), {'hang', 'crash', 'drain', 'balance'})
        figures['lost'] = sum(
            sample.value for sample in families['forkscope_worker_requests_abandoned'].samples)
        figures['protection'] = families['forkscope_protection'].samples[0].value
        status = json.loads(self.server.request('GET', '/v1/workers').body)
        policy, = families['forkscope_balance_info'].samples
        self.assertEqual((policy.labels['policy'], policy.value), (status['balance'], 1))
        self.assertEqual(status['moved'], {reason: figures[reason] for reason in status['moved']})
        self.assertEqual(status['requests_lost'], figures['lost'])
        self.assertEqual(status['protection'], 'on' if figures['protection'] else 'off')
        return figures

    def begin(self):
        self.server.wait_for_calm(3)
        self.clients = support.clients_of_all_workers(self.server, 24)
        for client in self.clients:
            self.addCleanup(client.connection.close)
        self.before, self.pids = self.figures(), self.server.pids()

    def another(self):
        client = support.KeepAlive(self.server)
        self.addCleanup(client.connection.close)
        return client

    def end(self, workers):
        """How many clients were at the worker that is gone; and how many are at its successor now,
        who may not be the first to have got them."""
        support.wait_until(lambda: self.server.pids() != self.pids, what='that the worker is gone')
        self.server.wait_for_calm(workers)
        gone = self.pids - self.server.pids()
        self.assertEqual(len(gone), 1)
        were_there = sum(client.pid in gone for client in self.clients)
        self.assertGreater(were_there, 0)
        self.assertTrue(all(client.ask() for client in self.clients))
        return were_there, sum(client.pid not in self.pids for client in self.clients)

    def grown(self):
        after = self.figures()
        return {name: after[name] - before for name, before in self.before.items()
                if after[name] != before}

    def test_a_hang_moves_all_connections_but_that_of_its_request(self):
        self.begin()
        hanging = self.another()
        hanging.send('/v1/faults/hang')
        moved, returned = self.end(3)
        self.assertFalse(hanging.receive())
        grown = self.grown()
        self.assertGreaterEqual(grown.pop('balance'), returned)
        self.assertEqual(grown, {'hang': moved, 'lost': 1})

    def test_a_crash_moves_all_connections_but_that_of_its_request(self):
        self.begin()
        self.assertFalse(self.another().ask('/v1/faults/crash?how=abort'))
        moved, returned = self.end(3)
        grown = self.grown()
        self.assertGreaterEqual(grown.pop('balance'), returned)
        self.assertEqual(grown, {'crash': moved, 'lost': 1})

    def test_a_worker_that_goes_loses_nothing(self):
        self.begin()
        self.server.process.send_signal(signal.SIGTTOU)
        moved, _ = self.end(2)
        self.assertEqual(self.grown(), {'drain': moved})

    def test_without_protection_those_that_wait_for_an_answer_are_lost(self):
        self.server.control(cmd='protect', on=False)
        self.begin()
        self.assertEqual(self.before['protection'], 0)
        hanging = self.another()
        hanging.send('/v1/faults/hang')
        support.wait_until(lambda: '/v1/faults/hang' in self.server.requests_in_hand())
        for client in self.clients:
            client.send()
        lost = sum(not client.receive() for client in self.clients)
        self.assertGreater(lost, 0)
        self.server.wait_for_calm(3)
        self.assertEqual(self.grown(), {'lost': lost + 1})


if __name__ == '__main__':
    support.main()
