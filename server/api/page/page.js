// The page's script: it calls the API like any other client, and shows who answered.
'use strict';

const $ = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const colour = (worker) => `var(--w${(worker - 1) % 6 + 1})`;
const seconds = (ms) => (ms < 60e3 ? (ms / 1e3).toFixed(1) + ' s' : Math.round(ms / 60e3) + ' min');
const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Elements are built, never parsed: what a worker reports is text. */
function element(name, text = '', properties = {}) {
  return Object.assign(document.createElement(name), {textContent: text}, properties);
}

/**
 * Sends a request; the answer with its worker, or the reason why there is none.
 *
 * Browsers send a request again when a connection that they have used before breaks, which would
 * make one worker after the other hang. What may cost the worker is therefore sent without
 * credentials, of which there are none: such requests have connections of their own.
 */
async function ask(path, timeout = 0, method = 'GET') {
  const fatal = /hang|crash/.test(path) && !path.includes('how=throw');
  const begin = performance.now();
  const abort = new AbortController();
  const timer = timeout ? setTimeout(() => abort.abort(), timeout) : 0;
  try {
    // Relative to this page, which a proxy may show below a path of its own.
    const response = await fetch('.' + path, {
      method, cache: 'no-store', signal: abort.signal, credentials: fatal ? 'omit' : 'same-origin'});
    const body = await response.text();
    return {ok: response.ok, status: response.status, body, ms: performance.now() - begin,
            worker: Number(response.headers.get('X-Worker'))};
  } catch (error) {
    return {ok: false, lost: true, timedOut: abort.signal.aborted, ms: performance.now() - begin};
  } finally {
    clearTimeout(timer);
  }
}

// ── the live list of workers ──

const PROTECTION = {
  on: 'Protection is on: connections outlive their worker.',
  off: 'Protection is off: connections end with their worker.',
};
const BALANCE = {
  'least': 'the available worker with the fewest connections',
  'round-robin': 'the next number, always',
  'two-choices': 'of two workers at random the one with fewer connections',
  'kernel': 'whoever the kernel wakes',
  'hash': 'the worker that a hash of addresses and ports leads to',
  'random': 'a worker at random',
};
let workers = [];
let wanted = 0;  // workers

const serves = (worker) => worker.state === 'idle' || worker.state === 'busy';

function lastExit(worker) {
  const last = worker.last_exit;
  if (!last) return '';
  return (last.was_hung ? 'hung, ' : '') + (last.cause === 'signal' ? last.signal : 'exit ' + last.code);
}

/** Who takes a new connection, and how many wait in whose queue. */
function balance({balance: policy}) {
  const queues = workers.filter((worker) => worker.queue_length > 0).map(({number, queue_length: waiting}) =>
    `${counted(waiting, 'connection')} ${waiting === 1 ? 'waits' : 'wait'} in the queue of worker ${number}`);
  return [`A new connection is taken by ${BALANCE[policy]} (${policy})`, ...queues].join('; ') + '.';
}

/** The primary does it at once, or says in its log why it does not. */
async function chooseBalance() {
  const choice = $('balance-choice');
  choice.disabled = true;
  const answer = await ask('/v1/balance?policy=' + choice.value, 5000, 'POST');
  let status = await figures();
  for (let i = 0; i < 10 && answer.ok && status?.balance !== choice.value; ++i) {
    await pause(100);
    status = await figures();
  }
  $('balance-refused').textContent = status?.balance === choice.value ? ''
    : `The server does not go over to ${choice.value}: its log says why.`;
  choice.disabled = false;
}

/** What its last exit means. */
const endOf = ({last_exit: last}) => meaning(last.cause === 'signal' ? last.signal : 'exit code');

// Rates are of the last second, counted from the totals, and whole: so they add up to the sum.

const VISIBLE_MS = 100;  // younger requests only flicker
const BUSY_RATE = 500;  // per second: of very short requests a look sees little
let looks = [];  // of the last two seconds: when, who told, what each worker did and had answered

