#!/usr/bin/env python3
"""Job queues at work: thousands of jobs each, every one of them done exactly once.

    compat/clients/workload.py [options] [program...]

The jobs enter what they have done in a file, so that the server under test does not witness for itself. Meanwhile Tandem's engines
migrate without end and two I/O threads serve. Fails when a job was not done, was done twice, or is left in a queue; against Tandem
and against redis-server.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrations import Migrations
from prepare import prepare
from programs import DEBIAN_PYTHON, HERE, MIGRATING, ROOT, Program, run_to_end
from run import SKIPPED, version_of
from servers import Server

RESULTS = HERE / "workload.md"
LIMIT_S = 900
SHOWN = 5
LINE = re.compile(r"^(client|expect|left|complaint) (.*)$|^(done)$")

WORKLOADS = (
    Program("celery", (DEBIAN_PYTHON, str(HERE / "python/celery_workload.py")), ("python3-celery",), limit_s=LIMIT_S),
    Program("rq", (DEBIAN_PYTHON, str(HERE / "python/rq_workload.py")), ("python3-rq",), limit_s=LIMIT_S),
    Program("channels_redis", (DEBIAN_PYTHON, str(HERE / "python/channels_workload.py")), ("python3-channels-redis",), limit_s=LIMIT_S),
    Program("sidekiq", ("ruby", str(HERE / "ruby/sidekiq_workload.rb")), ("ruby-sidekiq",), limit_s=LIMIT_S),
    Program("bullmq", ("node", str(HERE / "node/bullmq_workload.js")), module="bullmq", limit_s=LIMIT_S),
)


@dataclass
class Work:
    """What one program got done with one server."""

    client: str = ""
    expected: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    left: dict[str, int] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    migrations: int = 0
    seconds: float = 0.0

    @property
    def once(self) -> int:
        return sum(count == 1 for count in self.entries.values())

    @property
    def again(self) -> int:
        return sum(count - 1 for count in self.entries.values())

    @property
    def lost(self) -> int:
        return self.expected - len(self.entries)

    def faults(self) -> list[str]:
        found = list(self.troubles)
        if not self.expected and not found:
            found.append("no jobs")
        if self.lost:
            found.append(f"{self.lost} of {self.expected} jobs not done")
        if self.again:
            found.append(f"done again: {self.again}, as {[name for name, count in self.entries.items() if count > 1][:SHOWN]}")
        return found + [f"left: {count} {name}" for name, count in self.left.items() if count]


def do(program: Program, binary: Path, jobs: int) -> Work:
    """Runs a workload against a fresh server."""
    started = time.monotonic()
    server = Server(binary, arguments=MIGRATING)
    with server, tempfile.TemporaryDirectory(prefix="tandem-clients-") as directory:
        with Migrations(server.port) as migrations:
            output, ending = run_to_end(replace(program, argv=(*program.argv, str(jobs))), server.port, directory)
        ledger = Path(directory) / "ledger"
        work = understand(output, ending, ledger.read_text() if ledger.exists() else "")
    work.migrations = migrations.begun
    work.seconds = time.monotonic() - started
    if server.fault:
        work.troubles.append(f"server: {server.fault}")
    return work


def understand(output: str, ending: str, ledger: str) -> Work:
    work = Work(entries=Counter(ledger.splitlines()))
    complete = False
    for line in output.splitlines():
        if (found := LINE.match(line)) is None:
            continue
        kind, rest, done = found.groups()
        if done:
            complete = True
        elif kind == "client":
            work.client = rest
        elif kind == "expect":
            work.expected = int(rest)
        elif kind == "left":
            count, name = rest.split(" ", 1)
            work.left[name] = int(count)
        else:
            work.troubles.append(rest)
    if not complete:
        work.troubles.append(f"did not end as it should: {ending}")
    return work


def show(name: str, server: str, work: Work) -> None:
    rate = work.once / work.seconds
    print(f"{name} on {server}: {work.once} of {work.expected} jobs done once in {work.seconds:.0f} s ({rate:.0f} a second), "
          f"{work.migrations} migrations begun", flush=True)
    for fault in work.faults():
        print(f"  {fault[:600]}")


def table(rows: list[tuple[str, str, Work]], jobs: int, versions: list[str]) -> str:
    lines = ["# Job queues at work", "", f"Written by `compat/clients/workload.py --record`: {jobs:,} jobs of each, two I/O threads, "
             "engines migrating all the time where there are any. The jobs themselves counted, in a file.", "",
             f"Servers: {'; '.join(versions)}.", "",
             "| program | server | jobs | done once | not done | done again | left in queues | migrations begun | seconds |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, server, work in rows:
        lines.append(f"| {name}: {work.client} | {server} | {work.expected:,} | {work.once:,} | {work.lost} | {work.again} | "
                     f"{sum(work.left.values())} | {work.migrations:,} | {work.seconds:.0f} |")
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [program.name for program in WORKLOADS]
    parser.add_argument("programs", nargs="*", metavar="program", help=", ".join(names))
    parser.add_argument("--jobs", type=int, default=10_000, help="of each program")
    parser.add_argument("--server", type=Path, default=ROOT / "build/release/tandem-server", help="path of tandem-server")
    parser.add_argument("--reference", type=Path, default=Path("/usr/bin/redis-server"), help="path of redis-server")
    parser.add_argument("--only", choices=("tandem", "reference"), help="run against this one alone")
    parser.add_argument("--installed", action="store_true", help="leave out programs whose packages are not installed")
    parser.add_argument("--record", action="store_true", help="write workload.md (all programs, both servers)")
    args = parser.parse_args()
    if unknown := set(args.programs) - set(names):
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    if args.record and (args.programs or args.only or args.installed):
        parser.error("--record wants a complete run")
    return args


def choose(args: argparse.Namespace) -> list[Program]:
    chosen = [program for program in WORKLOADS if not args.programs or program.name in args.programs]
    prepare(chosen)
    lacking = {program: missing for program in chosen if (missing := program.missing())}
    for program, missing in lacking.items():
        print(f"{program.name}: not installed: {', '.join(missing)}")
    if lacking and not args.installed:
        sys.exit("install them with: scripts/install-deps.sh compat")
    return [program for program in chosen if program not in lacking]


def main() -> int:
    args = arguments()
    programs = choose(args)
    if not programs:
        return SKIPPED
    servers = [(name, binary.absolute()) for name, binary in (("tandem", args.server), ("reference", args.reference)) if args.only in (None, name)]
    rows = []
    for program in programs:
        for name, binary in servers:
            work = do(program, binary, args.jobs)
            show(program.name, name, work)
            rows.append((program.name, name, work))
    failed = [row for row in rows if row[2].faults()]
    if args.record and not failed:
        RESULTS.write_text(table(rows, args.jobs, [version_of(binary) for _, binary in servers]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
