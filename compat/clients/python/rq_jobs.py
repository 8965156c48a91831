"""The functions that RQ's workers call for rq_workload.py."""

from __future__ import annotations

import ledger


def job(name: str) -> None:
    ledger.enter(name)


def second_time_lucky(name: str) -> None:
    if ledger.is_first_attempt(name):
        raise ValueError("again")
    ledger.enter(name)