function countRates(teller) {
  const now = performance.now();
  if (looks.length > 0 && now - looks.at(-1).time > 2000) looks = [];  // nobody looked meanwhile
  looks.push({time: now, teller, requests: new Map(workers.map((w) => [w.number, w.requests])),
              busy: new Set(workers.filter((w) => w.state === 'busy').map((w) => w.number))});
  while (looks.length > 2 && looks[1].time <= now - 2000) looks.shift();
  const before = looks.findLast(({time}) => time <= now - 1000) ?? looks[0];
  const elapsed = (now - before.time) / 1e3;
  for (const worker of workers) {
    const answered = worker.requests - (before.requests.get(worker.number) ?? worker.requests);
    worker.rate = Math.max(0, Math.round(answered / elapsed));  // NaN at the first look
  }
}

/**
 * The state in a word, of what was done lately: a look finds one that serves now and then idle. Whoever
 * tells is busy with telling, so that look says nothing of it.
 */
function word({number, state, rate, in_flight: request}) {
  if (!serves({state})) return state;
  if (!rate && !(request?.age_ms >= VISIBLE_MS)) return 'idle';
  const others = looks.filter(({teller}) => teller !== number);
  const busy = others.filter((look) => look.busy.has(number)).length;
  return busy > others.length / 2 || rate >= BUSY_RATE ? 'busy' : 'active';
}

/** Why a worker is there, or does nothing, where that is known. */
function reason({number, state, rate, connections, in_flight: request}) {
  if (number > wanted) return `not one of the ${wanted} that are wanted`;
  if (state === 'draining') return 'takes no new connections';
  const othersServe = workers.some((other) => other.number !== number && other.rate > 0);
  if (!serves({state}) || request || rate !== 0 || !othersServe) return '';
  if (connections === 0) return 'no client has a connection here';
  return connections === 1 ? 'its client asks nothing now' : `its ${connections} clients ask nothing now`;
}

const perSecond = (rate) => `${Number.isNaN(rate) ? '–' : rate} requests/s`;

function whatItDoes(worker) {
  const rate = perSecond(worker.rate);
  const request = worker.in_flight;
  if (!request || request.age_ms < VISIBLE_MS) return rate;
  return `${rate}; ${seconds(request.age_ms)} in ${request.method} ${request.path}`;
}

/** "pid 4711, core 0, 4 connections, generation 1" */
function process({pid, core, connections, generation}) {
  const line = element('span', pid ? '' : 'no process, ', {className: 'small'});
  if (pid) {
    line.append(explained('pid'), ` ${pid}, `, explained('core'),
                ` ${core}, ${counted(connections, 'connection').replace(' ', '\u00a0')}, `);
  }
  line.append(explained('generation'), `\u00a0${generation}`);
  return line;
}

function tile(worker) {
  const item = element('li', '', {className: 'worker'});
  const state = word(worker);
  item.dataset.state = state;
  item.append(
    element('span', worker.number, {className: 'number'}),
    element('span', state, {className: 'state', title: meaning(state)}),
    element('span', whatItDoes(worker), {className: 'what'}),
    process(worker),
    element('span', reason(worker), {className: 'small why'}));
  if (worker.exceptions) {
    item.append(element('span', `${counted(worker.exceptions, 'exception')}: the log says which`,
                        {className: 'small', title: meaning('exception')}));
  }
  if (worker.last_exit) {
    item.append(element('span', 'before: ' + lastExit(worker),
                        {className: 'small before', title: endOf(worker)}));
  }
  return item;
}

/** What was lost since the start, and with whom: it adds up. */
function losses({requests_lost: total, lost_by_worker: parts}) {
  if (!total) return '';
  const list = parts.map(({worker, requests}) => `${requests} with worker ${worker}`).join(', ');
  return `Since the start ${counted(total, 'request')} lost: ${list}. ` +
    'A request is lost when its worker dies before it is answered; an error is an answer.';
}

const WAIT_MS = 300;  // so long deserves an eye

