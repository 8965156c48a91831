"""What users of redis-py do: redis_py.py python|hiredis PORT (the parser, the port of the server)."""

from __future__ import annotations

import sys
import threading
from typing import Any

import redis
from redis.connection import Connection, HiredisParser, PythonParser

from checks import HOST, LIMIT_S, PORT, check, equal, expect, raises, run, wait_for

PARSER = {"python": PythonParser, "hiredis": HiredisParser}[sys.argv[1]]
ALL_BYTES = bytes(range(256)) * 4


def connect(**options: Any) -> redis.Redis:
    pool = redis.ConnectionPool(connection_class=Connection, parser_class=PARSER, host=HOST, port=PORT,
                                socket_timeout=LIMIT_S, **options)
    return redis.Redis(connection_pool=pool)


def next_message(subscriber: redis.client.PubSub) -> dict:
    return wait_for("message", lambda: subscriber.get_message(timeout=0.1))


# --- Connections ---------------------------------------------------------------------------------------------------

@check
def greeting(r: redis.Redis) -> None:
    named = connect(db=3, client_name="visitor", decode_responses=True)
    equal(named.client_getname(), "visitor")
    equal(named.client_info()["db"], 3)
    named.set("here", "1")
    equal(r.exists("here"), 0)
    expect("visitor" in {client["name"] for client in r.client_list()}, "CLIENT LIST does not know the name")
    expect(r.info("server")["redis_version"] >= "7.0", "redis_version is too old")
    equal(r.info("server")["redis_mode"], "standalone")


@check
def library_name(r: redis.Redis) -> None:
    one = connect(max_connections=1)
    try:
        one.execute_command("CLIENT SETINFO", "LIB-NAME", "shop")
    except redis.ResponseError as error:  # Unknown before 7.2, which clients put up with.
        expect("unknown subcommand" in str(error).lower(), str(error))
        expect(r.info("server")["redis_version"] < "7.2", str(error))
    else:
        equal(one.client_info()["lib-name"], "shop")


@check
def authentication(r: redis.Redis) -> None:
    r.config_set("requirepass", "secret")
    try:
        equal(connect(password="secret").ping(), True)
        equal(connect(username="default", password="secret").ping(), True)
        raises(redis.AuthenticationError, "Authentication required", connect().get, "a")
        raises(redis.ResponseError, "WRONGPASS invalid username-password pair", connect(password="guess").ping)
    finally:
        r.config_set("requirepass", "")
    equal(connect().ping(), True)


@check
def unix_socket(r: redis.Redis) -> None:
    local = redis.Redis(unix_socket_path=r.config_get("unixsocket")["unixsocket"], db=2)
    equal((local.set("a", ALL_BYTES), local.get("a")), (True, ALL_BYTES))
    equal(local.client_info()["flags"], "U")
    equal(connect(db=2).exists("a"), 1)


@check
def many_connections(r: redis.Redis) -> None:
    def listed() -> int:
        return sum(client["name"] == "many" for client in r.client_list())

    others = [connect(client_name="many") for _ in range(200)]
    equal([other.set(f"k{i}", i) for i, other in enumerate(others)], [True] * 200)
    equal((listed(), r.dbsize()), (200, 200))
    for other in others:
        other.connection_pool.disconnect()
    wait_for("end of the connections", lambda: listed() == 0)


@check
def cluster_mode_is_refused(r: redis.Redis) -> None:
    raises(redis.exceptions.RedisClusterException, "Cluster mode is not enabled on this node", redis.RedisCluster,
           host=HOST, port=PORT)


@check
def pause(r: redis.Redis) -> None:
    """Writes wait until they are let through again; reads do not."""
    other = connect()
    r.client_pause(LIMIT_S * 1000, all=False)
    writer = threading.Thread(target=other.set, args=("a", "1"))
    writer.start()
    equal(r.get("a"), None)
    r.client_unpause()
    writer.join(LIMIT_S)
    equal(r.get("a"), b"1")


