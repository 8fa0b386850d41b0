"""What the tests of docs/examples/chat share: the server, and clients of three kinds. Those of
Socket.IO's own makers run in Node; a raw one does what no proper client would.
"""
import base64
import json
import os
import pathlib
import queue
import shutil
import socket
import struct
import subprocess
import threading

import support

support.SERVER = os.environ['CHAT_SERVER']

SCRIPTS = pathlib.Path(__file__).parent / 'chat'
NODE = shutil.which('node')
NPM = shutil.which('npm')
WHY_NOT = None if NODE and NPM else 'node and npm are not installed: scripts/install-packages express'

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def install_clients():
    """Into the build tree, unless they are there: what the lock file names, of the npm registry."""
    folder = pathlib.Path(os.environ['BUILD_DIRECTORY']) / 'chat-clients'
    done = folder / 'done'
    wanted = (SCRIPTS / 'package-lock.json').read_bytes()
    if not done.exists() or done.read_bytes() != wanted:
        folder.mkdir(exist_ok=True)
        for name in ('package.json', 'package-lock.json'):
            shutil.copy(SCRIPTS / name, folder)
        subprocess.run([NPM, 'ci', '--no-audit', '--no-fund', '--ignore-scripts'], cwd=folder,
                       check=True, stdin=subprocess.DEVNULL, timeout=200)
        done.write_bytes(wanted)
    return folder / 'node_modules'


class ChatServer(support.Server):
    """A chat-server of its own for one test."""

    def workers(self, timeout=support.DEADLINE):
        return self.control(cmd='status')['workers']

    def worker(self, number):
        return next(worker for worker in self.workers() if worker['number'] == number)

    def url(self, scheme='http'):
        return f'{scheme}://127.0.0.1:{self.port}'

    def logged(self):
        with open(self.log.name, encoding='utf-8') as log:
            return log.read()

    def wait_for_line(self, text):
        support.wait_until(lambda: text in self.logged(), what=f'"{text}" in the log')

    def wait_for_successor(self, number, generation=2):
        def is_it():
            worker = self.worker(number)
            return worker['generation'] >= generation and worker['state'] in ('idle', 'busy')
        support.wait_until(is_it, what=f'the successor of worker {number}')

    def last_exit(self, number):
        """How its predecessor has ended: it may be there a while longer than its successor is."""
        return support.wait_until(lambda: self.worker(number)['last_exit'],
                                  what=f'the end of a process of worker {number}')


