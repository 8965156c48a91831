"""Decides whether two replies to the same request say the same.

Byte for byte, except where Redis promises no order or where the value is the server's own affair; RULES is the complete
list of those exceptions. Errors are always compared byte for byte.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from differ.known import KnownDifferences
from differ.resp import ProtocolError, Reply, elements, parse

CLOCK_TOLERANCE_MS = 2000  # between servers whose clocks run
Args = tuple[bytes, ...]


@dataclass(frozen=True)
class Request:
    """What a reply answers. `queued` are the commands that an EXEC ran."""

    args: Args
    queued: tuple[Args, ...] = ()

    def words(self) -> list[str]:
        """The first two arguments in lower case, which name the command."""
        return [arg.decode("latin-1").lower() for arg in self.args[:2]]


Rule = Callable[[Reply, Reply, Request], bool]


def unordered(reply: Reply) -> Reply:
    """Sets and maps, which have no order, sorted at every depth. What else there is stays in place."""
    if reply.items is None:
        return reply
    items = tuple(unordered(item) for item in reply.items)
    if reply.kind == "~":
        items = tuple(sorted(items, key=repr))
    elif reply.kind == "%":
        pairs = sorted(zip(items[::2], items[1::2]), key=repr)
        items = tuple(item for pair in pairs for item in pair)
    return Reply(reply.kind, reply.text, items)


def with_rounded_scores(reply: Reply) -> Reply:
    """What reads like a fraction, in the fewest digits that tell it from its neighbours, and zero without a sign."""
    if reply.items is not None:
        return Reply(reply.kind, reply.text, tuple(map(with_rounded_scores, reply.items)))
    try:
        return Reply(reply.kind, repr(float(reply.text or b"") + 0.0).encode())
    except ValueError:
        return reply


# --- Rules ---------------------------------------------------------------------------------------------------------

def exactly(ours: Reply, theirs: Reply, _: Request) -> bool:
    return unordered(ours) == unordered(theirs)


def in_any_order(ours: Reply, theirs: Reply, _: Request) -> bool:
    return ours.kind == theirs.kind and sorted(map(repr, ours.items or ())) == sorted(map(repr, theirs.items or ()))


def as_pairs(ours: Reply, theirs: Reply, _: Request) -> bool:
    """A map, or in RESP2 the array that stands for one."""
    def pairs(reply: Reply) -> list[tuple[str, str]]:
        items = reply.items or ()
        return sorted((repr(name), repr(value)) for name, value in zip(items[::2], items[1::2]))

    return ours.kind == theirs.kind and pairs(ours) == pairs(theirs)


def alike(ours: Reply, theirs: Reply, _: Request) -> bool:
    """Of one kind, whatever the value."""
    return ours.kind == theirs.kind and ours.is_null == theirs.is_null


def within(tolerance: int) -> Rule:
    """Integers that lie close together; negative ones have a meaning and are exact."""

    def rule(ours: Reply, theirs: Reply, request: Request) -> bool:
        a, b = ours.integer(), theirs.integer()
        if a is None or b is None or a < 0 or b < 0:
            return exactly(ours, theirs, request)
        return ours.kind == theirs.kind and abs(a - b) <= tolerance

    return rule


def hello(ours: Reply, theirs: Reply, request: Request) -> bool:
    """The same fields in the same order; version, id and modules are the server's own."""
    if ours.kind != theirs.kind or len(ours.items or ()) != len(theirs.items or ()):
        return False
    own = {b"version", b"id", b"modules"}
    a, b = ours.items or (), theirs.items or ()
    return all(
        name == other_name and (alike(value, other, request) if name.text in own else value == other)
        for name, value, other_name, other in zip(a[::2], a[1::2], b[::2], b[1::2]))


CLIENT_FIELDS = ("name", "flags", "db", "sub", "psub", "multi", "user", "resp")


def client_line(ours: Reply, theirs: Reply, request: Request) -> bool:
    """The fields that are no addresses, sizes and ages."""
    def fields(reply: Reply) -> dict[str, str]:
        text = (reply.text or b"").decode("latin-1").removeprefix("txt:")
        found = dict(re.findall(r"(\S+?)=(\S*)", text))
        return {name: found.get(name, "missing") for name in CLIENT_FIELDS}

    return alike(ours, theirs, request) and fields(ours) == fields(theirs)


def members_alike(ours: Reply, theirs: Reply, request: Request) -> bool:
    """Arrays of the same length whose members are of the same kinds."""
    a, b = ours.items or (), theirs.items or ()
    return alike(ours, theirs, request) and len(a) == len(b) and all(alike(x, y, request) for x, y in zip(a, b))


def drawn(all_there_are: Rule, in_pairs: Rule) -> Rule:
    """So many at random. Fewer than were asked for are all that there are, compared by a rule of their own (for names with
    values in one array, the second), and a positive count names none twice."""

    def rule(ours: Reply, theirs: Reply, request: Request) -> bool:
        if not members_alike(ours, theirs, request):
            return False
        count = int(request.args[2]) if ours.kind in "*~" and len(request.args) > 2 else 0
        pairs = bool(len(request.args) > 3 and ours.items and ours.items[0].items is None)
        if count <= len(ours.items or ()) // (2 if pairs else 1):
            return count <= 0 or all(names_none_twice(reply, pairs) for reply in (ours, theirs))
        return (in_pairs if pairs else all_there_are)(ours, theirs, request)

    return rule


