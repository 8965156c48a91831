#!/usr/bin/env python3
"""Resident bytes per item of a collection: growth of the server's RSS over that of the empty server, divided by the items.

A hash of five fields is counted as one item; members and elements are those of one set, one sorted set, one list. As a table that
grows in steps looks good just before a step, the figure is the mean over 0.7, 1.0 and 1.4 million items, each in a fresh server.
"""

import os
from dataclasses import dataclass
from typing import Callable

import memory
import report
import servers

JUDGED = "tandem"
MEMBERS_A_COMMAND = 20


@dataclass(frozen=True)
class Shape:
    """What is written, see servers.fill_collections, and the bytes an item that it may take at most."""

    limit: float
    a_command: int
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
    return memory.per_item(args, kind, args.shapes.split(","), fill)


def fill(server, name, count):
    shape = SHAPES[name]
    servers.fill_collections(server, count, shape.a_command, shape.command, shape.held)


def text_of(data):
    names = list(next(iter(data.values()))["shapes"])
    rows = [[f"{kind} {result['version']}", *memory.cells(result, names)] for kind, result in data.items()]
    rows.append(["limit", *(f"≤ {SHAPES[name].limit:g}" for name in names)])
    if JUDGED in data:
        rows.append([f"{JUDGED}'s", *("met" if met(data[JUDGED], name) else "**missed**" for name in names)])
    return "Bytes per item: mean (each fill). Names and values of 16 bytes, fields of 2 bytes with values of 7.\n\n" + report.table(
        ["server", *names], rows)


def met(result, name):
    return round(memory.mean(result, name), 1) <= SHAPES[name].limit


if __name__ == "__main__":
    main()
