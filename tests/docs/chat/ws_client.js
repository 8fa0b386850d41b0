// The WebSocket of another implementation than the server's: what it makes of a conversation in
// which every part of RFC 6455 comes up that is right. Prints what came, as JSON, line by line.
//
//   node ws_client.js URL
const WebSocket = require('ws');

const tell = (...line) => process.stdout.write(JSON.stringify(line) + '\n');
const socket = new WebSocket(process.argv[2]);
const steps = [
  // Connects in three fragments, with a ping between them.
  () => {
    socket.send('4', {fin: false});
    socket.ping('between');
    socket.send('0{"na', {fin: false});
    socket.send('me":"Zoë"}', {fin: true});
  },
  // 16 MiB in a frame, masked; refused by Socket.IO, not by WebSocket.
  () => socket.send('421["say","' + 'x'.repeat(16 * 1024 * 1024 - 13) + '"]'),
  // One byte too many.
  () => socket.send('x'.repeat(16 * 1024 * 1024 + 1)),
];

socket.on('open', () => steps.shift()());
socket.on('pong', (data) => tell('pong', data.toString()));
socket.on('message', (data, isBinary) => {
  const text = data.toString();
  tell('message', isBinary ? 'binary' : text);
  if (text.startsWith('420["welcome"')) steps.shift()();
  if (text.startsWith('431[')) steps.shift()();
});
socket.on('close', (code, reason) => {
  tell('close', code, reason.toString());
  process.exit();
});
socket.on('error', (error) => tell('error', error.message));
