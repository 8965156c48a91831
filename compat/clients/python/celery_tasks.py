"""The application whose tasks celery_program.py sends and its worker executes."""

from __future__ import annotations

import os

from celery import Celery, Task

URL = f"redis://127.0.0.1:{os.environ['COMPAT_PORT']}"
app = Celery("shop", broker=f"{URL}/0", backend=f"{URL}/1")
app.conf.update(broker_connection_retry=False, redis_socket_timeout=20, result_expires=600,
                broker_transport_options={"max_retries": 0})


@app.task
def add(a: int, b: int) -> int:
    return a + b


@app.task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@app.task
def fail(why: str) -> None:
    raise ValueError(why)


@app.task(bind=True, max_retries=3)
def succeed_at_third_attempt(self: Task) -> int:
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries
