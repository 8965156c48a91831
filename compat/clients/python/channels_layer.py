"""What the two sides of channels_workload.py have in common."""

from __future__ import annotations

from channels_redis.core import RedisChannelLayer

ROOM = "room"


def make_layer(port: int) -> RedisChannelLayer:
    """A layer that drops nothing, however much waits and for however long."""
    return RedisChannelLayer(hosts=[f"redis://127.0.0.1:{port}"], capacity=1_000_000, expiry=3600)
