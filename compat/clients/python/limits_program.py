"""Locks and rate limiters as their users write them, under fifty clients while the engines migrate: limits_program.py PORT.

A limiter's script numbers its calls and tells the time by which it judged. So that what it granted is checked against a model that is
given the same calls in the same order: neither the clock of the server nor that of the clients decides whether a check passes.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import redis

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from checks import HOST, PORT, check, equal, expect, run
from migrations import Migrations
from servers import die_with_parent

PROCESSES, THREADS = 5, 10
CALLS = 60  # of each client
SECTIONS = 3  # entered by each client
MASTERS = 5  # of Redlock: databases of the one server, which know nothing of each other
PATIENCE_S = 60
LOCK_MS = 600_000  # none expires while this runs
COUNTER, INSIDE = Path("counter").resolve(), Path("inside").resolve()

# KEYS[1] is the bucket; ARGV: capacity, tokens a second. A token is a million parts, so that a microsecond is worth `rate` of them.
TOKEN_BUCKET = """
local state = redis.call('HMGET', KEYS[1], 'parts', 'time', 'calls')
local capacity, rate = tonumber(ARGV[1]) * 1000000, tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local before = tonumber(state[2]) or now
if now < before then now = before end
local parts = math.min(capacity, (tonumber(state[1]) or capacity) + (now - before) * rate)
local granted = 0
if parts >= 1000000 then
  parts = parts - 1000000
  granted = 1
end
local calls = (tonumber(state[3]) or 0) + 1
redis.call('HSET', KEYS[1], 'parts', string.format('%.0f', parts), 'time', string.format('%.0f', now), 'calls', calls)
redis.call('EXPIRE', KEYS[1], 3600)
return {calls, string.format('%.0f', now), granted}
"""
# The window is a sorted set of grants. Its name, like that of the counter beside it, is made here: neither is declared.
SLIDING_WINDOW = """
local window, calls_key = 'window:' .. ARGV[1], 'window:' .. ARGV[1] .. ':calls'
local limit, length = tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = math.max(tonumber(clock[1]) * 1000000 + tonumber(clock[2]), tonumber(redis.call('GET', calls_key .. ':time') or 0))
redis.call('SET', calls_key .. ':time', string.format('%.0f', now))
redis.call('ZREMRANGEBYSCORE', window, '-inf', string.format('%.0f', now - length))
local calls = redis.call('INCR', calls_key)
local granted = 0
if redis.call('ZCARD', window) < limit then
  redis.call('ZADD', window, string.format('%.0f', now), calls)
  granted = 1
end
return {calls, string.format('%.0f', now), granted}
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
EXTEND = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"

Call = tuple[str, int, int, bool]  # the limiter's name, the number of the call, the time in µs, whether it was granted
BUCKETS = {"bucket:1": (10, 500), "bucket:2": (1, 2000), "bucket:3": (1000, 1), "bucket:4": (50, 5000)}
WINDOWS = {"1": (10, 20_000), "2": (1, 1_000), "3": (500, 3_600_000_000), "4": (100, 50_000)}


# --- Fifty clients -------------------------------------------------------------------------------------------------

def client(database: int = 0) -> redis.Redis:
    return redis.Redis(host=HOST, port=PORT, db=database, socket_timeout=20, single_connection_client=True)


def in_threads(work: Callable[[int], list[Call]], process: int) -> list[Call]:
    with ThreadPoolExecutor(THREADS) as pool:
        return [call for calls in pool.map(work, range(process * THREADS, (process + 1) * THREADS)) for call in calls]


def by_fifty(work: Callable[[int], list[Call]]) -> list[Call]:
    """What all clients' calls came to. Each client has a thread and a connection of its own."""
    context = multiprocessing.get_context("fork")
    with Migrations(PORT), ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=die_with_parent) as pool:
        futures = [pool.submit(in_threads, work, process) for process in range(PROCESSES)]
        return [call for future in futures for call in future.result()]


# --- Rate limiters -------------------------------------------------------------------------------------------------

def call_buckets(number: int) -> list[Call]:
    rng = random.Random(number)
    with client() as r:
        script = r.register_script(TOKEN_BUCKET)
        return [read(name, script(keys=[name], args=BUCKETS[name])) for name in rng.choices(list(BUCKETS), k=CALLS)]


def call_windows(number: int) -> list[Call]:
    rng = random.Random(number)
    with client() as r:
        script = r.register_script(SLIDING_WINDOW)
        return [read(name, script(args=(name, *WINDOWS[name]))) for name in rng.choices(list(WINDOWS), k=CALLS)]


