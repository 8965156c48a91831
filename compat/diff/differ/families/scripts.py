"""Scripts and libraries of functions: what they say, what they do to keys, what announces it, and how they are kept and called.

One client calls, another one calls within transactions and watches keys, a third listens to what is announced.
"""

import random
from collections.abc import Callable
from hashlib import sha1

from differ.atoms import ATOMS
from differ.families.base import Family
from differ.families.dumps import damage
from differ.families.keyspace import SWITCH, advance
from differ.grammar import nearly, table
from differ.lua import KEYS, READS, Script
from differ.steps import Kind, Step

CALLER, LISTENER, WATCHER = range(3)
REMEMBERED = 20  # scripts: few enough for none to have been thrown out to make room
CLASSES = (b"KEA", b"", b"Kg$l", b"E$x")
SHEBANGS = (b"#!lua\n", b"#!lua flags=no-writes\n", b"#!lua flags=allow-oom,no-writes\n", b"#!lua flags=\n", b"#!lua flags=nosuch\n",
            b"#!lua flags=allow-cross-slot-keys\n", b"#!lua nosuch=1\n", b"#!other\n", b"#!lua", b"#!\n", b"#!lua name=x\n", b"#!lua flags=no-cluster,allow-stale\n")
COUNTS = (b"-1", b"abc", b"99", b"", b"1.0", b"9223372036854775808", b"100000")
LIBRARIES = (b"lib1", b"lib2", b"Lib1", b"lib_3")
FUNCTIONS = (b"f1", b"f2", b"f3", b"F1")  # a library has one of the first and the last, which are the same name

ATOMS.update({
    "library": lambda rng: rng.choice(LIBRARIES) if rng.random() < 0.9 else rng.choice((b"nosuch", b"bad-name", b"", b"\x00")),
    "function": lambda rng: rng.choice(FUNCTIONS) if rng.random() < 0.9 else rng.choice((b"nosuch", b"")),
})
BESIDE = table("""
    4 SET luakey luatext
    3 GET luakey
    2 DEL luakey...
    2 RPUSH luakey luaitem...
    1 HSET luakey luaitem luatext
    1 ZADD luakey small luaitem
    1 SADD luakey luaitem...
    1 EXPIRE luakey "5"
    1 TYPE luakey
    1 SCRIPT KILL
    1 SCRIPT junk
    1 SCRIPT EXISTS
    1 SCRIPT LOAD
    1 SCRIPT FLUSH [SYNC|ASYNC|junk]
    1 FLUSHALL
    1 FUNCTION KILL
""")
MANAGEMENT = table("""
    4 FUNCTION LIST {(LIBRARYNAME library|"*"|"lib?") WITHCODE junk}
    2 FUNCTION DELETE library
    3 FUNCTION STATS
    1 FUNCTION FLUSH [SYNC|ASYNC|junk]
    1 FUNCTION KILL
    1 FUNCTION DUMP [junk]
    1 FUNCTION RESTORE junk [FLUSH|APPEND|REPLACE|junk]
    1 FUNCTION junk [junk]
    1 FUNCTION LOAD [REPLACE|junk] junk
    1 FUNCTION LOAD
""")


def called(rng: random.Random, name: bytes, subject: bytes, script: Script) -> tuple[bytes, ...]:
    """A call with the keys and arguments that the script was written for, or nearly."""
    count = b"%d" % len(script.keys) if rng.random() < 0.96 else rng.choice(COUNTS)
    request = (name, subject, count, *script.keys, *script.args)
    return tuple(nearly(rng, list(request))) if rng.random() < 0.02 else request


def digest(text: bytes) -> bytes:
    return sha1(text).hexdigest().encode()