/** Who keeps a request waiting, with a bar that rises until its worker is called hung. */
function waits(hangAfter) {
  return workers
    .filter(({state, in_flight: request}) => state === 'busy' && request && request.age_ms >= WAIT_MS)
    .map(({number, in_flight: request}) => {
      const item = element('li', `Worker ${number}: ${seconds(request.age_ms)} in ${request.method} ` +
        `${request.path}, called hung at ${(hangAfter / 1e3).toFixed(1)} s `);
      item.append(element('progress', '', {max: hangAfter, value: Math.min(request.age_ms, hangAfter)}));
      return item;
    });
}

function row(worker) {
  const cells = [worker.number, worker.pid || '–', worker.generation, word(worker), worker.core,
                 worker.requests, Number.isNaN(worker.rate) ? '–' : worker.rate,
                 seconds(worker.uptime_ms),
                 lastExit(worker) || '–'];
  const line = element('tr');
  line.dataset.state = word(worker);
  line.append(...cells.map((cell) => element('td', cell)));
  line.children[3].title = meaning(word(worker));
  if (worker.last_exit) line.lastChild.title = endOf(worker);
  return line;
}

/** Shows the server's figures, and returns them; nothing where nobody tells them. */
async function refresh() {
  const answer = await ask('/v1/workers', 1000);
  if (!answer.ok) {
    // The worker of this connection may be the one that hangs; the next one goes to another.
    if (!answer.timedOut) $('summary').textContent = 'The server does not answer.';
    return null;
  }
  const status = JSON.parse(answer.body);
  workers = status.workers;
  wanted = status.target_workers;
  countRates(answer.worker);
  noteHangs();
  $('protection').textContent = PROTECTION[status.protection];
  $('protection').title = meaning('protection');
  $('balance').textContent = balance(status);
  $('balance').title = 'Also from a terminal: todos-server ctl balance NAME';
  if (!$('balance-choice').disabled) $('balance-choice').value = status.balance;
  const hung = workers.filter((w) => w.state === 'hung' || w.state === 'aborting');
  const serving = workers.filter(serves);
  const rate = workers.reduce((sum, worker) => sum + worker.rate, 0);
  $('summary').textContent = `${serving.length} of ${workers.length} serve, ${perSecond(rate)}` +
    (hung.length ? `; ${hung.map((w) => 'worker ' + w.number).join(', ')} hung` : '') +
    `. Told by worker ${answer.worker}.`;
  $('losses').textContent = losses(status);
  $('waits').replaceChildren(...waits(status.hang_after_ms));
  $('workers').replaceChildren(...workers.map(tile));
  $('processes-rows').replaceChildren(...workers.map(row));
  return status;
}

async function watch() {
  for (;;) {
    if (!document.hidden) await refresh();
    await pause(500);
  }
}

// ── how long a worker was out ──

const noticedAfter = new Map();  // ms, by "number/generation", of those that were seen hung

function noteHangs() {
  for (const {number, generation, hang} of workers) {
    if (hang?.noticed_after_ms != null) noticedAfter.set(`${number}/${generation}`, hang.noticed_after_ms);
  }
}

/** As the server's receipts: 2.00 s, 38 ms, 5.9 ms. */
function duration(ms) {
  if (ms < 999.5) return ms.toFixed(ms < 9.95 ? 1 : 0) + ' ms';
  return (ms / 1e3).toFixed(ms < 9995 ? 2 : 1) + ' s';
}

/** The receipt of the worker that has been replaced since `before`; `endedAfter` is in ms. */
function receipt(before, now, endedAfter) {
  const successor = now?.workers.find((worker) => worker.last_exit?.back_after_ms != null &&
    before?.workers.some((old) => old.number === worker.number && old.generation < worker.generation));
  if (!successor) return '';
  const {number, generation, last_exit: last} = successor;
  if (!last.was_hung) {
    return `Worker ${number} crashed · out for ${duration(last.back_after_ms)}, then served again. `;
  }
  const whole = duration(endedAfter + last.back_after_ms);
  const figure = (ms) => (duration(ms).endsWith(whole.slice(-2)) ? duration(ms).slice(0, -2) : duration(ms));
  const noticed = noticedAfter.get(`${number}/${generation - 1}`);
  return `Worker ${number} hung · out for ${whole}: ` +
    (noticed == null ? '' : `noticed after ${figure(noticed)}, `) +
    `killed after ${figure(endedAfter)}, served again ${duration(last.back_after_ms)} later. `;
}

