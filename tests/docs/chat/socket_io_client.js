// A client of Socket.IO, its own makers', that a test drives: a command in each line of stdin, and
// what happens in each line of stdout, both as JSON arrays.
//
//   node socket_io_client.js URL OPTIONS
//
//   ["emit", EVENT, …]        sent with the wish to be told; the answer comes as ["answer", …]
//   ["send", EVENT, …]        sent without
//   ["disconnect"], ["connect"]
const {io} = require('socket.io-client');

const [url, options] = process.argv.slice(2);
const tell = (...line) => process.stdout.write(JSON.stringify(line) + '\n');
const socket = io(url, {
  transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 200, timeout: 30000,
  ...JSON.parse(options),
});

socket.on('connect', () => tell('connect', socket.id));
socket.on('disconnect', (why, details) => tell('disconnect', why, details?.context?.code ?? null));
socket.on('connect_error', (error) => tell('connect_error', error.message));
socket.onAny((event, ...data) => {
  if (typeof data.at(-1) === 'function') data.pop()();
  tell(event, ...data);
});

require('readline').createInterface({input: process.stdin}).on('line', (line) => {
  const [command, ...data] = JSON.parse(line);
  const revived = data.map((value) => value?.bytes ? Buffer.from(value.bytes) : value);
  if (command === 'emit') socket.emit(...revived, (...answer) => tell('answer', ...answer));
  if (command === 'send') socket.emit(...revived);
  if (command === 'disconnect') socket.disconnect();
  if (command === 'connect') socket.connect();
}).on('close', () => process.exit());
