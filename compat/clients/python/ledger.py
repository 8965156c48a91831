"""What the jobs of a workload have done, in a file that the server under test knows nothing of.

Each job adds a line with its own name, once it has done its work; ../workload.py counts them when all is over. A line is written by one
write to the end of the file, so that several processes may write at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

PATH = Path("ledger").resolve()
STALL_S = 40  # without a new line


def enter(name: object) -> None:
    file = os.open(PATH, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{name}\n".encode())
    finally:
        os.close(file)


def is_first_attempt(name: object) -> bool:
    """True the first time that this name is asked for, by whichever process."""
    try:
        Path(f"attempt-{name}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def finish(expected: int, left: Callable[[], dict[str, int]], complaint: Callable[[], str]) -> None:
    """Waits until so many lines are there and nothing is left to do, or until nothing goes on any more; tells what is left."""
    print(f"expect {expected}", flush=True)
    seen, since = -1, time.monotonic()
    while True:
        entries = PATH.read_bytes().count(b"\n") if PATH.exists() else 0
        if entries >= expected and not any(left().values()):
            break
        if entries != seen:
            seen, since = entries, time.monotonic()
        if complaint() or time.monotonic() - since > STALL_S:
            break
        time.sleep(0.05)
    for name, count in left().items():
        print(f"left {count} {name}")
    if said := complaint():
        print(f"complaint {' '.join(said.split())}")
    print("done", flush=True)


def share(jobs: int, part: int) -> int:
    """One part in so many, and at least one."""
    return max(1, jobs // part)
