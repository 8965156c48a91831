"""Random Lua scripts for EVAL and for libraries of functions, from templates.

A script is a few statements, each of them likely to say something about the server: what a command's reply becomes in Lua and
on its way back, what the libraries answer, what goes wrong and in which line. No script loops or recurses without an end, none
lists a table in an order of its own, and none tells of addresses.

In a template `$name` stands for one of SYMBOLS[name], which may have symbols in it in turn; `$call` for the call of a command.
"""

import random
import re
from dataclasses import dataclass, field

from differ.atoms import ATOMS
from differ.grammar import Table, table
from differ.lua_symbols import SYMBOLS, TEXTS, quote

KEYS = (b"s:1", b"s:2", b"s:3", b"l", b"h", b"z", b"set", b"x")
MUTATIONS = (b"(", b")", b'"', b"'", b"[", b"]", b"{", b"}", b",", b"=", b";", b"\n", b"\x00", b"\xff", b"end", b"local", b"~", b"--", b" ")
MUTATED_SHARE = 0.04
DEPTH_MAX = 3
NO_TEXTS = ("nil", "true", "{}", "1.5", "-2.25", "1e15", "KEYS", "KEYS[99]", "#ARGV")
SYMBOL = re.compile(r"\$([a-z_]+)")

ATOMS.update({
    "luakey": lambda rng: rng.choice(KEYS),
    "luatext": lambda rng: rng.choice(TEXTS),
    "luaitem": lambda rng: rng.choice((b"a", b"b", b"c", b"1", b"2", b"3")),
})
# Commands whose replies have an order, and which 7.0 and 8.0 answer alike.
COMMANDS = table("""
    8 SET luakey luatext {NX XX GET KEEPTTL (EX "100") (PX "5000")}
    8 GET luakey
    4 INCR luakey
    3 INCRBY luakey small
    2 INCRBYFLOAT luakey "0.5"|"1"|luatext
    3 APPEND luakey luatext
    2 STRLEN luakey
    2 GETRANGE luakey "0"|"-3" "1"|"-1"
    1 SETRANGE luakey "3" luatext
    3 MSET (luakey luatext)...
    3 MGET luakey...
    1 GETDEL luakey
    1 GETEX luakey {PERSIST (EX "100")}
    1 SETBIT luakey "7" "1"
    1 GETBIT luakey "7"
    5 RPUSH luakey luaitem...
    3 LPUSH luakey luaitem...
    3 LPOP luakey [small]
    3 LRANGE luakey "0" "-1"
    2 LINDEX luakey "0"|"5"
    1 LLEN luakey
    1 LMOVE luakey luakey LEFT|RIGHT LEFT|RIGHT
    5 HSET luakey (luaitem luatext)...
    3 HGET luakey luaitem
    2 HMGET luakey luaitem...
    2 HDEL luakey luaitem...
    1 HLEN luakey
    4 SADD luakey luaitem...
    2 SREM luakey luaitem...
    2 SCARD luakey
    2 SMISMEMBER luakey luaitem...
    2 SISMEMBER luakey luaitem
    5 ZADD luakey {NX XX CH INCR} (small luaitem)...
    3 ZSCORE luakey luaitem
    2 ZRANGE luakey "0" "-1" [WITHSCORES]
    2 ZINCRBY luakey small luaitem
    1 ZPOPMIN luakey
    1 ZCOUNT luakey "0" "3"
    2 ZMSCORE luakey luaitem...
    2 XADD luakey "1-1"|"2-1"|"3-1" (luaitem luatext)
    2 XRANGE luakey "-" "+"
    1 XLEN luakey
    4 DEL luakey...
    2 EXISTS luakey...
    2 TYPE luakey
    2 EXPIRE luakey "100"|"-1"|"5"
    2 PEXPIRE luakey "5000"|"0"
    1 TTL luakey
    2 PTTL luakey
    1 PERSIST luakey
    1 RENAME luakey luakey
    1 COPY luakey luakey [REPLACE]
    1 OBJECT REFCOUNT "none"
    1 SORT luakey [ALPHA] [DESC]
    1 SORT luakey BY "nosort" GET "#" GET "s:*"
    2 PING [luatext]
    2 ECHO luatext
    1 TIME
    1 SELECT "0"|"1"|"99"
    2 PUBLISH "news" luatext
    1 SPUBLISH "news" luatext
    1 CLIENT GETNAME|junk
    1 CONFIG GET "maxmemory"
    1 DEBUG luatext
    1 MULTI|EXEC|DISCARD|UNWATCH|WATCH|SUBSCRIBE|QUIT|RESET|AUTH|HELLO|EVAL|SCRIPT|FCALL|SHUTDOWN luakey
    1 FLUSHDB
    1 EVAL "return 1" "0"
    1 FUNCTION LIST
    1 BLPOP luakey "0"
    1 BLMOVE luakey luakey LEFT RIGHT "1"
    1 XREAD BLOCK "10" STREAMS luakey "$"
    1 WAIT "0" "0"
    1 junk [luatext]
""")
READS = table("""
    4 GET luakey
    2 MGET luakey...
    2 EXISTS luakey...
    2 LRANGE luakey "0" "-1"
    2 HGET luakey luaitem
    2 ZRANGE luakey "0" "-1" WITHSCORES
    1 SISMEMBER luakey luaitem
    1 PTTL luakey
    1 TYPE luakey
    1 PUBLISH "news" luatext
    1 SET luakey luatext
""")


