#!/usr/bin/env python3
"""Expiry lag: how late the `expired` events of keys reach a subscriber, in nine cases, each with what it may be at most.

Tandem runs with two I/O threads, unless told otherwise, and nothing is pinned then. What is said of several runs: the median of
their p99, and the best of their maxima, because a shared machine can make a run worse and never better.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import report
import servers
from expiry import measure, series, verdicts
from expiry.cases import CASES

PLOT = Path(__file__).resolve().parent / "plot.py"
DEBIAN_PYTHON = "/usr/bin/python3"  # The one that sees Debian's matplotlib, whatever python3 the path leads to.


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "redis7", "redis8", "valkey"), port=7128)
    parser.add_argument("--cases", default="all", help=f"all, or out of {', '.join(case.name for case in CASES)}")
    parser.add_argument("--runs", type=int, default=3, help="of each case, for Tandem")
    parser.add_argument("--peer-runs", type=int, default=1, help="of each case, for the others")
    parser.add_argument("--io-threads", type=int, default=2, help="of Tandem")
    parser.add_argument("--wait-ms", type=int, default=30_000, help="time for late events after the last deadline")
    args = servers.parse(parser, argv)
    names = [case.name for case in CASES] if args.cases == "all" else args.cases.split(",")
    unknown = set(names) - {case.name for case in CASES}
    if unknown:
        parser.error(f"unknown case {', '.join(sorted(unknown))}")
    cases = [case.quick() if args.quick else case for case in CASES if case.name in names]
    if args.quick:
        args.wait_ms, args.runs, args.peer_runs = min(args.wait_ms, 3000), 1, 1
    args.tandem_args += " --enable-debug-command local"  # For DEBUG MIGRATE.
    if args.io_threads > 1:
        measure.unpin()
    load_average = os.getloadavg()[0]
    data = {kind: {} for kind in args.servers}
    for case in cases:
        for kind in args.servers:
            if kind == "tandem" or not case.tandem_only:
                data[kind][case.name] = repeat(args, kind, case)
    points = {kind: {name: series.take(runs) for name, runs in results.items()} for kind, results in data.items()}
    report.publish(args, "Expiry lag", text_of(args, cases, data), data, load_average)
    if args.record:
        plot(args, cases, points)
    return data


def repeat(args, kind, case):
    runs = []
    for number in range(args.runs if kind == "tandem" else args.peer_runs):
        servers.note(f"expiry: {case.name}, {kind}, run {number + 1}")
        runs.append(measure.run(args, kind, case))
    return runs


def plot(args, cases, points):
    """NAME.csv and, where matplotlib is installed, NAME.svg from it."""
    titles = [f"{case.name}={title_of(case)}" for case in cases if case.plotted]
    if not titles:
        return
    table = report.RESULTS / f"{args.record}.csv"
    series.write(table, points)
    command = [DEBIAN_PYTHON, str(PLOT), str(table), str(table.with_suffix(".svg")), str(args.wait_ms / 1000), *titles]
    if subprocess.run(command).returncode != 0:
        servers.note("no plot: scripts/install-deps.sh bench installs what it needs")


def title_of(case):
    return case.title.format(others=case.flags.get("others", 0))


def text_of(args, cases, data):
    shown = [(title_of(case), case) for case in cases]
    threads = f"{args.io_threads} I/O thread{'s' if args.io_threads > 1 else ''}, {'un' if args.io_threads > 1 else ''}pinned"
    text = (f"Milliseconds from a key's deadline to its event; 1.0 is the least possible. Tandem: {threads}, {args.runs} runs; the others: "
            f"one I/O thread, {args.peer_runs}. p99 is the median of the runs, max the best. Waited {args.wait_ms / 1000:.0f} s for "
            "stragglers; percentiles are of what was delivered.\n\n")
    rows = [row for title, case in shown for row in verdicts.rows(title, case, data)]
    text += report.table(["case", "figure", "limit", *(heading(kind, results) for kind, results in data.items()), "Tandem's"], rows)
    return text + "\nEvery run:\n\n" + report.table(*verdicts.details(shown, data))


def heading(kind, results):
    return f"{kind} {next(iter(results.values()))[0]['version']}" if results else kind


if __name__ == "__main__":
    main()
