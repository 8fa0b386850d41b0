"""docs/examples/chat over HTTP and WebSocket by hand: what is not as RFC 6455, Engine.IO 4 or
Socket.IO 5 have it ends one connection and no other, and what is shown of all of it is true."""
import http.client
import json
import os
import signal
import socket
import struct
import threading
import unittest

import support
from chat_clients import (BINARY, CLOSE, PING, PONG, TEXT, ChatServer, RawClient,
                          raw_clients_at_different_workers)
from telemetry_reader_test import load_reader

MESSAGE_LIMIT = 16 * 1024 * 1024


class ChatTest(unittest.TestCase):
    def start(self, *arguments, workers=1):
        self.server = ChatServer(*arguments, workers=workers)
        self.addCleanup(self.server.close)

    def client(self, *arguments, **options):
        client = RawClient(self.server, *arguments, **options)
        self.addCleanup(client.close)
        return client

    def connected(self, **options):
        client = self.client(**options)
        client.connect()
        return client

    def answers(self, client):
        """Whether somebody is there: by an acknowledgement, whatever comes before."""
        client.text('427["leave","nowhere"]')
        while True:
            text = client.receive_text()
            if text == '437[{"ok":true}]':
                return True

    def counts(self):
        return json.loads(self.server.request('GET', '/v1/chat').body)


