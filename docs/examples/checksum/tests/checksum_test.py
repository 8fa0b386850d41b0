"""The test of an application, by the server process of Forkscope's own tests (tests/web/support.py)."""
import os
import unittest
import unittest.mock
import zlib

import support


class ChecksumTest(unittest.TestCase):
    def start(self, **environment):
        with unittest.mock.patch.dict(os.environ, environment):
            server = support.Server(workers=2)
        self.addCleanup(server.close)
        return server

    def test_answers_with_the_checksum_of_the_body(self):
        answer = self.start().request('POST', '/v1/checksum', 'walk the dog')
        self.assertEqual(answer.status, 200)
        self.assertEqual(int(answer.body), zlib.crc32(b'walk the dog'))

    def test_takes_the_algorithm_from_the_environment(self):
        server = self.start(CHECKSUM_ALGORITHM='adler32')
        answer = server.request('POST', '/v1/checksum', 'walk the dog')
        self.assertEqual(int(answer.body), zlib.adler32(b'walk the dog'))

    def test_does_not_start_with_another_one(self):
        with self.assertRaises(AssertionError):
            self.start(CHECKSUM_ALGORITHM='md4')


if __name__ == '__main__':
    support.main()
