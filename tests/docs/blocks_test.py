"""Every command and code block of README.md and docs/*.md works as printed, and every link leads
somewhere.

  sh            is run, from top to bottom of a document; servers and viewers in a terminal each
  cpp           is compiled
  diff          is applied to a copy of the sources, and what it touches is compiled
  json, python  are parsed
  no language   a picture, or what a program prints: must not look like a command

Below <!-- from FILE --> a block has to be a verbatim part of that file, and no more is asked of it.
<!-- not run: reason --> above a block is for what cannot run in a test. It is still checked that
the shell understands it and that the programs it names are there. <!-- fails: reason --> is for
commands that are there to show an error.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import markdown
import terminals

ROOT = terminals.ROOT
DOCUMENTS = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]
BUILD = pathlib.Path(os.environ['BUILD_DIRECTORY'])
COMMAND = re.compile(r'^ {0,4}(\$ |\./|build/|tests/|scripts/|docs/|todos-|curl |kill |git |sudo )',
                     re.M)
SHELL = ('sh', 'bash')


def compiler_flags():
    """Those of docs/examples/poll/poll.cpp, which may include whatever an application may."""
    commands = json.loads((BUILD / 'compile_commands.json').read_text(encoding='utf-8'))
    command = next(c['command'] for c in commands if c['file'].endswith('examples/poll/poll.cpp'))
    # Without precompiled headers: a block has to include what it uses.
    words = shlex.split(re.sub(r' -include \S+/cmake_pch\.hxx', '', command))
    return [word for word in words[:words.index('-o')] if not word.endswith('ccache')]


def compile_source(path, *more_flags):
    flags = compiler_flags()
    done = subprocess.run([flags[0], *more_flags, *flags[1:], '-fsyntax-only', path], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def check_quotation(block):
    assert block.text in (ROOT / block.note).read_text(encoding='utf-8'), \
        f'this is not what {block.note} says'


def check_cpp(block):
    with tempfile.TemporaryDirectory() as directory:
        source = pathlib.Path(directory, 'block.cpp')
        source.write_text(block.text, encoding='utf-8')
        compile_source(source)


def check_diff(block):
    with tempfile.TemporaryDirectory() as directory:
        for folder in ('server', 'tests', 'docs'):
            shutil.copytree(ROOT / folder, pathlib.Path(directory, folder),
                            ignore=shutil.ignore_patterns('corpus'))
        done = subprocess.run(['git', 'apply', '-'], cwd=directory, input=block.text,
                              text=True, capture_output=True, check=False,
                              env=dict(os.environ, GIT_CEILING_DIRECTORIES=directory))
        assert done.returncode == 0, done.stderr
        for path in re.findall(r'^\+\+\+ b/((?:server|docs)/\S+\.cpp)', block.text, flags=re.M):
            compile_source(pathlib.Path(directory, path), f'-I{directory}/server')
        for path in re.findall(r'^\+\+\+ b/(\S+\.py)', block.text, flags=re.M):
            compile(pathlib.Path(directory, path).read_text(encoding='utf-8'), path, 'exec')


def check_not_run(block):
    done = subprocess.run(['bash', '-n'], input=block.text, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    for line in terminals.logical_lines(block.text):
        for word in terminals.words_of(line)[:1]:
            if '/' in word and not word.startswith(('/', '~', '$')):
                local = word.removeprefix('build/release/bin/')
                assert (ROOT / word).exists() or (terminals.BIN / local).exists() or \
                    local.startswith('hello'), f'there is no {word}'


class BlocksTest(unittest.TestCase):
    def check(self, block, reader):
        if block.mark == 'not run':
            assert block.note, 'a reason is missing'
            if block.language in SHELL:
                check_not_run(block)
        elif block.mark == 'from':
            check_quotation(block)
        elif block.language in SHELL:
            reader.run(block.text, fails=block.mark == 'fails')
        elif block.language in ('cpp', 'c++'):
            check_cpp(block)
        elif block.language == 'diff':
            check_diff(block)
        elif block.language == 'json':
            json.loads(block.text)
        elif block.language == 'python':
            compile(block.text, block.place, 'exec')
        elif block.language in ('', 'indented', 'text'):
            assert not COMMAND.search(block.text), 'commands belong into a fence that says ```sh'
        else:
            raise AssertionError(f'nobody knows how to check {block.language}')

    def check_document(self, path):
        name = str(path.relative_to(ROOT))
        reader = terminals.Reader()
        try:
            for block in markdown.blocks(path, name):
                with self.subTest(block.place):
                    try:
                        self.check(block, reader)
                    except (AssertionError, ValueError, subprocess.TimeoutExpired) as error:
                        self.fail(f'{block.place}\n{block.text}{error}')
        finally:
            reader.close()


def document_test(path):
    return lambda self: self.check_document(path)


for document in DOCUMENTS:
    setattr(BlocksTest, f'test_{document.stem.lower().replace("-", "_")}', document_test(document))


class LinksTest(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        for path in DOCUMENTS:
            for link in markdown.links(path):
                if re.match(r'[a-z]+:', link):
                    continue  # elsewhere: not asked
                with self.subTest(f'{path.name}: {link}'):
                    file, _, anchor = link.partition('#')
                    target = (path.parent / file).resolve() if file else path
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, list(markdown.anchors(target)))

    def test_the_reading_order_knows_about_how_long_a_file_is(self):
        rows = re.findall(r'^\| \[[^]]+\]\(([^)]+)\) \| (\d+) \|',
                          (ROOT / 'docs/reading-order.md').read_text(encoding='utf-8'), re.M)
        self.assertGreater(len(rows), 20)
        for file, told in rows:
            lines = len((ROOT / 'docs' / file).read_text(encoding='utf-8').splitlines())
            self.assertAlmostEqual(int(told), lines, delta=10 + lines / 10, msg=file)


if __name__ == '__main__':
    unittest.main()