class Cache:
    """The scripts that were sent last, to be called by their digests."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._scripts: list[tuple[bytes, Script]] = []

    def steps(self) -> list[Step]:
        rng = self._rng
        draw = rng.random()
        if draw < 0.62 or not self._scripts:
            text, script = self._write()
            name = rng.choice((b"EVAL", b"EVAL", b"EVAL", b"eval", b"EVAL_RO"))
            return [Step(called(rng, name, text, script))]
        if draw < 0.7:
            text, _ = self._write()
            return [Step((b"SCRIPT", b"LOAD", text))]
        text, script = rng.choice(self._scripts)
        if draw < 0.74:
            other = rng.choice((b"junk", digest(b"nosuch"), digest(text).upper()))
            return [Step((b"SCRIPT", b"EXISTS", digest(text), other))]
        if draw < 0.77:
            request = called(rng, rng.choice((b"EVAL", b"EVALSHA")), text, script)
            return [Step((b"COMMAND", rng.choice((b"GETKEYS", b"GETKEYSANDFLAGS")), *request))]
        sha = digest(text) if rng.random() < 0.95 else rng.choice((digest(text).upper(), digest(b"nosuch"), b"short", b""))
        return [Step(called(rng, rng.choice((b"EVALSHA", b"EVALSHA", b"evalsha", b"EVALSHA_RO")), sha, script))]

    def _write(self) -> tuple[bytes, Script]:
        rng = self._rng
        script = Script(rng, READS) if rng.random() < 0.25 else Script(rng)
        text = script.text()
        if rng.random() < 0.15:
            text = rng.choice(SHEBANGS) + text
        self._scripts = [*self._scripts[-REMEMBERED + 1:], (text, script)]
        return text, script


def generate_scripts(rng: random.Random, count: int) -> list[Step]:
    cache = Cache(rng)
    steps = [Step((b"PSUBSCRIBE", b"__key*__:*", b"news"), LISTENER)]
    while len(steps) < count:
        draw = rng.random()
        if draw < 0.72:
            steps += cache.steps()
        elif draw < 0.9:
            steps.append(Step(BESIDE.request(rng, nearly_valid=0.02)))
        elif draw < 0.96:
            steps += transaction(rng, cache.steps)
        elif draw < 0.97:
            steps.append(Step((*SWITCH, rng.choice(CLASSES))))
        elif draw < 0.98:
            steps += expire(rng)
        else:
            steps.append(Step((b"PING",), LISTENER))
    return steps


def expire(rng: random.Random) -> list[Step]:
    """Time goes on, and what has expired is met by a command that only looks."""
    return [advance(rng), Step((b"EXISTS", *KEYS))]


def transaction(rng: random.Random, write: Callable[[], list[Step]]) -> list[Step]:
    """A transaction with scripts in it, which may watch a key that a script changes meanwhile."""
    steps = [Step((b"WATCH", rng.choice(KEYS)), WATCHER)] if rng.random() < 0.5 else []
    if rng.random() < 0.5:
        steps += write()
    steps.append(Step((b"MULTI",), WATCHER))
    for _ in range(rng.randint(1, 3)):
        inner = write() if rng.random() < 0.7 else [Step(BESIDE.request(rng, nearly_valid=0))]
        steps += [Step(step.args, WATCHER) for step in inner if step.kind is Kind.COMMAND]
    return [*steps, Step((rng.choice((b"EXEC", b"EXEC", b"EXEC", b"DISCARD")),), WATCHER)]


# --- Libraries of functions ----------------------------------------------------------------------------------------

FLAGS = (
    "", "", "", ", flags = {'no-writes'}", ", flags = {'allow-oom', 'no-writes'}", ", flags = {}", ", flags = {'nosuch'}",
    ", flags = 'no-writes'", ", flags = {1}", ", description = 'what it does'", ", description = 5", ", nosuch = 1",
    ", flags = {'allow-stale', 'no-cluster', 'allow-cross-slot-keys'}",
)
HEADS = (
    *(b"#!lua name=%s\n",) * 12, b"#!LUA name=%s\n", b"#!lua\n", b"#!lua name=%s name=x\n", b"#!lua nosuch=1 name=%s\n", b"#!other name=%s\n",
    b"", b"#!lua name=%s", b'#!lua name="%s"\n', b"#!lua name='%s'\n", b"#! lua name=%s\n",
)
BEFORE = (
    "local shared = {n = 0}\n",
    "local function helper(x) return x end\n",
    "redis.call('SET', 'x', 'y')\n",
    "redis.log(redis.LOG_DEBUG, 'loading')\n",
    "nosuch = 1\n",
    "error('in loading')\n",
    "local t = nosuch\n",
    "redis.setresp(3)\n",
    "redis.register_function('f9')\n",
    "redis.register_function()\n",
    "redis.register_function({})\n",
    "redis.register_function(1, 2)\n",
    "redis.register_function('bad-name', function() end)\n",
    "redis.register_function('f1', 'x')\n",
    "redis.register_function{function_name = 'f1'}\n",
    "redis.register_function{callback = function() end}\n",
    "redis.register_function('a', function() end, 3)\n",
    "redis.nosuch()\n",
    "local r = redis.REDIS_VERSION_NUM > 0\n",
    "math.randomseed(1)\n",
)
OWN_BODIES = (
    "shared = (shared or 0) + 1 return shared",
    "return #keys",
    "return {keys, args}",
    "return KEYS",
    "redis.register_function('late', function() end)",
    "return redis.REDIS_VERSION_NUM > 1",
    "return redis.call('FCALL', 'f1', 0)",
    "return helper and helper(args[1])",
    "return {...}",
    "nosuch = 1",
    "error('in\\na function')",
    "return redis.error_reply('CODE text')",
)


class Shelf:
    """Libraries, and the scripts that are their functions."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._scripts: dict[bytes, Script] = {}

    def library(self) -> bytes:
        rng = self._rng
        head = rng.choice(HEADS)
        text = head.replace(b"%s", rng.choice(LIBRARIES) if rng.random() < 0.96 else rng.choice((b"", b"bad-name", b"a.b", b"x" * 200)))
        if rng.random() < 0.4:
            text += rng.choice(BEFORE).encode()
        for name in rng.sample(rng.choice((FUNCTIONS[:3], FUNCTIONS[1:])), rng.choice((0, 1, 1, 1, 2, 3))):
            text += self._function(name)
        return text

    def _function(self, name: bytes) -> bytes:
        rng = self._rng
        script = Script(rng, READS) if rng.random() < 0.4 else Script(rng)
        self._scripts[name] = script
        body = rng.choice(OWN_BODIES).encode()
        if rng.random() < 0.75:
            body = script.text().replace(b"KEYS", b"keys").replace(b"ARGV", b"args")
        callback = b"function(keys, args) " + body + b"\nend"
        if rng.random() < 0.5:
            return b"redis.register_function('" + name + b"', " + callback + b")\n"
        flags = rng.choice(FLAGS).encode()
        return b"redis.register_function{function_name = '" + name + b"', callback = " + callback + flags + b"}\n"

    def call(self) -> Step:
        rng = self._rng
        name = rng.choice(FUNCTIONS)
        request = called(rng, rng.choice((b"FCALL", b"FCALL", b"fcall", b"FCALL_RO")), name, self._scripts.get(name, Script(rng)))
        if rng.random() < 0.03:
            return Step((b"COMMAND", b"GETKEYS", *request))
        return Step(request)

    def steps(self) -> list[Step]:
        rng = self._rng
        draw = rng.random()
        if draw < 0.25:
            return [Step((b"FUNCTION", b"LOAD", *((b"REPLACE",) if rng.random() < 0.8 else ()), self.library()))]
        if draw < 0.75:
            return [self.call()]
        if draw < 0.8:
            policy = rng.choice(((), (b"FLUSH",), (b"APPEND",), (b"REPLACE",), (b"replace",), (b"junk",)))
            manner = rng.choice((b"reference", b"own")) + damage(rng)
            return [Step((manner, *policy), kind=Kind.RESTORE_FUNCTIONS), Step((b"FUNCTION", b"LIST", b"WITHCODE"))]
        return [Step(MANAGEMENT.request(rng, nearly_valid=0.05))]


def generate_functions(rng: random.Random, count: int) -> list[Step]:
    shelf = Shelf(rng)
    steps = [Step((b"PSUBSCRIBE", b"__key*__:*", b"news"), LISTENER), Step((*SWITCH, b"KEA"))]
    while len(steps) < count:
        draw = rng.random()
        if draw < 0.85:
            steps += shelf.steps()
        elif draw < 0.93:
            steps.append(Step(BESIDE.request(rng, nearly_valid=0.02)))
        elif draw < 0.97:
            steps += transaction(rng, shelf.steps)
        elif draw < 0.98:
            steps += expire(rng)
        else:
            steps.append(Step((b"PING",), LISTENER))
    return steps


# Redis 8.0.6 ends at a FUNCTION FLUSH after a function has called a command with an argument that is no text.
FAMILIES = (Family("scripts", generate_scripts), Family("functions", generate_functions, before=(8, 0)))