class NodeClient:
    """A process of Node that says in each line what has happened to its client."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen(
            [NODE, SCRIPTS / script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=dict(os.environ, NODE_PATH=install_clients()), text=True, encoding='utf-8')
        self.lines = queue.Queue()
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        self.passed_over = []

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def next(self, event):
        """The data of the next such event that nobody has asked for yet; others are kept in
        `passed_over`."""
        for line in self.passed_over:
            if line[0] == event:
                self.passed_over.remove(line)
                return line[1:]
        while True:
            try:
                line = self.lines.get(timeout=support.DEADLINE)
            except queue.Empty:
                raise AssertionError(f'{event} did not come; but: {self.passed_over}') from None
            if line[0] == event:
                return line[1:]
            self.passed_over.append(line)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdin.close()
        self.process.stdout.close()


class SocketIoClient(NodeClient):
    def __init__(self, server, name, **options):
        super().__init__('socket_io_client.js', server.url(),
                         json.dumps({'auth': {'name': name}, **options}))
        self.worker = None

    def welcome(self):
        """Waits until it is connected, and knows where."""
        self.worker = self.next('welcome')[0]['worker']
        return self

    def tell(self, *line):
        self.process.stdin.write(json.dumps(line) + '\n')
        self.process.stdin.flush()

    def move_away_from(self, worker):
        """Connects again and again, until it is at another one."""
        def is_away():
            if self.worker != worker:
                return True
            self.tell('disconnect')
            self.next('disconnect')
            self.tell('connect')
            self.welcome()
            return self.worker != worker
        support.wait_until(is_away, what=f'a client at another worker than {worker}')

    def emit(self, *event):
        """The acknowledgement."""
        self.tell('emit', *event)
        return self.next('answer')[0]

    def send(self, *event):
        self.tell('send', *event)


class RawClient:
    """A WebSocket by hand (RFC 6455), which counts the bytes of its connection."""

    def __init__(self, server, path='/socket.io/?EIO=4&transport=websocket', fields='',
                 receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(support.DEADLINE)
        self.socket.connect(('127.0.0.1', server.port))
        self.sent = self.received = 0
        self.buffer = b''
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n'
                   f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n'
                   f'Sec-WebSocket-Version: 13\r\n{fields}\r\n'.encode())
        while b'\r\n\r\n' not in self.buffer:
            assert self.fill(), 'no answer to the handshake'
        head, self.buffer = self.buffer.split(b'\r\n\r\n', 1)
        status, *lines = head.decode().split('\r\n')
        self.status = int(status.split()[1])
        self.fields = dict(line.lower().split(': ', 1) for line in lines)

    def write(self, data):
        self.socket.sendall(data)
        self.sent += len(data)

    def fill(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            data = b''
        self.received += len(data)
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise EOFError
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def frame(self, opcode, payload=b'', fin=True, masked=True, reserved=0):
        data = payload.encode() if isinstance(payload, str) else payload
        head = bytes([fin << 7 | reserved << 4 | opcode])
        mask_bit = masked << 7
        if len(data) < 126:
            head += bytes([mask_bit | len(data)])
        elif len(data) < 1 << 16:
            head += bytes([mask_bit | 126]) + struct.pack('>H', len(data))
        else:
            head += bytes([mask_bit | 127]) + struct.pack('>Q', len(data))
        self.write(head + bytes(4) * masked + data)  # a mask of zeros changes nothing

    def text(self, text):
        self.frame(TEXT, text)

    def receive(self):
        """The next frame: opcode and payload. That others come and go is passed over."""
        while True:
            opcode, payload = self.receive_frame()
            if not payload.startswith((b'42["arrived",', b'42["left",')):
                return opcode, payload

    def receive_frame(self):
        """The server sends none in fragments."""
        first, second = self.take(2)
        assert first >> 4 == 8, f'a fragment, or reserved bits: {first:02x}'
        assert second >> 7 == 0, 'masked by the server (RFC 6455, section 5.1)'
        size = second
        if second == 126:
            size, = struct.unpack('>H', self.take(2))
        elif second == 127:
            size, = struct.unpack('>Q', self.take(8))
        return first & 15, self.take(size)

    def receive_text(self):
        opcode, payload = self.receive()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    def connect(self, name='raw'):
        """As Socket.IO has it, with its welcome acknowledged; who it is told to be, and where."""
        assert self.status == 101, self.status
        assert self.receive_text().startswith('0{')
        self.text('40' + json.dumps({'name': name}))
        assert self.receive_text().startswith('40{')
        text = self.receive_text()
        assert text.startswith('420["welcome",'), text
        self.text('430[]')
        return json.loads(text[3:])[1]

    def close_code(self):
        """Of the close frame that comes, whatever comes before; None where the connection only
        ends."""
        try:
            while True:
                opcode, payload = self.receive()
                if opcode == CLOSE:
                    return struct.unpack('>H', payload[:2])[0]
        except EOFError:
            return None

    def is_closed(self):
        """Waits for the end."""
        self.buffer = b''
        while self.fill():
            self.buffer = b''
        return True

    def close(self):
        self.socket.close()


def raw_clients_at_different_workers(server, count):
    """So many, connected, by the number of their worker."""
    clients, spare = {}, []

    def are_enough():
        client = RawClient(server)
        worker = client.connect()['worker']
        (spare.append(client) if worker in clients else clients.update({worker: client}))
        return len(clients) == count
    support.wait_until(are_enough, what=f'clients at {count} workers')
    for client in spare:
        client.close()
    return clients