// ── what a fault costs ──

/** As refresh(), and asks again where the first one asked hangs. */
async function figures() {
  let status = await refresh();
  for (let i = 0; i < 10 && !status; ++i) {
    await pause(100);
    status = await refresh();
  }
  return status;
}

const movedByFaults = (status) => status.moved.hang + status.moved.crash;

/** The request that was fired is counted, and all workers serve again. */
const isOver = (before, now) =>
  now.requests_lost > before.requests_lost && now.workers.every(serves);

/**
 * What the server has counted since `before`, once it is over, or after some seconds. The request
 * that was fired came to its end after `endedAfter` ms.
 */
async function costSince(before, endedAfter) {
  let now = await figures();
  for (let i = 0; i < 50 && before && now && !isOver(before, now); ++i) {
    await pause(100);
    now = await figures();
  }
  if (!before || !now) return 'What that has cost nobody says.';
  const moved = movedByFaults(now) - movedByFaults(before);
  const lost = now.requests_lost - before.requests_lost;
  return receipt(before, now, endedAfter) + `${counted(moved, 'connection')} went on at other workers; ` +
    `${counted(lost, 'request')} ${lost === 1 ? 'was' : 'were'} lost.`;
}

/** Pairs of a worker's number and how many of the answers are its, by number. */
function answersByWorker(answers) {
  const counts = new Map();
  for (const {worker} of answers.filter((answer) => answer.ok)) {
    counts.set(worker, (counts.get(worker) || 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

// ── 1: cores ──

async function runCores() {
  const count = Math.min(4, Math.max(2, workers.length)), ms = 500;
  const scale = count * ms;
  const lines = Array.from({length: count}, (_, i) => {
    const line = element('li');
    line.append(element('span'), element('b', `request ${i + 1}`));
    return line;
  });
  $('bars').replaceChildren(...lines);
  const begin = performance.now();
  const answers = await Promise.all(lines.map(async (line) => {
    const grow = setInterval(() => {
      line.firstChild.style.width = Math.min(100, (performance.now() - begin) / scale * 100) + '%';
    }, 50);
    const answer = await ask('/v1/faults/work?ms=' + ms + '&request=' + Math.random());
    clearInterval(grow);
    line.style.setProperty('--worker', colour(answer.worker));
    line.lastChild.textContent = answer.ok ? `worker ${answer.worker}: ${answer.ms.toFixed(0)} ms` : 'failed';
    return answer;
  }));
  const wall = performance.now() - begin;
  lines.forEach((line, i) => {
    line.firstChild.style.width = answers[i].ms / Math.max(scale, wall) * 100 + '%';
  });
  const by = answersByWorker(answers);
  $('cores-result').textContent = `${count} × ${ms} ms of work took ${(wall / 1e3).toFixed(2)} s on ` +
    `${counted(by.length, 'worker')}: ${(scale / wall).toFixed(1)} cores' worth.` +
    by.filter(([, n]) => n > 1).map(([worker, n]) => ` Worker ${worker} had ${n} of them, one behind ` +
      `the other: ${n} of the browser's connections lead there.`).join('');
}

// ── 3: requests ──

function showWorker(chip, answer) {
  chip.textContent = answer.ok ? answer.worker : '×';
  if (!answer.ok) return;
  chip.dataset.worker = answer.worker;
  chip.style.setProperty('--worker', colour(answer.worker));
  chip.title = `worker ${answer.worker}, ${answer.ms.toFixed(1)} ms`;
}

async function runRequests() {
  $('chips').replaceChildren();
  const answers = await Promise.all(Array.from({length: 40}, async () => {
    const answer = await ask('/v1/todos?limit=1');
    const chip = element('li');
    showWorker(chip, answer);
    $('chips').append(chip);
    return answer;
  }));
  const list = answersByWorker(answers).map(([worker, n]) => `worker ${worker}: ${n}`);
  $('requests-result').textContent = list.join(', ');
}

// ── 4: non-blocking ──

async function ping(counts) {
  const chip = element('li', '…');
  $('pings').append(chip);
  // A client that waits for a second and tries again, as clients do: this may be a connection of
  // the hung worker.
  let answer = await ask('/livez', 1000);
  if (answer.timedOut) {
    chip.classList.add('late');
    answer = await ask('/livez');
  }
  showWorker(chip, answer);
  if (answer.ok) ++counts.answered;
}

async function runNonblocking() {
  $('pings').replaceChildren();
  $('nonblocking-result').textContent = '';
  const before = await figures();
  const begin = performance.now();
  const counts = {answered: 0};
  let over = false;
  const hang = ask('/v1/faults/hang?mode=spin&request=' + Math.random()).then(() => { over = true; });
  const pings = [];
  $('hang-state').dataset.on = '';
  while (!over && performance.now() - begin < 60e3) {
    pings.push(ping(counts));
    $('hang-state').textContent =
      `Hanging for ${seconds(performance.now() - begin)}. Others have answered ${counted(counts.answered, 'request')}.`;
    await pause(200);
  }
  const killedAfter = performance.now() - begin;
  await Promise.all([...pings, over ? hang : null]);
  const cost = over ? await costSince(before, killedAfter) : '';
  delete $('hang-state').dataset.on;
  $('hang-state').textContent = '';
  $('nonblocking-result').textContent = over
    ? `The hung worker was replaced. Meanwhile ${counts.answered} of ${counted(pings.length, 'request')} ` +
      `${counts.answered === 1 ? 'was' : 'were'} answered. ${cost}`
    : 'It still hangs: the server was told not to kill it (--kill-after 0).';
}

// ── faults, tabs, start ──

async function fire(path) {
  $('fault-result').textContent = 'GET ' + path + ' …';
  const before = await figures();
  const answer = await ask(path);
  $('fault-result').textContent = 'GET ' + path + ': ' + (answer.lost
    ? `no answer; the connection broke after ${seconds(answer.ms)}. ${await costSince(before, answer.ms)}`
    : `${answer.status} from worker ${answer.worker} after ${seconds(answer.ms)}.`);
}

/** Calls `action`, and keeps the button from being pressed meanwhile. */
function onPress(button, action) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    try { await action(); } finally { button.disabled = false; }
  });
}

const tabs = [...document.querySelectorAll('[role=tab]')];

function select(tab) {
  for (const other of tabs) {
    const selected = other === tab;
    other.setAttribute('aria-selected', selected);
    other.tabIndex = selected ? 0 : -1;
    $(other.getAttribute('aria-controls')).hidden = !selected;
  }
}

function moveBetweenTabs(event) {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step) return;
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  select(next);
  next.focus();
  event.preventDefault();
}

for (const tab of tabs) {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', moveBetweenTabs);
}
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !/^[1-4]$/.test(event.key)) return;
  const tab = tabs[event.key - 1];
  select(tab);
  tab.focus();
});

onPress($('run-cores'), runCores);
onPress($('run-requests'), runRequests);
onPress($('run-nonblocking'), runNonblocking);
for (const button of document.querySelectorAll('[data-fire]')) {
  button.addEventListener('click', () => fire(button.dataset.fire));
}
const here = new URL('.', location.href).href;
$('curl').textContent =
  `curl -i ${here}v1/todos\n` +
  `curl -i ${here}v1/todos --json '{"title":"walk the dog"}'\n` +
  `curl ${here}v1/workers`;

$('balance-choice').append(...Object.keys(BALANCE).map((policy) => element('option', policy)));
$('balance-choice').addEventListener('change', chooseBalance);

ask('/v1/faults/work?ms=0').then((answer) => {
  $('faults').hidden = !answer.ok;
  $('no-faults').hidden = answer.ok;
  for (const control of document.querySelectorAll('.needs-faults')) control.hidden = !answer.ok;
});
watch();