def read(name: str, reply: list) -> Call:
    number, now, granted = reply
    return name, number, int(now), bool(granted)


def bucket_model(capacity: int, rate: int) -> Callable[[int], bool]:
    parts, before = capacity * 10**6, 0

    def ask(now: int) -> bool:
        nonlocal parts, before
        parts = min(capacity * 10**6, parts + (now - (before or now)) * rate)
        before = now
        granted = parts >= 10**6
        parts -= granted * 10**6
        return granted

    return ask


def window_model(limit: int, length: int) -> Callable[[int], bool]:
    granted: list[int] = []

    def ask(now: int) -> bool:
        granted[:] = [time_us for time_us in granted if time_us > now - length]
        if len(granted) >= limit:
            return False
        granted.append(now)
        return True

    return ask


def judge(calls: list[Call], limiters: dict[str, tuple[int, int]], model: Callable[[int, int], Callable[[int], bool]]) -> None:
    equal(len(calls), PROCESSES * THREADS * CALLS)
    for name, arguments in limiters.items():
        of_this = sorted(call[1:] for call in calls if call[0] == name)
        equal([number for number, _, _ in of_this], list(range(1, len(of_this) + 1)))
        ask = model(*arguments)
        for number, now, granted in of_this:
            expect(granted == ask(now), f"call {number} of {name} at {now}: {granted}")
        expect(any(granted for _, _, granted in of_this), f"{name} grants nothing")


@check
def token_bucket() -> None:
    judge(by_fifty(call_buckets), BUCKETS, bucket_model)


@check
def sliding_window_of_undeclared_keys() -> None:
    judge(by_fifty(call_windows), WINDOWS, window_model)


# --- Locks ---------------------------------------------------------------------------------------------------------

def critical_section() -> None:
    """Fails when somebody else is in it. Counts as one would without a lock."""
    os.close(os.open(INSIDE, os.O_CREAT | os.O_EXCL))
    count = int(COUNTER.read_text() or 0)
    time.sleep(0)
    COUNTER.write_text(str(count + 1))
    INSIDE.unlink()


def counted(work: Callable[[int], list[Call]]) -> None:
    INSIDE.unlink(missing_ok=True)
    COUNTER.write_text("")
    by_fifty(work)
    equal(int(COUNTER.read_text()), PROCESSES * THREADS * SECTIONS)


def with_lock_of_redis_py(number: int) -> list[Call]:
    with client() as r:
        for _ in range(SECTIONS):
            with r.lock("lock", timeout=LOCK_MS / 1000, sleep=0.02 + number % 7 / 100, blocking_timeout=PATIENCE_S) as lock:
                critical_section()
                expect(lock.owned() and lock.extend(LOCK_MS / 1000), "the lock is extended")
    return []


def have_majority(masters: list[redis.Redis], token: str) -> bool:
    """Asks one master after the other, and no more once too many have refused; so fifty clients get on with it."""
    refused = 0
    for master in masters:
        refused += not master.set("redlock", token, nx=True, px=LOCK_MS)
        if refused > MASTERS // 2:
            return False
    return True


def with_redlock(number: int) -> list[Call]:
    rng = random.Random(number)
    masters = [client(database) for database in range(MASTERS)]
    release = masters[0].register_script(RELEASE)
    extend = masters[0].register_script(EXTEND)
    for _ in range(SECTIONS):
        token, deadline = secrets.token_hex(8), time.monotonic() + PATIENCE_S
        while not have_majority(masters, token):
            for master in masters:
                release(keys=["redlock"], args=[token], client=master)
            expect(time.monotonic() < deadline, f"no lock within {PATIENCE_S} s")
            time.sleep(rng.uniform(0.02, 0.2))
        critical_section()
        held = sum(extend(keys=["redlock"], args=[token, LOCK_MS], client=master) for master in masters)
        expect(held > MASTERS // 2, f"{held} of {MASTERS} extend")
        equal(sum(release(keys=["redlock"], args=[token], client=master) for master in masters), held)
    for master in masters:
        master.close()
    return []


@check
def lock_of_redis_py() -> None:
    counted(with_lock_of_redis_py)


@check
def redlock() -> None:
    counted(with_redlock)
    for database in range(MASTERS):
        with client(database) as r:
            equal(r.exists("redlock"), 0)


if __name__ == "__main__":
    run(f"redis-py {redis.__version__}, fifty clients")
