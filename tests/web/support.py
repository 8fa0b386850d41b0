"""What the tests of this folder share: a real server, plain HTTP, and a real browser.

The browser is Chromium without a window, spoken to over its DevTools protocol by a pipe
(https://chromedevtools.github.io/devtools-protocol/). It is optional: tests that need it are skipped
where it is not installed.
"""
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

SERVER = os.environ['TODOS_SERVER']
CHROMIUM = shutil.which('chromium')
os.environ.pop('FORKSCOPE_RUNTIME_DIR', None)  # XDG_RUNTIME_DIR is to say where servers are
DEADLINE = 30  # seconds; a sanitized server on a busy machine needs some of them


def wait_until(condition, seconds=DEADLINE, what='condition'):
    """The first true value of condition(). Fails the test after `seconds`. A connection that breaks,
    also in the middle of an answer, is none yet: a request may have come to the worker that is
    killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            value = condition()
        except (ConnectionError, http.client.IncompleteRead):
            value = None
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f'{what} did not come true within {seconds} s')


def free_port():
    """A port that no other test gets as long as this program runs: it is bound, without SO_REUSEADDR
    at first so that nobody else can have it, and with it afterwards so that a server can listen
    (socket(7)). Below the range from which the kernel takes the ports of clients."""
    for port in range(20000 + os.getpid() * 16 % 8000, 30000):
        reservation = socket.socket()
        try:
            reservation.bind(('127.0.0.1', port))
        except OSError:
            reservation.close()
            continue
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.detach()  # so that it stays open to the end
        return port
    raise RuntimeError('no free port')


def end_group(process):
    """Kills it and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Server:
    """A todos-server of its own for one test, in a directory of its own."""

    def __init__(self, *arguments, workers=4):
        self.directory = tempfile.mkdtemp(prefix='forkscope-test-')
        self.port = free_port()
        self.log = open(os.path.join(self.directory, 'log'), 'w+', encoding='utf-8')
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.directory,
                           ASAN_OPTIONS='handle_segv=0:handle_abort=0')
        environment.pop('PORT', None)
        self.process = subprocess.Popen(
            self.command(f'--port={self.port}', f'--workers={workers}', *arguments),
            cwd=self.directory, env=environment, stdout=self.log, stderr=self.log,
            start_new_session=True)
        try:
            wait_until(lambda: self.ready(workers), what='the start of the server')
        except BaseException:
            self.close()
            raise

    def last_words(self):
        """The last line of its log, which goes with it."""
        with open(self.log.name, encoding='utf-8') as log:
            return (log.read().splitlines() or ['nothing'])[-1]

    @staticmethod
    def command(*options):
        return [SERVER, *options]

    def ready(self, workers):
        try:
            states = [worker['state'] for worker in self.control(cmd='status')['workers']]
        except OSError:
            assert self.process.poll() is None, f'the server has ended: {self.last_words()}'
            return False
        return len(states) == workers and all(state in ('idle', 'busy') for state in states)

    def control(self, **command):
        """What the primary answers: to ask a worker would be another request, and might come to one
        that hangs."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(DEADLINE)
            control.connect(os.path.join(self.directory, 'forkscope', f'{self.port}.sock'))
            control.sendall(json.dumps(command).encode() + b'\n')
            with control.makefile() as answer:
                return json.loads(answer.readline())

    def requests_in_hand(self):
        """The paths of the requests that workers are at, as the primary has it."""
        workers = self.control(cmd='status')['workers']
        return [worker['in_flight']['path'] for worker in workers if worker['in_flight']]

    def pids(self):
        return {worker['pid'] for worker in self.control(cmd='status')['workers']}

    def wait_for_calm(self, workers):
        """Until all serve, and none is so new that others would give it connections."""
        def is_calm():
            now = self.control(cmd='status')['workers']
            return len(now) == workers and all(
                worker['state'] == 'idle' and worker['uptime_ms'] > 2000 for worker in now)
        wait_until(is_calm, what='that nothing moves any more')

    def workers(self, timeout=DEADLINE):
        return json.loads(self.request('GET', '/v1/workers', timeout=timeout).body)['workers']

    def request(self, method, path, body=None, headers=None, timeout=DEADLINE):
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            response.body = response.read()
            return response
        finally:
            connection.close()

    def close(self):
        end_group(self.process)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class KeepAlive:
    """A client with one connection, which never makes another: the witness of what a fault costs."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=DEADLINE)
        self.connection.connect()
        self.connection.auto_open = 0
        self.pid = None  # of the worker that answered last

    def send(self, path='/livez'):
        self.connection.request('GET', path)

    def receive(self):
        """False where the connection has broken, or was closed."""
        try:
            response = self.connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return False
        self.pid = int(response.getheader('X-Worker-Pid'))
        return self.connection.sock is not None

    def ask(self, path='/livez'):
        try:
            self.send(path)
        except (OSError, http.client.HTTPException):
            return False
        return self.receive()


