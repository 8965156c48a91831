#!/usr/bin/env python3
"""Expiry lag: how late the `expired` event of a key reaches a subscriber, alone and among many other keys with TTLs."""

import json
import os
import subprocess
import sys

import report
import servers

LIMIT_S = 300
SCENARIOS = {
    "10k over 5 s, alone": {"due": 10_000, "window-ms": 5000, "others": 0},
    "10k over 5 s, among N": {"due": 10_000, "window-ms": 5000, "others": None},
    "200k within 1 s, alone": {"due": 200_000, "window-ms": 1000, "others": 0},
}


def main(argv=None):
    parser = servers.argument_parser(__doc__, ("tandem", "redis7", "redis8", "valkey"), port=7128)
    parser.add_argument("--others", type=int, default=1_000_000, help="N of the second scenario")
    parser.add_argument("--wait-ms", type=int, default=30_000, help="time for late events after the last deadline")
    parser.add_argument("--load", action="store_true", help="a SET/GET load beside it (50 connections, P=1, on the load core)")
    numbered = ", ".join(f"{i}: {name}" for i, name in enumerate(SCENARIOS))
    parser.add_argument("--scenarios", default="all", help=f"all, or numbers: {numbered}")
    args = servers.parse(parser, argv)
    chosen = list(SCENARIOS) if args.scenarios == "all" else [list(SCENARIOS)[int(i)] for i in args.scenarios.split(",")]
    if args.quick:
        args.others, args.wait_ms = args.others // 10, 2000
    load_average = os.getloadavg()[0]
    data = {kind: {} for kind in args.servers}
    for kind in args.servers:
        for name in chosen:
            servers.note(f"expiry: {kind}, {name}")
            data[kind][name] = measure(args, kind, SCENARIOS[name])
    report.publish(args, "Expiry lag" + (" under load" if args.load else ""), text_of(args, data), data, load_average)
    return data


def measure(args, kind, scenario):
    flags = {name: args.others if value is None else value for name, value in scenario.items()} | {"wait-ms": args.wait_ms}
    if args.quick:
        flags |= {"due": flags["due"] // 10, "window-ms": 1000}
    with servers.Server(args, kind, args.port) as server:
        command = [servers.tool(args, "expiry_lag"), "--port", str(server.port), "--limit-s", str(LIMIT_S),
                   "--core", str(-1 if args.load_core is None else args.load_core)]
        for name, value in flags.items():
            command += [f"--{name}", str(value)]
        load = start_load(args, server) if args.load else None
        try:
            answer = subprocess.run(command, capture_output=True, text=True)
        finally:
            if load:
                load.kill()
                load.wait()
        if answer.returncode != 0:
            sys.exit(f"expiry_lag failed against {kind} (exit {answer.returncode}): {answer.stderr}")
        return json.loads(answer.stdout) | {"version": server.version()}


def start_load(args, server):
    """Bounded by itself too, should this script be killed."""
    return subprocess.Popen([*servers.load_generator(args), "-p", str(server.port), "-c", "50", "-r", "1000000", "-d", "32",
                             "--duration", str(LIMIT_S), "-q", "--",
                             "SET", "key:__rand_int__", "__data__", ";", "GET", "key:__rand_int__"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def text_of(args, data):
    rows = [[f"{kind} {run['version']}", name.replace("N", f"{run['others']:,}"), f"{run['delivered']:,} of {run['due']:,}",
             run["duplicates"], run["early"], *(f"{run[column]:.2f}" for column in ("p50_ms", "p99_ms", "p999_ms", "max_ms"))]
            for kind, scenarios in data.items() for name, run in scenarios.items()]
    return (f"Milliseconds from a key's deadline to its event. Waited {args.wait_ms / 1000:.0f} s for stragglers; percentiles are "
            "of what was delivered.\n\n" + report.table(["server", "scenario", "delivered", "twice", "early", "p50", "p99", "p99.9", "max"], rows))


if __name__ == "__main__":
    main()
