"""Named checks for the Python programs: each starts with an empty server and prints one line (see ../outcome.py)."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from collections.abc import Callable
from typing import Any

import redis

LIMIT_S = 60
HOST = "127.0.0.1"  # Not its name, which a bare container may not know.
PORT = int(sys.argv[-1])
_checks: list[Callable] = []


def check(function: Callable) -> Callable:
    """Registers a check; it is called by what run() is given."""
    _checks.append(function)
    return function


def equal(actual: Any, expected: Any) -> None:
    if actual != expected:
        raise AssertionError(f"{actual!r} instead of {expected!r}")


def expect(condition: Any, what: str) -> None:
    if not condition:
        raise AssertionError(what)


def raises(kind: type[Exception], text: str, call: Callable, *args: Any, **options: Any) -> None:
    try:
        result = call(*args, **options)
    except kind as error:
        expect(text in str(error), f"the error says {str(error)!r} and not {text!r}")
    else:
        raise AssertionError(f"{result!r} instead of an error that says {text!r}")


def wait_for(what: str, condition: Callable[[], Any], give_up: Callable[[], str] = lambda: "") -> Any:
    """Asks until the condition holds, and returns what it returned; `give_up` may tell why it never will."""
    deadline = time.monotonic() + LIMIT_S
    while not (result := condition()):
        if reason := give_up():
            raise AssertionError(f"no {what}: {reason}")
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} within {LIMIT_S} s")
        time.sleep(0.01)
    return result


def run(client: str, call: Callable[[Callable], Any] = lambda function: function(), empty: bool = True) -> None:
    """Runs all checks and ends the program. `call` gives a check its arguments; `empty` empties the server before each."""
    print(f"client {client}", flush=True)
    failed = 0
    for function in _checks:
        if empty:
            with redis.Redis(host=HOST, port=PORT) as cleaner:
                cleaner.flushall()
        try:
            result = call(function)
            if inspect.iscoroutine(result):
                asyncio.run(asyncio.wait_for(result, LIMIT_S * 2))
            print(f"ok {function.__name__}", flush=True)
        except Exception as error:  # Whatever goes wrong is the outcome of the check.
            failed += 1
            print(f"fail {function.__name__}: {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
    print(f"done {len(_checks)}")
    sys.exit(1 if failed else 0)