def clients_of_all_workers(server, count):
    """So many clients, or more: until each worker has one."""
    clients = []

    def are_everywhere():
        clients.append(KeepAlive(server))
        assert clients[-1].ask()
        return len(clients) >= count and {client.pid for client in clients} == server.pids()
    wait_until(are_everywhere, what='a client for each worker')
    return clients


class Browser:
    """One tab of a headless Chromium with a profile of its own."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix='forkscope-browser-')
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to 4. (sh(1) knows only
        # numbers of one digit.)
        command = [CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
                   '--no-first-run', '--disable-background-networking',
                   '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
                   '--remote-debugging-pipe', f'--user-data-dir={self.profile}', 'about:blank']
        self.process = subprocess.Popen(
            ['bash', '-c', f'exec "$@" 3<&{to_browser} 4>&{from_browser}', 'bash', *command],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env=dict(os.environ, TMPDIR=self.profile))  # it is killed, and does not tidy up
        os.close(to_browser)
        os.close(from_browser)
        self.received = b''
        self.number = 0
        self.session = None
        self.errors = []
        try:
            self.open_tab()
        except BaseException:
            self.close()
            raise

    def open_tab(self):
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(domain + '.enable')

    def call(self, method, **parameters):
        """One command; returns its result."""
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.next_message()
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError(f'{method}: {answer["error"]}')
                return answer['result']
            self.note(answer)

    def next_message(self):
        while b'\0' not in self.received:
            data = os.read(self.read_end, 1 << 20)
            if not data:
                raise RuntimeError('Chromium has ended')
            self.received += data
        message, self.received = self.received.split(b'\0', 1)
        return json.loads(message)

    def note(self, event):
        """Keeps what a developer would see in red on the console."""
        if event.get('method') == 'Runtime.exceptionThrown':
            self.errors.append(event['params']['exceptionDetails'])
        elif event.get('method') == 'Log.entryAdded':
            entry = event['params']['entry']
            if entry['level'] == 'error':
                self.errors.append(entry)

    def open(self, url):
        self.call('Page.navigate', url=url)
        wait_until(lambda: self.run('location.href !== "about:blank" && document.readyState')
                   == 'complete', what=url)

    def run(self, script):
        """The value of an expression in the page; promises are awaited."""
        result = self.call('Runtime.evaluate', expression=script, awaitPromise=True,
                           returnByValue=True)
        if 'exceptionDetails' in result:
            raise AssertionError(result['exceptionDetails'])
        return result['result'].get('value')

    def text(self, selector):
        return self.run(f'document.querySelector({json.dumps(selector)}).textContent')

    def click(self, selector):
        """As a mouse would, so what is covered or out of the page cannot be pressed. What moves away
        under the mouse is aimed at again."""
        def pressed():
            x, y = self.run(f'''(() => {{
                const e = document.querySelector({json.dumps(selector)});
                window.pressed = false;
                e.addEventListener('click', () => window.pressed = true, {{capture: true, once: true}});
                e.scrollIntoView({{block: 'center'}});
                const r = e.getBoundingClientRect();
                return [r.x + r.width / 2, r.y + r.height / 2];
            }})()''')
            for kind in ('mousePressed', 'mouseReleased'):
                self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)
            return self.run('window.pressed')
        wait_until(pressed, what=f'a click on {selector}')

    def press(self, key, text=None):
        extra = {'text': text} if text else {}
        self.call('Input.dispatchKeyEvent', type='keyDown', key=key, **extra)
        self.call('Input.dispatchKeyEvent', type='keyUp', key=key)

    def look(self, width, height, scheme='light'):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call('Emulation.setEmulatedMedia',
                  features=[{'name': 'prefers-color-scheme', 'value': scheme}])

    def screenshot(self, path):
        """The whole page, for people; only where SCREENSHOTS names a folder."""
        folder = os.environ.get('SCREENSHOTS')
        if not folder:
            return
        data = self.call('Page.captureScreenshot', captureBeyondViewport=True)['data']
        with open(os.path.join(folder, path), 'wb') as file:
            file.write(base64.b64decode(data))

    def close(self):
        end_group(self.process)
        os.close(self.write_end)
        os.close(self.read_end)
        shutil.rmtree(self.profile, ignore_errors=True)


def main():
    """Runs the tests of the calling file; exit code 77 tells CTest that all were skipped."""
    program = unittest.main(exit=False, verbosity=2)  # it says why tests are skipped
    result = program.result
    if result.wasSuccessful() and len(result.skipped) == result.testsRun:
        raise SystemExit(77)
    raise SystemExit(not result.wasSuccessful())
