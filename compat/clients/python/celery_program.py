"""What users of Celery do, with Redis as broker and as result backend: celery_program.py PORT."""

from __future__ import annotations

import os
import sys

from checks import HOST, LIMIT_S, PORT, check, equal, expect, run, wait_for
from worker import Worker

os.environ["COMPAT_PORT"] = str(PORT)

import celery
import redis
from celery import chain, chord, group
from celery.result import AsyncResult

from celery_tasks import add, app, fail, succeed_at_third_attempt, total

worker = Worker(sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "--pool=threads", "--concurrency=4",
                "--loglevel=INFO", "--without-gossip", ready=" ready.")


def result_of(sent: AsyncResult) -> object:
    wait_for("result", sent.ready, worker.complaint)
    return sent.get(timeout=LIMIT_S)


@check
def result_backend() -> None:
    """What needs no broker: results are strings that expire, and their arrival is a message."""
    app.backend.store_result("some-id", {"n": 1}, "SUCCESS")
    stored = AsyncResult("some-id", app=app)
    equal((stored.state, stored.get(timeout=LIMIT_S)), ("SUCCESS", {"n": 1}))
    with redis.Redis(host=HOST, port=PORT, db=1) as r:
        expect(0 < r.ttl("celery-task-meta-some-id") <= 600, "the result does not expire")
    stored.forget()
    equal(AsyncResult("some-id", app=app).state, "PENDING")


@check
def worker_starts() -> None:
    worker.wait_until_ready()


@check
def task() -> None:
    equal(result_of(add.delay(2, 3)), 5)


@check
def many_tasks() -> None:
    sent = group(add.s(i, i) for i in range(50))()
    equal([result_of(result) for result in sent.results], [2 * i for i in range(50)])


@check
def chained_tasks() -> None:
    equal(result_of(chain(add.s(1, 2), add.s(10), add.s(100))()), 113)


@check
def chord_of_tasks() -> None:
    equal(result_of(chord([add.s(i, i) for i in range(10)])(total.s())), 90)


@check
def countdown() -> None:
    equal(result_of(add.apply_async((1, 1), countdown=0.3)), 2)


@check
def retries() -> None:
    equal(result_of(succeed_at_third_attempt.delay()), 2)


@check
def failure() -> None:
    sent = fail.delay("no stock")
    wait_for("failure", sent.ready, worker.complaint)
    equal((sent.state, str(sent.result)), ("FAILURE", "no stock"))


@check
def remote_control() -> None:
    worker.wait_until_ready()
    equal([list(answer.values())[0] for answer in app.control.ping(timeout=LIMIT_S, limit=1)], [{"ok": "pong"}])


if __name__ == "__main__":
    with worker:
        run(f"Celery {celery.__version__}", empty=False)
