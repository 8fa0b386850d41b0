"""Every exercise of docs/teaching.md can be done, and its solution does it: the tests that the exercise
names fail with the solution's tests alone, and pass with all of it.

Not a part of tests/run, because it compiles a good deal: .ci/run calls it, after tests/run. Works in a
copy of the sources, build/exercises, so that ninja and ccache know most of it already.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / 'build/exercises'
# What tests start, beside the test programs themselves.
SERVERS = ['todos-server', 'poll-server']
# Objects of build/debug are as good, wherever the copy is (ccache(1)).
ENVIRONMENT = dict(os.environ, CCACHE_BASEDIR=str(ROOT), CCACHE_NOHASHDIR='1',
                   GIT_CEILING_DIRECTORIES=str(COPY.parent), PYTHONDONTWRITEBYTECODE='1')


def run(*command, text=''):
    return subprocess.run(command, cwd=COPY, env=ENVIRONMENT, input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def must(*command, text=''):
    done = run(*command, text=text)
    assert done.returncode == 0, f'{command}\n{done.stdout}'
    return done.stdout


def copy_sources():
    shutil.rmtree(COPY, ignore_errors=True)
    names = subprocess.run(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],
                           cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split('\0')):
        if (ROOT / name).exists():  # it may be deleted, and not committed yet
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)


def apply(diff, *options):
    must('git', 'apply', *options, '-', text=diff)  # written anew, so that ninja builds it


def ctest(build, *options):
    fixed_addresses = ['setarch', '--addr-no-randomize']  # as tests/run
    if run(*fixed_addresses, 'true').returncode != 0:
        fixed_addresses = []
    return run(*fixed_addresses, 'ctest', '--test-dir', str(build), '--no-tests=error', *options)


def programs(pattern):
    """The test programs that have such tests, by the build that has all of them."""
    listed = ctest(ROOT / 'build/debug', '--show-only=json-v1', '-R', pattern)
    assert listed.returncode == 0, listed.stdout
    commands = {pathlib.Path(test['command'][0]) for test in json.loads(listed.stdout)['tests']}
    return [command.name for command in commands if command.is_relative_to(ROOT)]


def exercises():
    """Number, tests, solution."""
    text = (ROOT / 'docs/teaching.md').read_text(encoding='utf-8').partition('\n## Exercises\n')[2]
    for number, body in re.findall(r'^### (\d+)\. (.*?)(?=^### |\Z)', text, re.M | re.S):
        solution = re.search(r'^```diff\n(.*?)^```$', body, re.M | re.S)
        tests = re.search(r'^tests/run -R "?([^"\n]+)"?$', body, re.M)
        if solution:
            yield number, tests and tests[1], solution[1]


class ExercisesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        copy_sources()

    def passes(self, pattern):
        must('scripts/build', 'debug', '-DFORKSCOPE_TESTS=ON', *SERVERS, *programs(pattern))
        done = ctest(COPY / 'build/debug', '--output-on-failure', '-R', pattern)
        return done.returncode == 0, done.stdout

    def check(self, pattern, solution):
        self.assertTrue(pattern, 'the exercise names no tests')
        apply(solution, '--include=tests/*')
        passed, output = self.passes(pattern)
        self.assertFalse(passed, f'with nothing but the tests of the solution:\n{output}')
        apply(solution, '--exclude=tests/*')
        passed, output = self.passes(pattern)
        self.assertTrue(passed, output)
        apply(solution, '--reverse')


def exercise_test(pattern, solution):
    return lambda self: self.check(pattern, solution)


for exercise in exercises():
    setattr(ExercisesTest, f'test_exercise_{exercise[0]}', exercise_test(*exercise[1:]))


if __name__ == '__main__':
    assert len([name for name in dir(ExercisesTest) if name.startswith('test_exercise')]) >= 4
    unittest.main()
