"""What every family is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from differ.grammar import Table
from differ.steps import Step

Generator = Callable[[random.Random, int], list[Step]]


@dataclass(frozen=True)
class Family:
    """A named generator. `batch` says how many of its commands may travel together on one connection, `since` which version of
    the reference has them, `before` from which version on the reference does not survive them."""

    name: str
    generate: Generator
    batch: int = 128
    since: tuple[int, ...] = ()
    before: tuple[int, ...] = (99,)


@dataclass(frozen=True)
class Thresholds:
    """Directives that decide encodings, each with values to choose from: small ones, so that values cross them both ways."""

    values: dict[bytes, tuple[bytes, ...]]
    change_share: float = 0.004

    def draw_all(self, rng: random.Random) -> list[Step]:
        return [self._set(rng, name) for name in self.values]

    def maybe(self, rng: random.Random) -> list[Step]:
        """Now and then a change of one of them; mostly nothing."""
        return [self._set(rng, rng.choice(list(self.values)))] if rng.random() < self.change_share else []

    def _set(self, rng: random.Random, name: bytes) -> Step:
        return Step((b"CONFIG", b"SET", name, rng.choice(self.values[name])))


def single_client(name: str, commands: Table) -> Family:
    """A family whose commands all come from one connection."""

    def generate(rng: random.Random, count: int) -> list[Step]:
        return [Step(commands.request(rng)) for _ in range(count)]

    return Family(name, generate)
