// What the words on the page mean: the sentences of the visualizer (visualizer/words/glossary.cpp), of
// those words that the page uses. Shown where one points at a word, and all of them in a list.
'use strict';

const WORDS = {
  idle: 'It waits for a connection or a request, and takes nothing of any core.',
  active: 'It serves now and then: few requests, and most of the latest looks found it at rest.',
  busy: 'It is at work for a good part of the time, or answers hundreds of requests per second.',
  starting: 'Its process is there and does not serve yet: it opens the database.',
  hung: 'It has made no progress for as long as --hang-after says: nobody gets an answer from it.',
  aborting: 'It hung for too long and was sent SIGABRT; one second later SIGKILL ends it.',
  draining: 'It takes no new connections, finishes what it has begun, and ends; or it has ended so.',
  dead: 'Its process has ended, and nobody had asked for that; a successor is on its way.',
  backoff: 'It died so often that its successor has to wait: a crash loop must not burn the machine.',
  'requests/s': 'How many requests were answered in the last whole second: counted, not estimated.',
  'requests lost': 'Their worker died before they were answered: the connection breaks.',
  protection: 'Whether connections go on at another worker when theirs hangs, dies, or is asked to stop.',
  pid: 'The number by which the kernel knows the process, and so do ps and kill.',
  generation: "Counts the processes that have held a worker's number: the first is 1, its successor 2.",
  core: 'A processor of the machine: it runs one process at a time.',
  spin: 'It hangs and computes for ever: its core is busy for nothing.',
  sleep: 'It hangs and waits for what never comes: it takes nothing of any core.',
  exception: 'What a handler throws where it cannot go on: the answer is 500, and the worker serves on.',
  throw: 'The handler throws an exception: that is answered with 500, and ends nobody.',
  'exit code': 'The process has ended itself, and says with a number how: 0 is well, any other is trouble.',
  SIGABRT: 'Ends a process and leaves its memory to look into: sent to one that hangs, or by a program that finds itself broken.',
  SIGKILL: 'Ends a process at once; it cannot be refused.',
  SIGSEGV: 'The kernel ends a process that reads or writes where it has no memory: an invalid pointer.',
  SIGBUS: 'The kernel ends a process whose memory has nothing behind it, as of a file that became shorter.',
  SIGFPE: 'The kernel ends a process that divides a whole number by zero.',
  SIGILL: 'The kernel ends a process that executes what the processor does not know.',
  SIGTRAP: 'A breakpoint, and no debugger was there to take it.',
  SIGSYS: 'The kernel ends a process that makes a system call which is forbidden to it.',
  SIGTERM: 'The polite wish that a process ends: it may finish what it does.',
  SIGINT: 'Somebody pressed Ctrl-C in its terminal.',
  SIGQUIT: 'Somebody pressed Ctrl-\\ in its terminal: it ends, and leaves its memory to look into.',
  SIGHUP: 'The terminal of the process was closed.',
  SIGPIPE: 'It wrote into a pipe or a connection whose other end is closed.',
  SIGALRM: 'A timer that the process had set has run out.',
  SIGXCPU: 'It has used more time of the processor than its limit allows.',
  SIGXFSZ: 'It has written a file larger than its limit allows.',
  SIGUSR1: 'Signals without a meaning of their own: they end whoever does not expect them.',
  SIGPOLL: 'Rare messages of the kernel, which end whoever does not expect them.',
  signal: 'A message of the kernel or of another process, that a process obeys or ends by.',
};

/** The sentence; of a signal that has none, that of all signals. */
function meaning(word) {
  return WORDS[word] ?? (/^(SIG|signal )/.test(word) ? WORDS.signal : '');
}

/** The word, which says what it means. */
function explained(word, text = word) {
  return Object.assign(document.createElement('abbr'), {textContent: text, title: meaning(word)});
}

for (const element of document.querySelectorAll('[data-word]')) {
  element.title = meaning(element.dataset.word);
}
document.getElementById('words').append(...Object.entries(WORDS).flatMap(([word, sentence]) => [
  Object.assign(document.createElement('dt'), {textContent: word}),
  Object.assign(document.createElement('dd'), {textContent: sentence})]));