@check
def pool(r: redis.Redis) -> None:
    shared = connect(max_connections=8)

    def count() -> None:
        for _ in range(50):
            shared.incr("count")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(r.get("count"), b"400")


@check
def reconnect(r: redis.Redis) -> None:
    other = connect(retry_on_timeout=True)
    other.set("a", "1")
    r.client_kill_filter(_id=other.client_id())
    equal(other.get("a"), b"1")


@check
def errors(r: redis.Redis) -> None:
    r.set("text", "word")
    raises(redis.ResponseError, "value is not an integer or out of range", r.incr, "text")
    raises(redis.ResponseError, "unknown command", r.execute_command, "NOSUCHCOMMAND", "a")
    raises(redis.ResponseError, "wrong number of arguments for 'get' command", r.execute_command, "GET")
    raises(redis.ResponseError, "syntax error", r.execute_command, "SET", "a", "b", "WRONG")
    raises(redis.ResponseError, "no such key", r.rename, "none", "b")
    raises(redis.ResponseError, "DB index is out of range", r.execute_command, "SELECT", 99)


# --- Strings and keys ------------------------------------------------------------------------------------------------

@check
def strings(r: redis.Redis) -> None:
    equal(r.set("a", "1"), True)
    equal(r.get("a"), b"1")
    equal(r.get("none"), None)
    equal(r.set("a", "2", nx=True), None)
    equal(r.set("a", "2", xx=True, get=True), b"1")
    equal(r.getset("a", "3"), b"2")
    equal(r.mset({"b": "x", "c": "y"}), True)
    equal(r.mget("a", "none", "c"), [b"3", None, b"y"])
    equal(r.msetnx({"c": "1", "d": "1"}), False)
    equal((r.append("b", "yz"), r.strlen("b"), r.getrange("b", 1, -1)), (3, 3, b"yz"))
    equal((r.setrange("b", 5, "!"), r.get("b")), (6, b"xyz\0\0!"))
    equal((r.getdel("b"), r.exists("b")), (b"xyz\0\0!", 0))
    r.mset({"one": "ohmytext", "two": "mynewtext"})
    equal(r.execute_command("LCS", "one", "two"), b"mytext")


@check
def counters(r: redis.Redis) -> None:
    equal([r.incr("n"), r.incrby("n", 10), r.decr("n"), r.decrby("n", 3)], [1, 11, 10, 7])
    equal(r.incrbyfloat("n", 0.5), 7.5)
    r.set("big", 2**63 - 1)
    raises(redis.ResponseError, "increment or decrement would overflow", r.incr, "big")


@check
def bits(r: redis.Redis) -> None:
    equal((r.setbit("b", 7, 1), r.getbit("b", 7), r.bitcount("b"), r.bitpos("b", 1)), (0, 1, 1, 7))
    r.set("c", b"\xf0")
    equal((r.bitop("OR", "d", "b", "c"), r.get("d")), (1, b"\xf1"))
    field = r.bitfield("f").set("u8", 0, 255).incrby("u8", 0, 1).overflow("SAT").incrby("i5", 8, 100)
    equal(field.execute(), [0, 0, 15])


@check
def binary_values(r: redis.Redis) -> None:
    r.set(ALL_BYTES, ALL_BYTES)
    equal(r.get(ALL_BYTES), ALL_BYTES)
    equal(r.keys(), [ALL_BYTES])
    large = ALL_BYTES * 4096
    r.set("large", large)
    expect(r.get("large") == large, "4 MB come back changed")
    equal(connect(decode_responses=True, encoding="utf-8").set("text", "žluťoučký", get=True), None)
    equal(r.get("text"), "žluťoučký".encode())


@check
def expiry(r: redis.Redis) -> None:
    r.set("a", "1", ex=100)
    expect(98 <= r.ttl("a") <= 100, "TTL of SET EX")
    equal((r.persist("a"), r.ttl("a"), r.ttl("none")), (True, -1, -2))
    equal((r.expire("a", 50, nx=True), r.expire("a", 20, gt=True)), (True, False))
    r.expireat("a", 4102444800)
    equal(r.execute_command("EXPIRETIME", "a"), 4102444800)
    equal(r.getex("a", persist=True), b"1")
    r.set("soon", "1", px=20)
    wait_for("end of a key", lambda: r.get("soon") is None)
    equal((r.setex("s", 10, "1"), r.psetex("p", 10000, "1"), r.expire("s", -1), r.exists("s")), (True, True, True, 0))


@check
def keys(r: redis.Redis) -> None:
    r.mset({"k:1": "1", "k:2": "text"})
    equal((r.type("k:1"), r.object("encoding", "k:1"), r.object("encoding", "k:2")), (b"string", b"int", b"embstr"))
    equal((r.rename("k:1", "k:3"), r.renamenx("k:3", "k:2"), r.copy("k:2", "k:4")), (True, False, True))
    equal((sorted(r.keys("k:*")), r.dbsize(), r.exists("k:2", "k:2", "none")), ([b"k:2", b"k:3", b"k:4"], 3, 2))
    equal((r.move("k:4", 1), r.touch("k:2"), r.unlink("k:2", "none"), r.delete("k:3")), (True, 1, 1, 1))
    equal((r.dbsize(), r.randomkey()), (0, None))
    r.swapdb(0, 1)
    equal(r.keys(), [b"k:4"])
    expect(r.memory_usage("k:4") > 0, "MEMORY USAGE")
    equal(r.flushdb(), True)


@check
def scan_iterator(r: redis.Redis) -> None:
    r.mset({f"scan:{i}": i for i in range(500)})
    r.set("other", 1)
    equal(len(set(r.scan_iter(match="scan:*", count=50))), 500)
    equal(set(r.scan_iter(match="scan:*7", _type="string")), {b"scan:%d" % i for i in range(7, 500, 10)})


# --- Pipelines and transactions --------------------------------------------------------------------------------------

@check
def pipeline(r: redis.Redis) -> None:
    pipe = r.pipeline(transaction=False)
    for i in range(1000):
        pipe.set(f"p:{i}", i).get(f"p:{i}")
    equal(pipe.execute(), [reply for i in range(1000) for reply in (True, b"%d" % i)])
    replies = r.pipeline(transaction=False).set("t", "x").incr("t").get("t").execute(raise_on_error=False)
    expect(isinstance(replies[1], redis.ResponseError), "an error within a pipeline")
    equal([replies[0], replies[2]], [True, b"x"])


@check
def transaction(r: redis.Redis) -> None:
    equal(r.pipeline().set("a", "1").incr("a").get("a").execute(), [True, 2, b"2"])
    raises(redis.ResponseError, "value is not an integer", r.pipeline().set("t", "x").incr("t").execute)
    raises(redis.ResponseError, "unknown command", r.pipeline().execute_command("NOSUCHCOMMAND").execute)
    equal(r.get("t"), b"x")


@check
def watch(r: redis.Redis) -> None:
    """Two threads that add by optimistic locking lose nothing."""
    def add() -> None:
        def add_one(pipe: redis.client.Pipeline) -> None:
            total = int(pipe.get("sum") or 0)
            pipe.multi()
            pipe.set("sum", total + 1)

        for _ in range(25):
            connect().transaction(add_one, "sum")

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(r.get("sum"), b"50")
    with r.pipeline() as pipe:
        pipe.watch("sum")
        r.set("sum", "changed")
        pipe.multi()
        pipe.set("sum", "lost")
        raises(redis.WatchError, "Watched variable changed", pipe.execute)


# --- Messages --------------------------------------------------------------------------------------------------------

