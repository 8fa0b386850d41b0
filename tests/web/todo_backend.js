// The sixteen requirements that a Todo-Backend server has to meet, as https://todobackend.com/specs
// states them, checked from a page of another origin: a browser answers for CORS.
// todoBackend(root) resolves to [{name, error}], error being null where the requirement is met.
'use strict';

async function todoBackend(root) {
  async function send(method, url, body) {
    const response = await fetch(url, {
      method, headers: body ? {'Content-Type': 'application/json'} : {},
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status}`);
    return response;
  }
  const json = async (...request) => (await send(...request)).json();
  const list = () => json('GET', root);
  const create = (todo) => json('POST', root, {title: 'blah', ...todo});
  const change = (todo, to) => json('PATCH', todo.url, to);
  const clear = () => send('DELETE', root);

  function equal(actual, expected) {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
    }
  }
  /** What holds for the answer to a POST has to hold for the entry in the list. */
  async function createdAndListed(check) {
    check(await create());
    check((await list())[0]);
  }

  const prerequisites = {
    'the root answers a GET': () => send('GET', root),
    'the root answers a POST with the todo': async () => {
      equal((await json('POST', root, {title: 'a todo'})).title, 'a todo');
    },
    'the root answers a DELETE': clear,
    'after a DELETE the list is empty': async () => { await clear(); equal(await list(), []); },
  };
  const requirements = {
    'a new todo is in the list': async () => {
      await create({title: 'walk the dog'});
      equal((await list()).map((todo) => todo.title), ['walk the dog']);
    },
    'a new todo is not completed': () => createdAndListed((todo) => equal(todo.completed, false)),
    'each todo has a url': () => createdAndListed((todo) => equal(typeof todo.url, 'string')),
    'the url of a new todo returns it': async () => {
      equal((await json('GET', (await create({title: 'my todo'})).url)).title, 'my todo');
    },
    'the list leads to each todo': async () => {
      await Promise.all([create({title: 'the first'}), create({title: 'the second'})]);
      const todos = await list();
      equal(todos.length, 2);
      equal((await json('GET', todos[0].url)).title, todos[0].title);
    },
    'PATCH changes the title': async () => {
      equal((await change(await create(), {title: 'bathe the cat'})).title, 'bathe the cat');
    },
    'PATCH changes whether it is completed': async () => {
      equal((await change(await create(), {completed: true})).completed, true);
    },
    'changes are kept': async () => {
      const changed = await change(await create(), {title: 'changed', completed: true});
      const [single, all] = await Promise.all([json('GET', changed.url), list()]);
      equal(all.length, 1);
      for (const todo of [single, all[0]]) equal([todo.title, todo.completed], ['changed', true]);
    },
    'DELETE deletes a todo': async () => {
      await send('DELETE', (await create()).url);
      equal(await list(), []);
    },
    'a todo can be created with an order': async () => {
      equal((await create({order: 523})).order, 523);
    },
    'PATCH changes the order': async () => {
      equal((await change(await create({order: 10}), {order: 95})).order, 95);
    },
    'a changed order is kept': async () => {
      const changed = await change(await create({order: 10}), {order: 95});
      equal((await json('GET', changed.url)).order, 95);
    },
  };

  const results = [];
  async function check(name, requirement) {
    try {
      await requirement();
      results.push({name, error: null});
    } catch (error) {
      results.push({name, error: String(error)});
    }
  }
  for (const [name, prerequisite] of Object.entries(prerequisites)) await check(name, prerequisite);
  for (const [name, requirement] of Object.entries(requirements)) {
    await clear();
    await check(name, requirement);
  }
  return results;
}
