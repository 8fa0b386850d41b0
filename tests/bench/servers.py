"""Servers under test: what they need on this machine, how they start, and how they end."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent.parent
BIN = ROOT / "build" / "release" / "bin"
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or "/usr/sbin/nginx"


def fail(reason):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {reason}")


def prepare(groups, settings, targets):
    """Installs what is missing and builds."""
    had_nginx = os.path.exists(NGINX)
    subprocess.run([ROOT / "scripts/install-packages", *groups], check=True, stdout=sys.stderr)
    if not had_nginx and shutil.which("systemctl"):
        # Debian starts a web server with its package; nobody asked for that one.
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*as_root, "systemctl", "disable", "--now", "nginx"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    subprocess.run([ROOT / "scripts/build", "release", "-DFORKSCOPE_TESTS=OFF", *settings,
                    *targets], check=True, stdout=sys.stderr)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    with contextlib.suppress(OSError):
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in text.split()]
    return []


class Server:
    """A server under test; `command` gets its port."""

    def __init__(self, name, command, log):
        self.name = name
        self.port = free_port()
        self.process = subprocess.Popen(command(self.port), stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log, start_new_session=True)
        deadline = time.monotonic() + 15
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                fail(f"{name} does not start; see {log.name}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """With all that it has started, also what hangs or is stopped."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