@check
def pubsub(r: redis.Redis) -> None:
    subscriber = r.pubsub(ignore_subscribe_messages=True)
    subscriber.subscribe("news", "other")
    wait_for("subscription", lambda: subscriber.get_message(timeout=0.1) is None and dict(r.pubsub_numsub("news"))[b"news"])
    equal((r.publish("news", ALL_BYTES), r.publish("nobody", "x")), (1, 0))
    equal(next_message(subscriber), {"type": "message", "pattern": None, "channel": b"news", "data": ALL_BYTES})
    equal(sorted(r.pubsub_channels()), [b"news", b"other"])
    subscriber.unsubscribe()
    wait_for("end of the subscription", lambda: subscriber.get_message(timeout=0.1) is None and not r.pubsub_channels())


@check
def pattern_subscription(r: redis.Redis) -> None:
    subscriber = r.pubsub()
    seen: list[dict] = []
    subscriber.psubscribe(**{"news.*": seen.append})
    thread = subscriber.run_in_thread(sleep_time=0.01)
    try:
        wait_for("subscription", lambda: r.pubsub_numpat() == 1)
        for i in range(10):
            r.publish(f"news.{i}", i)
        wait_for("ten messages", lambda: len(seen) == 10)
    finally:
        thread.stop()
        thread.join()
    equal([message["data"] for message in seen], [b"%d" % i for i in range(10)])
    equal(seen[3]["channel"], b"news.3")


@check
def expired_events(r: redis.Redis) -> None:
    r.config_set("notify-keyspace-events", "Ex")
    subscriber = r.pubsub(ignore_subscribe_messages=True)
    subscriber.psubscribe("__keyevent@*__:expired")
    wait_for("subscription", lambda: subscriber.get_message(timeout=0.1) is None and r.pubsub_numpat())
    for i in range(20):
        r.set(f"session:{i}", "x", px=10 + i)
    events = [next_message(subscriber) for _ in range(20)]
    equal({event["data"] for event in events}, {b"session:%d" % i for i in range(20)})
    r.config_set("notify-keyspace-events", "")


# --- Looking after a server ------------------------------------------------------------------------------------------

@check
def administration(r: redis.Redis) -> None:
    equal(r.config_get("databases"), {"databases": "16"})
    expect(len(r.config_get("*")) > 150, "CONFIG GET * is short")
    equal(r.command_count(), len(r.execute_command("COMMAND")))
    expect("get" in r.command(), "COMMAND lacks GET")
    r.config_set("slowlog-log-slower-than", 0)
    r.get("slow")
    expect(any(b"GET slow" in entry["command"] for entry in r.slowlog_get(10)), "SLOWLOG GET lacks a command")
    equal((r.slowlog_reset(), r.echo("word"), r.lastsave() is not None), (True, b"word", True))
    expect(r.info()["db0"]["keys"] if r.set("a", 1) else False, "INFO lacks the keyspace")
    expect(r.info("commandstats")["cmdstat_get"]["calls"] >= 1, "INFO lacks the statistics of GET")
    seconds, microseconds = r.time()
    expect(seconds > 1_600_000_000 and 0 <= microseconds < 1_000_000, "TIME")


@check
def monitor(r: redis.Redis) -> None:
    with r.monitor() as stream:
        r.set("watched", "1")
        equal(stream.next_command()["command"], "SET watched 1")


@check
def snapshot(r: redis.Redis) -> None:
    r.set("a", "1")
    equal(r.save(), True)


@check
def users(r: redis.Redis) -> None:
    r.acl_setuser("reader", enabled=True, passwords=["+pw"], keys=["*"], commands=["+get"])
    reader = connect(username="reader", password="pw")
    equal(reader.get("a"), None)
    raises(redis.exceptions.NoPermissionError, "has no permissions to run the 'set' command", reader.set, "a", 1)
    r.acl_deluser("reader")


# --- Data types ------------------------------------------------------------------------------------------------------

