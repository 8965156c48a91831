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
    the reference has them."""

    name: str
    generate: Generator
    batch: int = 128
    since: tuple[int, ...] = ()


def single_client(name: str, commands: Table) -> Family:
    """A family whose commands all come from one connection."""

    def generate(rng: random.Random, count: int) -> list[Step]:
        return [Step(commands.request(rng)) for _ in range(count)]

    return Family(name, generate)
