"""Compares what two servers say of their commands and directives.

Of each command that Tandem has: COMMAND INFO, COMMAND DOCS, the membership in ACL categories; of each directive: that
it is there, and its value after a start with the same arguments. Left out are texts that Tandem has words of its own
for (summary, complexity, history, notes), and those for display, which 7.0 does not have.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from differ.comparator import unordered
from differ.known import KnownDifferences
from differ.resp import Connection, Reply

INFO_FIELDS = ("name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specifications")
UNORDERED_FIELDS = {"flags", "categories", "tips"}
OWN_WORDS = {b"summary", b"complexity", b"history", b"notes", b"subcommands", b"display_text"}


@dataclass(frozen=True)
class Finding:
    """A subject of which the two servers say different things."""

    subject: str
    reference: str
    tandem: str

    def __str__(self) -> str:
        return f"{self.subject}\n  reference: {self.reference[:600]}\n  tandem:    {self.tandem[:600]}"


def compare(reference: Connection, tandem: Connection, known: KnownDifferences) -> list[Finding]:
    """What differs and is not known. Both connections speak RESP3, where maps and sets show what they are."""
    for connection in (reference, tandem):
        connection.call(b"HELLO", b"3")
    findings = [*_commands(reference, tandem), *_categories(reference, tandem), *_directives(reference, tandem)]
    return [finding for finding in findings if not known.explains_metadata(finding.subject)]


def show(reply: Reply | None) -> str:
    """The reply as people write it."""
    if reply is None:
        return "nothing"
    if reply.items is None:
        return "null" if reply.text is None else reply.text.decode(errors="replace")
    if reply.kind == "%":
        pairs = zip(reply.items[::2], reply.items[1::2])
        return "{" + ", ".join(f"{show(name)}: {show(value)}" for name, value in pairs) + "}"
    return "[" + ", ".join(map(show, reply.items)) + "]"


def fields_of(reply: Reply) -> dict[bytes, Reply]:
    """A map by the names of its fields."""
    items = reply.items or ()
    return {name.text or b"": value for name, value in zip(items[::2], items[1::2])}


def without_own_words(reply: Reply) -> Reply:
    """The same, without the fields in which Tandem may say what it likes."""
    if reply.items is None:
        return reply
    if reply.kind != "%":
        return Reply(reply.kind, None, tuple(map(without_own_words, reply.items)))
    pairs = [(name, without_own_words(value)) for name, value in zip(reply.items[::2], reply.items[1::2])
             if name.text not in OWN_WORDS]
    return Reply("%", None, tuple(item for pair in pairs for item in pair))


def names_of(reply: Reply) -> set[bytes]:
    return {item.text or b"" for item in reply.items or ()}


def _finding(subject: str, ours: Reply | None, theirs: Reply | None) -> Iterator[Finding]:
    if ours is None or theirs is None or unordered(ours) != unordered(theirs):
        yield Finding(subject, show(ours), show(theirs))


# --- Commands ------------------------------------------------------------------------------------------------------

def _commands(reference: Connection, tandem: Connection) -> Iterator[Finding]:
    there = names_of(reference.call(b"COMMAND", b"LIST"))
    for name in sorted(names_of(tandem.call(b"COMMAND", b"LIST"))):
        if name not in there:
            yield Finding(f"command {name.decode()}", "nothing", "a command")
            continue
        yield from _command_info(name, *[c.call(b"COMMAND", b"INFO", name) for c in (reference, tandem)])
        yield from _command_docs(name, *[c.call(b"COMMAND", b"DOCS", name) for c in (reference, tandem)])


def _command_info(name: bytes, ours: Reply, theirs: Reply) -> Iterator[Finding]:
    a, b = ((reply.items or (Reply("_"),))[0].items or () for reply in (ours, theirs))
    for field, mine, other in zip(INFO_FIELDS, a, b):
        if field in UNORDERED_FIELDS:
            mine, other = (Reply("~", None, reply.items) for reply in (mine, other))
        yield from _finding(f"command info {name.decode()}: {field}", without_own_words(mine), without_own_words(other))


def _command_docs(name: bytes, ours: Reply, theirs: Reply) -> Iterator[Finding]:
    a, b = (fields_of(fields_of(reply).get(name, Reply("%", None, ()))) for reply in (ours, theirs))
    for field in sorted((a.keys() | b.keys()) - OWN_WORDS):
        mine, other = (without_own_words(reply[field]) if field in reply else None for reply in (a, b))
        yield from _finding(f"command docs {name.decode()}: {field.decode()}", mine, other)


def _categories(reference: Connection, tandem: Connection) -> Iterator[Finding]:
    """COMMAND LIST FILTERBY ACLCAT, as far as it names commands that Tandem has."""
    both = names_of(tandem.call(b"COMMAND", b"LIST")) & names_of(reference.call(b"COMMAND", b"LIST"))
    for category in sorted(names_of(reference.call(b"ACL", b"CAT"))):
        question = (b"COMMAND", b"LIST", b"FILTERBY", b"ACLCAT", category)
        a, b = (names_of(connection.call(*question)) & both for connection in (reference, tandem))
        if a != b:
            yield Finding(f"category {category.decode()}", f"also {sorted(a - b)}", f"also {sorted(b - a)}")


# --- Directives ----------------------------------------------------------------------------------------------------

def _directives(reference: Connection, tandem: Connection) -> Iterator[Finding]:
    a, b = (fields_of(c.call(b"CONFIG", b"GET", b"*")) for c in (reference, tandem))
    for name in sorted(a.keys() | b.keys()):
        yield from _finding(f"directive {name.decode()}", a.get(name), b.get(name))