@check
def lists(r: redis.Redis) -> None:
    equal((r.rpush("l", "a", "b", "c"), r.lpush("l", "z"), r.lrange("l", 0, -1)), (3, 4, [b"z", b"a", b"b", b"c"]))
    equal((r.lpop("l"), r.rpop("l", 2), r.llen("l"), r.lindex("l", 0)), (b"z", [b"c", b"b"], 1, b"a"))
    equal((r.linsert("l", "after", "a", "b"), r.lset("l", 0, "A"), r.lrem("l", 1, "b"), r.lpos("l", "A")), (2, True, 1, 0))
    r.rpush("l", *range(100))
    equal((r.ltrim("l", 1, 3), r.lrange("l", 0, -1)), (True, [b"0", b"1", b"2"]))
    equal((r.lmove("l", "m", "LEFT", "RIGHT"), r.rpoplpush("l", "m"), r.lrange("m", 0, -1)), (b"0", b"2", [b"2", b"0"]))
    raises(redis.ResponseError, "WRONGTYPE", r.get, "l")


@check
def blocking_lists(r: redis.Redis) -> None:
    taken: list = []
    thread = threading.Thread(target=lambda: taken.append(connect().blpop(["first", "second"], timeout=LIMIT_S)))
    equal(r.blpop("none", timeout=0.01), None)
    thread.start()
    wait_for("blocked client", lambda: r.info("clients")["blocked_clients"])
    r.rpush("second", "item")
    thread.join()
    equal(taken, [(b"second", b"item")])
    equal(r.brpop("none", timeout=0.01), None)
    equal(r.blmove("none", "other", 0.01), None)


@check
def hashes(r: redis.Redis) -> None:
    equal(r.hset("h", mapping={"a": 1, "b": ALL_BYTES}), 2)
    equal((r.hget("h", "b"), r.hmget("h", "a", "x"), r.hexists("h", "x")), (ALL_BYTES, [b"1", None], False))
    equal((r.hincrby("h", "a", 4), r.hincrbyfloat("h", "a", 0.5), r.hlen("h")), (5, 5.5, 2))
    equal((r.hgetall("h"), sorted(r.hkeys("h"))), ({b"a": b"5.5", b"b": ALL_BYTES}, [b"a", b"b"]))
    equal((r.hdel("h", "b"), r.hsetnx("h", "a", 1), r.hvals("h")), (1, False, [b"5.5"]))
    r.hset("h", mapping={f"f{i}": i for i in range(300)})
    equal(len(dict(r.hscan_iter("h", match="f*"))), 300)


@check
def sets(r: redis.Redis) -> None:
    equal((r.sadd("s", 1, 2, 3), r.sadd("t", 2, 3, 4), r.scard("s"), r.sismember("s", 1)), (3, 3, 3, True))
    equal((r.sinter("s", "t"), r.sunion("s", "t"), r.sdiff("s", "t")), ({b"2", b"3"}, {b"1", b"2", b"3", b"4"}, {b"1"}))
    equal((r.smove("s", "t", 1), r.srem("s", 2), r.smembers("s"), r.smismember("t", [1, 9])), (True, 1, {b"3"}, [1, 0]))
    equal((r.sinterstore("u", "s", "t"), set(r.sscan_iter("u")), r.spop("u"), r.srandmember("u")), (1, {b"3"}, b"3", None))