class WebSocketTest(ChatTest):
    """A connection is closed with the code that RFC 6455 has for it, and the worker serves on."""

    def setUp(self):
        self.start()
        self.witness = self.connected()

    def code_after(self, *frames):
        client = self.connected()
        for opcode, payload, options in frames:
            client.frame(opcode, payload, **options)
        return client.close_code()

    def tearDown(self):
        self.assertTrue(self.answers(self.witness))
        self.assertEqual(self.server.worker(1)['generation'], 1)

    def test_a_frame_without_a_mask(self):
        self.assertEqual(self.code_after((TEXT, '3', {'masked': False})), 1002)

    def test_reserved_bits_and_opcodes(self):
        self.assertEqual(self.code_after((TEXT, '3', {'reserved': 4})), 1002)
        for opcode in (3, 7, 11, 15):
            self.assertEqual(self.code_after((opcode, '', {})), 1002)

    def test_text_that_is_not_utf_8(self):
        for wrong in (b'\xff', b'\xc0\xaf', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xe2\x82'):
            self.assertEqual(self.code_after((TEXT, b'4' + wrong, {})), 1007, wrong)

    def test_utf_8_across_fragments(self):
        client = self.connected()
        text = '421["leave","Zoë €𝄞"]'.encode()
        for i in range(len(text)):
            client.frame(TEXT if i == 0 else 0, text[i:i + 1], fin=i == len(text) - 1)
        self.assertEqual(client.receive_text(), '431[{"ok":true}]')

    def test_a_fragment_of_nothing_and_a_message_within_a_message(self):
        self.assertEqual(self.code_after((0, 'x', {})), 1002)
        self.assertEqual(self.code_after((TEXT, '4', {'fin': False}), (TEXT, '4', {})), 1002)

    def test_control_frames(self):
        self.assertEqual(self.code_after((PING, 'x' * 126, {})), 1002)
        self.assertEqual(self.code_after((PING, 'x', {'fin': False})), 1002)
        client = self.connected()
        client.frame(TEXT, '421["le', fin=False)
        client.frame(PING, b'\x00\xff')
        self.assertEqual(client.receive(), (PONG, b'\x00\xff'))
        client.frame(PONG, 'nobody has asked')
        client.frame(0, 'ave","x"]')
        self.assertEqual(client.receive_text(), '431[{"ok":true}]')

    def test_close_frames(self):
        self.assertEqual(self.code_after((CLOSE, b'\x03\xe8', {})), 1000)
        self.assertEqual(self.code_after((CLOSE, b'\x0b\xb8bye', {})), 3000)
        for wrong in (b'\x03', b'\x03\xed', b'\x00\x00', b'\x03\xe8\xff'):  # 1 byte, 1005, 0, no UTF-8
            self.assertIn(self.code_after((CLOSE, wrong, {})), (1002, 1007), wrong)

    def test_binary(self):
        self.assertEqual(self.code_after((BINARY, b'b\x00', {})), 1003)
        self.assertEqual(self.code_after((TEXT, '451-["say",{"_placeholder":true,"num":0}]', {})), 1003)

    def test_messages_up_to_16_mib(self):
        client = self.connected()
        client.text('421["say","' + 'x' * (MESSAGE_LIMIT - 13) + '"]')
        self.assertEqual(client.receive_text(), '431[{"error":"A message has at most 64 KiB."}]')
        client.frame(TEXT, '4', fin=False)
        client.frame(0, 'x' * MESSAGE_LIMIT)
        self.assertEqual(client.close_code(), 1009)

    def test_a_length_that_nobody_has_room_for(self):
        client = self.connected()
        client.write(bytes([0x81, 0xFF]) + (1 << 62).to_bytes(8, 'big') + bytes(4))
        self.assertEqual(client.close_code(), 1009)

    def test_a_flood_of_pings(self):
        client = self.connected()
        flood = bytes([0x89, 0x80, 0, 0, 0, 0]) * 10_000

        def send():
            try:
                for _ in range(20):
                    client.socket.sendall(flood)
            except OSError:
                pass  # the end of the test
        thread = threading.Thread(target=send)
        thread.start()
        for _ in range(20):
            self.assertTrue(self.answers(self.witness))
        client.socket.shutdown(socket.SHUT_RDWR)
        thread.join()

    def test_no_packets_of_engine_io(self):
        for wrong in ('', 'abc', '9', '0{}', '2'):
            self.assertEqual(self.code_after((TEXT, wrong, {})), 1002, wrong)
        client = self.connected()
        client.text('2probe')
        self.assertEqual(client.receive_text(), '3probe')
        client.text('6')
        client.text('1')
        self.assertEqual(client.close_code(), 1000)

    def test_no_packets_of_socket_io(self):
        for wrong in ('4', '4abc', '47', '42', '42{}', '42[]', '42[1]', '42["say"', '42["disconnect"]',
                      '43[]', '431', '431{}', '44{}', '42/news,["say","x"]', '40', '42' + '[' * 60_000,
                      '499999999999999999999["say","x"]', '42["\\ud800"]'):
            self.assertEqual(self.code_after((TEXT, wrong, {})), 1002, wrong[:50])

    def test_an_event_before_connect(self):
        client = self.client()
        client.text('42["say","x"]')
        self.assertEqual(client.close_code(), 1002)

    def test_connects_again_after_disconnect(self):
        client = self.connected()
        client.text('41')
        client.text('40')
        self.assertTrue(client.receive_text().startswith('40{'))
        self.assertIn('"name":"guest"', client.receive_text())

    def test_a_client_that_vanishes_in_the_middle(self):
        for part in (b'', b'\x81', b'\x81\xfe\x01', b'\x81\x85\0\0\0\0421'):
            client = self.connected()
            client.write(part)
            client.close()
        support.wait_until(lambda: self.counts()['clients'] == 1, what='that they are gone')


class HttpTest(ChatTest):
    def setUp(self):
        self.start()

    def test_serves_its_page_and_says_what_is_not_there(self):
        page = self.server.request('GET', '/?name=Ada')
        self.assertEqual(page.status, 200)
        self.assertIn(b'<title>Chat</title>', page.body)
        self.assertEqual(page.getheader('X-Worker'), '1')
        self.assertEqual(self.server.request('HEAD', '/').body, b'')
        self.assertEqual(self.server.request('GET', '/nothing').status, 404)
        refused = self.server.request('DELETE', '/')
        self.assertEqual((refused.status, refused.getheader('Allow')), (405, 'GET, HEAD'))

    def test_keeps_a_connection_for_the_next_request(self):
        client = support.KeepAlive(self.server)
        self.addCleanup(client.connection.close)
        for _ in range(3):
            self.assertTrue(client.ask('/v1/chat'))

    def raw_answer(self, request):
        with socket.create_connection(('127.0.0.1', self.server.port), support.DEADLINE) as client:
            client.sendall(request)
            with client.makefile('rb') as answer:
                return int(answer.readline().split()[1])

    def test_refuses_what_is_no_request(self):
        self.assertEqual(self.raw_answer(b'HELO\r\n\r\n'), 400)
        self.assertEqual(self.raw_answer(b'GET / HTTP/1.1\r\nX: ' + b'x' * 17_000 + b'\r\n\r\n'), 431)
        self.assertEqual(self.raw_answer(
            b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n'), 413)
        self.assertEqual(self.server.request('GET', '/').status, 200)

    def test_refuses_a_handshake_as_engine_io_has_it(self):
        for query, refusal in (
                ('EIO=4&transport=polling', (0, 'Transport unknown')),
                ('EIO=4', (0, 'Transport unknown')),
                ('EIO=4&transport=websocket&sid=abc', (1, 'Session ID unknown')),
                ('EIO=3&transport=websocket', (5, 'Unsupported protocol version'))):
            client = self.client('/socket.io/?' + query)
            self.assertEqual(client.status, 400, query)
            size = int(client.fields['content-length'])
            self.assertEqual(json.loads(client.take(size)), dict(zip(('code', 'message'), refusal)))
        answer = self.server.request('GET', '/socket.io/?EIO=4&transport=websocket')
        self.assertEqual((answer.status, json.loads(answer.body)['code']), (400, 3))
        answer = self.server.request('POST', '/socket.io/?EIO=4&transport=websocket', 'x')
        self.assertEqual((answer.status, json.loads(answer.body)['code']), (400, 2))

    def test_other_sites_pages_get_nothing(self):
        host = f'127.0.0.1:{self.server.port}'
        for fields in ('Origin: http://elsewhere.example\r\n', 'Origin: null\r\n',
                       f'Origin: http://{host}\r\nSec-Fetch-Site: cross-site\r\n'):
            self.assertEqual(self.client(fields=fields).status, 403, fields)
        self.assertEqual(self.client(fields=f'Origin: http://{host}\r\n').status, 101)
        refused = self.server.request('GET', '/v1/faults/crash', headers={'Origin': 'http://a.example'})
        self.assertEqual(refused.status, 403)
        refused = self.server.request('GET', '/v1/faults/hang', headers={'Sec-Purpose': 'prefetch'})
        self.assertEqual(refused.status, 403)

    def test_offers_its_faults_to_viewers(self):
        answer = self.server.request('OPTIONS', '/v1/faults/hang')
        self.assertEqual((answer.status, answer.getheader('Allow')), (204, 'GET, POST, OPTIONS'))
        self.assertEqual(self.server.request('GET', '/v1/faults/hang?mode=dance').status, 400)
        self.assertEqual(self.server.request('GET', '/v1/faults/crash?how=throw').status, 500)
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.server.request('GET', '/v1/faults/crash?how=exit')
        self.server.wait_for_successor(1)
        self.assertEqual(self.server.worker(1)['last_exit']['code'], 70)


class LifeTest(ChatTest):
    def test_says_goodbye_when_the_server_stops(self):
        self.start(workers=2)
        clients = raw_clients_at_different_workers(self.server, 2).values()
        for client in clients:
            self.addCleanup(client.close)
        idle = socket.create_connection(('127.0.0.1', self.server.port))
        self.addCleanup(idle.close)
        self.server.process.send_signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual(client.close_code(), 1001)
            client.frame(CLOSE, b'\x03\xe9')
        self.assertEqual(self.server.process.wait(support.DEADLINE), 0)

    def test_waits_for_nobody_for_ever_when_it_stops(self):
        self.start('--drain-timeout=1s')
        client = self.connected()  # which never answers the close frame
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(client.close_code(), 1001)
        self.assertEqual(self.server.process.wait(support.DEADLINE), 0)

    def test_a_client_without_a_pong_is_gone(self):
        self.start('--ping-interval=50ms', '--ping-timeout=100ms')
        client = self.connected()
        self.assertEqual(client.close_code(), 1008)
        support.wait_until(lambda: self.counts()['clients'] == 0, what='that it is not counted')

    def test_a_client_that_never_connects_is_gone(self):
        self.start('--ping-interval=50ms')
        client = self.client()
        self.assertTrue(client.receive_text().startswith('0{'))
        client.text('3')  # which nobody has asked for
        for _ in range(3):
            self.assertEqual(client.receive_text(), '2')
            client.text('3')
        self.assertEqual(client.close_code(), 1008)

    def test_a_slow_reader_is_dropped_and_nobody_else(self):
        self.start()
        talker = self.connected()
        slow = self.connected(receive_buffer=4096)
        text = 'x' * 60_000

        def is_dropped():
            talker.text(f'42["say","{text}"]')
            while not talker.receive_text().startswith('42["said"'):
                pass
            return self.counts()['clients_dropped'] == 1
        support.wait_until(is_dropped, what='that the slow one is dropped')
        self.assertTrue(slow.is_closed())
        self.assertTrue(self.answers(talker))
        self.server.wait_for_line('does not read: more than 1 MiB waits for it')
        self.assertEqual(self.counts()['clients'], 1)

    def test_a_stopped_worker_holds_up_no_other(self):
        self.start('--hang-after=1s', '--kill-after=0', workers=2)
        clients = raw_clients_at_different_workers(self.server, 2)
        (stopped, _), (_, other) = clients.items()
        for client in clients.values():
            self.addCleanup(client.close)
        os.kill(self.server.worker(stopped)['pid'], signal.SIGSTOP)
        support.wait_until(lambda: self.server.worker(stopped)['state'] == 'hung', what='that it is seen')
        self.assertTrue(self.answers(other))
        os.kill(self.server.worker(stopped)['pid'], signal.SIGCONT)
        support.wait_until(lambda: self.server.worker(stopped)['state'] == 'idle', what='that it goes on')
        self.assertTrue(self.answers(clients[stopped]))

    def test_more_clients_than_it_takes_wait_for_a_place(self):
        self.start('--max-connections=2')
        first, second = self.connected(), self.connected()
        with socket.create_connection(('127.0.0.1', self.server.port)) as third:
            third.settimeout(support.DEADLINE)
            third.sendall(b'GET /v1/chat HTTP/1.1\r\nHost: x\r\n\r\n')
            self.assertTrue(self.answers(second))
            self.assertEqual(self.server.worker(1)['connections'], 2)
            first.close()
            self.assertTrue(third.recv(100).startswith(b'HTTP/1.1 200'))

    def test_has_no_policy_but_the_kernels(self):
        self.start()
        self.assertEqual(self.server.control(cmd='status')['balance'], 'kernel')
        refused = self.server.control(cmd='balance', policy='least')
        self.assertIn('least is not to be had', refused['error'])


class WitnessTest(ChatTest):
    """What is shown is what happened: the clients know it as well."""

    def segment(self):
        reader = load_reader()
        before = os.environ.get('XDG_RUNTIME_DIR')
        os.environ['XDG_RUNTIME_DIR'] = self.server.directory
        try:
            return reader.Segment(reader.attach(self.server.port))
        finally:
            if before is None:
                del os.environ['XDG_RUNTIME_DIR']
            else:
                os.environ['XDG_RUNTIME_DIR'] = before

    def test_every_byte_on_the_wire_is_counted(self):
        self.start()
        segment = self.segment()
        client = self.connected()
        client.frame(PING, 'x' * 100)
        client.frame(TEXT, '421["say",', fin=False)
        client.frame(0, '"' + 'y' * 30_000 + '"]')
        while client.receive() != (TEXT, b'431[{"ok":true}]'):
            pass
        support.wait_until(lambda: segment.word('counters', 0, 5) == client.sent, what='bytes received')
        support.wait_until(lambda: segment.word('counters', 0, 6) == client.received, what='bytes sent')
        self.assertEqual(segment.word('counters', 0, 7), 1)

    def test_who_was_stopped_for_long_is_told_how_much_it_missed(self):
        """What is heard and what is missed is what was said."""
        self.start('--hang-after=60s', '--kill-after=0', workers=2)
        clients = raw_clients_at_different_workers(self.server, 2)
        for client in clients.values():
            self.addCleanup(client.close)
        (_, talker), (there, listener) = clients.items()
        self.assertTrue(self.answers(talker))
        pid = self.server.worker(there)['pid']
        os.kill(pid, signal.SIGSTOP)
        for _ in range(300):
            talker.text(f'42["say","{"x" * 8000}"]')
            while not talker.receive_text().startswith('42["said"'):
                pass
        os.kill(pid, signal.SIGCONT)
        heard = missed = 0
        while heard + missed < 300:
            event, data = json.loads(listener.receive_text()[2:])
            if event == 'said':
                heard += 1
            elif event == 'missed':
                missed += data['messages']
        self.assertEqual(heard + missed, 300)
        self.assertGreater(missed, 0)
        self.server.wait_for_line(f'messages lost: {missed}')

    def test_messages_are_shown_as_requests(self):
        """A POST for each of a client's, and a PUT for what came over the bus for somebody."""
        self.start(workers=3)
        clients = raw_clients_at_different_workers(self.server, 2)
        for client in clients.values():
            self.addCleanup(client.close)
        (here, talker), (there, listener) = clients.items()
        support.wait_until(lambda: sum(w['connections'] for w in self.server.workers()) == 2,
                           what='that the others have gone')
        # Whatever was on the bus before these two has been heard when they are.
        for speaker, hearer, word in ((talker, listener, 'here'), (listener, talker, 'there')):
            speaker.text(f'42["say","{word}"]')  # which it hears as well
            while f'"text":"{word}"' not in hearer.receive_text():
                pass
        self.assertTrue(self.answers(talker) and self.answers(listener))

        def when_idle():  # an answer is on its way before its request is counted
            workers = self.server.workers()
            is_idle = all(worker['state'] == 'idle' for worker in workers)
            return is_idle and {worker['number']: worker['requests'] for worker in workers}
        before = support.wait_until(when_idle, what='that all are idle')
        for i in range(50):
            talker.text(f'42{i}["say","hello"]')
        heard = 0
        while heard < 50:
            heard += listener.receive_text().startswith('42["said"')
        self.assertTrue(self.answers(talker))
        self.assertTrue(self.answers(listener))

        def grown():
            return {worker['number']: worker['requests'] - before[worker['number']]
                    for worker in self.server.workers()}
        nobodys = ({1, 2, 3} - {here, there}).pop()
        support.wait_until(lambda: grown() == {here: 51, there: 51, nobodys: 0}, what=f'{grown()}')

    def test_of_a_broadcast_one_goes_in_and_one_comes_out_at_each_worker_that_hears_it(self):
        """A record of what was heard names the worker that the clients are told of."""
        self.start(workers=4)
        clients = raw_clients_at_different_workers(self.server, 3)
        for client in clients.values():
            self.addCleanup(client.close)
        segment = self.segment()

        def ended():
            """Of each worker's requests about something said: method, event, and heard of whom."""
            told = {}
            for slot in range(4):
                records = (segment.record('requests', slot, n)
                           for n in range(segment.word('requests', slot)))
                fields = (struct.unpack_from('<24xBB12xH8x16s', record) for record in records)
                told[slot + 1] = [(method, path[:size].decode(), heard_from)
                                  for method, heard_from, size, path in fields
                                  if path[:size] in (b'say', b'said')]
            return told
        post, put = 3, 4
        expected = {number: [] for number in (1, 2, 3, 4)}
        for speaker in clients:
            clients[speaker].text('42["say","hello"]')
            for number, client in clients.items():
                event, data = json.loads(client.receive_text()[2:])
                self.assertEqual((event, data['worker']), ('said', speaker))
                expected[number].append((post, 'say', 0) if number == speaker
                                        else (put, 'said', speaker))
            support.wait_until(lambda: ended() == expected, what=f'{expected}')


if __name__ == '__main__':
    support.main()
