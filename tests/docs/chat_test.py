"""docs/examples/chat with the clients that it is made for: socket.io-client in Node, and its page in
a browser."""
import json
import os
import signal
import unittest

import support
from chat_clients import WHY_NOT, ChatServer, NodeClient, RawClient, SocketIoClient


@unittest.skipIf(WHY_NOT, WHY_NOT)
class SocketIoTest(unittest.TestCase):
    def start(self, *arguments, workers=3):
        self.server = ChatServer(*arguments, workers=workers)
        self.addCleanup(self.server.close)

    def client(self, name, **options):
        client = SocketIoClient(self.server, name, **options)
        self.addCleanup(client.close)
        return client

    def two_at_different_workers(self):
        ada = self.client('Ada').welcome()
        bob = self.client('Bob').welcome()
        bob.move_away_from(ada.worker)
        return ada, bob

    def test_clients_at_different_workers_chat_and_go_on_when_one_worker_dies(self):
        self.start()
        ada, bob = self.two_at_different_workers()
        self.assertEqual(ada.emit('say', 'hello'), {'ok': True})
        heard = bob.next('said')[0]
        self.assertEqual((heard['text'], heard['name'], heard['worker']), ('hello', 'Ada', ada.worker))
        self.assertEqual(ada.next('said')[0], heard)

        os.kill(self.server.worker(bob.worker)['pid'], signal.SIGKILL)
        self.assertEqual(bob.next('disconnect')[0], 'transport close')
        bob.welcome()
        self.assertEqual(bob.emit('say', 'here again'), {'ok': True})
        heard = ada.next('said')[0]
        self.assertEqual((heard['text'], heard['worker']), ('here again', bob.worker))
        self.assertEqual(ada.emit('say', 'good'), {'ok': True})
        while bob.next('said')[0]['text'] != 'good':
            pass

    def test_a_room_hears_what_is_for_it_at_every_worker_and_nobody_else_does(self):
        self.start()
        ada, bob = self.two_at_different_workers()
        eve = self.client('Eve').welcome()
        for member in (ada, bob):
            self.assertEqual(member.emit('join', 'kitchen'), {'ok': True})
        self.assertEqual(eve.emit('say', 'let me in', 'kitchen'), {'error': 'Join the room first.'})
        self.assertEqual(ada.emit('say', 'secret', 'kitchen'), {'ok': True})
        self.assertEqual(bob.next('said')[0]['room'], 'kitchen')
        self.assertEqual(bob.emit('leave', 'kitchen'), {'ok': True})
        self.assertEqual(ada.emit('say', 'for me', 'kitchen'), {'ok': True})
        self.assertEqual(ada.emit('say', 'for all'), {'ok': True})
        self.assertEqual(eve.next('said')[0]['text'], 'for all')
        self.assertEqual(bob.next('said')[0]['text'], 'for all')

    def test_says_who_comes_and_who_goes(self):
        self.start()
        ada, bob = self.two_at_different_workers()
        worker = bob.worker
        while ada.next('arrived')[0] != {'name': 'Bob', 'worker': worker,
                                         'pid': self.server.worker(worker)['pid']}:
            pass
        bob.tell('disconnect')
        while ada.next('left')[0]['worker'] != worker:
            pass

    def test_refuses_an_event_and_says_why(self):
        self.start(workers=1)
        ada = self.client('Ada').welcome()
        self.assertIn('no such event', ada.emit('shout', 'hello')['error'])
        self.assertIn('Say a text', ada.emit('say', {'not': 'a text'})['error'])
        self.assertIn('name of 1 to 50 bytes', ada.emit('join', '')['error'])
        self.assertIn('64 KiB', ada.emit('say', 'x' * 70_000)['error'])
        # Within 64 KiB for us, and with its packet around it too long for the bus.
        self.assertIn('too long', ada.emit('say', 'x' * 65_500)['error'])
        ada.send('shout')
        self.assertEqual(ada.next('refused')[0]['event'], 'shout')
        self.assertEqual(ada.emit('say', 'still here'), {'ok': True})

    def test_refuses_other_namespaces_and_binary_and_long_polling(self):
        self.start(workers=1)
        other = SocketIoClient.__new__(SocketIoClient)
        NodeClient.__init__(other, 'socket_io_client.js', self.server.url() + '/news', '{}')
        self.addCleanup(other.close)
        self.assertEqual(other.next('connect_error'), ['Invalid namespace'])

        ada = self.client('Ada').welcome()
        ada.send('say', {'bytes': [1, 2, 3]})
        self.assertEqual(ada.next('disconnect'), ['transport close', 1003])
        ada.welcome()

        polling = self.client('Bob', transports=['polling'], reconnection=False)
        self.assertEqual(polling.next('connect_error'), ['xhr poll error'])
        answer = self.server.request('GET', '/socket.io/?EIO=4&transport=polling')
        self.assertEqual(answer.status, 400)
        self.assertEqual(json.loads(answer.body), {'code': 0, 'message': 'Transport unknown'})

    def test_a_hang_in_a_message_is_seen_and_named_and_its_clients_come_back(self):
        self.start('--hang-after=500ms', '--kill-after=1500ms')
        ada, bob = self.two_at_different_workers()
        worker = ada.worker
        ada.send('hang')
        support.wait_until(lambda: self.server.requests_in_hand() == ['hang'], what='the hang')
        support.wait_until(lambda: self.server.worker(worker)['hangs'] == 1, what='that it is seen')
        self.assertEqual(bob.emit('say', 'somebody there?'), {'ok': True})
        ada.next('disconnect')
        ada.welcome()
        self.assertTrue(self.server.last_exit(worker)['was_hung'])
        self.assertIn('POST hang', self.server.logged())

    def test_a_crash_takes_nobody_else_along(self):
        self.start()
        ada, bob = self.two_at_different_workers()
        ada.send('crash', 'abort')
        ada.next('disconnect')
        ada.welcome()
        self.assertEqual(ada.emit('say', 'I am back'), {'ok': True})
        self.assertEqual(bob.next('said')[0]['text'], 'I am back')

    def test_what_a_handler_throws_ends_the_conversation_and_is_told(self):
        self.start(workers=1)
        ada = self.client('Ada').welcome()
        ada.send('crash', 'throw')
        self.assertEqual(ada.next('disconnect'), ['transport close', 1011])
        ada.welcome()
        self.server.wait_for_line('thrown on request')
        self.assertEqual(self.server.worker(1)['exceptions'], 1)
        self.assertEqual(self.server.worker(1)['generation'], 1)

    def test_faults_can_be_off(self):
        self.start('--faults=off', workers=1)
        ada = self.client('Ada').welcome()
        self.assertIn('--faults', ada.emit('hang')['error'])
        self.assertEqual(self.server.request('GET', '/v1/faults/hang').status, 404)

    def test_a_reload_sends_its_clients_to_new_workers(self):
        self.start()
        ada, bob = self.two_at_different_workers()
        pids = self.server.pids()
        self.assertTrue(self.server.control(cmd='reload')['ok'])
        for client in (ada, bob):
            self.assertEqual(client.next('disconnect'), ['transport close', 1001])
            client.welcome()
        support.wait_until(lambda: not self.server.pids() & pids, what='that all are new')
        for number in (1, 2, 3):
            last_exit = self.server.last_exit(number)
            self.assertEqual((last_exit['cause'], last_exit['code']), ('exit', 0))

    def test_stays_connected_by_its_heartbeat(self):
        self.start('--ping-interval=100ms', '--ping-timeout=10s', workers=1)
        ada = self.client('Ada').welcome()
        silent = RawClient(self.server)
        self.addCleanup(silent.close)
        silent.connect()
        pings = 0
        while pings < 10:
            if silent.receive_text() == '2':
                silent.text('3')
                pings += 1
        self.assertEqual(ada.emit('say', 'still here'), {'ok': True})
        self.assertFalse([line for line in ada.passed_over if line[0] == 'disconnect'])

    def test_another_implementation_of_websocket(self):
        self.start(workers=1)
        client = NodeClient('ws_client.js',
                            self.server.url('ws') + '/socket.io/?EIO=4&transport=websocket')
        self.addCleanup(client.close)
        self.assertEqual(client.next('close')[0], 1009)
        came = client.passed_over
        self.assertIn(['pong', 'between'], came)
        self.assertTrue(any(line[0] == 'message' and '"name":"Zoë"' in line[1] for line in came), came)
        self.assertIn(['message', '431[{"error":"A message has at most 64 KiB."}]'], came)
        self.assertFalse([line for line in came if line[0] == 'error'])


