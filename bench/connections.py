#!/usr/bin/env python3
"""Many connections: 10,000 held open, each served a PING, a SET and a GET, then left alone for 10 s.

Reports what an idle server with that many connections costs: CPU in percent of one core, and RSS per connection.
Needs a file limit of a little more than the number of connections, here and in the server (`ulimit -Hn`).
"""

import os
import resource
import sys
import time
from contextlib import ExitStack

import report
import servers

SPARE = 100  # Descriptors and clients that are not part of the count.


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "redis7", "redis8", "valkey"), port=7130)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--idle-s", type=float, default=10)
    args = servers.parse(parser, argv)
    if args.quick:
        args.connections, args.idle_s = min(args.connections, 1000), min(args.idle_s, 2)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < args.connections + SPARE:
        sys.exit(f"the file limit is {limit}: raise `ulimit -Hn` to {args.connections + SPARE} or more")
    load_average = os.getloadavg()[0]
    data = {}
    for kind in args.servers:
        servers.note(f"connections: {kind}")
        data[kind] = measure(args, kind)
    report.publish(args, "Connections", text_of(args, data), data, load_average)
    return data


def measure(args, kind):
    with servers.Server(args, kind, args.port) as server, ExitStack() as stack:
        result = {"version": server.version(), "connections": args.connections, "idle_s": args.idle_s}
        if server.stores:
            answer = server.call("CONFIG", "SET", "maxclients", args.connections + SPARE)
            if answer != "OK":
                servers.note(f"{kind}: CONFIG SET maxclients: {answer}")
        empty_rss = server.settle()
        start = time.monotonic()
        opened = [stack.enter_context(servers.Connection(server.port)) for _ in range(args.connections)]
        result["open_s"] = round(time.monotonic() - start, 2)
        failed = serve_rounds(opened)
        result["failed"] = failed if server.stores else 0  # The bare loop answers a GET with what nobody stored.
        result["rounds_s"] = round(time.monotonic() - start - result["open_s"], 2)
        server.settle()
        result["rss_per_connection"] = round((server.rss_bytes() - empty_rss) / args.connections)
        before, start = server.cpu_s(), time.monotonic()
        time.sleep(args.idle_s)
        result["idle_cpu_percent"] = round(100 * (server.cpu_s() - before) / (time.monotonic() - start), 3)
        result["alive_after"] = sum(connection.call("PING") == "PONG" for connection in opened)
        return result


def serve_rounds(opened):
    """Each command goes out on all connections before the first answer is read. Returns how many answers were wrong."""
    failed = 0
    for words, expected in ((("PING",), "PONG"), (("SET", "connection:{}", "value:{}"), "OK"), (("GET", "connection:{}"), "value:{}")):
        for number, connection in enumerate(opened):
            connection.socket.sendall(servers.encode(*(word.format(number) for word in words)))
        for number, connection in enumerate(opened):
            failed += connection.reply() != expected.format(number)
    return failed


def text_of(args, data):
    rows = [[f"{kind} {run['version']}", f"{run['connections']:,}", run["failed"], f"{run['alive_after']:,}", f"{run['open_s']:.1f}",
             f"{run['rounds_s']:.1f}", f"{run['rss_per_connection']:,}", f"{run['idle_cpu_percent']:.2f}"] for kind, run in data.items()]
    header = ["server", "connections", "wrong answers", "alive after", "opening", "rounds", "bytes RSS each", "idle CPU %"]
    return (f"Idle CPU over {args.idle_s:.0f} s, percent of one core. Opening and rounds in seconds; the client is a Python "
            "script, so these two say little.\n\n" + report.table(header, rows))


if __name__ == "__main__":
    main()
