"""A todos API on Flask and SQLite, which reports nothing.

Alone it is `gunicorn todos:app`. `todos-server run -- gunicorn todos:app` runs a gunicorn with one
worker of its own for each worker, all behind one port. gunicorn finds the socket by itself
(LISTEN_FDS); where it is told `--bind fd://3` as well, 20.1 of Debian 12 ends with EBADF.

  GET POST DELETE     /v1/todos        the first hundred; a new one; delete all
  GET PATCH DELETE    /v1/todos/{id}   one todo
  GET                 /hang, /crash    break this worker: for a class, and not for the internet
"""
import os
import sqlite3

from flask import Flask, abort, jsonify, request
from werkzeug.exceptions import HTTPException

app = Flask(__name__)

# Workers share no memory: what all of them have to know is in a file. It is opened here, in the
# process that serves (so no --preload), and each statement is a transaction.
database = sqlite3.connect(os.environ.get('TODOS_DB', 'flask.db'), timeout=1, isolation_level=None,
                           check_same_thread=False)
database.execute('PRAGMA journal_mode = WAL')  # readers never wait for a writer
database.execute('CREATE TABLE IF NOT EXISTS todos (id INTEGER PRIMARY KEY, title TEXT NOT NULL, '
                 'completed INTEGER NOT NULL DEFAULT FALSE)')


def todos(sql, *values):
    """The todos that a statement gives."""
    return [{'id': number, 'title': title, 'completed': bool(completed),
             'url': f'/v1/todos/{number}'}
            for number, title, completed in database.execute(sql, values).fetchall()]


def known(number):
    """The todo of that number, or 404."""
    return (todos('SELECT * FROM todos WHERE id = ?', number)
            or abort(404, 'There is no such todo.'))[0]


def checked(title='', completed=False):
    """What a client wants a todo to be, on top of what it is, or 400."""
    wish = request.get_json(force=True)
    if isinstance(wish, dict):
        title, completed = wish.get('title', title), wish.get('completed', completed)
        if isinstance(title, str) and title.strip() and isinstance(completed, bool):
            return title, completed
    abort(400, 'A todo has a title, and "completed" is true or false.')


@app.get('/v1/todos')
def show_all():
    return jsonify(todos('SELECT * FROM todos ORDER BY id LIMIT 100'))


@app.post('/v1/todos')
def add():
    [todo] = todos('INSERT INTO todos (title, completed) VALUES (?, ?) RETURNING *', *checked())
    return todo, 201, {'Location': todo['url']}


@app.delete('/v1/todos')
def delete_all():
    todos('DELETE FROM todos')
    return '', 204


@app.get('/v1/todos/<number>')
def show(number):
    return known(number)


@app.patch('/v1/todos/<number>')
def change(number):
    todo = known(number)
    return todos('UPDATE todos SET title = ?, completed = ? WHERE id = ? RETURNING *',
                 *checked(todo['title'], todo['completed']), number)[0]


@app.delete('/v1/todos/<number>')
def delete(number):
    known(number)
    todos('DELETE FROM todos WHERE id = ?', number)
    return '', 204


@app.get('/hang')
def hang():
    while True:
        pass


@app.get('/crash')
def crash():
    os.abort()


@app.errorhandler(HTTPException)
def explain(error):
    return {'error': error.description}, error.code


@app.errorhandler(UnicodeEncodeError)
def explain_half_a_character(_):
    return {'error': 'A title is text.'}, 400


@app.after_request
def say_who_answered(response):
    response.headers['X-Worker'] = os.environ.get('FORKSCOPE_WORKER', '')
    return response