@unittest.skipIf(WHY_NOT, WHY_NOT)
@unittest.skipUnless(support.CHROMIUM, 'Chromium is not installed')
class PageTest(unittest.TestCase):
    def setUp(self):
        self.server = ChatServer(workers=3)
        self.addCleanup(self.server.close)
        self.page = support.Browser()
        self.addCleanup(self.page.close)

    def say(self, text):
        self.page.run(f'text.value = {json.dumps(text)}; form.requestSubmit()')

    def wait_for_text(self, text):
        support.wait_until(lambda: text in self.page.text('#log'), what=f'"{text}" on the page')

    def worker(self):
        return int(support.wait_until(lambda: self.page.run('state.dataset.worker'),
                                      what='that the page is connected'))

    def test_a_page_and_a_client_in_node_chat_and_the_page_outlives_its_worker(self):
        self.page.open(self.server.url() + '/?name=Page')
        worker = self.worker()
        ada = SocketIoClient(self.server, 'Ada')
        self.addCleanup(ada.close)
        ada.welcome().move_away_from(worker)
        self.say('hello from the page')
        self.assertEqual(ada.next('said')[0], {
            'text': 'hello from the page', 'room': '', 'name': 'Page', 'worker': worker,
            'pid': self.server.worker(worker)['pid']})
        ada.emit('say', '<b>hello</b> from Node')
        self.wait_for_text('<b>hello</b> from Node')
        self.page.screenshot('chat.png')

        before = self.server.worker(worker)['pid']
        os.kill(before, signal.SIGKILL)
        support.wait_until(lambda: f'pid {before}' not in self.page.text('#state')
                           and 'pid' in self.page.text('#state'), what='that the page is back')
        self.say('here again')
        while ada.next('said')[0]['text'] != 'here again':
            pass
        ada.emit('say', 'good')
        self.wait_for_text('good')
        self.assertEqual([error for error in self.page.errors if 'favicon' not in str(error)
                          and 'WebSocket' not in str(error)], [])

    def test_its_buttons_break_its_worker(self):
        self.page.open(self.server.url())
        worker = self.worker()
        self.page.click('#crash')
        self.server.wait_for_successor(worker)
        self.worker()


if __name__ == '__main__':
    support.main()
