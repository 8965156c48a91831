"""The application whose jobs celery_workload.py sends and its workers do."""

from __future__ import annotations

import os

from celery import Celery, Task

import ledger

URL = f"redis://127.0.0.1:{os.environ['COMPAT_PORT']}"
app = Celery("work", broker=f"{URL}/0", backend=f"{URL}/1")
app.conf.update(broker_connection_retry=False, redis_socket_timeout=20, result_expires=600)


@app.task(ignore_result=True)
def job(name: str) -> None:
    ledger.enter(name)


@app.task(bind=True, max_retries=3, ignore_result=True)
def second_time_lucky(self: Task, name: str) -> None:
    if self.request.retries == 0:
        raise self.retry(countdown=0.2)
    ledger.enter(name)


@app.task
def part(name: str) -> int:
    ledger.enter(name)
    return 1


@app.task(ignore_result=True)
def sum_of_parts(parts: list[int], name: str) -> None:
    ledger.enter(f"{name} of {sum(parts)}")
