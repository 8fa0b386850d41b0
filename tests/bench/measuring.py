"""What is measured: a server under the load of wrk, in rounds beside others, and the table of it.

CPU per request is user and system time of all processes of a server, divided by its requests; on a
machine that runs the load generator as well it says more than requests per second do.
"""

import contextlib
import ctypes
import re
import statistics
import subprocess
import sys
import time

from servers import BENCH, children, fail

LIBC = ctypes.CDLL(None)


# ── processes ──


def family(pid):
    """A process and all that descend from it."""
    pids = [pid]
    for parent in pids:
        pids += children(parent)
    return pids


def process_cpu_ns(pid):
    """Of all its threads, to the nanosecond; the ticks of /proc/<pid>/stat are too coarse."""
    clock = ctypes.c_int()
    if LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)) == 0:
        with contextlib.suppress(OSError):
            return time.clock_gettime_ns(clock.value)
    return 0  # it has ended


def cpu_us(pid):
    return sum(process_cpu_ns(member) for member in family(pid)) / 1000


# ── one measurement ──


def microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1, "ms": 1_000, "s": 1_000_000}[unit]


def load(server, path, options, script=None, arguments=(), headers=()):
    command = ["wrk", "--threads=1", f"--connections={options.connections}",
               f"--duration={options.seconds}s", "--latency",
               *(f"--header={header}" for header in headers)]
    if script:
        command.append(f"--script={BENCH / script}")
    command += [f"http://127.0.0.1:{server.port}{path}", "--", *map(str, arguments)]
    before = cpu_us(server.process.pid)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = cpu_us(server.process.pid) - before
    for trouble in ("Non-2xx", "Socket errors"):
        if trouble in output:
            fail(f"{server.name} does not answer as it should:\n{output}")
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    return {
        "requests": requests,
        "cpu": spent / requests,
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
        "p50": microseconds(re.search(r"^ +50% +(\S+)", output, re.MULTILINE).group(1)),
        "p99": microseconds(re.search(r"^ +99% +(\S+)", output, re.MULTILINE).group(1)),
    }


# ── side by side ──


def rounds(contestants, count):
    """[(name, measure)] → {name: [one result a round]}, in alternating order. Progress goes to
    stderr."""
    results = {name: [] for name, _ in contestants}
    for number in range(count):
        order = contestants if number % 2 == 0 else contestants[::-1]
        for name, measure in order:
            results[name].append(measure())
            told = ", ".join(f"{key} {value:,.2f}" for key, value in results[name][-1].items())
            print(f"round {number + 1}, {name}: {told}", file=sys.stderr)
    return results


def median(results, name, key):
    return statistics.median(result[key] for result in results[name])


def ratio(results, name, other, key):
    """The median of the rounds' own ratios: both sides of each were measured side by side."""
    return statistics.median(
        one[key] / two[key] for one, two in zip(results[name], results[other]))


# ── what is printed ──


def print_table(title, rows):
    """The first row is the head, the first column the names."""
    print(f"\n{title}\n")
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2 - (column > 0)) + ":" * (column > 0)
                                 for column, width in enumerate(widths)) + "|")
    sys.stdout.flush()


def print_results(title, results, relative, quotient):
    """`quotient` is what stands under `relative`: name → number. The first one is what the others
    are compared with."""
    rows = [("", "CPU per request", relative, "requests per second", "p50", "p99")]
    for name in results:
        rows.append((name, f"{median(results, name, 'cpu'):.2f} µs",
                     f"{quotient(name):.2f}" if len(rows) > 1 else "",
                     f"{median(results, name, 'rate'):,.0f}",
                     f"{median(results, name, 'p50') / 1000:.2f} ms",
                     f"{median(results, name, 'p99') / 1000:.2f} ms"))
    print_table(title, rows)


def print_ours_to_others(title, results):
    ours = next(iter(results))
    print_results(title, results, f"CPU, {ours} ÷ this",
                  lambda name: ratio(results, ours, name, "cpu"))


def print_others_to_first(title, results):
    first = next(iter(results))
    print_results(title, results, f"CPU, this ÷ {first}",
                  lambda name: ratio(results, name, first, "cpu"))
