// Express middleware by which a program tells todos-server what it is at; without todos-server it does
// nothing. The protocol is docs/report-protocol.md:
//
//   begin 17 GET /v1/todos    before the handler runs, so that a hang has a name
//   end 17 200 361 1534       answered, with so many bytes, after so many microseconds
//   beat                      the event loop goes round: what waits asynchronously does not hang
//   ready                     what `todos-server run --wait-for-ready` waits for
//
// A line is one write(2) to a pipe that does not block. Where that is full the line is lost, and the
// program goes on.
'use strict';
const fs = require('node:fs');

// What a program starts inherits the variables, and maybe not the descriptors: LISTEN_PID says whose
// they are (sd_listen_fds(3)).
const { FORKSCOPE_REPORT, FORKSCOPE_HANG_AFTER_MS, LISTEN_PID } = process.env;
const pipe = LISTEN_PID === String(process.pid) ? Number(FORKSCOPE_REPORT) : NaN;
const told = new WeakMap(); // by socket, the bytes that were sent there until its last answer ended
let requests = 0;

function say(line) {
  try {
    fs.writeSync(pipe, line + '\n');
  } catch {
    // EAGAIN: full.  EPIPE: nobody reads any more, and this program is about to be ended.
  }
}

function report(req, res, next) {
  const id = ++requests;
  const began = performance.now();
  const { socket } = req;
  const path = req.path.replace(/[^!-~]/g, '?').slice(0, 216); // as much as is shown
  say(`begin ${id} ${req.method} ${path}`);
  res.on('close', () => {
    const bytes = socket.bytesWritten - (told.get(socket) ?? 0);
    told.set(socket, socket.bytesWritten);
    // 499, as in nginx: the client has gone before it had its answer.
    const took = Math.round((performance.now() - began) * 1000);
    say(`end ${id} ${res.writableFinished ? res.statusCode : 499} ${bytes} ${took}`);
  });
  next();
}

if (pipe) {
  setImmediate(say, 'beat'); // the first one is there before a request can be: also that may hang
  setInterval(say, Number(FORKSCOPE_HANG_AFTER_MS ?? 2000) / 10, 'beat').unref();
}
module.exports = pipe ? report : (req, res, next) => next();
module.exports.ready = () => pipe && say('ready');
