#!/usr/bin/env python3
"""A program that todos-server runs, and that does what requests ask of it (program_test.cpp). One event
loop over the socket that it was handed; --beat: it beats in every turn of it, --report: it tells its
requests, --late: it needs a second to begin, --ready: it says so then."""
import json, os, selectors, signal, socket, subprocess, sys, time

listener = socket.socket(fileno=3)
listener.setblocking(False)
reports = int(os.environ['FORKSCOPE_REPORT'])
loop = selectors.DefaultSelector()
loop.register(listener, selectors.EVENT_READ)
number = 0
answered = set()
ending = False


def end(*_):
    global ending
    ending = True


signal.signal(signal.SIGTERM, end)


def tell(line):
    try:
        os.write(reports, line.encode('latin-1'))
        return True
    except BlockingIOError:
        return False


def flood():
    """Begins requests until the pipe takes no more. How many lines it has taken."""
    count = 0
    while tell(f'begin f{count} GET /flood\n'):
        count += 1
    return count


def answer(path, body):
    what, _, argument = path[1:].partition('/')
    if what == 'self':
        return {'environment': {k: v for k, v in os.environ.items() if '_' in k}, 'pid': os.getpid(),
                'files': {fd: os.readlink(f'/proc/self/fd/{fd}') for fd in '01234'},
                'highest': max(int(fd) for fd in os.listdir('/proc/self/fd'))}
    if what == 'hang':
        while True:
            pass
    if what == 'sleep':
        time.sleep(float(argument))
    if what == 'exit':
        os._exit(int(argument))
    if what == 'signal':
        os.kill(os.getpid(), int(argument))
    if what == 'start':  # two that live on: one in a session of its own
        children = [subprocess.Popen(['sleep', '1000'], start_new_session=own) for own in (0, 1)]
        return {'pids': [child.pid for child in children]}
    if what == 'tell':
        return {'told': tell(body)}
    if what == 'flood':
        return {'lines': flood()}
    if what == 'burn':
        end = time.process_time() + float(argument)
        while time.process_time() < end:
            pass
        return {'cpu': time.process_time()}
    return {'path': path}


def close(client):
    answered.discard(client)
    loop.unregister(client)
    client.close()


def serve(client):
    global number
    try:
        request = client.recv(65536).decode('latin-1')
    except ConnectionError:
        request = ''
    if not request:
        return close(client)
    head, _, body = request.partition('\r\n\r\n')
    method, target, _ = head.split('\r\n')[0].split(' ')
    number += 1
    if '--report' in sys.argv:
        tell(f'begin {number} {method} {target}\n')
    content = json.dumps(answer(target, body)).encode()
    try:
        client.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Pid: %d\r\n\r\n%s'
                       % (len(content), os.getpid(), content))
    except ConnectionError:
        pass
    if '--report' in sys.argv:
        tell(f'end {number} 200 {len(content)}\n')
    answered.add(client)


if '--late' in sys.argv:
    time.sleep(1)
if '--ready' in sys.argv:
    tell('ready\n')
while loop.get_map():
    if '--beat' in sys.argv:
        tell('beat\n')
    for key, _ in loop.select(0.02):
        if key.fileobj is not listener:
            serve(key.fileobj)
            continue
        try:
            client, _ = listener.accept()
        except BlockingIOError:  # another worker was faster
            continue
        client.settimeout(10)
        loop.register(client, selectors.EVENT_READ)
    if ending and listener.fileno() >= 0:
        loop.unregister(listener)
        listener.close()
    if ending:  # who has come and not asked yet is answered first
        for client in list(answered):
            close(client)
