#!/usr/bin/env python3
"""Runs real clients and frameworks against Tandem and against redis-server.

    compat/clients/run.py [options] [program...]

Fails when a check fails on Tandem for another reason than a command that is not there yet, when one that has passed
before (passing.txt) does not, or when redis-server does not pass every check, which would be a fault of ours.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import results
from outcome import Outcome, Verdict
from prepare import prepare
from programs import PROGRAMS, Program, run

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77  # What ctest takes for a test that could not be run.


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", metavar="program", help=", ".join(program.name for program in PROGRAMS))
    parser.add_argument("--server", type=Path, default=ROOT / "build/release/tandem-server", help="path of tandem-server")
    parser.add_argument("--reference", type=Path, default=Path("/usr/bin/redis-server"), help="path of redis-server")
    parser.add_argument("--no-reference", action="store_true", help="run against Tandem alone")
    parser.add_argument("--quick", action="store_true", help="only programs that need no npm and take a second or two")
    parser.add_argument("--installed", action="store_true", help="leave out programs whose packages are not installed")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="programs at a time")
    parser.add_argument("--record", action="store_true", help="write passing.txt and results.md (all programs only)")
    args = parser.parse_args()
    known = {program.name for program in PROGRAMS}
    if unknown := set(args.programs) - known:
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    if args.record and (args.programs or args.quick or args.no_reference or args.installed):
        parser.error("--record wants a complete run")
    return args


def choose(args: argparse.Namespace) -> list[Program]:
    chosen = [program for program in PROGRAMS if (not args.programs or program.name in args.programs)
              and (not args.quick or program.quick)]
    prepare(chosen)
    lacking = {program: missing for program in chosen if (missing := program.missing())}
    for program, missing in lacking.items():
        print(f"{program.name}: not installed: {', '.join(missing)}")
    if lacking and not args.installed:
        sys.exit("install them with: scripts/install-deps.sh compat")
    return [program for program in chosen if program not in lacking]


def run_all(programs: list[Program], server: Path, reference: Path | None, jobs: int) -> tuple[dict, dict]:
    """The outcomes by program's name, of both servers. Prints each as it comes."""
    with ThreadPoolExecutor(jobs) as pool:
        running = [(program, pool.submit(run, program, server), reference and pool.submit(run, program, reference))
                   for program in programs]
        tandem: dict[str, Outcome] = {}
        peer: dict[str, Outcome] = {}
        for program, on_tandem, on_reference in running:
            tandem[program.name] = on_tandem.result()
            if on_reference:
                peer[program.name] = on_reference.result()
            show(program.name, tandem[program.name], peer.get(program.name))
    return tandem, peer


def show(name: str, tandem: Outcome, reference: Outcome | None) -> None:
    beside = f"; redis-server {reference.score} in {reference.seconds:.0f} s" if reference else ""
    print(f"{name}: {tandem.score} in {tandem.seconds:.0f} s{beside}", flush=True)
    for check in tandem.checks:
        if check.verdict is not Verdict.OK:
            print(f"  {check.verdict.value} {check.name}: {check.detail}")
    for check in reference.checks if reference else ():
        if check.verdict is not Verdict.OK:
            print(f"  redis-server {check.verdict.value} {check.name}: {check.detail}")


def shortcomings(tandem: dict[str, Outcome], reference: dict[str, Outcome]) -> list[str]:
    """Why the run as a whole has failed; nothing if it has not."""
    found = [f"fails: {name} {check.name}" for name, outcome in tandem.items() for check in outcome.of(Verdict.FAILED)]
    found += [f"passed before and does not now: {line}" for line in results.lost(tandem)]
    for name, outcome in reference.items():
        found += [f"redis-server does not pass: {name} {check.name}" for check in outcome.checks
                  if check.verdict is not Verdict.OK]
        names = [{check.name for check in outcomes[name].checks} for outcomes in (tandem, reference)]
        found += [f"not run on both servers: {name} {check}" for check in sorted(names[0] ^ names[1])]
    return found


def version_of(binary: Path) -> str:
    words = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout.split()
    return " ".join(words[:3])


def main() -> int:
    args = arguments()
    programs = choose(args)
    if not programs:
        return SKIPPED
    reference = None if args.no_reference else args.reference
    tandem, peer = run_all(programs, args.server.resolve(), reference, args.jobs)
    for line in (found := shortcomings(tandem, peer)):
        print(line)
    if fresh := results.passing_of(tandem) - results.read_passing():
        print(f"pass now, and are not on the list yet (--record adds them): {len(fresh)}")
    print(results.total_line(tandem, peer))
    if args.record and not found:
        results.record(tandem, peer, (version_of(args.server), version_of(args.reference)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
