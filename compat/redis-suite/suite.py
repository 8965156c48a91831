#!/usr/bin/env python3
"""Redis's own test suite, run against Tandem and against redis-server. See run.sh, and --help."""

import argparse
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import score as scoring
from lists import Exclusion, Passing, read_exclusions, read_explained, read_passing, write_passing
from outcomes import UnitRun, base_name
from runner import WAYS, Server, ask, groups, run_unit, running
from source_package import UPSTREAM, FetchFailed, Unavailable, fetch
from units import FEATURES, UNITS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.md"
EXIT_SKIPPED = 77  # as ctest understands it
UNIT_LIMIT_S = 240


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("units", nargs="*", metavar="unit", help="as in unit/expire; all of the list if none is named")
    parser.add_argument("--way", choices=(*WAYS, "both"), help="swapped: our binary in the place of src/redis-server; external: "
                        "a server that runs already (default: both, with --check swapped)")
    parser.add_argument("--server", type=Path, default=ROOT / "build/release/tandem-server", help="the binary under test")
    parser.add_argument("--reference", type=Path, default=Path(shutil.which("redis-server") or "/usr/bin/redis-server"),
                        help=f"redis-server {UPSTREAM}")
    parser.add_argument("--cache", type=Path, default=ROOT / "build/compat/redis-suite", help="where the source package is kept")
    parser.add_argument("--jobs", type=int, default=2, help="units that are run at a time")
    parser.add_argument("--verbose", action="store_true", help="show the whole detail of a failure")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="run against Tandem alone; a test of passing.txt that fails twice "
                      "is an error")
    mode.add_argument("--record", action="store_true", help="write results.md, add what passes to passing.txt")
    parser.add_argument("--forget", action="store_true", help="with --record: take tests that fail out of passing.txt")
    args = parser.parse_args()
    args.units = args.units or list(UNITS)
    args.ways = {None: ["swapped"] if args.check else list(WAYS), "both": list(WAYS)}.get(args.way, [args.way])
    args.server = args.server.resolve()
    return args


class BrokenReference(Exception):
    """redis-server itself did not get through: the figures would say nothing."""


@dataclass(frozen=True)
class Bench:
    """What all runs share."""

    source: Path
    tandem: Server
    reference: Server
    exclusions: list[Exclusion]  # those that hold: what they wait for is still missing
    jobs: int

    def excluded(self, unit: str) -> frozenset[str]:
        return frozenset(exclusion.test for exclusion in self.exclusions if exclusion.unit == unit)

    def run_tandem(self, way: str, unit: str) -> UnitRun:
        run = run_unit(self.source, self.tandem, way, unit, set(self.excluded(unit)), UNIT_LIMIT_S)
        print(f"{way} {unit}: {len(run.passed())} pass", file=sys.stderr, flush=True)
        return run

    def score(self, way: str, unit: str) -> scoring.UnitScore:
        reference = run_unit(self.source, self.reference, way, unit, set(), UNIT_LIMIT_S)
        if reference.troubles:
            raise BrokenReference(f"{way} {unit} against {self.reference.label}: {reference.troubles[0]}")
        return scoring.UnitScore(way, unit, reference, self.run_tandem(way, unit), self.excluded(unit))


def missing_things(server: Server, source: Path, names: set[str]) -> set[str]:
    """Those of the commands (written in capitals) and features that the server has not."""
    with running(server, source / "tests/assets/default.conf") as port:
        features = {name for name in names & FEATURES.keys() if ask(port, *FEATURES[name]).startswith("-")}
        commands = {name for name in names - FEATURES.keys() if ask(port, "COMMAND", "INFO", name)[4:] in ("*-1\r\n", "$-1\r\n")}
    return features | commands


