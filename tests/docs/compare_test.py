"""`todos-visualizer --compare`, as docs/visualizer.md has it: on a real server, without a window."""
import os
import signal
import subprocess
import unittest

import support

VISUALIZER = os.path.join(os.environ['BUILD_DIRECTORY'], 'bin', 'todos-visualizer')


class CompareTest(unittest.TestCase):
    def serve(self, *arguments):
        server = support.Server('--db=todos.db', '--hang-after=1s', '--kill-after=2s', *arguments,
                                workers=2)
        self.addCleanup(server.close)
        return server

    def compare(self, server):
        """The comparison on its way, and where it writes."""
        table = os.path.join(server.directory, 'policies.md')
        environment = dict(os.environ, XDG_RUNTIME_DIR=server.directory)
        process = subprocess.Popen([VISUALIZER, f'--port={server.port}', '--compare', table],
                                   env=environment, text=True, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process, table

    def test_measures_a_way_and_puts_back_the_one_that_was_there_when_it_is_interrupted(self):
        server = self.serve('--balance=kernel')
        process, table = self.compare(server)
        told = []
        for line in process.stderr:
            told.append(line.strip())
            if line.startswith('2 of 6, round-robin: even load'):
                break
        self.assertEqual(told[:4], ['1 of 6, least: switching', '1 of 6, least: even load',
                                    '1 of 6, least: uneven load', '1 of 6, least: one worker hangs'])
        self.assertEqual(server.control(cmd='status')['balance'], 'round-robin')
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=support.DEADLINE), 1)
        support.wait_until(lambda: server.control(cmd='status')['balance'] == 'kernel',
                           what='that the way is put back')
        with open(table, encoding='utf-8') as file:
            lines = file.read().splitlines()
        self.assertTrue(lines[2].startswith('| way | share of each worker | fair |'), lines)
        self.assertTrue(lines[4].startswith('| least | '), lines)
        self.assertFalse(lines[5].startswith('|'), lines)
        # A worker that gets no core for a second is called hung as well; only this one was asked to.
        with open(os.path.join(server.directory, 'log'), encoding='utf-8') as log:
            fired = [line for line in log if 'hung' in line and '/v1/faults/hang' in line]
        self.assertEqual(len(fired), 1, fired)

    def test_says_in_one_line_why_a_server_cannot_be_asked(self):
        process, _ = self.compare(self.serve('--faults=off'))
        _, complaint = process.communicate(timeout=support.DEADLINE)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(complaint.splitlines(),
                         ['todos-visualizer: Faults are off: start the server with --faults on.'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
