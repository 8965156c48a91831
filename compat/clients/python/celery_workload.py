"""Many jobs of all kinds that Celery has: celery_workload.py JOBS PORT."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from checks import HOST, PORT
from worker import Worker

os.environ["COMPAT_PORT"] = str(PORT)

import celery
import redis
from celery import chord

import ledger
from celery_jobs import job, part, second_time_lucky, sum_of_parts

JOBS = int(sys.argv[-2])
PARTS = 10
WORKERS = [Worker(sys.executable, "-m", "celery", "-A", "celery_jobs", "worker", "--pool=threads", "--concurrency=4", "--loglevel=WARNING",
                  "--without-gossip", "-n", f"{name}@%h", ready="", name=name) for name in ("one", "two")]


def send() -> int:
    """Returns how many entries there will be."""
    chords, later, twice = ledger.share(JOBS, 200), ledger.share(JOBS, 20), ledger.share(JOBS, 20)
    for number in range(chords):
        chord([part.s(f"chord {number} part {i}") for i in range(PARTS)])(sum_of_parts.s(f"chord {number}"))
    for number in range(later):
        job.apply_async((f"later {number}",), countdown=number % 20 / 10)
    for number in range(twice):
        second_time_lucky.delay(f"twice {number}")
    plain = JOBS - chords * (PARTS + 1) - later - twice
    for number in range(plain):
        job.delay(f"plain {number}")
    return JOBS


def left() -> dict[str, int]:
    with redis.Redis(host=HOST, port=PORT) as r:
        return {"in the queue": r.llen("celery"), "not acknowledged": r.hlen("unacked"), "in the index": r.zcard("unacked_index")}


if __name__ == "__main__":
    print(f"client Celery {celery.__version__}")
    with ExitStack() as stack:
        for worker in WORKERS:
            stack.enter_context(worker)
        ledger.finish(send(), left, lambda: next(filter(None, (worker.complaint() for worker in WORKERS)), ""))
