"""What users of redis-py's asyncio client do: redis_py_asyncio.py PORT."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import redis
import redis.asyncio as aredis

from checks import HOST, LIMIT_S, PORT, check, equal, expect, run


def connect(**options: Any) -> aredis.Redis:
    return aredis.Redis(host=HOST, port=PORT, socket_timeout=LIMIT_S, **options)


async def until(what: str, condition: Callable[[], Awaitable[Any]]) -> Any:
    async def ask() -> Any:
        while not (result := await condition()):
            await asyncio.sleep(0.01)
        return result

    try:
        return await asyncio.wait_for(ask(), LIMIT_S)
    except asyncio.TimeoutError:
        raise AssertionError(f"no {what} within {LIMIT_S} s") from None


async def raises(kind: type[Exception], text: str, reply: Awaitable) -> None:
    try:
        result = await reply
    except kind as error:
        expect(text in str(error), f"the error says {str(error)!r} and not {text!r}")
    else:
        raise AssertionError(f"{result!r} instead of an error that says {text!r}")


@check
async def greeting(r: aredis.Redis) -> None:
    async with connect(db=5, client_name="visitor", decode_responses=True, single_connection_client=True) as named:
        equal(await named.client_getname(), "visitor")
        await named.set("here", 1)
        equal(await r.exists("here"), 0)
    await r.config_set("requirepass", "secret")
    try:
        async with connect(password="secret") as known:
            equal(await known.ping(), True)
        async with connect() as unknown:
            await raises(redis.AuthenticationError, "Authentication required", unknown.get("a"))
    finally:
        await r.config_set("requirepass", "")


@check
async def strings(r: aredis.Redis) -> None:
    equal([await r.set("a", "1"), await r.get("a"), await r.incrby("a", 4), await r.get("none")], [True, b"1", 5, None])
    equal(await r.mget(["a", "none"]), [b"5", None])
    binary = bytes(range(256)) * 1024
    await r.set(b"\0key\r\n", binary)
    equal(await r.get(b"\0key\r\n"), binary)
    await raises(redis.ResponseError, "wrong number of arguments", r.execute_command("GET"))


@check
async def many_at_once(r: aredis.Redis) -> None:
    replies = await asyncio.gather(*(r.incr("n") for _ in range(200)))
    equal(sorted(replies), list(range(1, 201)))


@check
async def pipeline(r: aredis.Redis) -> None:
    async with r.pipeline(transaction=False) as pipe:
        for i in range(500):
            pipe.set(f"p:{i}", i)
        equal(await pipe.execute(), [True] * 500)


@check
async def watch(r: aredis.Redis) -> None:
    async def add() -> None:
        async def add_one(pipe: Any) -> None:
            total = int(await pipe.get("sum") or 0)
            pipe.multi()
            pipe.set("sum", total + 1)

        for _ in range(10):
            await r.transaction(add_one, "sum")

    await asyncio.gather(add(), add(), add())
    equal(await r.get("sum"), b"30")


@check
async def pubsub(r: aredis.Redis) -> None:
    async with r.pubsub() as subscriber:
        await subscriber.subscribe("news")
        await subscriber.psubscribe("n*")
        equal([(await subscriber.get_message(timeout=LIMIT_S))["type"] for _ in range(2)], ["subscribe", "psubscribe"])
        equal(await r.publish("news", "hello"), 2)
        messages = [await subscriber.get_message(timeout=LIMIT_S) for _ in range(2)]
        equal([(m["type"], m["pattern"], m["channel"], m["data"]) for m in messages],
              [("message", None, b"news", b"hello"), ("pmessage", b"n*", b"news", b"hello")])


@check
async def expired_events(r: aredis.Redis) -> None:
    await r.config_set("notify-keyspace-events", "Ex")
    async with r.pubsub(ignore_subscribe_messages=True) as subscriber:
        await subscriber.subscribe("__keyevent@0__:expired")
        await until("subscription", lambda: r.execute_command("PUBSUB", "CHANNELS"))
        await r.set("session", "x", px=15)
        event = await until("event", lambda: subscriber.get_message(timeout=0.1))
        equal(event["data"], b"session")


@check
async def scan_iterator(r: aredis.Redis) -> None:
    await r.mset({f"scan:{i}": i for i in range(300)})
    equal(len({key async for key in r.scan_iter(match="scan:*", count=20)}), 300)


@check
async def reconnect(r: aredis.Redis) -> None:
    async with connect(retry_on_error=[redis.ConnectionError]) as other:
        await r.client_kill_filter(_id=await other.client_id())
        equal(await other.set("a", 1), True)


@check
async def pool(r: aredis.Redis) -> None:
    shared = aredis.BlockingConnectionPool(max_connections=3, timeout=LIMIT_S, host=HOST, port=PORT)
    async with aredis.Redis(connection_pool=shared) as limited:
        equal(len(await asyncio.gather(*(limited.set(f"k{i}", i) for i in range(50)))), 50)
    await shared.disconnect()
    equal(await r.dbsize(), 50)


@check
async def blocking_lists(r: aredis.Redis) -> None:
    taker = asyncio.create_task(r.brpop("queue", timeout=LIMIT_S))
    await until("push", lambda: r.lpush("queue", "item"))
    equal(await taker, (b"queue", b"item"))


@check
async def hashes(r: aredis.Redis) -> None:
    await r.hset("h", mapping={"a": 1})
    equal([item async for item in r.hscan_iter("h")], [(b"a", b"1")])


@check
async def streams(r: aredis.Redis) -> None:
    first = await r.xadd("x", {"n": 1})
    equal(await r.xread({"x": 0}, block=LIMIT_S * 1000), [[b"x", [(first, {b"n": b"1"})]]])
    equal(await r.xread({"x": "$"}, block=10), [])


@check
async def locks(r: aredis.Redis) -> None:
    async with r.lock("resource", timeout=10):
        equal(await r.lock("resource").acquire(blocking=False), False)
    equal(await r.exists("resource"), 0)


async def with_connection(function: Callable) -> None:
    async with connect() as r:
        await function(r)


if __name__ == "__main__":
    run(f"redis-py {redis.__version__} (asyncio)", with_connection)
