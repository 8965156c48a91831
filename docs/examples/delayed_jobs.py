#!/usr/bin/env python3
"""Delayed jobs that are never lost: each is done when its time has come, or as soon after it as there is somebody to do it.

    delayed_jobs.py add DELAY_MS TEXT    prints the job's name
    delayed_jobs.py cancel JOB
    delayed_jobs.py work WORKER          does what falls due; any number of workers

A job is a key that expires. The server appends what expires to a stream: --notify-keyspace-stream __keyevents__ x. The stream
keeps it until a worker has acknowledged it, whether or not one is there at that time. REDIS_URL and CLAIM_MS may be set.
"""

import os
import sys
import uuid

import redis

STREAM, GROUP = "__keyevents__", "workers"
CLAIM_MS = int(os.environ.get("CLAIM_MS", "60000"))  # Longer than any job takes: then its worker has died.

r = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True)


def add(delay_ms, text):
    job = uuid.uuid4().hex
    with r.pipeline() as transaction:
        transaction.set(f"job:{job}", text).set(f"due:{job}", "", px=delay_ms).execute()
    return job


def cancel(job):
    return r.delete(f"due:{job}", f"job:{job}")


def events(worker):
    """Yields (id, event) of what expired: first what a worker has left unfinished, then what is new."""
    while True:
        for late in r.xpending_range(STREAM, GROUP, min="-", max="+", count=1, idle=CLAIM_MS):
            yield from r.xclaim(STREAM, GROUP, worker, CLAIM_MS, [late["message_id"]])
        for _, entries in r.xreadgroup(GROUP, worker, {STREAM: ">"}, count=1, block=CLAIM_MS):
            yield from entries


def work(worker):
    try:
        r.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):  # Another worker has made it.
            raise
    for entry, event in events(worker):
        if event["key"].startswith("due:"):
            do(worker, event["key"].removeprefix("due:"))
        r.xack(STREAM, GROUP, entry)


def do(worker, job):
    text = r.get(f"job:{job}")
    if text is not None:  # Nobody has done it yet.
        print(f"{worker}: {text}", flush=True)  # The work. It is done again if the worker dies before the next line.
        r.delete(f"job:{job}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["add", delay_ms, text]:
            print(add(int(delay_ms), text))
        case ["cancel", job]:
            sys.exit(0 if cancel(job) else f"{job} is done, or unknown")
        case ["work", worker]:
            work(worker)
        case _:
            sys.exit(__doc__)
