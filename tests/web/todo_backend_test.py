"""Any Todo-Backend front end works: its public requirements hold in a real browser, from a page of
another origin."""
import functools
import http.server
import os
import threading
import unittest

import support


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@unittest.skipUnless(support.CHROMIUM, 'chromium is not installed')
class TodoBackend(unittest.TestCase):
    def setUp(self):
        self.server = support.Server(workers=4)
        self.addCleanup(self.server.close)
        handler = functools.partial(Quiet, directory=os.path.dirname(__file__))
        self.elsewhere = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        threading.Thread(target=self.elsewhere.serve_forever, daemon=True).start()
        self.addCleanup(self.elsewhere.server_close)
        self.addCleanup(self.elsewhere.shutdown)
        self.browser = support.Browser()
        self.addCleanup(self.browser.close)
        self.browser.open(f'http://127.0.0.1:{self.elsewhere.server_port}/blank.html')

    def test_all_sixteen_requirements_hold(self):
        with open(os.path.join(os.path.dirname(__file__), 'todo_backend.js'), encoding='utf-8') as file:
            self.browser.run(file.read())
        results = self.browser.run(f'todoBackend("http://localhost:{self.server.port}/v1/todos")')
        self.assertEqual(len(results), 16)
        self.assertEqual([result for result in results if result['error']], [])

    def test_a_page_of_another_origin_may_read_the_headers(self):
        root = f'http://localhost:{self.server.port}/v1/todos'
        headers = self.browser.run(f'''fetch("{root}", {{method: "POST", body: "{{\\"title\\":\\"x\\"}}",
            headers: {{"Content-Type": "application/json"}}}}).then((response) =>
            ["Location", "ETag", "X-Worker", "X-Worker-Pid"].map((name) => response.headers.get(name)))''')
        self.assertNotIn(None, headers)
        status = self.browser.run(f'''fetch("{root}/1", {{method: "PATCH", body: "{{}}",
            headers: {{"Content-Type": "application/merge-patch+json", "If-Match": "\\"old\\""}}}})
            .then((response) => response.status)''')
        self.assertEqual(status, 412)


if __name__ == '__main__':
    support.main()
