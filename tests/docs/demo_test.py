"""./demo is the first thing that anybody sees of the project: it has to work with and without a
display, and where the port is taken.

Not a part of tests/run, because it builds the release: .ci/run calls it.
"""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

import support
import terminals

DEMO = terminals.ROOT / 'demo'
ADDRESS = re.compile(rb'Todos +http://127\.0\.0\.1:(\d+)/v1/todos')


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(('127.0.0.1', port)) == 0


class DemoTest(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.stack = stack

    def start(self, options='', **environment):
        inherited = {key: value for key, value in os.environ.items()
                     if key not in ('PORT', 'WEB_CONCURRENCY', 'DISPLAY', 'WAYLAND_DISPLAY')}
        demo = terminals.Terminal(f'{DEMO} {options}', self.directory, {
            **inherited, 'FORKSCOPE_RUNTIME_DIR': str(self.directory / 'forkscope'),
            'TERM': 'xterm-256color', **environment})
        self.stack.callback(demo.stop)
        return demo

    def start_display(self):
        display, name = terminals.start_display()
        self.stack.callback(display.wait)
        self.stack.callback(display.kill)
        return name

    def take_port_8000(self):
        if listens(8000):
            return
        taken = self.stack.enter_context(socket.socket())
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(('127.0.0.1', 8000))
        taken.listen()

    def port_of(self, demo):
        def said():
            assert demo.alive(), f'./demo ended:\n{demo.output.decode()}'
            return ADDRESS.search(demo.output)
        return int(support.wait_until(said, what='./demo has a server')[1])

    def wait_for_text_view(self, demo):
        support.wait_until(lambda: b'\x1b[?1049h' in demo.output and b'idle' in demo.output,
                           what='the text view')

    def test_shows_the_text_view_without_a_display_until_ctrl_c(self):
        demo = self.start()
        port = self.port_of(demo)
        self.wait_for_text_view(demo)
        self.assertTrue(listens(port))
        self.assertEqual(demo.stop(), 0)
        self.assertFalse(listens(port))

    def test_takes_the_next_port_where_8000_is_taken(self):
        self.take_port_8000()
        demo = self.start()
        self.assertGreater(self.port_of(demo), 8000)
        self.assertIn(b'Port 8000 is taken', demo.output)

    def test_a_port_that_was_asked_for_and_is_taken_is_an_error(self):
        self.take_port_8000()
        demo = self.start('--port 8000')
        support.wait_until(lambda: not demo.alive(), what='the end of ./demo')
        self.assertEqual(demo.stop(), 1)
        self.assertIn(b'cannot listen on 127.0.0.1 port 8000: Address already in use', demo.output)

    def test_opens_a_window_where_there_is_a_display_and_ends_with_it(self):
        display = self.start_display()
        demo = self.start(DISPLAY=display)
        port = self.port_of(demo)

        def xdotool(*words):
            return subprocess.run(['xdotool', *words], env={**os.environ, 'DISPLAY': display},
                                  capture_output=True, check=False).stdout.decode().split()
        windows = support.wait_until(lambda: xdotool('search', '--name', f'^Forkscope .*{port}'),
                                     what='the window')
        xdotool('windowfocus', '--sync', windows[0], 'key', 'ctrl+q')
        support.wait_until(lambda: not demo.alive(), what='the end of ./demo')
        self.assertEqual(demo.stop(), 0)
        self.assertFalse(listens(port))

    def test_a_kill_stops_the_window_and_the_server_at_once(self):
        demo = self.start(DISPLAY=self.start_display())
        port = self.port_of(demo)
        pid = demo.process.pid

        def window():
            return subprocess.run(['pgrep', '--parent', str(pid), 'todos-visualize'],
                                  capture_output=True, check=False).stdout.decode().strip()
        viewer = support.wait_until(window, what='the visualizer')
        os.kill(pid, signal.SIGTERM)
        support.wait_until(lambda: not demo.alive(), what='the end of ./demo')
        self.assertEqual(demo.stop(), 0)
        self.assertFalse(listens(port))
        self.assertFalse(pathlib.Path(f'/proc/{viewer}').exists())

    def test_shows_the_text_view_where_the_display_is_gone(self):
        demo = self.start(DISPLAY=':4711')
        self.wait_for_text_view(demo)
        self.assertEqual(demo.stop(), 0)


if __name__ == '__main__':
    unittest.main()
