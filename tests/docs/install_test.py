"""What `cmake --install` lays down works from where it lies: programs, unit and manual pages. And what
`scripts/install-packages` would install."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import support

BUILD = os.environ['BUILD_DIRECTORY']
PREFIX = '/opt/forkscope'


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        subprocess.run(['cmake', '--install', BUILD, '--prefix', PREFIX], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, 'DESTDIR': directory.name})
        cls.root = pathlib.Path(directory.name)
        cls.installed = cls.root / PREFIX.lstrip('/')

    def programs(self):
        return sorted((self.installed / 'bin').iterdir())

    def test_holds_the_programs_and_nothing_of_the_tests(self):
        names = [program.name for program in self.programs()]
        self.assertLessEqual(set(names), {'todos-server', 'todos-visualizer'})
        self.assertIn('todos-server', names)

    def test_the_server_serves_from_there(self):
        support.SERVER = str(self.installed / 'bin/todos-server')
        server = support.Server()
        self.addCleanup(server.close)
        self.assertEqual(server.request('GET', '/v1/todos').status, 200)

    def test_the_unit_names_the_program_that_was_installed(self):
        unit = self.installed / 'lib/systemd/system/todos-server.service'
        program = re.search(r'^ExecStart=(\S+)', unit.read_text(encoding='utf-8'), re.M)[1]
        self.assertEqual(program, f'{PREFIX}/bin/todos-server')
        self.assertTrue((self.root / program.lstrip('/')).exists())

    def test_each_manual_page_has_every_option(self):
        for program in self.programs():
            page = self.installed / f'share/man/man1/{program.name}.1'
            text = page.read_text(encoding='utf-8').replace('\\-', '-')
            said = subprocess.run([program, '--help'], check=True, capture_output=True, text=True)
            options = re.findall(r'^  (?:-\w,)?(--[\w-]+)', said.stdout, re.M)
            self.assertGreater(len(options), 5)
            for option in options:
                self.assertRegex(text, rf'(?m)^\.B (-\w,)?{option}\b')


class PackagesTest(unittest.TestCase):
    SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'scripts/install-packages'

    def listed(self, text):
        with tempfile.TemporaryDirectory() as directory:
            packages = pathlib.Path(directory) / 'packages'
            packages.write_text(text, encoding='utf-8')
            return subprocess.run([self.SCRIPT, '--list', packages], check=False,
                                  capture_output=True, text=True)

    def test_takes_names_from_a_file(self):
        said = self.listed('# of an application\n\nzlib1g-dev  # a library\n  \nlibstdc++6\n')
        self.assertEqual((said.returncode, said.stdout), (0, 'zlib1g-dev\nlibstdc++6\n'))
        self.assertEqual(self.listed('# nothing yet\n').returncode, 0)

    def test_refuses_a_line_that_is_no_name(self):
        for line in ('--allow-unauthenticated', 'python3-', 'Zlib', 'zlib1g-dev python3', '$(id)', 'a/b'):
            said = self.listed(f'curl\n{line}\n')
            self.assertEqual((said.returncode, said.stdout), (2, ''), line)
            self.assertIn(line, said.stderr)
            self.assertIn('no name of a package', said.stderr)

    def test_names_every_package_of_a_group_where_nothing_is_there_yet(self):
        with tempfile.TemporaryDirectory() as directory:
            for program in ('bash', 'cat'):
                os.symlink(shutil.which(program), os.path.join(directory, program))
            said = subprocess.run([self.SCRIPT, '--list', 'express'], check=True, capture_output=True,
                                  text=True, env={'PATH': directory})
        self.assertEqual(said.stdout.split(), ['nodejs', 'npm', 'curl'])


if __name__ == '__main__':
    support.main()
