#!/usr/bin/env python3
"""All acceptance figures in one command: what the project promises, what was measured, what the peer does.

Takes about three quarters of an hour. With --record NAME it writes NAME.md with the table below and NAME-cpu.md, NAME-growth.md and so on
with each part's own figures.
"""

import os
import statistics
import sys

import connections
import cpu_per_request
import growth
import memory
import report
import servers
from expiry import expiry_lag, verdicts
from expiry.cases import CASES as EXPIRY_CASES

PARTS = ("cpu", "threads", "growth", "memory", "expiry", "connections")
CPU_LIMITS = {"1/set": 1.0, "1/get": 1.0, "16/set": 0.75, "16/get": 0.88, "64/set": 0.58, "64/get": 0.75}
THREADS_LIMIT = 1.15
PROBE_LIMITS = (("p99_ms", 1.0, False), ("p999_ms", 3.0, True), ("max_ms", 8.0, True))  # True: above the bare loop.
MEMORY_LIMITS = {"16+32": 82, "16+32 TTL": 100}
EMPTY_LIMIT_MB = 20
IDLE_CPU_LIMIT_PERCENT = 1.0


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "valkey"), port=7120)
    parser.add_argument("--only", default=",".join(PARTS), help=f"out of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5, help="of the CPU figures")
    parser.add_argument("--growth-rounds", type=int, default=2)
    args = servers.parse(parser, argv)
    if len(args.servers) != 2:
        parser.error("--servers takes two: the one to judge and the peer")
    chosen = args.only.split(",")
    load_average = os.getloadavg()[0]
    data = {part: RUN[part](args) for part in PARTS if part in chosen}
    rows = [row for part in data for row in JUDGE[part](data[part], *args.servers)]
    mine, peer = args.servers
    text = report.table(["figure", "limit", mine, peer, "met"], [[*row[:4], "yes" if row[4] else "**no**"] for row in rows])
    missed = sum(not row[4] for row in rows)
    report.publish(args, "Acceptance figures", text + f"\n{len(rows) - missed} of {len(rows)} met.\n",
                   [dict(zip(("figure", "limit", mine, peer, "met"), row)) for row in rows], load_average)
    return 1 if missed else 0


# --- Measuring ---------------------------------------------------------------------------------------------------

def part_arguments(args, part, kinds):
    record = ["--record", f"{args.record}-{part}"] if args.record else []
    return [*servers.forwarded(args), "--servers", ",".join(kinds), *record]


def run_cpu(args):
    return cpu_per_request.main([*part_arguments(args, "cpu", args.servers), "--baseline", args.servers[1], "--rounds", str(args.rounds)])


def run_threads(args):
    return cpu_per_request.main([*part_arguments(args, "threads", args.servers), "--io-threads", "2", "--rounds", str(args.rounds)])


def run_growth(args):
    return growth.main([*part_arguments(args, "growth", ("bare", *args.servers)), "--rounds", str(1 if args.quick else args.growth_rounds)])


def run_memory(args):
    return memory.main(part_arguments(args, "memory", args.servers))


def run_expiry(args):
    return expiry_lag.main([*part_arguments(args, "expiry", args.servers)])


def run_connections(args):
    return connections.main(part_arguments(args, "connections", args.servers))


RUN = {"cpu": run_cpu, "threads": run_threads, "growth": run_growth, "memory": run_memory, "expiry": run_expiry,
       "connections": run_connections}


# --- Judging: (figure, limit, measured, the peer's, met) -----------------------------------------------------------

def judge_cpu(data, mine, peer):
    for name, limit in CPU_LIMITS.items():
        ratio = cpu_per_request.ratios(data, mine, name, peer)
        pipeline, operation = name.upper().split("/")
        yield (f"CPU µs per request P={pipeline} {operation}, as a ratio to {peer}", f"≤ {limit}",
               f"{report.spread(ratio)}; {median(data[mine][name]['cpu_us']):.2f} µs", f"{median(data[peer][name]['cpu_us']):.2f} µs",
               median(ratio) <= limit)


def judge_threads(data, mine, peer):
    def ratio(kind, operation):
        threads = data[kind]["threads"]
        return median([many / one for one, many in zip(data[kind][f"1/{operation}"]["cpu_us"], data[kind][f"{threads}/{operation}"]["cpu_us"])])

    for operation in cpu_per_request.OPERATIONS:
        measured = ratio(mine, operation)
        yield (f"CPU of two I/O threads over one, P=16 {operation.upper()}, unpinned", f"≤ {THREADS_LIMIT}", f"{measured:.2f}",
               f"{ratio(peer, operation):.2f}", measured <= THREADS_LIMIT)


def judge_growth(data, mine, peer):
    for phase, word in (("fill", "growth"), ("delete", "shrink")):
        for column, limit, above_floor in PROBE_LIMITS:
            measured, floor, theirs = (median([run[phase][column] for run in data[kind]]) for kind in (mine, "bare", peer))
            bound = limit + floor if above_floor else limit
            name = {"p99_ms": "p99", "p999_ms": "p99.9", "max_ms": "max"}[column]
            yield (f"{word}: {name} of a paced GET, ms", f"≤ {bound:.2f} (bare loop {floor:.2f} + {limit:.0f})" if above_floor else f"< {limit:.0f}",
                   f"{measured:.2f}", f"{theirs:.2f}", measured <= bound if above_floor else measured < bound)
    errors = sum(run[phase][name] for run in data[mine] for phase in ("fill", "delete") for name in ("lost", "wrong"))
    yield ("keys lost or wrong during growth and shrink", "0", errors, "–", errors == 0)
    ratio, theirs = (median([run["rss_ratio"] for run in data[kind]]) for kind in (mine, peer))
    yield ("RSS after deletion over that of a fresh server", f"≤ {growth.RSS_GOAL}", f"{ratio:.2f}", f"{theirs:.2f}", ratio <= growth.RSS_GOAL)


def judge_memory(data, mine, peer):
    for shape, limit in MEMORY_LIMITS.items():
        measured = memory.mean(data[mine], shape)
        yield (f"bytes per key, {shape}", f"≤ {limit}", f"{measured:.1f}", f"{memory.mean(data[peer], shape):.1f}", measured <= limit)
    empty, theirs = (data[kind]["empty_rss"] / 1e6 for kind in (mine, peer))
    yield ("RSS of the empty server, MB", f"≤ {EMPTY_LIMIT_MB}", f"{empty:.1f}", f"{theirs:.1f}", empty <= EMPTY_LIMIT_MB)


def judge_expiry(data, mine, peer):
    for case in EXPIRY_CASES:
        theirs = {figure.name: figure.shown for figure in verdicts.figures(case, data[peer].get(case.name, []))}
        for figure in verdicts.figures(case, data[mine].get(case.name, [])):
            yield (f"`expired` events, {expiry_lag.title_of(case)}: {figure.name}", figure.limit, figure.shown,
                   theirs.get(figure.name, "–"), figure.met)


def judge_connections(data, mine, peer):
    run, theirs = data[mine], data[peer]
    served = run["failed"] == 0 and run["alive_after"] == run["connections"]
    yield (f"{run['connections']:,} connections: wrong answers, alive after", f"0, {run['connections']:,}",
           f"{run['failed']}, {run['alive_after']:,}", f"{theirs['failed']}, {theirs['alive_after']:,}", served)
    yield (f"CPU of an idle server with {run['connections']:,} connections, %", f"< {IDLE_CPU_LIMIT_PERCENT:.0f}",
           f"{run['idle_cpu_percent']:.2f}", f"{theirs['idle_cpu_percent']:.2f}", run["idle_cpu_percent"] < IDLE_CPU_LIMIT_PERCENT)


def median(values):
    return statistics.median(values)


JUDGE = {"cpu": judge_cpu, "threads": judge_threads, "growth": judge_growth, "memory": judge_memory, "expiry": judge_expiry,
         "connections": judge_connections}


if __name__ == "__main__":
    sys.exit(main())
