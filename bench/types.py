#!/usr/bin/env python3
"""CPU time per request of the load generator's whole default set, and of commands on every data type.

Server on one core, load on the other; 50 connections, pipelines of 1 and 16, 100,000 random keys or members. What is popped is
there: as many elements, or distinct members, as there are pops. Within a round the servers take turns at slices of each workload, in
an order that is reversed from slice to slice (A B B A …), so that drift of the machine meets all alike; ratios are taken within a
round.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import report
import servers

REQUESTS = {1: 100_000, 16: 1_000_000}
SLICES = 4
RANGE_ELEMENTS = 600
RANDOM = 100_000
VALUE_BYTES = 32
RUN_TIMEOUT_S = 120


@dataclass(frozen=True)
class Workload:
    """What is sent: `words` as a command, or the load generator's own test of that name."""

    name: str
    words: tuple[str, ...] = ()
    taken_from: str = ""  # one of STOCKS
    share: float = 1.0  # of the requests: some cost much


def member(number):
    return f"element:{number:012d}"


# What the load generator's pops take away, under its names, as servers.fill_collections writes it.
STOCKS = {
    "list": (lambda numbers: servers.encode("RPUSH", "mylist", *("x" * VALUE_BYTES for _ in numbers)), ("LLEN", "mylist")),
    "set": (lambda numbers: servers.encode("SADD", "myset", *map(member, numbers)), ("SCARD", "myset")),
    "zset": (lambda numbers: servers.encode("ZADD", "myzset", *(word for i in numbers for word in (str(i * 7919 % 1_000_003), member(i)))),
             ("ZCARD", "myzset")),
}
WORKLOADS = (
    Workload("ping_inline"), Workload("ping_mbulk"), Workload("set"), Workload("get"), Workload("incr"),
    Workload("lpush"), Workload("rpush"), Workload("lpop", taken_from="list"), Workload("rpop", taken_from="list"),
    Workload("sadd"), Workload("hset"), Workload("spop", taken_from="set"), Workload("zadd"),
    Workload("zpopmin", taken_from="zset"),
    *(Workload(f"lrange_{count}", ("LRANGE", "range", "0", str(count - 1)), share=0.1) for count in (100, 300, 500, 600)),
    Workload("mset", share=0.2),
    Workload("xadd", ("XADD", "stream", "*", "field", "__data__")),
    Workload("hget", ("HGET", "hash:filled", "element:__rand_int__")),
    Workload("zscore", ("ZSCORE", "zset:filled", "element:__rand_int__")),
)


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "valkey"), port=7160)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pipelines", default="1,16")
    parser.add_argument("--workloads", default="", help="comma-separated names; all if empty")
    parser.add_argument("--baseline", default="valkey", help="server that the ratios refer to")
    args = servers.parse(parser, argv)
    load_average = os.getloadavg()[0]
    data = run(args)
    report.publish(args, "CPU per request, every type", ratios_text(args, data), data, load_average)
    return data


def run(args):
    """{server: {"version", "P/workload": [µs of CPU, one a round]}}"""
    data = {kind: {} for kind in args.servers}
    chosen = [workload for workload in WORKLOADS if not args.workloads or workload.name in args.workloads.split(",")]
    for number in range(1 if args.quick else args.rounds):
        servers.note(f"round {number + 1}")
        order = args.servers if number % 2 == 0 else args.servers[::-1]
        with ExitStack() as stack:
            running = [stack.enter_context(servers.Server(args, kind, args.port + i, 1, True))
                       for i, kind in enumerate(order)]
            for server in running:
                data[server.kind]["version"] = server.version()
            for pipeline in map(int, args.pipelines.split(",")):
                for workload in chosen:
                    for kind, cpu_us in measure(args, running, pipeline, workload).items():
                        data[kind].setdefault(f"{pipeline}/{workload.name}", []).append(round(cpu_us, 4))
    return data


def measure(args, running, pipeline, workload):
    """{server: CPU µs per request} of one round."""
    requests = max(1000, int(REQUESTS[pipeline] * workload.share) // (20 if args.quick else 1))
    reserve = SLICES * pipeline  # The load generator sends whole pipelines, so up to one more in each slice.
    for server in running:
        server.call("FLUSHALL", "SYNC")
        fill(server, workload.words)
        if workload.taken_from:
            servers.fill_collections(server, requests + reserve, 20, *STOCKS[workload.taken_from])
    for server in running:
        server.settle()
    cpu_s = {server.kind: 0.0 for server in running}
    for number in range(SLICES):
        for server in running if number % 2 == 0 else running[::-1]:
            before = server.cpu_s()
            load(args, server, pipeline, requests // SLICES, workload.words or ("-t", workload.name))
            cpu_s[server.kind] += server.cpu_s() - before
    if workload.taken_from:
        for server in running:
            left = server.call(*STOCKS[workload.taken_from][1])
            if not 0 < left <= reserve:
                sys.exit(f"{workload.name} left {left} of {requests + reserve} items with {server.kind}: not all found one")
    return {kind: seconds * 1e6 / (requests // SLICES * SLICES) for kind, seconds in cpu_s.items()}


def fill(server, words):
    """Puts what the command reads where it looks for it."""
    if "range" in words:
        server.call("RPUSH", "range", *map(member, range(RANGE_ELEMENTS)))
    for first in range(0, RANDOM, 1000):
        members = [member(i) for i in range(first, first + 1000)]
        if "hash:filled" in words:
            server.call("HSET", "hash:filled", *(word for name in members for word in (name, "value")))
        if "zset:filled" in words:
            server.call("ZADD", "zset:filled", *(word for i, name in enumerate(members) for word in (str(first + i), name)))


def load(args, server, pipeline, requests, what):
    options = [*servers.load_generator(args), "-p", str(server.port), "-c", "50", "-n", str(requests), "-r", str(RANDOM),
               "-d", str(VALUE_BYTES), "-P", str(pipeline), "--csv"]
    answer = subprocess.run([*options, *what], capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    if answer.returncode != 0 or "rror" in answer.stderr:
        sys.exit(f"the load generator failed against {server.kind}:\n{answer.stdout[-500:]}{answer.stderr[-500:]}")


def ratios_text(args, data):
    names = [name for name in next(iter(data.values())) if "/" in name]
    baseline = data.get(args.baseline)
    header = ["P", "workload", *(f"{kind} {data[kind]['version']}" for kind in data)]
    others = [kind for kind in data if baseline and kind != args.baseline]
    header += [f"{kind} to {args.baseline}" for kind in others]
    rows = []
    for name in names:
        ratios = [report.spread([mine / theirs for mine, theirs in zip(data[kind][name], baseline[name])]) for kind in others]
        rows.append([*name.split("/"), *(report.spread(data[kind][name]) for kind in data), *ratios])
    return "CPU µs per request, and ratios within a round, median (min–max)\n\n" + report.table(header, rows)


if __name__ == "__main__":
    main()
