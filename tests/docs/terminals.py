"""What runs the shell blocks of a document: a reader with a scratch copy of the repository and as
many terminals as it takes.

The only changes to what is printed: port 8000 and other ports become free ones, pgrep and pkill see
nothing but what the document itself has started, and what would install something, or build or test
the project once more, is only checked for its options. Recordings are short, so the moment of --at is
their beginning.
"""
import http.client
import os
import pathlib
import pty
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading

import support

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ['TODOS_SERVER']).parent
PORT = re.compile(r'\b(8[0-9]{3}|9[0-9]{3})\b')
SERVER = re.compile(r'-server$')
# What would install something, or build or test the whole project from within one of its tests.
# That the program is there, and knows these options, is checked instead.
NOT_HERE = {'git', 'sudo', 'apt-get', 'systemctl', 'journalctl', 'docker', 'podman', 'cmake',
            './demo', '.ci/run'}
NOT_HERE_FOLDERS = ('tests/', 'scripts/', 'docs/make-')
ENDS_BY_ITSELF = {'ctl', '--help', '-h', '--version', '--once', '--screenshot'}
# Faults take the worker along, so that curl gets no answer: that is what they are for.
PRELUDE = '''
set -euo pipefail
curl() {
  local code=0
  command curl --silent --show-error --fail "$@" || code=$?
  if [[ $* == */v1/faults/* && ( $code == 52 || $code == 56 ) ]]; then return 0; fi
  return $code
}
pgrep() { command pgrep --session "$SESSIONS" "$@"; }
pkill() { command pkill --session "$SESSIONS" "$@"; }
killall() { echo "killall would reach other servers of this machine, too" >&2; return 1; }
'''


def logical_lines(text):
    """Lines with their continuations; comments and empty lines are left out."""
    joined = re.sub(r'\\\n\s*', ' ', text)
    return [line for line in joined.splitlines() if line.strip() and not line.startswith('#')]


def words_of(line):
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return []


def is_not_for_here(line):
    commands = [words_of(part) for part in re.split(r'&&|;', line)]
    return any(words and (words[0] in NOT_HERE or words[0].startswith(NOT_HERE_FOLDERS) or
                          words[0].endswith('/run'))  # of an example, among others
               for words in commands)


def check_options(line):
    for part in re.split(r'&&|;', line):
        words = words_of(part)
        if not words or '/' not in words[0] or words[0].startswith('/'):
            continue
        done = subprocess.run([words[0], '--help'], cwd=ROOT, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=support.DEADLINE)
        assert done.returncode == 0, f'{words[0]} --help: exit code {done.returncode}'
        for option in (word.split('=')[0] for word in words[1:] if re.match('-[^D]', word)):
            assert option in done.stdout, f'{words[0]} --help does not know {option}'


def runs_on(line):
    """Whether this is a server or a viewer, for which a reader opens a terminal."""
    words = [word for word in words_of(line) if '=' not in word or word.startswith('-')]
    if not words or ENDS_BY_ITSELF & {word.split('=')[0] for word in words}:
        return False
    program = words[0].rsplit('/', 1)[-1]
    return bool(SERVER.search(program)) or program in ('todos-visualizer', 'read_telemetry.py')


def stop_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def start_display():
    """An X server that is to be killed, on a free number, and what DISPLAY has to say."""
    read_end, write_end = os.pipe()
    display = subprocess.Popen(['Xvfb', '-displayfd', str(write_end), '-screen', '0',
                                '1600x900x24'], pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read_end) as numbers:
        return display, ':' + numbers.readline().strip()


