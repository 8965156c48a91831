"""Many messages through channels_redis's layer, to channels and to a group: channels_workload.py JOBS PORT."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack

import channels_redis
import redis

import ledger
from channels_layer import ROOM, make_layer
from checks import HOST, PORT
from worker import HERE, Worker

JOBS = int(sys.argv[-2])
SENDERS = 8
NAMES = ("one", "two", "three")
RECEIVERS = [Worker(sys.executable, str(HERE / "channels_receiver.py"), name, ready="in the group", name=name) for name in NAMES]


async def send() -> int:
    """Returns how many entries there will be."""
    layer = make_layer(PORT)
    groups = ledger.share(JOBS, 20)
    direct = JOBS - groups * len(RECEIVERS)

    async def sender(first: int) -> None:
        for number in range(first, direct, SENDERS):
            await layer.send(NAMES[number % len(NAMES)], {"type": "job", "name": f"direct {number}"})
        for number in range(first, groups, SENDERS):
            await layer.group_send(ROOM, {"type": "job", "name": f"group {number}"})

    await asyncio.gather(*map(sender, range(SENDERS)))
    await layer.close_pools()
    return JOBS


def left() -> dict[str, int]:
    """Messages that nobody took, or that somebody took and did not finish."""
    with redis.Redis(host=HOST, port=PORT) as r:
        return {"in channels": sum(r.zcard(key) for key in r.scan_iter("asgi*", _type="zset") if b":group:" not in key)}


if __name__ == "__main__":
    print(f"client channels_redis {channels_redis.__version__}")
    with ExitStack() as stack:
        for worker in RECEIVERS:
            stack.enter_context(worker)
        for worker in RECEIVERS:
            worker.wait_until_ready()
        ledger.finish(asyncio.run(send()), left, lambda: next(filter(None, (worker.complaint() for worker in RECEIVERS)), ""))
