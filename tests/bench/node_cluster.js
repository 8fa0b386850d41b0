// The same list of todos as a plain Node.js cluster serves it: `cluster` and `http`, one worker per
// CPU, the todos in memory. A worker that ends is replaced, as Node's documentation of `cluster`
// does it. /hang never returns.
//
//   node node_cluster.js PORT WORKERS TODOS_AS_JSON
const cluster = require('cluster');
const http = require('http');

const [port, workers, json] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let i = 0; i < Number(workers); ++i) cluster.fork();
  cluster.on('exit', () => cluster.fork());
} else {
  const todos = JSON.parse(json);
  http
    .createServer((request, response) => {
      while (request.url === '/hang');
      if (request.method !== 'GET' || request.url !== '/v1/todos') {
        response.writeHead(404).end();
        return;
      }
      const body = JSON.stringify(todos);
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'X-Worker-Pid': process.pid,
      });
      response.end(body);
    })
    .listen(Number(port), '127.0.0.1');
}
