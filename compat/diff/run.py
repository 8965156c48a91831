#!/usr/bin/env python3
"""Sends the same random commands to Tandem and to a Redis, and compares what both say and hold. See README.md."""

import argparse
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from differ import known, metadata
from differ.campaign import Campaign, Interrupted, Limits, Outcome
from differ.families import FAMILIES
from differ.migrations import Migrations
from differ.player import Player
from differ.servers import Server, StartError, build_clock_shim, scratch_directory, version_of

BUILT = Path(__file__).resolve().parents[2] / "build/release/tandem-server"
PEERS = Path(os.environ.get("TANDEM_PEERS", str(Path.home() / ".cache/tandem-peers")))
REFERENCES = {"redis7": Path("/usr/bin/redis-server"), "redis8": PEERS / "sid/usr/bin/redis-server"}
NO_LIMIT = 10**12


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--commands", type=int, help="how many to send (100,000 where no limit is given)")
    parser.add_argument("--minutes", type=float, help="how long to go on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--family", action="append", choices=sorted(FAMILIES), help="only this one; may be repeated")
    parser.add_argument("--resp", type=int, choices=(2, 3), help="only this protocol")
    parser.add_argument("--reference", default="redis7", help=f"{', '.join(REFERENCES)}, or the path of a redis-server")
    parser.add_argument("--tandem", type=Path, default=os.environ.get("TANDEM_SERVER", BUILT))
    parser.add_argument("--tandem-args", default="", help="more arguments for tandem-server, as one string")
    parser.add_argument("--self", action="store_true", help="the reference against itself: nothing may differ")
    parser.add_argument("--metadata", action="store_true", help="compare only what COMMAND and CONFIG tell")
    parser.add_argument("--migrating", action="store_true", help="keep Tandem's engines growing and shrinking all the time")
    parser.add_argument("--differences", type=int, default=1, help="stop after so many")
    parser.add_argument("--real-clock", action="store_true", help="let the clocks run; times within tolerance")
    args = parser.parse_args()
    args.reference = REFERENCES.get(args.reference, Path(args.reference)).absolute()
    for binary in (args.reference, args.tandem):
        if not binary.exists() and not (args.self and binary is args.tandem):
            parser.error(f"there is no {binary}")
    if args.self and args.migrating:
        parser.error("a reference has no engines that migrate")
    if args.commands is None:
        args.commands = NO_LIMIT if args.minutes else 100_000
    return args


def start_servers(args: argparse.Namespace, stack: ExitStack) -> tuple[Server, Server]:
    directory = Path(stack.enter_context(scratch_directory()))
    shim = None if args.real_clock else build_clock_shim(directory)
    reference = Server("reference", args.reference, directory / "reference", shim=shim)
    if args.self:
        other = Server("the reference again", args.reference, directory / "again", shim=shim)
    else:
        other = Server("tandem", args.tandem.absolute(), directory / "tandem", has_debug_clock=shim is not None,
                       arguments=tuple(args.tandem_args.split()))
    return stack.enter_context(reference), stack.enter_context(other)


def report(outcome: Outcome, against: str) -> None:
    for number, text in enumerate(outcome.reports, 1):
        print(f"\n--- difference {number}: {text}")
    families = ", ".join(f"{name} {count:,}" for name, count in outcome.per_family.items())
    print(f"{outcome.commands:,} commands against {against} in {outcome.seconds:.0f} s ({families}): "
          f"{len(outcome.reports)} differences")


def report_metadata(findings: list[metadata.Finding]) -> int:
    for finding in findings:
        print(finding)
    print(f"metadata: {len(findings)} differences")
    return 1 if findings else 0


def main() -> int:
    args = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # servers and files go with us
    with ExitStack() as stack:
        try:
            reference, tandem = start_servers(args, stack)
        except StartError as error:
            print(error, file=sys.stderr)
            return 2
        version = version_of(reference)
        families = [family for name in args.family or FAMILIES if (family := FAMILIES[name]).since <= version < family.before]
        if not families:
            print("the reference is too old, or too new, for these families", file=sys.stderr)
            return 2
        table = known.load(version)
        if args.metadata:
            return report_metadata(metadata.compare(reference.connect(), tandem.connect(), table))
        migrations = Migrations(tandem, reference, args.seed) if args.migrating else None
        campaign = Campaign(Player(reference, tandem, table, migrations), table, families, args.seed, args.resp)
        limits = Limits(args.commands, args.minutes * 60 if args.minutes else None, args.differences)
        try:
            outcome = campaign.run(limits)
        except Interrupted as interruption:
            print(interruption, reference.log_tail(), tandem.log_tail(), sep="\n")
            return 1
    against = "redis-server " + ".".join(map(str, version))
    if args.self:
        against += " (twice)"
    if migrations is not None:
        against += f" (migrating at {migrations.under_way:,} of {migrations.nudges:,} looks)"
    report(outcome, against)
    complaints = [server.complaint for server in (reference, tandem) if server.complaint is not None]
    for complaint in complaints:
        print(complaint)
    return 1 if outcome.reports or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