class Terminal:
    """A program of its own session with a terminal that somebody reads."""

    def __init__(self, command, directory, environment):
        ours, theirs = pty.openpty()
        self.output = b''
        self.command, self.directory = command, directory
        self.process = subprocess.Popen(
            ['bash', '-c', 'exec ' + command], cwd=directory, env=environment, stdin=theirs,
            stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.thread = threading.Thread(target=self.read, args=(ours,), daemon=True)
        self.thread.start()

    def read(self, fd):
        try:
            while data := os.read(fd, 65536):
                self.output += data
        except OSError:
            pass  # the other side is gone
        os.close(fd)

    def alive(self):
        return self.process.poll() is None

    def shows_something(self):
        """A viewer has mapped the server's segment; one that replays has loaded what draws."""
        maps = pathlib.Path(f'/proc/{self.process.pid}/maps').read_text(encoding='utf-8')
        if '--replay' in self.command:
            return b'\x1b[' in self.output or '_dri' in maps or 'libgallium' in maps
        if recording := re.search(r'--record[= ](\S+)', self.command):
            return subprocess.run([BIN / 'todos-visualizer', '--replay', recording[1], '--text',
                                   '--once'], cwd=self.directory, capture_output=True,
                                  check=False).returncode == 0
        return '/memfd:forkscope' in maps

    def stop(self):
        """As Ctrl-C does, once."""
        if self.alive():
            stop_group(self.process, signal.SIGINT)
            try:
                self.process.wait(support.DEADLINE)
            except subprocess.TimeoutExpired:
                stop_group(self.process, signal.SIGKILL)
        self.process.wait()
        self.thread.join(support.DEADLINE)
        return self.process.returncode


class Reader:
    """Follows one document from top to bottom."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='forkscope-docs-'))
        for entry in ROOT.iterdir():
            # Not the todos of a server that somebody has run here.
            if entry.name not in ('build', '.git') and '.db' not in entry.suffix:
                (self.directory / entry.name).symlink_to(entry)
        for preset in ('release', 'application'):
            (self.directory / 'build' / preset).mkdir(parents=True)
            (self.directory / 'build' / preset / 'bin').symlink_to(BIN)
        (self.directory / 'run').mkdir(mode=0o700)
        self.ports, self.servers, self.viewers, self.display = {}, {}, [], None
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # workers that are made to crash

    def close(self):
        codes = [terminal.stop() for terminal in [*self.viewers, *self.servers.values()]]
        if self.display:
            self.display.kill()
            self.display.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
        return codes

    def port(self, printed):
        if printed not in self.ports:
            port = support.free_port()
            while port in self.ports.values():
                port += 1
            self.ports[printed] = port
        return self.ports[printed]

    def environment(self):
        environment = {key: value for key, value in os.environ.items()
                       if key not in ('WEB_CONCURRENCY', 'DISPLAY', 'WAYLAND_DISPLAY')}
        sessions = [t.process.pid for t in [*self.servers.values(), *self.viewers] if t.alive()]
        environment.update(XDG_RUNTIME_DIR=str(self.directory / 'run'),
                           FORKSCOPE_RUNTIME_DIR=str(self.directory / 'run/forkscope'),
                           HOME=str(self.directory),
                           PORT=str(self.port('8000')), PATH=f'{BIN}:{os.environ["PATH"]}',
                           TERM='xterm-256color', SESSIONS=','.join(map(str, sessions)) or '0',
                           # Leaks are for the tests of each program; graphics libraries have some.
                           ASAN_OPTIONS='handle_segv=0:handle_abort=0:detect_leaks=0')
        if self.display:
            environment['DISPLAY'] = self.display_name
        return environment

    def run(self, text, fails=False):
        """Raises AssertionError with what was printed when something does not work."""
        text = PORT.sub(lambda found: str(self.port(found[1])), text)
        text = re.sub(r'--at[= ]\S+', '--at 0:00', text)
        lines = logical_lines(text)
        for line in filter(is_not_for_here, lines):
            check_options(line)
        lines = [line for line in lines if not is_not_for_here(line)]
        if lines and not any(runs_on(line) and SERVER.search(words_of(line)[0]) for line in lines):
            self.need_server()
        if any('todos-visualizer' in line and '--text' not in line for line in lines):
            self.need_display()
        chunk = []
        for line in lines:
            if runs_on(line):
                line = re.sub(r'\s+#.*$', '', line)
                self.run_chunk(chunk)
                chunk = []
                self.open_terminal(re.sub(r'\s*&\s*$', '', line))
            else:
                chunk.append(line)
        self.run_chunk(chunk, fails)

    def run_chunk(self, lines, fails=False):
        if not lines:
            return
        with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as output:
            bash = subprocess.Popen(['bash', '-c', PRELUDE + '\n'.join(lines)], cwd=self.directory,
                                    env=self.environment(), stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=output, start_new_session=True)
            try:
                bash.wait(support.DEADLINE)
            finally:
                stop_group(bash, signal.SIGKILL)  # also what it has left behind
            output.seek(0)
            assert (bash.returncode != 0) == fails, f'exit code {bash.returncode}:\n{output.read()}'

    def need_server(self):
        """For blocks that take for granted that one runs."""
        port = self.port('8000')
        if port not in self.servers or not self.answers(port):  # it may be about to end
            self.open_terminal(f'todos-server --port {port} --workers 4 --hang-after 300ms '
                               '--kill-after 700ms')

    def open_terminal(self, command):
        words = words_of(command)
        if SERVER.search(words[0]):
            port = next((int(port) for port in re.findall(r'--port[= ](\d+)', command)),
                        self.port('8000'))
            if port in self.servers:
                self.servers.pop(port).stop()
            terminal = Terminal(command, self.directory, self.environment())
            self.servers[port] = terminal
            self.wait(terminal, lambda: self.answers(port))
        else:
            while self.viewers:  # one at a time; the next may replay what the last has recorded
                self.viewers.pop().stop()
            terminal = Terminal(command, self.directory, self.environment())
            self.viewers.append(terminal)
            self.wait(terminal, terminal.shows_something)

    def wait(self, terminal, condition):
        def ready():
            assert terminal.alive(), f'{terminal.command} ended:\n{terminal.output.decode()}'
            return condition()
        support.wait_until(ready, what=terminal.command)

    @staticmethod
    def answers(port):
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=support.DEADLINE)
        try:
            connection.request('GET', '/readyz')
            return connection.getresponse().status in (200, 404)
        except OSError:
            return False
        finally:
            connection.close()

    def need_display(self):
        if self.display:
            return
        self.display, self.display_name = start_display()
