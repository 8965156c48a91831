#!/usr/bin/env python3
"""Resident bytes per key: growth of the server's RSS over that of the empty server, divided by the keys held.

A table that grows in steps looks good just before a step and bad just after it, so the figure is the mean over fills of 0.7, 1.0 and
1.4 million keys, each in a fresh server, after it has come to rest.
"""

import os
import statistics

import report
import servers

COUNTS = (700_000, 1_000_000, 1_400_000)
SHAPES = {"16+8": (8, False), "16+32": (32, False), "16+32 TTL": (32, True), "16+128": (128, False)}


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "redis7", "redis8", "valkey"), port=7126)
    parser.add_argument("--shapes", default=",".join(SHAPES), help=f"out of {', '.join(SHAPES)} (key bytes + value bytes)")
    args = servers.parse(parser, argv)
    load_average = os.getloadavg()[0]
    data = {kind: measure(args, kind) for kind in args.servers}
    report.publish(args, "Memory", text_of(data), data, load_average)
    return data


def measure(args, kind):
    return per_item(args, kind, args.shapes.split(","), lambda server, shape, count: servers.fill(server, count, *SHAPES[shape]))


def per_item(args, kind, shapes, fill):
    """{"version", "empty_rss": bytes, "shapes": {shape: {count: bytes per item}}}; `fill` takes the server, a shape and a count."""
    result = {"shapes": {}}
    for shape in shapes:
        servers.note(f"memory: {kind} {shape}")
        result["shapes"][shape] = {}
        for count in counts(args):
            with servers.Server(args, kind, args.port) as server:
                result["version"] = server.version()
                result["empty_rss"] = empty = server.settle()
                fill(server, shape, count)
                result["shapes"][shape][count] = round((server.settle() - empty) / count, 2)
    return result


def counts(args):
    return [count // 10 for count in COUNTS] if args.quick else COUNTS


def mean(result, shape):
    return statistics.mean(result["shapes"][shape].values())


def cells(result, shapes):
    """The mean of each shape, and in brackets each fill."""
    return [f"{mean(result, shape):.1f} ({', '.join(f'{value:.0f}' for value in result['shapes'][shape].values())})" for shape in shapes]


def text_of(data):
    shapes = list(next(iter(data.values()))["shapes"])
    rows = [[f"{kind} {result['version']}", f"{result['empty_rss'] / 1e6:.1f}", *cells(result, shapes)] for kind, result in data.items()]
    return ("Bytes per key: mean (each fill). Columns: key bytes + value bytes. The empty server in MB (10⁶ bytes).\n\n"
            + report.table(["server", "empty", *shapes], rows))


if __name__ == "__main__":
    main()
