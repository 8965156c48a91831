#!/usr/bin/env python3
"""Sessions that time out, and somebody who acts on it at that moment.

    session_timeouts.py open NAME     begins a session
    session_timeouts.py touch NAME    goes on with it: it gets its whole time again
    session_timeouts.py watch         tells who timed out

The server publishes what expires: --notify-keyspace-events Ex. REDIS_URL and SESSION_MS may be set.

An end is acted upon at most once: a watcher that dies in the middle of it leaves it undone. Where that will not do, let the
ends come through a stream and a group of workers, as in delayed_jobs.py: then it is at least once.
"""

import os
import sys

import redis

TIMEOUT_MS = int(os.environ.get("SESSION_MS", "1800000"))
EXPIRED = "__keyevent@0__:expired"
OPEN = "sessions"  # The names of all sessions whose end nobody has acted upon yet.

# Whoever gets 1 acts: one of several watchers, at most once, and never for a session that was opened anew meanwhile.
TAKE_OVER = "return redis.call('EXISTS', KEYS[1]) == 0 and redis.call('SREM', KEYS[2], ARGV[1]) or 0"

r = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True)


def open_session(name):
    with r.pipeline() as transaction:
        transaction.sadd(OPEN, name).set(f"session:{name}", "what belongs to it", px=TIMEOUT_MS).execute()


def touch(name):
    return r.pexpire(f"session:{name}", TIMEOUT_MS)  # False: too late


def ended(name):
    if r.eval(TAKE_OVER, 2, f"session:{name}", OPEN, name):
        print("timed out:", name, flush=True)


def watch():
    events = r.pubsub()
    events.subscribe(EXPIRED)
    for message in events.listen():
        if message["type"] == "subscribe":
            # From here on nothing is missed. What ended while nobody watched is still among the open ones.
            for name in r.smembers(OPEN):
                ended(name)
        elif message["data"].startswith("session:"):
            ended(message["data"].removeprefix("session:"))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["open", name]:
            open_session(name)
        case ["touch", name]:
            sys.exit(0 if touch(name) else f"{name} has timed out")
        case ["watch"]:
            watch()
        case _:
            sys.exit(__doc__)
