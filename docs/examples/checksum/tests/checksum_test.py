"""The test of an application, by the server process of Forkscope's own tests (tests/web/support.py)."""
import os
import subprocess
import unittest
import unittest.mock
import zlib

import support


class ChecksumTest(unittest.TestCase):
    def start(self, *arguments, **environment):
        with unittest.mock.patch.dict(os.environ, environment):
            server = support.Server(*arguments, workers=2)
        self.addCleanup(server.close)
        return server

    def refusal_of(self, *arguments, **environment):
        """What is said on stderr where it does not start, in one line."""
        run = subprocess.run([support.SERVER, *arguments], env=dict(os.environ, **environment),
                             capture_output=True, text=True, timeout=support.DEADLINE)
        self.assertEqual(run.returncode, 2)
        self.assertEqual(run.stderr.count('\n'), 1)
        return run.stderr

    def checksum(self, server):
        answer = server.request('POST', '/v1/checksum', 'walk the dog')
        self.assertEqual(answer.status, 200)
        return int(answer.body)

    def test_answers_with_the_checksum_of_the_body(self):
        self.assertEqual(self.checksum(self.start()), zlib.crc32(b'walk the dog'))

    def test_takes_the_algorithm_as_an_option_and_from_the_environment(self):
        adler = zlib.adler32(b'walk the dog')
        self.assertEqual(self.checksum(self.start('--algorithm=adler32')), adler)
        self.assertEqual(self.checksum(self.start(CHECKSUM_ALGORITHM='adler32')), adler)

    def test_does_not_start_with_another_one(self):
        self.assertIn('--algorithm', self.refusal_of('--algorithm=md4'))
        self.assertIn('CHECKSUM_ALGORITHM=md4', self.refusal_of(CHECKSUM_ALGORITHM='md4'))

    def test_refuses_what_means_nothing_to_it(self):
        for option in ('--db=sums.db', '--faults=on'):
            self.assertIn(option, self.refusal_of(option))

    def test_presents_itself_in_its_help(self):
        told = subprocess.run([support.SERVER, '--help'], check=True, capture_output=True,
                              text=True, timeout=support.DEADLINE).stdout
        self.assertTrue(told.startswith('Checksums over HTTP.\n'), told)
        self.assertIn('Usage: checksum-server ', told)
        self.assertIn('--algorithm', told)
        for other in ('todos', '--db', '--faults'):
            self.assertNotIn(other, told)


if __name__ == '__main__':
    support.main()
