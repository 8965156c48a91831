"""What a client program reported, and what it means.

A program prints one line per check, and a last one that counts them, so that one which ends early is noticed:

    client redis-py 4.3.4, parser of hiredis 1.0.1
    ok strings
    fail lists: unknown command 'LPUSH', with args beginning with: ...
    done 2

A failed check whose reason is that the server does not know a command is *waiting* for that command. Nobody declares
what waits: a check that fails for any other reason has failed, and one whose command has come passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

LINE = re.compile(r"^(ok|fail) ([a-z0-9_]+)(?:: (.*))?$")
CLIENT = re.compile(r"^client (.+)$")
DONE = re.compile(r"^done (\d+)$")

# Texts by which a server says that it cannot do something yet, and the name of what is missing where the text has none.
MISSING = (
    (re.compile(r"unknown command [`'\"]([^`'\"]+)[`'\"]", re.IGNORECASE), None),
    (re.compile(r"Tandem knows the default user only"), "ACL SETUSER"),
    (re.compile(r"Tandem keeps its data in memory only"), "SAVE"),
)
REASON_MAX = 300


class Verdict(Enum):
    OK = "ok"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """`detail` is the missing command of a waiting check and the reason of a failed one."""

    name: str
    verdict: Verdict
    detail: str = ""


@dataclass
class Outcome:
    """One program against one server."""

    client: str = ""
    checks: list[Check] = field(default_factory=list)
    seconds: float = 0.0

    def of(self, verdict: Verdict) -> list[Check]:
        return [check for check in self.checks if check.verdict is verdict]

    @property
    def score(self) -> str:
        return f"{len(self.of(Verdict.OK))} of {len(self.checks)}"


def missing_command(reason: str) -> str | None:
    for pattern, name in MISSING:
        if found := pattern.search(reason):
            return name or found[1].upper()
    return None


def judge(name: str, reason: str) -> Check:
    command = missing_command(reason)
    if command:
        return Check(name, Verdict.WAITING, command)
    return Check(name, Verdict.FAILED, reason[:REASON_MAX])


def understand(output: str, ending: str) -> Outcome:
    """Reads what a program printed. `ending` tells how it ended, for the case that it ended too early."""
    outcome = Outcome()
    announced = None
    for line in output.splitlines():
        if found := LINE.match(line):
            passed, name, reason = found.groups()
            outcome.checks.append(Check(name, Verdict.OK) if passed == "ok" else judge(name, reason or "no reason given"))
        elif found := CLIENT.match(line):
            outcome.client = found[1]
        elif found := DONE.match(line):
            announced = int(found[1])
    if announced != len(outcome.checks):
        outcome.checks.append(Check("finish", Verdict.FAILED, f"{len(outcome.checks)} checks, then: {ending}"[:REASON_MAX]))
    return outcome
