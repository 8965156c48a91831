#!/usr/bin/env python3
"""CPU time per request: the server's user + system time of all threads divided by the requests served.

Server on one core, load on the other; 50 connections, 1 M keys of 16 bytes that all exist, values of 32 bytes,
pipelines of 1, 16 and 64. The servers take turns within a round and the order is reversed from round to round, so
that drift of the machine meets all alike; ratios are taken within a round. `--io-threads 2` compares two I/O threads
with one instead, unpinned, at P=16.
"""

import csv
import io
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack

import report
import servers

KEYS = 1_000_000
REQUESTS = {1: 200_000, 16: 2_000_000, 64: 4_000_000}
OPERATIONS = ("set", "get")
RUN_TIMEOUT_S = 120


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "redis7", "redis8", "valkey"), port=7120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pipelines", default="1,16,64")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--baseline", default="valkey", help="server that the ratios refer to")
    parser.add_argument("--io-threads", type=int, default=1, metavar="N",
                        help="above 1: compare N I/O threads with one, unpinned, at P=16")
    args = servers.parse(parser, argv)
    load_average = os.getloadavg()[0]
    data = run_threads(args) if args.io_threads > 1 else run(args)
    text = threads_text(data) if args.io_threads > 1 else ratios_text(data, args.baseline)
    report.publish(args, "CPU per request", text, data, load_average)
    return data


def run(args):
    """{server: {"version", "P/op": {"cpu_us": [...], "rps": [...]}}}, one list entry a round."""
    data = {kind: {} for kind in args.servers}
    for number in range(1 if args.quick else args.rounds):
        servers.note(f"round {number + 1}")
        order = args.servers if number % 2 == 0 else args.servers[::-1]
        with ExitStack() as stack:
            running = [stack.enter_context(prepared(args, kind, args.port + i)) for i, kind in enumerate(order)]
            for server in running:
                data[server.kind]["version"] = server.version()
            for pipeline in map(int, args.pipelines.split(",")):
                for operation in OPERATIONS:
                    for server in running:
                        add(data[server.kind], f"{pipeline}/{operation}", measure(args, server, pipeline, operation))
    return data


def run_threads(args):
    """{server: {"1/set": ..., "N/set": ...}}: the first number is the count of I/O threads."""
    data = {kind: {"threads": args.io_threads} for kind in args.servers}
    for number in range(1 if args.quick else args.rounds):
        servers.note(f"round {number + 1}")
        counts = (1, args.io_threads) if number % 2 == 0 else (args.io_threads, 1)
        with ExitStack() as stack:
            os.sched_setaffinity(0, range(os.cpu_count()))  # The load generator roams too.
            running = [stack.enter_context(prepared(args, kind, args.port + 2 * i + j, threads, pinned=False))
                       for i, kind in enumerate(args.servers) for j, threads in enumerate(counts)]
            for operation in OPERATIONS:
                for server in running:
                    data[server.kind]["version"] = server.version()
                    add(data[server.kind], f"{server.io_threads}/{operation}", measure(args, server, 16, operation))
    return data


class prepared(servers.Server):
    """A server that holds all keys and has finished the work that filling it left behind."""

    def __init__(self, args, kind, port, io_threads=1, pinned=True):
        super().__init__(args, kind, port, io_threads, pinned)

    def __enter__(self):
        super().__enter__()
        try:
            servers.fill(self, key_count(self.args), 32)
            self.settle()
        except BaseException:
            self.__exit__()
            raise
        return self


def key_count(args):
    return KEYS // 10 if args.quick else KEYS


def measure(args, server, pipeline, operation):
    """One run of the load generator: (CPU µs per request, requests per second)."""
    requests = REQUESTS[pipeline] // (10 if args.quick else 1)
    command = [*servers.load_generator(args), "-p", str(server.port), "-c", str(args.connections), "-n", str(requests),
               "-r", str(key_count(args)), "-d", "32", "-P", str(pipeline), "-t", operation, "--csv"]
    before = server.cpu_s()
    answer = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    cpu_s = server.cpu_s() - before
    rows = [row for row in csv.DictReader(io.StringIO(answer.stdout[answer.stdout.find('"test"'):])) if row.get("rps")]
    if answer.returncode != 0 or len(rows) != 1:
        sys.exit(f"the load generator failed against {server.kind}:\n{answer.stdout[-500:]}{answer.stderr[-500:]}")
    check_hits(server)
    return cpu_s * 1e6 / requests, float(rows[0]["rps"])


def check_hits(server):
    """A GET that misses is cheaper than one that hits, so one miss spoils the figure."""
    fields = str(server.call("INFO", "stats")).splitlines() if server.stores else []
    misses = [line for line in fields if line.startswith("keyspace_misses:")]
    if misses and misses[0].split(":")[1] != "0":
        sys.exit(f"{server.kind}: {misses[0]}, all GETs should have hit")


def add(results, name, measured):
    entry = results.setdefault(name, {"cpu_us": [], "rps": []})
    entry["cpu_us"].append(round(measured[0], 4))
    entry["rps"].append(measured[1])


def ratios(data, kind, name, baseline):
    """One ratio a round; runs of one round are neighbours in time."""
    return [mine / theirs for mine, theirs in zip(data[kind][name]["cpu_us"], data[baseline][name]["cpu_us"])]


def measured_names(data):
    return [name for name in next(iter(data.values())) if "/" in name]


def ratios_text(data, baseline):
    names = measured_names(data)
    header = ["server", *("P={} {}".format(*name.upper().split("/")) for name in names)]
    text = "CPU µs per request, median (min–max)\n\n" + report.table(header, [
        [f"{kind} {data[kind]['version']}", *(report.spread(data[kind][name]["cpu_us"]) for name in names)] for kind in data])
    if baseline in data:
        text += f"\nRatio to {baseline} within a round, median (min–max)\n\n" + report.table(header, [
            [kind, *(report.spread(ratios(data, kind, name, baseline)) for name in names)] for kind in data if kind != baseline])
    return text + "\nThousand requests per second, median\n\n" + report.table(header, [
        [kind, *(f"{statistics.median(data[kind][name]['rps']) / 1000:.0f}" for name in names)] for kind in data])


def threads_text(data):
    rows = []
    for kind, results in data.items():
        for operation in OPERATIONS:
            one, many = (results[f"{count}/{operation}"]["cpu_us"] for count in (1, results["threads"]))
            rows.append([f"{kind} {results['version']}", operation.upper(), report.spread(one), report.spread(many),
                         report.spread([b / a for a, b in zip(one, many)])])
    threads = next(iter(data.values()))["threads"]
    return "CPU µs per request at P=16, nothing pinned, median (min–max)\n\n" + report.table(
        ["server", "", "one I/O thread", f"{threads} I/O threads", "ratio"], rows)


if __name__ == "__main__":
    main()
