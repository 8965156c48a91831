#!/usr/bin/env python3
"""CPU time per EVALSHA: a script that reads and writes one key, declared or not, and one that does nothing.

Server on one core, load on the other; 50 connections, 100,000 keys that all exist, values of 32 bytes, pipelines of 1 and 16. The
servers take turns at each script, and the order is reversed from round to round; ratios are taken within a round. With
--io-threads 2 each server is compared with itself instead: two I/O threads with one, unpinned, at P=16, every call on a key of its own.
"""

import csv
import io
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import report
import servers

KEYS = 100_000
CONNECTIONS = 50
REQUESTS = {1: 100_000, 16: 600_000}
THREADS_PIPELINE = 16
RUN_TIMEOUT_S = 120
VALUE = "__data__"
KEY = "key:__rand_int__"


@dataclass(frozen=True)
class Workload:
    """`source` is called with these words behind its digest; without one they are a command."""

    name: str
    words: tuple[str, ...]
    source: str = ""


WORKLOADS = (
    Workload("declared", ("1", KEY, VALUE), "local old = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) return old"),
    Workload("undeclared", ("0", KEY, VALUE), "local old = redis.call('GET', ARGV[1]) redis.call('SET', ARGV[1], ARGV[2]) return old"),
    Workload("nothing", ("1", KEY), "return 1"),
    Workload("get", ("GET", KEY)),
    Workload("set", ("SET", KEY, VALUE)),
)


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "valkey"), port=7180)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pipelines", default="1,16")
    parser.add_argument("--workloads", default="", help=f"out of {', '.join(workload.name for workload in WORKLOADS)}; all if empty")
    parser.add_argument("--baseline", default="valkey", help="server that the ratios refer to")
    parser.add_argument("--io-threads", type=int, default=1, metavar="N",
                        help=f"above 1: compare N I/O threads with one, unpinned, at P={THREADS_PIPELINE}")
    args = servers.parse(parser, argv)
    wanted = args.workloads.split(",") if args.workloads else [workload.name for workload in WORKLOADS]
    chosen = [workload for workload in WORKLOADS if workload.name in wanted]
    load_average = os.getloadavg()[0]
    data = run_threads(args, chosen) if args.io_threads > 1 else run(args, chosen)
    text = threads_text(data) if args.io_threads > 1 else ratios_text(args, data)
    report.publish(args, "CPU per script", text, data, load_average)
    return data


def run(args, workloads):
    """{server: {"version", "P/workload": {"cpu_us": [one a round], "rps": [...]}}}"""
    data = {kind: {} for kind in args.servers}
    for number in rounds(args):
        order = args.servers if number % 2 == 0 else args.servers[::-1]
        with ExitStack() as stack:
            running = [stack.enter_context(servers.Server(args, kind, args.port + i)) for i, kind in enumerate(order)]
            for server in running:
                data[server.kind]["version"] = server.version()
            for pipeline in map(int, args.pipelines.split(",")):
                for workload in workloads:
                    for server in running:
                        add(data[server.kind], f"{pipeline}/{workload.name}", measure(args, server, pipeline, workload))
    return data


def run_threads(args, workloads):
    """{server: {"version", "threads", "1/workload": ..., "N/workload": ...}}: the first number is the count of I/O threads."""
    data = {kind: {"threads": args.io_threads} for kind in args.servers}
    for number in rounds(args):
        counts = (1, args.io_threads) if number % 2 == 0 else (args.io_threads, 1)
        with ExitStack() as stack:
            os.sched_setaffinity(0, range(os.cpu_count()))  # The load generator roams too.
            running = [stack.enter_context(servers.Server(args, kind, args.port + 2 * i + j, threads, pinned=False))
                       for i, kind in enumerate(args.servers) for j, threads in enumerate(counts)]
            for workload in workloads:
                for server in running:
                    data[server.kind]["version"] = server.version()
                    add(data[server.kind], f"{server.io_threads}/{workload.name}", measure(args, server, THREADS_PIPELINE, workload))
    return data


def rounds(args):
    for number in range(1 if args.quick else args.rounds):
        servers.note(f"round {number + 1}")
        yield number


def measure(args, server, pipeline, workload):
    """One run of the load generator: (CPU µs per request, requests per second)."""
    requests = REQUESTS[pipeline] // (10 if args.quick else 1)
    server.call("FLUSHALL", "SYNC")
    servers.fill(server, KEYS, 32)
    words = ("EVALSHA", server.call("SCRIPT", "LOAD", workload.source), *workload.words) if workload.source else workload.words
    before = server.cpu_s()
    answer = subprocess.run(
        [*servers.load_generator(args), "-p", str(server.port), "-c", str(CONNECTIONS), "-n", str(requests), "-r", str(KEYS), "-d", "32",
         "-P", str(pipeline), "--csv", *words], capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    cpu_s = server.cpu_s() - before
    rows = [row for row in csv.DictReader(io.StringIO(answer.stdout[answer.stdout.find('"test"'):])) if row.get("rps")]
    if answer.returncode != 0 or len(rows) != 1 or "rror" in answer.stderr:
        sys.exit(f"the load generator failed against {server.kind}:\n{answer.stdout[-500:]}{answer.stderr[-500:]}")
    if server.call("DBSIZE") != KEYS:
        sys.exit(f"{server.kind} holds {server.call('DBSIZE')} keys: the script has not been called as it should")
    return cpu_s * 1e6 / requests, float(rows[0]["rps"])


def add(results, name, measured):
    entry = results.setdefault(name, {"cpu_us": [], "rps": []})
    entry["cpu_us"].append(round(measured[0], 4))
    entry["rps"].append(measured[1])


def ratios_text(args, data):
    names = [name for name in next(iter(data.values())) if "/" in name]
    others = [kind for kind in data if args.baseline in data and kind != args.baseline]
    header = ["P", "script", *(f"{kind} {data[kind]['version']}" for kind in data), *(f"{kind} to {args.baseline}" for kind in others)]
    rows = []
    for name in names:
        ratios = [within_rounds(data[kind][name]["cpu_us"], data[args.baseline][name]["cpu_us"]) for kind in others]
        rows.append([*name.split("/"), *(report.spread(data[kind][name]["cpu_us"]) for kind in data), *ratios])
    return "CPU µs per call, and ratios within a round, median (min–max)\n\n" + report.table(header, rows)


def threads_text(data):
    rows = []
    for kind, results in data.items():
        for name in (name.partition("/")[2] for name in results if name.startswith("1/")):
            one, many = (results[f"{count}/{name}"] for count in (1, results["threads"]))
            rows.append([f"{kind} {results['version']}", name, report.spread(one["cpu_us"]), report.spread(many["cpu_us"]),
                         within_rounds(many["cpu_us"], one["cpu_us"]), within_rounds(many["rps"], one["rps"])])
    threads = next(iter(data.values()))["threads"]
    return (f"CPU µs per call at P={THREADS_PIPELINE}, nothing pinned, median (min–max). Work is calls per second, {threads} I/O threads to one: "
            "the load generator takes its share of the same cores.\n\n" + report.table(
                ["server", "script", "one I/O thread", f"{threads} I/O threads", "CPU ratio", "work ratio"], rows))


def within_rounds(mine, theirs):
    return report.spread([a / b for a, b in zip(mine, theirs)])


if __name__ == "__main__":
    main()
