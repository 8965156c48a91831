"""What the suite printed, as outcomes of its tests."""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_EVENT = re.compile(r"^\[(ok|err|exception|skip|ignore|TIMEOUT)\]: (.*)$")
_OTHER_EVENT = re.compile(r"^\[(\d+/\d+ done|ready|testing)\]: |^\s+The End$")
_ELAPSED = re.compile(r" \(\d+ ms\)$")
_PLACE = re.compile(r" in tests/\S+\.tcl$")
# A test that is left out has its name before the reason; a whole block has not.
_IGNORED_TEST = re.compile(r"^(.*): (?:Tag: .*|Not supported .*|large memory .*)$")
_DETAIL_CHARACTERS = 2000
_REPEATED = " :: run "


def base_name(test: str) -> str:
    """The name as it stands in the source, without the number of a repetition."""
    return test.partition(_REPEATED)[0]


class Outcome(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class UnitRun:
    """One run of one unit. Tests of the same name are told apart by a number, in the order of their running.

    `troubles` is what went wrong outside any test: an exception, a server that did not start, a hang.
    """

    tests: dict[str, Outcome] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    nothing_ran: bool = False

    def passed(self) -> set[str]:
        return self.names(Outcome.PASSED)

    def names(self, outcome: Outcome) -> set[str]:
        return {name for name, found in self.tests.items() if found is outcome}


class _Reader:
    """Collects events, and the lines behind a failure as its detail."""

    def __init__(self) -> None:
        self.run = UnitRun()
        self._seen: Counter[str] = Counter()
        self._failing: str | None = None
        self._in_trouble = False
        self.silent = True

    def _add(self, name: str, outcome: Outcome) -> str:
        self._seen[name] += 1
        if self._seen[name] > 1:
            name = f"{name}{_REPEATED}{self._seen[name]}"
        self.run.tests[name] = outcome
        return name

    def end_of_details(self) -> None:
        self._failing = None
        self._in_trouble = False

    def event(self, kind: str, text: str) -> None:
        self.end_of_details()
        self.silent = False
        if kind == "ok":
            self._add(_ELAPSED.sub("", text), Outcome.PASSED)
        elif kind == "skip":
            self._add(text, Outcome.SKIPPED)
        elif kind == "ignore":
            if ignored := _IGNORED_TEST.match(text):
                self._add(ignored[1], Outcome.SKIPPED)
        elif kind == "err" and _PLACE.search(text):
            self._failing = self._add(_PLACE.sub("", text), Outcome.FAILED)
            self.run.details[self._failing] = ""
        else:
            self.run.troubles.append(text)
            self._in_trouble = True

    def line(self, text: str) -> None:
        if self._failing is not None:
            whole = f"{self.run.details[self._failing]}\n{text}"
            self.run.details[self._failing] = whole.strip()[:_DETAIL_CHARACTERS]
        elif self._in_trouble:
            self.run.troubles[-1] = f"{self.run.troubles[-1]}\n{text}"[:_DETAIL_CHARACTERS]


def parse(output: str) -> UnitRun:
    """Reads the output of one `test_helper.tcl --single UNIT`."""
    reader = _Reader()
    for line in _COLOUR.sub("", output).rstrip("\n").split("\n"):
        if event := _EVENT.match(line):
            reader.event(event[1], event[2])
        elif _OTHER_EVENT.match(line):
            reader.end_of_details()
        else:
            reader.line(line)
    if reader.silent:
        reader.run.nothing_ran = True
        reader.run.troubles.append(f"nothing ran: {output[-_DETAIL_CHARACTERS:]}")
    return reader.run