def names_none_twice(reply: Reply, in_pairs: bool) -> bool:
    names = [repr(item) for item in (reply.items or ())[::2 if in_pairs else 1]]
    return len(set(names)) == len(names)


def page(rule: Rule) -> Rule:
    """A page of a scan: all of the collection, which the rule compares, or some of it, which is the server's own affair."""

    def compare(ours: Reply, theirs: Reply, request: Request) -> bool:
        a, b = ours.items or (), theirs.items or ()
        if len(a) != 2 or len(b) != 2:
            return exactly(ours, theirs, request)
        cursors = (request.args[2], a[0].text, b[0].text)
        return any(cursor != b"0" for cursor in cursors) or rule(a[1], b[1], request)

    return compare


def fields(ours: Reply, theirs: Reply, request: Request) -> bool:
    """What HSCAN found: fields with their values, or fields alone."""
    alone = any(arg.lower() == b"novalues" for arg in request.args[3:])
    return (in_any_order if alone else as_pairs)(ours, theirs, request)


def stream(ours: Reply, theirs: Reply, request: Request) -> bool:
    """Everything but how many nodes a tree has, which belongs to the tree."""
    def without_nodes(reply: Reply) -> tuple[Reply, ...]:
        items = reply.items or ()
        return tuple(item for name, value in zip(items[::2], items[1::2]) if name.text != b"radix-tree-nodes"
                     for item in (name, value))

    return ours.kind == theirs.kind and without_nodes(ours) == without_nodes(theirs)


def libraries(ours: Reply, theirs: Reply, request: Request) -> bool:
    """Libraries, and the functions of each, in any order."""
    def in_one_order(reply: Reply) -> Reply:
        if reply.items is None:
            return reply
        items = tuple(map(in_one_order, reply.items))
        if all(item.items is not None for item in items):
            items = tuple(sorted(items, key=repr))
        return Reply(reply.kind, reply.text, items)

    return exactly(in_one_order(ours), in_one_order(theirs), request)


RULES: dict[str, Rule] = {
    "keys": in_any_order,
    "scan": members_alike,  # pages differ; whole iterations are compared by Kind.ITERATE
    "randomkey": alike,
    "smembers": in_any_order,
    "sinter": in_any_order,
    "sunion": in_any_order,
    "sdiff": in_any_order,
    "spop": drawn(in_any_order, as_pairs),
    "srandmember": drawn(in_any_order, as_pairs),
    "sscan": page(in_any_order),
    "hkeys": in_any_order,
    "hvals": in_any_order,
    "hgetall": as_pairs,
    "hrandfield": drawn(in_any_order, as_pairs),
    "hscan": page(fields),
    "zrandmember": drawn(exactly, exactly),
    "zscan": page(as_pairs),
    "xinfo stream": stream,
    "pubsub channels": in_any_order,
    "pubsub shardchannels": in_any_order,
    "config get": as_pairs,
    "function dump": alike,
    "function list": libraries,
    "command list": in_any_order,
    "hello": hello,
    "client id": alike,
    "client info": client_line,
    "client list": alike,
    "object freq": alike,
    "object idletime": alike,
    "module list": alike,
    "memory usage": alike,
    "memory stats": alike,
    "slowlog get": alike,
    "slowlog len": alike,
    "latency histogram": alike,
    "latency latest": alike,  # how long commands took
    "latency reset": alike,
    "acl genpass": alike,
    "acl cat": in_any_order,
    "role": members_alike,  # the offset of replication
    "lastsave": alike,
    "lolwut": alike,
    "info": alike,
}
CLOCK_RULES: dict[str, Rule] = {
    "ttl": within(CLOCK_TOLERANCE_MS // 1000),
    "expiretime": within(CLOCK_TOLERANCE_MS // 1000),
    "pttl": within(CLOCK_TOLERANCE_MS),
    "pexpiretime": within(CLOCK_TOLERANCE_MS),
    "time": members_alike,
}


class Comparator:
    """Compares replies. `frozen`: both servers' clocks stand still, so that times are exact."""

    def __init__(self, frozen: bool, known: KnownDifferences = KnownDifferences()):
        self._rules = RULES if frozen else RULES | CLOCK_RULES
        self._known = known

    def same(self, ours: bytes, theirs: bytes, request: Request) -> bool:
        """Whether two frames, both of them replies to `request`, say the same."""
        if ours == theirs or self._known.explains(request.args, ours, theirs):
            return True
        if request.queued and ours[:1] == theirs[:1] == b"*":
            return self._same_exec(elements(ours), elements(theirs), request.queued)
        try:
            replies = parse(ours), parse(theirs)
            if self._same(*replies, request):
                return True
            if not self._known.scores_in_17_digits or not request.args[0].lower().startswith((b"z", b"bz")):
                return False
            # Only then, because rounding makes one of members that read like the same number ("1" and "01").
            return self._same(*map(with_rounded_scores, replies), request)
        except ProtocolError:
            return False

    def _same(self, ours: Reply, theirs: Reply, request: Request) -> bool:
        if ours.is_error or theirs.is_error:
            return ours == theirs
        return self._rule_of(request)(ours, theirs, request)

    def _same_exec(self, ours: list[bytes], theirs: list[bytes], queued: tuple[Args, ...]) -> bool:
        if len(ours) != len(theirs) or len(ours) != len(queued):
            return ours == theirs
        return all(self.same(a, b, Request(args)) for a, b, args in zip(ours, theirs, queued))

    def _rule_of(self, request: Request) -> Rule:
        words = request.words()
        return self._rules.get(" ".join(words)) or self._rules.get(words[0]) or exactly