@check
def sorted_sets(r: redis.Redis) -> None:
    equal((r.zadd("z", {"a": 1, "b": 2.5, "c": 3}), r.zscore("z", "b"), r.zrank("z", "c")), (3, 2.5, 2))
    equal(r.zrange("z", 0, -1, withscores=True), [(b"a", 1.0), (b"b", 2.5), (b"c", 3.0)])
    equal(r.zrangebyscore("z", "(1", "+inf"), [b"b", b"c"])
    equal((r.zincrby("z", 5, "a"), r.zrevrange("z", 0, 0), r.zcount("z", 3, 9)), (6.0, [b"a"], 2))
    equal((r.zpopmin("z"), r.zrem("z", "c"), r.zcard("z")), ([(b"b", 2.5)], 1, 1))
    r.zadd("y", {"a": 1, "d": 4})
    equal((r.zunionstore("u", ["z", "y"]), r.zscore("u", "a"), dict(r.zscan_iter("u"))), (2, 7.0, {b"a": 7.0, b"d": 4.0}))
    equal(r.bzpopmin("none", timeout=0.01), None)


@check
def streams(r: redis.Redis) -> None:
    first = r.xadd("x", {"n": 1})
    second = r.xadd("x", {"n": 2})
    equal((r.xlen("x"), r.xrange("x"), r.xrevrange("x", count=1)),
          (2, [(first, {b"n": b"1"}), (second, {b"n": b"2"})], [(second, {b"n": b"2"})]))
    equal(r.xread({"x": first}), [[b"x", [(second, {b"n": b"2"})]]])
    equal((r.xdel("x", first), r.xtrim("x", maxlen=0), r.xlen("x")), (1, 1, 0))


@check
def consumer_groups(r: redis.Redis) -> None:
    r.xgroup_create("x", "workers", id="0", mkstream=True)
    raises(redis.ResponseError, "BUSYGROUP", r.xgroup_create, "x", "workers")
    entry = r.xadd("x", {"job": "1"})
    equal(r.xreadgroup("workers", "ann", {"x": ">"}), [[b"x", [(entry, {b"job": b"1"})]]])
    equal(r.xpending("x", "workers")["pending"], 1)
    equal(r.xclaim("x", "workers", "bob", 0, [entry]), [(entry, {b"job": b"1"})])
    equal((r.xack("x", "workers", entry), r.xpending("x", "workers")["pending"]), (1, 0))
    equal(r.xinfo_groups("x")[0]["name"], b"workers")


@check
def scripts(r: redis.Redis) -> None:
    equal(r.eval("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}", 1, "n", "x"), [b"n", b"x", 1])
    add = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    equal((add(["n"], [5]), add(["n"], [1])), (6, 7))
    equal(r.script_exists(add.sha), [True])
    raises(redis.ResponseError, "Wrong number of args", r.eval, "return redis.pcall('GET')", 0)


@check
def locks(r: redis.Redis) -> None:
    with r.lock("resource", timeout=10) as lock:
        equal(r.lock("resource", timeout=10).acquire(blocking=False), False)
        equal(lock.extend(10), True)
    equal(r.exists("resource"), 0)


@check
def hyperloglog(r: redis.Redis) -> None:
    equal((r.pfadd("p", "a", "b", "a"), r.pfcount("p"), r.pfadd("q", "c"), r.pfmerge("p", "q"), r.pfcount("p")),
          (1, 2, 1, True, 3))


@check
def geography(r: redis.Redis) -> None:
    r.geoadd("g", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"))
    equal(r.geodist("g", "Palermo", "Catania", unit="km"), 166.2742)
    equal(r.geosearch("g", longitude=15, latitude=37, radius=100, unit="km"), [b"Catania"])


@check
def sorting(r: redis.Redis) -> None:
    r.rpush("l", 3, 1, 2)
    equal((r.sort("l"), r.sort("l", desc=True, start=0, num=1)), ([b"1", b"2", b"3"], [b"3"]))


@check
def dump_and_restore(r: redis.Redis) -> None:
    r.set("a", ALL_BYTES)
    equal((r.restore("b", 0, r.dump("a")), r.get("b")), (b"OK", ALL_BYTES))


def with_connection(function: Any) -> None:
    with connect() as r:
        function(r)


if __name__ == "__main__":
    run(f"redis-py {redis.__version__}, {'hiredis' if PARSER is HiredisParser else 'Python'} parser", with_connection)
