"""The page at / in a real browser: the workers live, the four experiments, the faults, by mouse and
by keyboard, on a wide screen and on a phone."""
import collections
import http.server
import re
import threading
import unittest

import support


# To one host, with credentials and without.
BROWSERS_CONNECTIONS = 12


@unittest.skipUnless(support.CHROMIUM, 'chromium is not installed')
class Page(unittest.TestCase):
    def open(self, *arguments, hang_after='500ms', workers=4):
        # Workers go last when cores are taken, and a hang is not what every test is about.
        server = support.Server('--hang-after=' + hang_after, *(arguments or ['--kill-after=60s']),
                                workers=workers)
        self.addCleanup(server.close)
        browser = support.Browser()
        self.addCleanup(browser.close)
        browser.look(1100, 900)
        browser.open(f'http://localhost:{server.port}/')
        support.wait_until(lambda: browser.run('document.querySelectorAll(".worker").length') == workers,
                           what='the list of workers')
        return server, browser

    def wait_for_text(self, browser, selector, pattern):
        return support.wait_until(lambda: re.search(pattern, browser.text(selector)),
                                  what=f'{selector} with {pattern!r}')

    def test_the_first_three_experiments_can_be_played(self):
        _, browser = self.open()
        browser.look(1100, 900, 'dark')
        browser.click('#run-cores')
        self.wait_for_text(browser, '#cores-result', r"took \d+\.\d+ s on \d workers?: .* cores' worth")
        browser.screenshot('cores-dark.png')

        browser.click('#tab-processes')
        self.assertEqual(browser.run('document.querySelectorAll("#processes-rows tr").length'), 4)
        browser.screenshot('processes-dark.png')

        browser.look(1100, 900, 'light')
        browser.click('#tab-requests')
        browser.click('#run-requests')
        support.wait_until(lambda: browser.run('document.querySelectorAll("#chips li").length') == 40)
        result = self.wait_for_text(browser, '#requests-result', 'worker').string
        self.assertEqual(sum(int(count) for count in re.findall(r': (\d+)', result)), 40)
        browser.screenshot('requests-light.png')
        self.assertEqual(browser.errors, [])

    def test_it_says_which_worker_had_two_requests_to_burn_a_core(self):
        for workers in (1, 4):
            with self.subTest(workers):
                _, browser = self.open(workers=workers, hang_after='30s')
                browser.click('#run-cores')
                text = self.wait_for_text(browser, '#cores-result', 'took').string
                had = collections.Counter(re.findall(r'worker (\d): \d+ ms', browser.text('#bars')))
                self.assertEqual(sum(had.values()), max(workers, 2))
                told = re.findall(r'Worker (\d) had (\d) of them', text)
                self.assertCountEqual(told, [(worker, str(count)) for worker, count in had.items()
                                             if count > 1])
                self.assertIn(f'on {len(had)} worker', text)

    def be_there(self, server):
        """Clients beside the page."""
        server.wait_for_calm(4)
        clients = support.clients_of_all_workers(server, 16)
        for client in clients:
            self.addCleanup(client.connection.close)
        return clients, server.pids()

    def cost(self, text):
        """Connections that moved and requests that were lost, as the page says."""
        return map(int, re.search(r'(\d+) connections? went on at other workers; '
                                  r'(\d+) requests? (?:was|were) lost', text).groups())

    def assert_it_cost_one_request(self, server, clients, before, text):
        moved, lost = self.cost(text)
        self.assertEqual(lost, 1)
        there = sum(client.pid in before - server.pids() for client in clients)
        self.assertGreater(there, 0)
        self.assertGreaterEqual(moved, there)
        self.assertLessEqual(moved, there + BROWSERS_CONNECTIONS)
        self.assertTrue(all(client.ask() for client in clients))

    def test_a_hang_stops_nobody_else(self):
        server, browser = self.open('--kill-after=4s')
        clients, before = self.be_there(server)
        browser.click('#tab-nonblocking')
        browser.click('#run-nonblocking')
        self.wait_for_text(browser, '#summary', 'worker . hung')
        browser.screenshot('nonblocking-light.png')
        result = self.wait_for_text(browser, '#nonblocking-result', 'was replaced').string
        number, whole, noticed, killed, back = re.search(
            r'Worker (\d) hung · out for (\S+) s: noticed after (\S+ ms), killed after (\S+), '
            r'served again (\S+ ms) later', result).groups()
        told = server.workers()[int(number) - 1]['last_exit']
        self.assertTrue(told['was_hung'])
        self.assertAlmostEqual(float(back.split()[0]), told['back_after_ms'], delta=0.5)
        self.assertAlmostEqual(float(whole), float(killed) + told['back_after_ms'] / 1e3, delta=0.011)
        self.assertGreaterEqual(int(noticed.split()[0]), 500, '--hang-after')
        answered, sent = map(int, re.search(r'(\d+) of (\d+) requests were answered', result).groups())
        self.assertGreater(answered, 0)
        self.assertEqual(answered, sent)
        browser.screenshot('nonblocking-after-light.png')
        self.assertEqual(sum(worker['hangs'] for worker in server.workers()), 1)
        self.assert_it_cost_one_request(server, clients, before, result)

    def test_the_rates_of_the_workers_add_up_to_the_whole(self):
        server, browser = self.open()
        clients, _ = self.be_there(server)
        # All of one moment: the list is replaced twice a second.
        rates = """[document.querySelector('#summary').textContent,
                    ...document.querySelectorAll('.worker .what')]
                   .map((part) => parseInt((part.textContent || part).match(/(\\d+) requests/)?.[1]))"""
        busy = []

        def seen():
            for client in clients:
                client.ask()
            whole, *parts = browser.run(rates)
            if None in (whole, *parts) or whole == 0:
                return False
            busy.append((whole, sum(parts)))
            return len(parts) == 4 and all(parts) and len(busy) > 5

        support.wait_until(seen, what='a rate of every worker')
        for whole, parts in busy:
            self.assertEqual(whole, parts)

    def test_who_serves_now_and_then_is_active_and_who_does_nothing_says_why(self):
        _, browser = self.open()
        # The page's own questions are all that there is to do, and one worker answers them.
        self.wait_for_text(browser, '#summary', r'[1-9]\d* requests/s')
        states = 'Object.fromEntries([...document.querySelectorAll(".worker")].map((tile) => ' \
            '[tile.querySelector(".number").textContent, tile.dataset.state]))'
        support.wait_until(lambda: set(browser.run(states).values()) == {'active', 'idle'},
                           what='workers that are idle, and one that is active')
        self.wait_for_text(browser, '#workers',
                           r'(?s)0 requests/s.*(no client has a connection here|its client asks nothing now)')
        browser.screenshot('quiet-light.png')

    def test_a_request_that_takes_long_has_a_bar_until_its_worker_is_called_hung(self):
        server, browser = self.open(hang_after='30s')
        browser.click('[data-fire="/v1/faults/hang?mode=sleep"]')
        waiting = self.wait_for_text(
            browser, '#waits', r'Worker (\d): \d\.\d s in GET /v1/faults/hang, called hung at 30\.0 s')
        [told] = [worker['number'] for worker in server.workers()
                  if worker['in_flight'] and worker['in_flight']['path'] == '/v1/faults/hang']
        self.assertEqual(int(waiting[1]), told)
        self.assertEqual(browser.run('document.querySelector("#waits progress").max'), 30000)
        browser.screenshot('waits-light.png')

    def test_a_pointer_on_a_word_shows_what_it_means(self):
        server, browser = self.open()
        title = lambda selector: browser.run(f'document.querySelector({selector!r}).title')
        self.assertIn('generation', browser.text('#workers'))
        self.assertRegex(title('.worker .state'), r'^It waits for a connection|^It (serves|is at work)')
        self.assertRegex(title('.worker abbr'), 'by which the kernel knows the process')
        self.assertRegex(title('[data-fire$="how=segv"]'), 'an invalid pointer')
        browser.click('[data-fire="/v1/faults/crash?how=segv"]')
        self.wait_for_text(browser, '#workers', 'before: SIGSEGV')
        self.assertRegex(title('.worker .before'), 'an invalid pointer')
        self.assertEqual(browser.run('meaning("signal 34")'), browser.run('WORDS.signal'))
        # And all of them in a list.
        browser.click('summary')
        self.assertGreater(browser.run('document.querySelectorAll("#words dt").length'), 30)
        self.assertEqual(browser.run('document.querySelectorAll("#words dd:empty").length'), 0)
        browser.screenshot('words-light.png')

    def test_faults_are_buttons_that_make_real_faults(self):
        server, browser = self.open()
        clients, before = self.be_there(server)
        self.wait_for_text(browser, '#protection', 'Protection is on')
        self.wait_for_text(browser, '#balance', r'fewest connections \(least\)\.')
        browser.click('[data-fire="/v1/faults/crash?how=exit"]')
        result = self.wait_for_text(browser, '#fault-result', 'the connection broke').string
        self.assert_it_cost_one_request(server, clients, before, result)
        self.wait_for_text(browser, '#workers', 'before: exit 70')
        lost = self.wait_for_text(browser, '#losses', r'(\d+) requests? lost: (\d+) with worker (\d)')
        self.assertEqual(int(lost[1]), server.control(cmd='status')['requests_lost'])
        self.assertEqual(lost[1], lost[2], 'one worker alone has died')
        browser.click('[data-fire="/v1/faults/crash?how=throw"]')
        self.wait_for_text(browser, '#workers', '1 exception: the log says which')
        browser.click('[data-fire="/v1/faults/slow?ms=1000"]')
        self.wait_for_text(browser, '#fault-result', r'200 from worker \d')

    def test_without_protection_a_fault_costs_others(self):
        server, browser = self.open('--kill-after=2s', '--protect=off')
        clients, _ = self.be_there(server)
        self.wait_for_text(browser, '#protection', 'Protection is off')
        browser.click('[data-fire="/v1/faults/hang?mode=sleep"]')
        support.wait_until(lambda: '/v1/faults/hang' in server.requests_in_hand())
        for client in clients:
            client.send()
        broken = sum(not client.receive() for client in clients)
        self.assertGreater(broken, 0)
        result = self.wait_for_text(browser, '#fault-result', 'the connection broke').string
        moved, lost = self.cost(result)
        self.assertEqual(moved, 0)
        self.assertGreaterEqual(lost, broken + 1)
        self.assertLessEqual(lost, broken + BROWSERS_CONNECTIONS)
        server.control(cmd='protect', on=True)
        self.wait_for_text(browser, '#protection', 'Protection is on')

    def test_without_faults_there_are_no_buttons_for_them(self):
        _, browser = self.open('--faults=off')
        support.wait_until(lambda: browser.run('!document.getElementById("no-faults").hidden'))
        self.assertTrue(browser.run('document.getElementById("faults").hidden'))
        visible = '[...document.querySelectorAll("button")].filter((b) => b.offsetParent).length'
        self.assertEqual(browser.run(visible), 4, 'the tabs alone')

    def test_everything_can_be_reached_by_keyboard(self):
        _, browser = self.open()
        browser.press('4')
        self.assertEqual(browser.run('document.activeElement.id'), 'tab-nonblocking')
        self.assertFalse(browser.run('document.getElementById("nonblocking").hidden'))
        browser.press('ArrowLeft')
        self.assertEqual(browser.run('document.activeElement.id'), 'tab-requests')
        self.assertTrue(browser.run('document.getElementById("nonblocking").hidden'))
        browser.run('document.getElementById("run-requests").focus()')
        browser.press('Enter', '\r')
        self.wait_for_text(browser, '#requests-result', 'worker')

    def test_it_works_below_a_path_of_a_proxy(self):
        server = support.Server('--hang-after=500ms')
        self.addCleanup(server.close)

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if not self.path.startswith('/a/list/'):
                    return self.send_error(404)
                answer = server.request('GET', self.path.removeprefix('/a/list'),
                                        headers={'X-Forwarded-Prefix': '/a/list'})
                self.send_response(answer.status)
                for name in ('Content-Type', 'Content-Security-Policy', 'X-Worker'):
                    if answer.getheader(name):
                        self.send_header(name, answer.getheader(name))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_):
                pass

        proxy = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        browser = support.Browser()
        self.addCleanup(browser.close)
        here = f'http://127.0.0.1:{proxy.server_port}/a/list/'
        browser.open(here)
        support.wait_until(lambda: browser.run('document.querySelectorAll(".worker").length') == 4,
                           what='the list of workers')
        browser.click('#tab-requests')
        browser.click('#run-requests')
        support.wait_until(lambda: browser.run('document.querySelectorAll("#chips li").length') == 40)
        self.assertIn(here + 'v1/todos', browser.text('#curl'))
        links = browser.run('[...document.links].map((link) => link.href)')
        self.assertTrue(all(link.startswith(here) for link in links), links)
        self.assertEqual(browser.errors, [])

    def test_it_chooses_another_way_to_share_the_port(self):
        server, browser = self.open()
        self.wait_for_text(browser, '#balance', r'\(least\)')
        browser.run('''(() => {
            const choice = document.getElementById("balance-choice");
            choice.value = "hash";
            choice.dispatchEvent(new Event("change"));
        })()''')
        self.wait_for_text(browser, '#balance', r'\(hash\)')
        self.assertEqual(server.control(cmd='status')['balance'], 'hash')
        support.wait_until(lambda: browser.run('document.getElementById("balance-choice").value') == 'hash'
                           and not browser.text('#balance-refused'), what='the choice as it is')
        browser.screenshot('balance.png')
        self.assertEqual(browser.errors, [])

    def test_a_page_of_another_site_fires_no_fault(self):
        server, browser = self.open()
        before = [worker['pid'] for worker in server.workers()]
        browser.open(f'http://localhost:{server.port}/livez')  # a document that may call anybody
        for options in ('{}', '{method: "POST"}', '{mode: "no-cors"}',
                        '{mode: "no-cors", method: "POST"}'):
            browser.run(f'fetch("http://127.0.0.1:{server.port}/v1/faults/crash", {options})')
        browser.run(f'''new Promise((done) => {{
            const image = new Image();
            image.onload = image.onerror = done;
            image.src = "http://127.0.0.1:{server.port}/v1/faults/crash?x";
        }}).then(() => 0)''')
        self.assertEqual([worker['pid'] for worker in server.workers()], before)
        self.assertEqual(browser.run(f'''fetch("http://127.0.0.1:{server.port}/v1/todos", {{
            headers: {{Authorization: "x", "X-Requested-With": "y", traceparent: "z"}}
        }}).then((response) => response.status)'''), 200)

    def test_it_fits_on_a_phone_and_asks_nobody_else(self):
        server, browser = self.open()
        for scheme in ('light', 'dark'):
            browser.look(360, 740, scheme)
            self.assertLessEqual(browser.run('document.documentElement.scrollWidth'), 360)
            browser.screenshot(f'phone-{scheme}.png')
        colours = set()
        for scheme in ('light', 'dark'):
            browser.look(1100, 900, scheme)
            colours.add(browser.run('getComputedStyle(document.body).backgroundColor'))
        self.assertEqual(len(colours), 2)
        hosts = browser.run('[...new Set(performance.getEntriesByType("resource")'
                            '.map((entry) => new URL(entry.name).host))]')
        self.assertEqual(hosts, [f'localhost:{server.port}'])
        self.assertEqual(browser.errors, [])


if __name__ == '__main__':
    support.main()
