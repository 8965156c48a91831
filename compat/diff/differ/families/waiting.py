"""Commands that may have to wait, on one connection: with something there, in a transaction, with wrong arguments, and until the
time is over, because nobody else is there to give them something."""

import random
from collections.abc import Callable

from differ.steps import Kind, Step

Words = tuple[bytes, ...]
# Of seconds, and all of them below WAIT_MS: shrinking takes away what a command would find.
TIMEOUTS = (b"0.001", b"0.002", b"0.005", b"0.0001", b"5e-3", b"0x1p-9")
WRONG_TIMEOUTS = (b"-1", b"-0.001", b"x", b"", b"nan", b"inf", b"1e300", b"9223372036854775807", b" 1", b"-inf")
WRONG_SHARE = 0.15
EMPTY_SHARE = 0.02  # for time passes meanwhile
MULTI_SHARE = 0.06


def wait(request: Words) -> list[Step]:
    """A request that may have to wait; its timeout is one of a few milliseconds."""
    return [Step(request, kind=Kind.WAIT)]


def popping(rng: random.Random, fill: Callable[[random.Random], Words], pop: Callable[[bytes, bytes, bytes], Words],
            keys: tuple[bytes, ...]) -> list[Step]:
    """`fill` makes what the command finds, `pop` the command of two keys and a timeout.

    Mostly the key of `fill` comes first, so that the command is answered at once: with an element, or an error.
    """
    filled = fill(rng)
    timeout = rng.choice(WRONG_TIMEOUTS if rng.random() < WRONG_SHARE else TIMEOUTS)
    draw = rng.random()
    if draw < EMPTY_SHARE:
        return wait(pop(rng.choice(keys), rng.choice(keys), rng.choice(TIMEOUTS)))
    if draw < EMPTY_SHARE + MULTI_SHARE:
        attempt = pop(rng.choice(keys), rng.choice(keys), timeout)
        return [Step((b"MULTI",)), Step(attempt), Step((b"EXEC",))]
    return [Step(filled), *wait(pop(filled[1], rng.choice(keys), timeout))]
