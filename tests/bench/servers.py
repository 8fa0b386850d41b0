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
UNPACKED = ROOT / "build" / "nginx"
NGINX = (shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
         or str(UNPACKED / "usr/sbin/nginx"))


def fail(reason):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {reason}")


def unpack_nginx():
    """Where there is none: installed, Debian's would start at once, on port 80, and with each boot."""
    if os.path.exists(NGINX):
        return
    print(f"Unpacking nginx into {UNPACKED.relative_to(ROOT)}", file=sys.stderr)
    shutil.rmtree(UNPACKED, ignore_errors=True)
    apt_state = UNPACKED / "apt"  # the machine's may be old, and only root may renew it
    (apt_state / "partial").mkdir(parents=True)
    apt = ["apt-get", "--quiet", "-o", f"Dir::State::Lists={apt_state}", "-o",
           f"Dir::Cache={apt_state}", "-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User="]
    try:
        for command in ([*apt, "update"], [*apt, "download", "nginx"]):
            subprocess.run(command, cwd=apt_state, check=True, stdout=sys.stderr)
        package = next(apt_state.glob("nginx_*.deb"))
        subprocess.run(["dpkg-deb", "--extract", package, UNPACKED], check=True)
        subprocess.run([NGINX, "-v"], check=True, capture_output=True)
        shutil.rmtree(apt_state)
    except (OSError, StopIteration, subprocess.CalledProcessError) as error:
        shutil.rmtree(UNPACKED, ignore_errors=True)
        fail(f"there is no nginx, and it could not be unpacked: {error}")


def prepare(groups, settings, targets):
    """Installs what is missing and builds."""
    subprocess.run([ROOT / "scripts/install-packages", *groups], check=True, stdout=sys.stderr)
    unpack_nginx()
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
