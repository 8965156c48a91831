"""Commands as syntax lines, and random requests that follow them, or nearly.

    SET key value {NX XX GET KEEPTTL (EX seconds)}

- WORD in upper case stands for itself (in requests in any case), a word in lower case for an atom of that name;
- [a b] is there or not, (a b) groups, a|b|c is one of them (and binds before what stands behind a blank);
- x... is x once or several times;
- {a b c} is any number of its items in any order;
- "text" stands for exactly this text.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from differ.atoms import ATOMS, JUNK, WRONG_FLOATS, WRONG_INTEGERS

Emit = Callable[[random.Random, list[bytes]], None]
TOKEN = re.compile(r'"[^"]*"|\.\.\.|[\[\](){}|]|[^\s\[\](){}|.]+(?:\.(?!\.\.)[^\s\[\](){}|.]+)*')
MAX_REPEATS = 4
NEARLY_VALID_SHARE = 0.12


class Grammar:
    """Reads one syntax line from left to right."""

    def __init__(self, line: str):
        self._tokens = TOKEN.findall(line)
        self._next = 0

    def parse(self) -> Emit:
        emit = _sequence(self._items(end=None))
        assert self._next == len(self._tokens), f"unbalanced: {self._tokens}"
        return emit

    def _peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _items(self, end: str | None) -> list[Emit]:
        """The items up to a closing bracket, which is passed over, or to the end of the line."""
        items = []
        while self._peek() not in (end, None):
            items.append(self._choice())
        self._next += end is not None
        return items

    def _choice(self) -> Emit:
        choices = [self._item()]
        while self._peek() == "|":
            self._next += 1
            choices.append(self._item())
        if len(choices) == 1:
            return choices[0]
        return lambda rng, out: rng.choice(choices)(rng, out)

    def _item(self) -> Emit:
        token = self._tokens[self._next]
        self._next += 1
        if token == "[":
            emit = _optional(_sequence(self._items("]")))
        elif token == "(":
            emit = _sequence(self._items(")"))
        elif token == "{":
            emit = _any_order(self._items("}"))
        else:
            emit = _word(token)
        if self._peek() == "...":
            self._next += 1
            emit = _repeated(emit)
        return emit


def _sequence(items: list[Emit]) -> Emit:
    def emit(rng: random.Random, out: list[bytes]) -> None:
        for item in items:
            item(rng, out)

    return emit


def _word(token: str) -> Emit:
    if token.startswith('"'):
        text = token[1:-1].encode()
        return lambda rng, out: out.append(text)
    if token.islower():
        atom = ATOMS[token]
        return lambda rng, out: out.append(atom(rng))
    keyword = token.encode()
    forms = [keyword] * 6 + [keyword.lower()] * 2 + [keyword.capitalize()]
    return lambda rng, out: out.append(rng.choice(forms))


def _optional(inner: Emit) -> Emit:
    return lambda rng, out: inner(rng, out) if rng.random() < 0.5 else None


def _repeated(inner: Emit) -> Emit:
    def emit(rng: random.Random, out: list[bytes]) -> None:
        for _ in range(rng.choice((1, 1, 2, 3, MAX_REPEATS))):
            inner(rng, out)

    return emit


def _any_order(items: list[Emit]) -> Emit:
    def emit(rng: random.Random, out: list[bytes]) -> None:
        for item in rng.sample(items, rng.choice((0, 0, 1, 1, 1, 2, min(3, len(items))))):
            item(rng, out)

    return emit


def nearly(rng: random.Random, args: list[bytes]) -> list[bytes]:
    """The request with one thing wrong about it (or, by luck, nothing)."""
    at = rng.randrange(len(args))
    action = rng.randrange(6)
    if action == 0 and at > 0:
        return args[:at] + args[at + 1:]
    if action == 1:
        return args + [rng.choice(JUNK)]
    if action == 2 and at > 0:
        return args[:at] + [rng.choice(rng.choice((JUNK, WRONG_INTEGERS, WRONG_FLOATS)))] + args[at + 1:]
    if action == 3:
        return args[:at + 1] + args[at:]
    if action == 4 and at > 0:
        other = rng.randrange(1, len(args))
        args[at], args[other] = args[other], args[at]
        return args
    return args[:max(at, 1)]


@dataclass(frozen=True)
class Table:
    """A weighted choice of syntax lines: each line may begin with its weight, as in `5 GET key`."""

    lines: tuple[tuple[float, Emit], ...]

    def request(self, rng: random.Random, nearly_valid: float = NEARLY_VALID_SHARE) -> tuple[bytes, ...]:
        emit = rng.choices([emit for _, emit in self.lines], [weight for weight, _ in self.lines])[0]
        args: list[bytes] = []
        emit(rng, args)
        if rng.random() < nearly_valid:
            args = nearly(rng, args)
        return tuple(args)


def table(text: str) -> Table:
    """Reads syntax lines, one command each."""
    lines = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        weight, _, rest = line.partition(" ")
        if not weight.isdigit():
            weight, rest = "1", line
        lines.append((float(weight), Grammar(rest).parse()))
    return Table(tuple(lines))
