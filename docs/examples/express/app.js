// A todos API on Express 5 and SQLite. Alone it is `node app.js`, on PORT; `todos-server run -- node
// app.js` runs one for each worker, all behind one port. What it does for that is marked with (*).
//
//   GET POST DELETE     /v1/todos        the first hundred; a new one; delete all
//   GET PATCH DELETE    /v1/todos/{id}   one todo
//   GET                 /hang, /crash    break this worker: for a class, and not for the internet
'use strict';
const express = require('express');
const Database = require('libsql');
const report = require('./report');

const { PORT = 8000, TODOS_DB = 'express.db', FORKSCOPE_WORKER, LISTEN_PID } = process.env;
const answers = new Set(); // that are not sent yet
let stopping = false;

// (*) Workers share no memory: what all of them have to know is in a file. Who waits for another
// one's write answers nobody meanwhile, so not for long.
//
// libsql is SQLite behind the interface of better-sqlite3. Its compiled part is a package of npm's
// like all others. That of better-sqlite3 and of sqlite3 is downloaded from elsewhere or compiled
// here, and Debian's node-sqlite3 is for Debian's own Node.js alone.
const db = new Database(TODOS_DB, { timeout: 1000 });
db.pragma('journal_mode = WAL'); // readers never wait for a writer
db.exec(`CREATE TABLE IF NOT EXISTS todos
  (id INTEGER PRIMARY KEY, title TEXT NOT NULL, completed INTEGER NOT NULL DEFAULT FALSE)`);

/** The todos that a statement gives. */
function todos(sql, ...values) {
  return db.prepare(sql).all(...values).map(({ id, title, completed }) => (
    { id, title, completed: completed === 1, url: `/v1/todos/${id}` }));
}

/** What a client wants a todo to be, on top of what it is; throws what the client is told. */
function checked(body, { title = '', completed = false } = {}) {
  const todo = { title, completed, ...body };
  if (typeof todo.title === 'string' && todo.title.trim() && typeof todo.completed === 'boolean') {
    return todo;
  }
  throw refusal(400, 'A todo has a title, and "completed" is true or false.');
}

const refusal = (status, message) => Object.assign(new Error(message), { status });

const app = express();
app.use(report); // (*)
app.use((req, res, next) => {
  if (FORKSCOPE_WORKER) res.set('X-Worker', FORKSCOPE_WORKER); // (*) who answers
  if (stopping) res.set('Connection', 'close');
  answers.add(res);
  res.on('close', () => answers.delete(res));
  next();
});
app.use(express.json());

app.get('/v1/todos', (req, res) => res.json(todos('SELECT * FROM todos ORDER BY id LIMIT 100')));
app.post('/v1/todos', (req, res) => {
  const { title, completed } = checked(req.body);
  const [todo] = todos('INSERT INTO todos (title, completed) VALUES (?, ?) RETURNING *',
    title, Number(completed));
  res.status(201).location(todo.url).json(todo);
});
app.delete('/v1/todos', (req, res) => {
  todos('DELETE FROM todos');
  res.status(204).end();
});

app.param('id', (req, res, next, id) => {
  [req.todo] = todos('SELECT * FROM todos WHERE id = ?', id);
  next(req.todo ? undefined : refusal(404, 'There is no such todo.'));
});
app.get('/v1/todos/:id', (req, res) => res.json(req.todo));
app.patch('/v1/todos/:id', (req, res) => {
  const { title, completed } = checked(req.body, req.todo);
  res.json(todos('UPDATE todos SET title = ?, completed = ? WHERE id = ? RETURNING *',
    title, Number(completed), req.todo.id)[0]);
});
app.delete('/v1/todos/:id', (req, res) => {
  todos('DELETE FROM todos WHERE id = ?', req.todo.id);
  res.status(204).end();
});

// The second paths are where the keys H and C of the window look.
app.get(['/hang', '/v1/faults/hang'], () => { while (true); });
app.get(['/crash', '/v1/faults/crash'], () => {
  setTimeout(() => { throw new Error('A crash was asked for.'); });
});

app.use((error, req, res, next) => { // four parameters, or Express takes it for no error handler
  if (error.code === 'SQLITE_BUSY') error = refusal(503, 'Others are writing. Try again.');
  if (!error.status) console.error(error);
  res.status(error.status ?? 500).json({ error: error.status ? error.message : 'Our fault.' });
});

// (*) The listening socket that all workers share: sd_listen_fds(3).
const socket = LISTEN_PID === String(process.pid) ? { fd: 3 } : { port: PORT, host: '127.0.0.1' };
const server = app.listen(socket, (error) => {
  if (error) throw error;
  report.ready();
});

// (*) Asked to go: says so in each answer, so that clients leave before their connection is closed
// under them, and finishes what it has. The others take who comes then.
process.on('SIGTERM', () => {
  stopping = true;
  for (const res of answers) if (!res.headersSent) res.set('Connection', 'close');
  setTimeout(() => {
    server.close();
    server.closeIdleConnections(); // which close() does from Node.js 19 on
  }, 1000);
  setTimeout(() => server.closeAllConnections(), 5000).unref(); // of who never sends anything
});