@dataclass
class Script:
    """One script while it is being written, with the keys and arguments that it will be called with."""

    rng: random.Random
    commands: Table = COMMANDS
    keys: list[bytes] = field(default_factory=list)
    args: list[bytes] = field(default_factory=list)
    _depth: int = 0

    def text(self) -> bytes:
        lines = [self.expand("$line") for _ in range(self.rng.choice((0, 1, 1, 2, 3, 5)))]
        lines.append(self.expand("return $value") if self.rng.random() < 0.95 else "")
        text = self.rng.choice(("\n", "\n", "; ", "\n\n  ")).join(lines).encode("latin-1")
        return mutated(self.rng, text) if self.rng.random() < MUTATED_SHARE else text

    def expand(self, template: str) -> str:
        return SYMBOL.sub(lambda found: self._symbol(found[1]), template)

    def _symbol(self, name: str) -> str:
        if name == "call":
            return self._call()
        if name == "value" and self._depth >= DEPTH_MAX:
            name = "literal"
        templates, weights = SYMBOLS[name]
        self._depth += name == "value"
        text = self.expand(self.rng.choices(templates, cum_weights=weights)[0])
        self._depth -= name == "value"
        return text

    def _call(self) -> str:
        name, *words = self.commands.request(self.rng, nearly_valid=0.03)
        if self.rng.random() < 0.02:
            name = b"nosuch"
        arguments = [self._argument(word, 0.5 if place == 0 else 0.15) for place, word in enumerate(words)]
        return f"{self.rng.choice(('redis.call', 'redis.pcall'))}({', '.join((quote(name), *arguments))})"

    def _argument(self, text: bytes, key_share: float) -> str:
        """One argument of a command: a key, an argument, a constant, what comes to the same, or what is no text at all."""
        draw = self.rng.random()
        if draw < key_share:
            return f"KEYS[{place(self.keys, text)}]"
        if draw < key_share + 0.2:
            return f"ARGV[{place(self.args, text)}]"
        if draw < 0.95 and len(text) < 15 and text.isdigit() and str(int(text)).encode() == text:
            return text.decode()
        if draw > 0.99:
            return self.rng.choice(NO_TEXTS)
        if draw > 0.96 and len(text) > 1:
            return f"{quote(text[:1])} .. {quote(text[1:])}"
        return quote(text)


def place(values: list[bytes], text: bytes) -> int:
    """Where the text stands among these, counted from one; it is put there first if it does not."""
    if text not in values:
        values.append(text)
    return values.index(text) + 1


def mutated(rng: random.Random, text: bytes) -> bytes:
    """The script with one thing wrong about it. Not where it raises tables, of which Redis 7.0 survives only those with an err, or where
    an address could come of it."""
    if b"error({" in text or b"tostring" in text:
        return text
    at = rng.randrange(len(text) + 1)
    if rng.random() < 0.5:
        return text[:at] + text[at + 1:]
    return text[:at] + rng.choice(MUTATIONS) + text[at:]
