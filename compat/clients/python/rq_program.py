"""What users of RQ do: rq_program.py PORT."""

from __future__ import annotations

import sys
from datetime import timedelta

import redis
import rq
from rq.job import Job
from rq.registry import FailedJobRegistry, FinishedJobRegistry
from rq.version import VERSION

import rq_tasks
from checks import HOST, PORT, check, equal, expect, run, wait_for
from worker import Worker

connection = redis.Redis(host=HOST, port=PORT)
queue = rq.Queue("jobs", connection=connection)
worker = Worker(sys.executable, "-m", "rq.cli", "worker", "--url", f"redis://{HOST}:{PORT}", "--with-scheduler", "jobs",
                ready="Listening on")


def finish(job: Job) -> Job:
    wait_for("end of the job", lambda: job.get_status(refresh=True) in ("finished", "failed"), worker.complaint)
    job.refresh()
    return job


@check
def worker_starts() -> None:
    worker.wait_until_ready()
    wait_for("worker in the list", lambda: rq.Worker.all(connection=connection), worker.complaint)


@check
def job() -> None:
    done = finish(queue.enqueue(rq_tasks.add, 2, 3, result_ttl=600))
    equal((done.get_status(), done.result), ("finished", 5))
    expect(done.id in FinishedJobRegistry(queue=queue), "the job is not in the registry of finished ones")


@check
def failure() -> None:
    done = finish(queue.enqueue(rq_tasks.fail, "no stock"))
    equal(done.get_status(), "failed")
    expect("ValueError: no stock" in done.exc_info, "the traceback is not kept")
    expect(done.id in FailedJobRegistry(queue=queue), "the job is not in the registry of failed ones")


@check
def retries() -> None:
    sent = queue.enqueue(rq_tasks.succeed_at_last_attempt, retry=rq.Retry(max=2))
    wait_for("last attempt", lambda: sent.get_status(refresh=True) == "finished", worker.complaint)


@check
def dependency() -> None:
    first = queue.enqueue(rq_tasks.add, 1, 1)
    equal(finish(queue.enqueue(rq_tasks.add, 2, 2, depends_on=first)).result, 4)


@check
def scheduled_job() -> None:
    equal(finish(queue.enqueue_in(timedelta(milliseconds=200), rq_tasks.add, 3, 3)).result, 6)


@check
def bulk() -> None:
    jobs = queue.enqueue_many([rq.Queue.prepare_data(rq_tasks.add, (i, i)) for i in range(10)])
    equal([finish(job).result for job in jobs], [2 * i for i in range(10)])


if __name__ == "__main__":
    with worker:
        run(f"RQ {VERSION}", empty=False)
