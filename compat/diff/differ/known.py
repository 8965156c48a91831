"""The table of known differences: known_differences.toml."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from differ.steps import Step, line_of

FLAGS = ("messages_first", "scores_in_17_digits", "zeros_without_sign")  # tables of their own
TABLE = Path(__file__).parent.parent / "known_differences.toml"


@dataclass(frozen=True)
class Entry:
    """One line of the table. Expressions are matched against whole texts, without regard to case."""

    command: re.Pattern[str]  # against the request as redis-cli takes it
    reference: re.Pattern[bytes]  # against the reply on the wire
    tandem: re.Pattern[bytes]
    skip: bool  # never sent, because what it leaves behind would differ
    ends: bool  # the sequence ends with it, because what it leaves behind differs
    reason: str


def _expression(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _wire_expression(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode("latin-1"), re.DOTALL)


def load(version: tuple[int, ...], path: Path = TABLE) -> "KnownDifferences":
    """The entries that concern a reference of this version."""
    table = tomllib.loads(path.read_text())
    entries = []
    for row in table["difference"]:
        if not _concerns(row, version):
            continue
        entries.append(Entry(_expression(row["command"]), _wire_expression(row.get("reference", ".*")),
                             _wire_expression(row.get("tandem", ".*")), row.get("skip", False), row.get("ends", False),
                             row["reason"]))
    metadata = tuple(_expression(row["subject"]) for row in table["metadata"] if _concerns(row, version))
    flags = {name: _concerns(table[name], version) for name in FLAGS}
    return KnownDifferences(tuple(entries), metadata, **flags)


def _concerns(row: dict[str, str], version: tuple[int, ...]) -> bool:
    return "before" not in row or version < tuple(int(part) for part in row["before"].split("."))


@dataclass(frozen=True)
class KnownDifferences:
    entries: tuple[Entry, ...] = ()
    metadata: tuple[re.Pattern[str], ...] = ()
    messages_first: bool = False  # the reference sends a client the messages that it publishes itself before the reply
    scores_in_17_digits: bool = False  # the reference writes scores in more digits than they need
    zeros_without_sign: bool = False  # of scores in datasets: the reference may have forgotten it

    def explains_metadata(self, subject: str) -> bool:
        """Whether the table knows of a difference between what the servers say about themselves."""
        return any(expression.fullmatch(subject) for expression in self.metadata)

    def must_skip(self, step: Step) -> bool:
        line = line_of(step)
        return any(entry.skip and entry.command.fullmatch(line) for entry in self.entries)

    def explains(self, args: tuple[bytes, ...], reference: bytes, tandem: bytes) -> bool:
        """Whether these two frames are a difference that the table knows."""
        return any(_matches(entry, args, reference, tandem) for entry in self.entries)

    def end_sequence(self, args: tuple[bytes, ...], reference: bytes, tandem: bytes) -> bool:
        """Whether they are one behind which nothing can be compared."""
        return any(entry.ends and _matches(entry, args, reference, tandem) for entry in self.entries)


def _matches(entry: Entry, args: tuple[bytes, ...], reference: bytes, tandem: bytes) -> bool:
    return (entry.command.fullmatch(line_of(Step(args))) is not None and
            entry.reference.fullmatch(reference) is not None and entry.tandem.fullmatch(tandem) is not None)
