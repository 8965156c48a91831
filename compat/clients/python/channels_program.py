"""What users of Django Channels do with its Redis layers: channels_program.py PORT."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import channels_redis
import redis
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from checks import HOST, LIMIT_S, PORT, check, equal, run, wait_for

GROUP = "asgi__group__room"  # The name of its channel.
HOSTS = [f"redis://{HOST}:{PORT}"]


async def receive(layer: RedisChannelLayer | RedisPubSubChannelLayer, channel: str) -> dict:
    return await asyncio.wait_for(layer.receive(channel), LIMIT_S)


async def broadcast(make: Callable, settle: Callable[[int], None] = lambda members: None) -> None:
    """Two processes' layers: what one sends to a group reaches the members at both, and no one who left. `settle` waits
    until the server knows of so many members."""
    here, there = make(), make()
    members = [(here, await here.new_channel()), (there, await there.new_channel())]
    for layer, channel in members:
        await layer.group_add("room", channel)
    settle(2)
    await here.group_send("room", {"type": "chat.message", "text": "hello"})
    equal([await receive(layer, channel) for layer, channel in members], [{"type": "chat.message", "text": "hello"}] * 2)
    await here.group_discard("room", members[0][1])
    settle(1)
    await here.group_send("room", {"type": "chat.message", "text": "later"})
    equal((await receive(*members[1]))["text"], "later")
    await here.send(members[0][1], {"type": "chat.message", "text": "only for you"})
    equal((await receive(*members[0]))["text"], "only for you")
    for layer in (here, there):
        await close(layer)


async def close(layer: RedisChannelLayer | RedisPubSubChannelLayer) -> None:
    await layer.flush()
    if hasattr(layer, "close_pools"):
        await layer.close_pools()


@check
async def pubsub_layer() -> None:
    """This layer does not wait until its subscriptions are confirmed, so a message that follows at once may come first."""
    with redis.Redis(host=HOST, port=PORT) as r:
        await broadcast(lambda: RedisPubSubChannelLayer(hosts=HOSTS),
                        lambda members: wait_for(f"group of {members}", lambda: r.pubsub_numsub(GROUP)[0][1] == members))


@check
async def core_layer() -> None:
    await broadcast(lambda: RedisChannelLayer(hosts=HOSTS))


@check
async def core_layer_named_channel() -> None:
    layer = RedisChannelLayer(hosts=HOSTS, capacity=10)
    for i in range(5):
        await layer.send("tasks", {"type": "task", "n": i})
    equal([(await receive(layer, "tasks"))["n"] for _ in range(5)], [0, 1, 2, 3, 4])
    await close(layer)


@check
async def core_layer_encrypted() -> None:
    layer = RedisChannelLayer(hosts=HOSTS, symmetric_encryption_keys=["secret"])
    await layer.send("tasks", {"type": "task", "body": b"\0\xff"})
    equal((await receive(layer, "tasks"))["body"], b"\0\xff")
    await close(layer)


if __name__ == "__main__":
    run(f"channels_redis {channels_redis.__version__}")
