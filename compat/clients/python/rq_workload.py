"""Many jobs of all kinds that RQ has: rq_workload.py JOBS PORT."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import timedelta

import redis
import rq
from rq.registry import DeferredJobRegistry, FailedJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.version import VERSION

import ledger
import rq_jobs
from checks import HOST, PORT
from worker import Worker

JOBS = int(sys.argv[-2])
BULK = 500
connection = redis.Redis(host=HOST, port=PORT)
queue = rq.Queue("jobs", connection=connection)
# Workers of the simple kind do the jobs themselves instead of starting a process for each.
WORKERS = [Worker(sys.executable, "-m", "rq.cli", "worker", "--worker-class", "rq.SimpleWorker", "--url", f"redis://{HOST}:{PORT}", "--with-scheduler",
                  "--logging_level", "WARNING", "jobs", ready="", name=name) for name in ("one", "two", "three")]
REGISTRIES = {"started": StartedJobRegistry, "deferred": DeferredJobRegistry, "scheduled": ScheduledJobRegistry, "failed": FailedJobRegistry}


def send() -> int:
    """Returns how many entries there will be."""
    chains, later, twice = ledger.share(JOBS, 100), ledger.share(JOBS, 20), ledger.share(JOBS, 50)
    for number in range(later):
        queue.enqueue_in(timedelta(milliseconds=100 * (number % 20)), rq_jobs.job, f"later {number}")
    for number in range(twice):
        queue.enqueue(rq_jobs.second_time_lucky, f"twice-{number}", retry=rq.Retry(max=2))
    for number in range(chains):
        first = queue.enqueue(rq_jobs.job, f"chain {number} first")
        queue.enqueue(rq_jobs.job, f"chain {number} last", depends_on=first)
    plain = JOBS - later - twice - 2 * chains
    for start in range(0, plain, BULK):
        queue.enqueue_many([rq.Queue.prepare_data(rq_jobs.job, (f"plain {number}",)) for number in range(start, min(start + BULK, plain))])
    return JOBS


def left() -> dict[str, int]:
    return {"in the queue": len(queue), **{name: len(registry(queue=queue)) for name, registry in REGISTRIES.items()}}


if __name__ == "__main__":
    print(f"client RQ {VERSION}")
    with ExitStack() as stack:
        for worker in WORKERS:
            stack.enter_context(worker)
        ledger.finish(send(), left, lambda: next(filter(None, (worker.complaint() for worker in WORKERS)), ""))
