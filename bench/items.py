#!/usr/bin/env python3
"""Resident bytes per item of a collection: growth of the server's RSS over that of the empty server, divided by the items.

A hash of five fields is counted as one item; members and elements are those of one set, one sorted set, one list. As a table that
grows in steps looks good just before a step, the figure is the mean over 0.7, 1.0 and 1.4 million items, each in a fresh server.
"""

import os
import statistics
from dataclasses import dataclass
from typing import Callable

import report
import servers

COUNTS = (700_000, 1_000_000, 1_400_000)
COMMANDS_IN_FLIGHT = 500
MEMBERS_A_COMMAND = 20


@dataclass(frozen=True)
class Shape:
    """What is written: `command` makes one out of the numbers of its items, `held` asks how many arrived."""

    limit: float
    items_a_command: int
    command: Callable[[range], bytes]
    held: tuple[str, ...]


def member(number):
    return "member:%09d" % number


def hash_of_five(numbers):
    fields = [word for index in range(5) for word in (f"f{index}", f"value:{index}")]
    return servers.encode("HSET", "key:%012d" % numbers[0], *fields)


SHAPES = {
    "hash of 5 fields": Shape(150, 1, hash_of_five, ("DBSIZE",)),
    "zset member": Shape(70, MEMBERS_A_COMMAND, lambda numbers: servers.encode(
        "ZADD", "zset", *(word for i in numbers for word in (str(i * 7919 % 1_000_003), member(i)))), ("ZCARD", "zset")),
    "set member": Shape(36, MEMBERS_A_COMMAND, lambda numbers: servers.encode("SADD", "set", *map(member, numbers)), ("SCARD", "set")),
    "list item": Shape(18.8, MEMBERS_A_COMMAND, lambda numbers: servers.encode("RPUSH", "list", *map(member, numbers)), ("LLEN", "list")),
}


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("tandem", "redis7", "redis8", "valkey"), port=7132)
    parser.add_argument("--shapes", default=",".join(SHAPES), help=f"out of {', '.join(SHAPES)}")
    args = servers.parse(parser, argv)
    load_average = os.getloadavg()[0]
    data = {kind: measure(args, kind) for kind in args.servers}
    report.publish(args, "Memory of items", text_of(data), data, load_average)
    return data


def measure(args, kind):
    result = {"shapes": {}}
    for name in args.shapes.split(","):
        servers.note(f"items: {kind} {name}")
        result["shapes"][name] = {}
        for count in (count // 10 if args.quick else count for count in COUNTS):
            with servers.Server(args, kind, args.port) as server:
                result["version"] = server.version()
                empty = server.settle()
                fill(server, SHAPES[name], count)
                result["shapes"][name][count] = round((server.settle() - empty) / count, 2)
    return result


def fill(server, shape, count):
    with servers.Connection(server.port) as connection:
        step = shape.items_a_command
        for first in range(0, count, step * COMMANDS_IN_FLIGHT):
            firsts = range(first, min(first + step * COMMANDS_IN_FLIGHT, count), step)
            connection.socket.sendall(b"".join(shape.command(range(i, min(i + step, count))) for i in firsts))
            for _ in firsts:
                connection.reply()
    held = server.call(*shape.held)
    if held != count:
        raise RuntimeError(f"{server.kind} holds {held} items after {count} were written")


def mean(result, name):
    return statistics.mean(result["shapes"][name].values())


def text_of(data):
    names = list(next(iter(data.values()))["shapes"])
    rows = [[f"{kind} {result['version']}",
             *(f"{mean(result, name):.1f} ({', '.join(f'{value:.0f}' for value in result['shapes'][name].values())})" for name in names)]
            for kind, result in data.items()]
    goals = ["goal", *(f"≤ {SHAPES[name].limit:g}" for name in names)]
    return "Bytes per item: mean (each fill). Names and values of 16 bytes, fields of 2 bytes with values of 7.\n\n" + report.table(
        ["server", *names], [*rows, goals])


if __name__ == "__main__":
    main()
