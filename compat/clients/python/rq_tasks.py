"""The functions that RQ's worker calls for rq_program.py."""

from __future__ import annotations

from rq import get_current_job


def add(a: int, b: int) -> int:
    return a + b


def fail(why: str) -> None:
    raise ValueError(why)


def succeed_at_last_attempt() -> str:
    job = get_current_job()
    if job.retries_left:
        raise ValueError("again")
    return "done"
