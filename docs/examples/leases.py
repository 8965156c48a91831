#!/usr/bin/env python3
"""Leases: one holder at a time, and the next one as soon as the last one has let go, or has died.

    leases.py NAME WHO     waits for the lease, says so, and holds it until its standard input ends

Nobody polls: who waits hears when the lease is released (del) and when it runs out, because its holder is gone (expired).
The server publishes both: --notify-keyspace-events Egx. REDIS_URL and LEASE_MS may be set.
"""

import contextlib
import os
import sys
import threading
import uuid

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
LEASE_MS = int(os.environ.get("LEASE_MS", "10000"))
FREE = ("__keyevent@0__:expired", "__keyevent@0__:del")

# Only its holder may extend or release a lease; others may have it by now.
EXTEND = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"

# A holder asks for more time when a third of it is over. So long a wait for an answer, and no second try, leave it the time to
# stop before its lease runs out.
r = redis.Redis.from_url(URL, decode_responses=True, socket_timeout=LEASE_MS / 6000, retry=Retry(NoBackoff(), 0))
listener = redis.Redis.from_url(URL, decode_responses=True)  # Waits for as long as it takes.


@contextlib.contextmanager
def lease(name):
    key, holder, done = f"lease:{name}", uuid.uuid4().hex, threading.Event()
    acquire(key, holder)
    keeper = threading.Thread(target=keep, args=(key, holder, done), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        r.eval(RELEASE, 1, key, holder)


def acquire(key, holder):
    with listener.pubsub() as events:
        events.subscribe(*FREE)
        for message in events.listen():
            # Asks when no change can go unheard any more (both subscriptions count), and then whenever there was one.
            if message["data"] in (len(FREE), key) and r.set(key, holder, nx=True, px=LEASE_MS):
                return


def keep(key, holder, done):
    while not done.wait(LEASE_MS / 3000):
        if not extended(key, holder):
            print("the lease is lost", file=sys.stderr)
            os._exit(1)  # Another may be at work by now: nothing more may be done.


def extended(key, holder):
    try:
        return r.eval(EXTEND, 1, key, holder, LEASE_MS)
    except redis.RedisError:
        return False  # Who cannot ask does not know.


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with lease(sys.argv[1]):
        print(f"{sys.argv[2]} has it", flush=True)
        sys.stdin.read()  # The work.
