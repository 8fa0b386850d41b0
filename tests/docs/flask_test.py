"""docs/examples/flask: a gunicorn with an application of Flask in each worker, which reports
nothing."""
import importlib.util
import os
import shutil
import signal
import unittest

import programs
import support


@unittest.skipUnless(shutil.which('gunicorn') and importlib.util.find_spec('flask'),
                     'Flask or gunicorn is missing: scripts/install-packages flask')
class FlaskTest(programs.TodosOfAllWorkers, unittest.TestCase):
    def serve(self):
        self.server = programs.Server(
            ['gunicorn', '--pythonpath', str(programs.EXAMPLES / 'flask'), 'todos:app'])
        self.addCleanup(self.server.close)
        for number in (1, 2, 3):
            self.gunicorn(number)

    def gunicorn(self, number):
        """Its process that serves, once it is there; its own one is the parent of that."""
        support.wait_until(lambda: len(self.server.processes(number)) == 3,
                           what=f'the gunicorn of worker {number}')
        return self.server.processes(number)[-1]

    def assert_the_primary_has_noticed_nothing(self):
        self.assertEqual([(worker['hangs'], worker['reports']['taken'], worker['generation'])
                          for worker in self.server.workers()], [(0, 0, 1)] * programs.WORKERS)

    def test_a_hang_stops_nobody_else_and_ends_when_somebody_says_so(self):
        self.serve()
        client = self.server.fire('/hang')
        self.addCleanup(client.close)
        hung = self.server.who_has(client)
        self.assert_the_others_answer(hung)
        self.server.let_pass(3000)  # thrice --hang-after: who does not report does not hang
        self.assert_the_primary_has_noticed_nothing()
        processes = self.server.processes(hung)
        self.assertTrue(self.server.control(cmd='signal', worker=hung, signal='KILL')['ok'])
        self.server.wait_for_successor(hung)
        self.assert_has_ended(processes)

    def test_gunicorn_replaces_what_crashes_below_it(self):
        self.serve()
        before = [self.gunicorn(number) for number in (1, 2, 3)]
        client = self.server.fire('/crash')
        self.addCleanup(client.close)
        self.assertRaises(ConnectionError, client.getresponse)
        support.wait_until(lambda: [self.gunicorn(number) for number in (1, 2, 3)] != before,
                           what='another process below gunicorn')
        self.assert_the_primary_has_noticed_nothing()

    def test_a_gunicorn_that_dies_is_replaced_and_leaves_nothing_behind(self):
        self.serve()
        self.gunicorn(2)
        _, master, *_ = processes = self.server.processes(2)
        os.kill(master, signal.SIGKILL)
        self.server.wait_for_successor(2)
        self.assert_has_ended(processes)
        self.assertTrue(self.server.has_said('worker 2 ', 'SIGKILL'))
        self.assertEqual(self.server.request('GET', '/v1/todos').status, 200)


if __name__ == '__main__':
    support.main()
