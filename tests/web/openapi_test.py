"""The description at /v1/openapi.json is true: every operation in it is called, and every answer's
status, media type, headers and body are what it says. Nor does it keep anything to itself."""
import http.client
import json
import unittest
from urllib.parse import quote, urlencode

import hypothesis
import jsonschema
from hypothesis import strategies

import support

JSON = {'Content-Type': 'application/json'}

# The same requests each time, and all of them, however slow the machine is.
GENERATED = hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=60,
                                suppress_health_check=list(hypothesis.HealthCheck))


class Written(int):
    """An integer, and how it is written in JSON."""
    text = ''

    def spelled(self, zeros, spelling):
        text = str(int(self))
        self.text = {'plain': text, 'fraction': text + '.' + '0' * zeros, 'exponent': text + 'e0',
                     'shifted': f'{text}{"0" * zeros}E-{zeros}'}[spelling]
        return self


def written(value):
    """JSON text of a generated value."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, dict):
        return '{' + ','.join(f'{json.dumps(k)}:{written(v)}' for k, v in value.items()) + '}'
    return json.dumps(value)


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The time between is that in which a worker can be seen to hang.
        cls.server = support.Server('--hang-after=500ms', '--kill-after=2s', workers=2)
        cls.addClassCleanup(cls.server.close)
        cls.document = json.loads(cls.server.request('GET', '/v1/openapi.json').body)

    def resolve(self, node):
        while '$ref' in node:
            path = node['$ref']
            self.assertTrue(path.startswith('#/'), path)
            node = self.document
            for part in path[2:].split('/'):
                node = node[part]
        return node

    def validate(self, instance, schema):
        """Schemas refer to each other by paths in the whole document."""
        resolver = jsonschema.RefResolver('', self.document)
        jsonschema.Draft202012Validator(schema, resolver=resolver).validate(instance)

    def check(self, operation, response):
        """That `response` is one that `operation` announces."""
        self.assertIn(str(response.status), operation['responses'], response.body)
        expected = self.resolve(operation['responses'][str(response.status)])
        for name, header in expected.get('headers', {}).items():
            header = self.resolve(header)
            value = response.getheader(name)
            if value is None:
                self.assertFalse(header.get('required'), f'{name} is missing')
                continue
            self.validate(int(value) if header['schema']['type'] == 'integer' else value,
                          header['schema'])
        content = expected.get('content')
        if not content:
            self.assertEqual(response.body, b'')
            return
        media_type = response.getheader('Content-Type').split(';')[0]
        self.assertIn(media_type, content)
        text = response.body.decode()
        self.validate(json.loads(text) if media_type.endswith('json') else text,
                      content[media_type]['schema'])

    def call(self, method, template, expected, path=None, body=None, headers=None):
        operation = self.document['paths'][template][method.lower()]
        with self.subTest(method=method, path=path or template, expected=expected):
            response = self.server.request(method, path or template, body, headers)
            self.assertEqual(response.status, expected, response.body)
            self.check(operation, response)
            self.called.add((template, method.lower(), str(expected)))
            return response

    def test_every_operation_answers_as_described(self):
        self.called = set()
        call, todos, item = self.call, '/v1/todos', '/v1/todos/{id}'
        wrong = {'If-Match': '"wrong"'}

        call('POST', todos, 201, body='{"title":"one"}', headers=JSON)
        call('POST', todos, 201, body='{"title":"two","completed":true,"order":-5}', headers=JSON)
        call('POST', todos, 400, body='{', headers=JSON)
        call('POST', todos, 413, body='{"title":"' + 'x' * (2 << 20) + '"}', headers=JSON)
        call('POST', todos, 415, body='title=x', headers={'Content-Type': 'text/plain'})
        call('POST', todos, 422, body='{}', headers=JSON)
        etag = call('GET', todos, 200).getheader('ETag')
        call('GET', todos, 200, todos + '?limit=1&after=0&completed=false')
        call('GET', todos, 200, todos + '?limit=1')
        call('GET', todos, 304, headers={'If-None-Match': etag})
        call('GET', todos, 400, todos + '?limit=0')

        one, none = '/v1/todos/1', '/v1/todos/999999'
        etag = call('GET', item, 200, one).getheader('ETag')
        call('GET', item, 304, one, headers={'If-None-Match': etag})
        call('GET', item, 404, none)
        for method, body in (('PUT', '{"title":"new"}'), ('PATCH', '{"order":7}')):
            call(method, item, 200, one, body, JSON)
            call(method, item, 400, one, '[', JSON)
            call(method, item, 404, none, body, JSON)
            call(method, item, 412, one, body, {**JSON, **wrong})
            call(method, item, 413, one, ' ' * (2 << 20), JSON)
            call(method, item, 415, one, body, {'Content-Type': 'text/plain'})
            call(method, item, 422, one, '{"order":1.5}', JSON)
        call('PATCH', item, 200, one, '{"order":null}', {'Content-Type': 'application/merge-patch+json'})
        call('DELETE', item, 412, one, headers=wrong)
        call('DELETE', item, 204, one)
        call('DELETE', item, 404, one)
        call('DELETE', todos, 412, headers=wrong)
        call('DELETE', todos, 204)

        for path in ('/v1/workers', '/v1/balance', '/metrics', '/livez', '/readyz'):
            call('GET', path, 200)
        balance = '/v1/balance'
        call('POST', balance, 202, balance + '?policy=hash')
        call('POST', balance, 202, balance + '?policy=least')
        call('POST', balance, 400, balance + '?policy=fairly')
        call('POST', balance, 403, balance + '?policy=hash', headers={'Origin': 'https://example.org'})
        for path in ('/', '/v1/openapi.json'):
            etag = call('GET', path, 200).getheader('ETag')
            call('GET', path, 304, headers={'If-None-Match': etag})
        for fault in ('work', 'slow'):
            path = '/v1/faults/' + fault
            call('POST', path, 200, path + '?ms=1')
            call('POST', path, 400, path + '?ms=-1')
        for fault in ('hang', 'crash', 'work', 'slow'):
            call('POST', '/v1/faults/' + fault, 403, headers={'Origin': 'https://example.org'})
        call('POST', '/v1/faults/crash', 400, '/v1/faults/crash?how=gently')
        call('POST', '/v1/faults/crash', 500, '/v1/faults/crash?how=throw')
        call('POST', '/v1/faults/hang', 400, '/v1/faults/hang?mode=x')
        for fault in ('crash', 'hang'):
            with self.assertRaises((ConnectionError, OSError)):
                self.server.request('POST', '/v1/faults/' + fault)

        # 503 and 507 are a full disk and a database that is gone: store_faults_test.cpp.
        described = {(path, method, status)
                     for path, methods in self.document['paths'].items()
                     for method, operation in methods.items() if method != 'parameters'
                     for status in operation['responses'] if status not in ('503', '507')}
        self.assertEqual(described - self.called, set())

    # ── generated requests ──

    def values(self, schema):
        """Everything that `schema` describes, and nothing else."""
        schema = self.resolve(schema)
        if 'enum' in schema:
            return strategies.sampled_from(schema['enum'])
        kinds = schema['type'] if isinstance(schema['type'], list) else [schema['type']]
        return strategies.one_of([getattr(self, kind + '_values')(schema) for kind in kinds])

    def null_values(self, _):
        return strategies.none()

    def boolean_values(self, _):
        return strategies.booleans()

    def string_values(self, schema):
        text = strategies.text(strategies.characters(blacklist_categories=['Cs']),
                               min_size=schema.get('minLength', 0), max_size=schema.get('maxLength', 600))
        long = text.map(lambda value: (value * 600)[:schema.get('maxLength', 600)])
        return (text | long).filter(jsonschema.Draft202012Validator(schema).is_valid)

    def integer_values(self, schema):
        limits = [schema.get('minimum'), schema.get('maximum')]
        number = strategies.integers(*limits) | strategies.sampled_from(
            [limit for limit in limits if limit is not None] or [0])
        return strategies.builds(Written.spelled, number.map(Written), strategies.integers(1, 30),
                                 strategies.sampled_from(['plain', 'fraction', 'exponent', 'shifted']))

    def object_values(self, schema):
        members = {name: self.values(member) for name, member in schema['properties'].items()}
        required = schema.get('required', [])
        return strategies.fixed_dictionaries(
            {name: members[name] for name in required},
            optional={name: members[name] for name in members if name not in required})

    def requests(self, operation, shared=()):
        """Query and header parameters, path parameters, body and its media type."""
        parameters = [self.resolve(p) for p in [*shared, *operation.get('parameters', [])]]
        query, required = ({p['name']: self.values(p['schema']) for p in parameters
                            if p['in'] == 'query' and p.get('required', False) is needed}
                           for needed in (False, True))
        path = {p['name']: self.values(p['schema']) for p in parameters if p['in'] == 'path'}
        content = self.resolve(operation.get('requestBody', {})).get('content', {})
        bodies = [strategies.tuples(self.values(media['schema']), strategies.just(name))
                  for name, media in content.items()] or [strategies.just((None, None))]
        return strategies.tuples(strategies.fixed_dictionaries(required, optional=query),
                                 strategies.fixed_dictionaries(path), strategies.one_of(bodies))

    def send(self, connection, method, template, request):
        query, path, (body, media_type) = request
        plain = {True: 'true', False: 'false'}
        query = {name: plain[v] if isinstance(v, bool) else v for name, v in query.items()}
        target = template.format(**{name: int(value) for name, value in path.items()})
        target += '?' + urlencode(query, quote_via=quote) if query else ''
        headers = {'Content-Type': media_type} if media_type else {}
        connection.request(method.upper(), target, None if body is None else written(body), headers)
        response = connection.getresponse()
        response.body = response.read()
        return response

    def test_every_described_request_is_accepted(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port,
                                                timeout=support.DEADLINE)
        self.addCleanup(connection.close)
        one = json.loads(self.server.request('POST', '/v1/todos', '{"title":"x"}', JSON).body)['id']
        for template, methods in self.document['paths'].items():
            shared = methods.get('parameters', ())
            for method, operation in methods.items():
                # To delete is not to be repeated, and faults take their time.
                if method in ('parameters', 'delete') or '/faults/' in template:
                    continue

                @GENERATED
                @hypothesis.given(request=self.requests(operation, shared))
                def accepted(request):
                    response = self.send(connection, method, template, request)
                    self.check(operation, response)
                    if '{id}' in template:  # there need not be such a todo, but there is this one
                        self.assertIn(response.status, (200, 404))
                        request[1]['id'] = one
                        response = self.send(connection, method, template, request)
                        self.check(operation, response)
                    self.assertIn(response.status, (200, 201, 202), response.body)

                with self.subTest(method=method, path=template):
                    accepted()

    def test_every_refusal_of_a_body_is_described(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port,
                                                timeout=support.DEADLINE)
        self.addCleanup(connection.close)
        anything = strategies.recursive(
            strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() |
            strategies.text(),
            lambda inner: strategies.lists(inner) | strategies.dictionaries(
                strategies.sampled_from(['title', 'completed', 'order', 'id', 'url']) |
                strategies.text(), inner), max_leaves=6)
        todos = {'post': '/v1/todos', 'put': '/v1/todos/{id}', 'patch': '/v1/todos/{id}'}
        one = json.loads(self.server.request('POST', '/v1/todos', '{"title":"x"}', JSON).body)['id']
        for method, template in todos.items():
            operation = self.document['paths'][template][method]

            @GENERATED
            @hypothesis.given(body=anything)
            def described(body):
                self.check(operation, self.send(connection, method, template,
                                                ({}, {'id': one}, (body, 'application/json'))))

            with self.subTest(method=method):
                described()

    def test_workers_are_described_in_their_bad_hours_too(self):
        operation = self.document['paths']['/v1/workers']['get']
        seen = set()

        def all_seen():
            response = self.server.request('GET', '/v1/workers')
            self.check(operation, response)
            for worker in json.loads(response.body)['workers']:
                seen.add(worker['state'])
                seen.update(key for key in ('hang', 'in_flight', 'last_exit') if worker[key])
            return {'hung', 'hang', 'in_flight', 'last_exit'} <= seen

        connection = support.http.client.HTTPConnection('127.0.0.1', self.server.port)
        connection.request('GET', '/v1/faults/hang')
        # What its worker accepts before that would hang with it.
        support.wait_until(lambda: '/v1/faults/hang' in self.server.requests_in_hand())
        support.wait_until(all_seen, what='a worker that hangs and is replaced')
        connection.close()

    def test_methods_are_those_that_the_server_allows(self):
        for path, methods in self.document['paths'].items():
            expected = {method.upper() for method in methods if method != 'parameters'} | {'OPTIONS'}
            if 'GET' in expected:
                expected.add('HEAD')
            response = self.server.request('OPTIONS', path.replace('{id}', '1'))
            self.assertEqual(response.status, 204)
            allowed = set(response.getheader('Allow').split(', '))
            if '/faults/' in path:  # as their description says
                allowed -= {'GET', 'HEAD'}
            self.assertEqual(allowed, expected, path)
            for method in {'GET', 'PUT', 'PATCH', 'POST', 'DELETE'} - expected:
                if '/faults/' in path:
                    continue
                response = self.server.request(method, path.replace('{id}', '1'))
                self.assertEqual(response.status, 405, f'{method} {path}')
                self.assertEqual(set(response.getheader('Allow').split(', ')), expected)

    def test_its_schemas_are_schemas_and_its_examples_are_accepted(self):
        for name, schema in self.document['components']['schemas'].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            for example in schema.get('examples', []):
                self.validate(example, schema)
                method, path = ('POST', '/v1/todos')
                if name == 'TodoPatch':
                    created = self.server.request('POST', path, '{"title":"x"}', JSON)
                    method, path = 'PATCH', f'/v1/todos/{json.loads(created.body)["id"]}'
                response = self.server.request(method, path, json.dumps(example), JSON)
                self.assertIn(response.status, (200, 201), response.body)


if __name__ == '__main__':
    support.main()
