"""The description at /v1/openapi.json is true: every operation in it is called, and every answer's
status, media type, headers and body are what it says. Nor does it keep anything to itself."""
import json
import unittest

import jsonschema

import support

JSON = {'Content-Type': 'application/json'}


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.Server('--kill-after=300ms', '--hang-after=100ms', workers=2)
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

        one, none = '/v1/todos/1', '/v1/todos/99'
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

        for path in ('/v1/workers', '/metrics', '/livez', '/readyz'):
            call('GET', path, 200)
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
