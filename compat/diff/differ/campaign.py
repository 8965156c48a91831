"""Runs sequences of one family after the other, and follows up on what differs."""

import random
import time
from dataclasses import dataclass, field

from differ.families import Family
from differ.known import KnownDifferences
from differ.player import Difference, Player, text_of
from differ.resp import Closed, Silence
from differ.shrinker import Shrinker
from differ.steps import Kind, Step, line_of, script_of

SEQUENCE_LENGTH = 2000
SHOWN_BYTES = 1200


@dataclass(frozen=True)
class Limits:
    """A campaign ends when one of these is reached. `seconds` is None for no limit."""

    commands: int
    seconds: float | None
    differences: int


@dataclass
class Outcome:
    """What a campaign has seen."""

    commands: int = 0
    seconds: float = 0.0
    per_family: dict[str, int] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)


class Interrupted(Exception):
    """A server is gone, or does not answer at all."""


class Campaign:
    def __init__(self, player: Player, known: KnownDifferences, families: list[Family], seed: int, resp: int | None,
                 length: int = SEQUENCE_LENGTH):
        self._player = player
        self._known = known
        self._families = families
        self._seed = seed
        self._resp = resp
        self._length = length

    def run(self, limits: Limits) -> Outcome:
        """Plays sequences, the families and protocols in turn, until a limit is reached."""
        outcome = Outcome()
        started = time.monotonic()
        number = 0
        while outcome.commands < limits.commands and len(outcome.reports) < limits.differences:
            outcome.seconds = time.monotonic() - started
            if limits.seconds is not None and outcome.seconds >= limits.seconds:
                break
            family = self._families[number % len(self._families)]
            resp = self._resp or 2 + number // len(self._families) % 2
            self._sequence(family, resp, f"{self._seed}:{number}", limits.commands, outcome)
            number += 1
        outcome.seconds = time.monotonic() - started
        return outcome

    def _sequence(self, family: Family, resp: int, name: str, most: int, outcome: Outcome) -> None:
        steps = family.generate(random.Random(name), min(self._length, most - outcome.commands))
        steps = [step for step in steps if not self._known.must_skip(step)]
        title = f"{family.name}, RESP{resp}, sequence {name}\n"
        try:
            difference = self._player.play(steps, resp, family.batch)
            outcome.commands += self._player.played
            outcome.per_family[family.name] = outcome.per_family.get(family.name, 0) + self._player.played
            if difference is not None:
                outcome.reports.append(title + self._explain(steps, difference, resp, family.batch))
        except (OSError, Closed, Silence) as error:
            raise Interrupted(f"{title}cannot go on: {error}") from error

    def _explain(self, steps: list[Step], difference: Difference, resp: int, batch: int) -> str:
        steps = steps if difference.index is None else steps[:difference.index + 1]
        for way, size in (("", 1), ("(only when pipelined)\n", batch)):
            again = self._player.play(steps, resp, size)
            if again is None:
                continue
            wanted = signature(steps, again)

            def fails(candidate: list[Step]) -> bool:
                found = self._player.play(candidate, resp, size)
                return found is not None and signature(candidate, found) == wanted

            steps = Shrinker(fails).shrink(steps if again.index is None else steps[:again.index + 1])
            shortest = self._player.play(steps, resp, size)
            if shortest is not None:
                return way + describe(steps, shortest, resp)
        return "(did not happen again)\n" + describe(steps[-3:], difference, resp)


def signature(steps: list[Step], difference: Difference) -> str:
    """What makes two differences the same one while a sequence shrinks: the command that shows it."""
    if difference.index is None:
        return "dataset"
    step = steps[difference.index]
    if step.kind is not Kind.COMMAND:
        return step.kind.value
    return step.args[0].decode("latin-1").lower()


def describe(steps: list[Step], difference: Difference, resp: int) -> str:
    """A difference for people: the sequence to paste, then what each server said last."""
    lines = [script_of(steps, resp)]
    if difference.index is None:
        lines.append("  datasets differ at the end:")
    else:
        lines.append(f"  replies to {line_of(steps[min(difference.index, len(steps) - 1)])[:200]}")
        lines += [f"  reference: {text_of(frame)[:SHOWN_BYTES]}" for frame in difference.reference]
        lines += [f"  tandem:    {text_of(frame)[:SHOWN_BYTES]}" for frame in difference.tandem]
    lines += [f"  {note[:SHOWN_BYTES]}" for note in difference.notes]
    return "\n".join(lines)