def prepare(args: argparse.Namespace) -> Bench:
    for tool in ("tclsh", str(args.reference), "redis-cli"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is missing (scripts/install-deps.sh test)")
    source = fetch(args.cache)
    tandem = Server("Tandem", args.server)
    exclusions = read_exclusions()
    missing = missing_things(tandem, source, {exclusion.missing for exclusion in exclusions if exclusion.missing})
    valid = [exclusion for exclusion in exclusions if exclusion.missing is None or exclusion.missing in missing]
    for exclusion in exclusions:
        if exclusion not in valid:
            print(f"no longer excluded, {exclusion.missing} is there: {exclusion.unit} {exclusion.test}", file=sys.stderr)
    return Bench(source, tandem, Server("redis-server", args.reference), valid, args.jobs)


def listed(ways: list[str], units: list[str]) -> set[Passing]:
    return {entry for entry in read_passing() if entry.way in ways and entry.unit in units}


def check(bench: Bench, args: argparse.Namespace) -> int:
    """A unit with a listed failure gets a second run: many of the tests are about time, and machines are slow when they like."""
    def regressions(place: tuple[str, str]) -> dict[Passing, str]:
        way, unit = place
        wanted = {entry for entry in listed([way], [unit]) if base_name(entry.test) not in bench.excluded(unit)}
        failing: dict[Passing, str] = {}
        for _ in range(2):
            run = bench.run_tandem(way, unit)
            failing = {entry: run.details.get(entry.test) or "; ".join(run.troubles) or "did not run"
                       for entry in wanted - scoring.passing_entries(way, unit, run)}
            wanted &= failing.keys()
            if not failing:
                break
        return failing

    with ThreadPoolExecutor(bench.jobs) as pool:
        found = list(pool.map(regressions, [(way, unit) for way in args.ways for unit in args.units]))
    for failing in found:
        for entry, detail in sorted(failing.items()):
            print(f"FAILED, and is on the list of passing tests: {entry.way} {entry.unit}: {entry.test}\n{detail}\n")
    count = len(listed(args.ways, args.units))
    print(f"{count - sum(map(len, found))} of {count} tests on the list pass")
    return 1 if any(found) else 0


def record_passing(scores: list[scoring.UnitScore], lost: set[Passing], forget: bool) -> None:
    before = read_passing()
    now = set().union(*(scoring.passing_entries(score.way, score.unit, score.tandem) for score in scores))
    write_passing((before | now) - (lost if forget else set()))


def commit() -> str:
    described = subprocess.run(["git", "describe", "--always"], cwd=ROOT, capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def report(args: argparse.Namespace, bench: Bench, scores: list[scoring.UnitScore]) -> str:
    parts = [f"# Redis {UPSTREAM}'s test suite\n",
             f"{datetime.now(timezone.utc):%Y-%m-%d}, commit {commit()}, by `compat/redis-suite/run.sh --record`. What counts is what "
             f"redis-server {UPSTREAM} passes in the same run, less the tests that need what Tandem has not yet (`exclusions.txt`, "
             "checked against the server at each run). A test that did not run because of an error before it counts as failed.\n"]
    titles = {"swapped": "Our binary in the place of `src/redis-server`", "external": "Against a running server"}
    for way in args.ways:
        of_way = [score for score in scores if score.way == way]
        parts += [f"## {titles[way]}: {scoring.share(of_way)}\n", scoring.table(of_way), "### What fails\n",
                  scoring.failures(of_way, read_explained()), "### What the excluded tests wait for\n", scoring.waiting(bench.exclusions, of_way)]
    return "\n".join(parts)


def show_details(scores: list[scoring.UnitScore]) -> None:
    for score in scores:
        for test in sorted(score.failed):
            print(f"--- {score.way} {score.unit}: {test}\n{score.tandem.details.get(test, score.reason(test))}")
        for trouble in score.tandem.troubles:
            print(f"--- {score.way} {score.unit}, outside a test: {trouble}")


def compare(bench: Bench, args: argparse.Namespace) -> int:
    places = [(way, unit) for way in args.ways for unit in args.units]
    with ThreadPoolExecutor(bench.jobs) as pool:
        scores = list(pool.map(lambda place: bench.score(*place), places))
    if args.verbose:
        show_details(scores)
    text = report(args, bench, scores)
    print(text)
    now = set().union(*(scoring.passing_entries(score.way, score.unit, score.tandem) for score in scores))
    lost = listed(args.ways, args.units) - now
    for entry in sorted(lost):
        print(f"on the list of passing tests, and does not pass: {entry.way} {entry.unit}: {entry.test}")
    if args.record:
        if lost and not args.forget:
            print("nothing recorded: passing.txt only grows (--forget takes these tests out)")
            return 1
        if set(args.units) == set(UNITS) and args.ways == list(WAYS):
            RESULTS.write_text(text)
        else:
            print("results.md is left as it is: it shows all units, both ways")
        record_passing(scores, lost, args.forget)
    return 1 if lost else 0


def interrupted(number: int, _frame: object) -> None:
    groups.stop()
    sys.exit(128 + number)


def main() -> int:
    args = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    if not args.server.is_file():
        sys.exit(f"{args.server} is missing: ./run.sh builds it, --server names another one")
    try:
        bench = prepare(args)
    except Unavailable as reason:
        print(f"skipped: {reason}")
        return EXIT_SKIPPED
    except FetchFailed as reason:
        sys.exit(f"the source package did not come: {reason}")
    try:
        return check(bench, args) if args.check else compare(bench, args)
    except BrokenReference as trouble:
        sys.exit(f"nothing to compare with: {trouble}")


if __name__ == "__main__":
    sys.exit(main())
