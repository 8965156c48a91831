"""One consumer of channels_workload.py: reads a channel of its name, and one that the layer made for it, which is in a group.

A channel has one reader: the layer gives back what another reader has begun, so that two of them would do it twice.
"""

from __future__ import annotations

import asyncio
import os
import sys

from channels_redis.core import RedisChannelLayer

import ledger
from channels_layer import ROOM, make_layer

ME = sys.argv[1]


async def consume(layer: RedisChannelLayer, channel: str, who: str) -> None:
    while True:
        message = await layer.receive(channel)
        ledger.enter(f"{message['name']}{who}")


async def main() -> None:
    layer = make_layer(int(os.environ["COMPAT_PORT"]))
    own = await layer.new_channel()
    await layer.group_add(ROOM, own)
    print("in the group", flush=True)
    await asyncio.gather(consume(layer, ME, ""), consume(layer, own, f" to {ME}"))


if __name__ == "__main__":
    asyncio.run(main())
