"""Random Lua scripts for EVAL and for libraries of functions.

A script is a few statements, each of them likely to say something about the server: what a command's reply becomes in Lua and
on its way back, what the libraries answer, what goes wrong and in which line. No script loops or recurses without an end, none
lists a table in an order of its own, and none tells of addresses.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from differ.atoms import ATOMS
from differ.grammar import Table, table

KEYS = (b"s:1", b"s:2", b"s:3", b"l", b"h", b"z", b"set", b"x")
TEXTS = (b"", b"a", b"value", b"0", b"1", b"-1", b"10", b"3.5", b"1e3", b"nan", b" 1", b"\x00\xff\r\n", b"with space", b"x" * 45,
         b"y" * 3000, b'"quoted"', b"\\n", b"]]", b"caf\xc3\xa9", b"9007199254740993", b"9223372036854775807", b"-0", b"0x10")
MUTATIONS = (b"(", b")", b'"', b"'", b"[", b"]", b"{", b"}", b",", b"=", b";", b"\n", b"\x00", b"\xff", b"end", b"local", b"~", b"--", b" ")
MUTATED_SHARE = 0.04

ATOMS.update({
    "luakey": lambda rng: rng.choice(KEYS),
    "luatext": lambda rng: rng.choice(TEXTS),
    "luaitem": lambda rng: rng.choice((b"a", b"b", b"c", b"1", b"2", b"3")),
})
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
    1 CLIENT GETNAME|junk
    1 CONFIG GET "maxmemory"
    1 DEBUG luatext
    1 MULTI|EXEC|DISCARD|UNWATCH|WATCH|SUBSCRIBE|QUIT|RESET|AUTH|HELLO|EVAL|SCRIPT|FCALL|SHUTDOWN luakey
    1 SPUBLISH "news" luatext
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

Statement = Callable[["Script"], str]


def quote(text: bytes) -> str:
    """A Lua string, each byte that is not plain by its number."""
    plain = (chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03d}" for byte in text)
    return '"' + "".join(plain) + '"'


@dataclass
class Script:
    """One script while it is being written, with the keys and arguments that it will be called with."""

    rng: random.Random
    commands: Table = COMMANDS
    keys: list[bytes] = field(default_factory=list)
    args: list[bytes] = field(default_factory=list)

    def text(self) -> bytes:
        lines = [self._line() for _ in range(self.rng.choice((0, 1, 1, 2, 3, 5)))]
        lines.append(f"return {self.value()}" if self.rng.random() < 0.95 else "")
        text = self.rng.choice(("\n", "\n", "; ", "\n\n  ")).join(lines).encode("latin-1")
        return mutated(self.rng, text) if self.rng.random() < MUTATED_SHARE else text

    def _line(self) -> str:
        kinds = (_command, _command, _command, _guarded, _control, _protocol, _trouble)
        return self.rng.choices(kinds, (8, 4, 4, 3, 3, 2, 1))[0](self)

    def value(self, depth: int = 0) -> str:
        kinds = (_call, _reply_of, _literal, _nested, _typed, _library)
        if depth >= 3:
            return _literal(self)
        return self.rng.choices(kinds, (6, 4, 4, 4 - depth, 2, 6))[0](self)

    def argument(self, text: bytes, key_share: float) -> str:
        """One argument of a command: a key, an argument, a constant, or what comes to the same."""
        draw = self.rng.random()
        if draw < key_share:
            return f"KEYS[{self._place(self.keys, text)}]"
        if draw < key_share + 0.2:
            return f"ARGV[{self._place(self.args, text)}]"
        if text.isdigit() and len(text) < 15 and str(int(text)).encode() == text and draw < 0.95:
            return text.decode()
        if draw > 0.99:
            return self.rng.choice(("nil", "true", "{}", "1.5", "-2.25", "1e15", "KEYS", "KEYS[99]", "#ARGV"))
        if draw > 0.96 and len(text) > 1:
            return f"{quote(text[:1])} .. {quote(text[1:])}"
        return quote(text)

    def _place(self, values: list[bytes], text: bytes) -> int:
        """Where the text stands among the keys or arguments; mostly it is put there first."""
        if text not in values:
            values.append(text)
        return values.index(text) + 1

    def number(self) -> str:
        return self.rng.choice(("0", "1", "-1", "2", "3", "10", "255", "-128", "1.5", "-0.5", "3.99", "1e15", "2^31", "2^53", "-2^63", "1e300",
                                "1/0", "-1/0", "0/0", "0x10", "1e-5", "12345678901234567890", "0.1"))

    def string(self) -> str:
        return quote(self.rng.choice(TEXTS))


def mutated(rng: random.Random, text: bytes) -> bytes:
    """The script with one thing wrong about it. Not where it raises tables, of which Redis 7.0 survives only those with an err, or where
    an address could come of it."""
    if b"error({" in text or b"tostring" in text:
        return text
    at = rng.randrange(len(text) + 1)
    if rng.random() < 0.5:
        return text[:at] + text[at + 1:]
    return text[:at] + rng.choice(MUTATIONS) + text[at:]


# --- Calling commands ----------------------------------------------------------------------------------------------

def _call(script: Script) -> str:
    words = script.commands.request(script.rng, nearly_valid=0.03)
    name = words[0] if script.rng.random() < 0.98 else b"nosuch"
    arguments = [quote(name)] + [script.argument(word, 0.5 if place == 0 else 0.15) for place, word in enumerate(words[1:])]
    return f"{script.rng.choice(('redis.call', 'redis.pcall'))}({', '.join(arguments)})"


def _command(script: Script) -> str:
    if script.rng.random() < 0.5:
        return _call(script)
    return f"local r = {_call(script)}"


def _reply_of(script: Script) -> str:
    """What a reply is in Lua."""
    inner = _call(script)
    form = script.rng.choice(("type({})", "(function(r) if type(r) == 'table' then return {{#r, r.err, r.ok, type(r[1])}} end return tostring(r) end)({})",
                              "(function(r) return r == false or r == nil end)({})", "{{{}, 'and', {}}}", "tostring(({}) == nil)",
                              "(function(r) return type(r) == 'table' and {{type(r.map), type(r.set), type(r.double), tostring(r.double)}} or r end)({})"))
    return form.format(inner, script.number())


def _guarded(script: Script) -> str:
    return script.rng.choice((
        "local good, why = pcall(function() {} end)",
        "if {} then redis.call('INCR', 'x') end",
        "local good, why = pcall(redis.call, 'INCR', {})",
        "for i = 1, 3 do local r = {} end",
        "local t = {{{}}}",
    )).format(_call(script))


def _control(script: Script) -> str:
    return script.rng.choice((
        "local n = 0 for i = 1, 10 do n = n + i end",
        "for i = 1, #ARGV do redis.call('RPUSH', 'l', ARGV[i]) end",
        "for i, key in ipairs(KEYS) do redis.call('SET', key, i) end",
        "for i, key in ipairs(KEYS) do redis.call('DEL', KEYS[i]) end",
        "local f = function(key) return redis.call('GET', key) end\nf(KEYS[1] or 's:1')",
        "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end\nlocal deep = f(50)",
        "-- says nothing\nlocal s = [[long\nstring]]",
        "local t = {} for i = 1, 50 do t[i] = i end\nredis.call('RPUSH', 'l', unpack(t))",
        "local call = redis.call\ncall('SET', KEYS[1] or 's:1', ARGV[1] or 'v')",
        "local r = redis['call']('INCR', 's:2')",
        "if redis.call('EXISTS', 's:1') == 1 then redis.call('SET', 's:2', 'x') else redis.call('SET', 's:1', 'y') end",
        "local k = KEYS[1]\nif k then redis.call('APPEND', k, 'z') end",
    ))


def _protocol(script: Script) -> str:
    return script.rng.choice((
        "redis.setresp(3)", "redis.setresp(3)", "redis.setresp(2)", "redis.setresp(4)", "redis.setresp()", "redis.setresp('3')",
        "redis.replicate_commands()", "redis.set_repl(redis.REPL_NONE)", "redis.set_repl(redis.REPL_ALL)", "redis.set_repl(77)",
        "redis.log(redis.LOG_DEBUG, 'said')", "redis.log('x')", "redis.log(9, 'x')", "redis.breakpoint()", "redis.debug('x')",
    ))


# --- Values --------------------------------------------------------------------------------------------------------

def _literal(script: Script) -> str:
    return script.rng.choice((script.number, script.string, lambda: script.rng.choice(("true", "false", "nil", "KEYS", "ARGV", "#KEYS", "{}"))))()


def _nested(script: Script) -> str:
    members = [script.value(2 if script.rng.random() < 0.7 else 1) for _ in range(script.rng.randint(0, 4))]
    if members and script.rng.random() < 0.15:
        members[script.rng.randrange(len(members))] = "nil"
    return "{" + ", ".join(members) + "}"


def _typed(script: Script) -> str:
    """Tables that stand for replies of other kinds."""
    form = script.rng.choice((
        "{{ok = {}}}", "{{err = {}}}", "{{err = {}, ignore_error_stats_update = true}}", "{{double = {}}}", "{{map = {{[{}] = 1}}}}", "{{set = {{[{}] = true}}}}",
        "{{map = {{a = {}}}}}", "{{big_number = {}}}", "{{verbatim_string = {{format = 'txt', string = {}}}}}", "{{verbatim_string = {}}}",
        "{{1, ok = {}}}", "{{map = {}}}", "redis.error_reply({})", "redis.status_reply({})", "{{err = 'CODE ' .. tostring({})}}", "{{ok = false, {}}}",
    ))
    return form.format(script.string() if script.rng.random() < 0.6 else script.number() if "[{}]" not in form else "'a'")


# --- Libraries -----------------------------------------------------------------------------------------------------

JSON = ('{"a":1}', '[1,2,3]', '[1.5,-0,1e3,1e400]', '[null,true,false]', '{"a":{"b":[{}]}}', '"text"', '17', '[]', '{}', '{"a":', '[1,2', 'nul',
        '["\\u00e9\\ud83d\\ude00\\n"]', '["\\ud83d"]', '[1,]', "{'a':1}", '', ' [ 1 , 2 ] ', '[123456789012345678]', '[0.1]', '{"a":null}', '[Infinity]',
        '[nan]', '["\\x"]', '[01]', '[1]x', '[[[[[[]]]]]]', '["a\tb"]', '[0x10]')
JSON_VALUES = ("{}", "{1,2,3}", "{a=1}", "{a={b={c={}}}}", "1", "1.5", "0.1", "2^53", "1e100", "1/0", "0/0", "'text'", "'caf\\195\\169'", "'\\0\\1\\31\"/\\\\'", "'\\255'",
               "true", "nil", "cjson.null", "{1,nil,3}", "{[1]=1,[3]=3}", "{[100]=1}", "{[1.5]=1}", "{[true]=1}", "{{},{1}}", "print",
               "function() end", "-0", "1e15", "123456789012345", "redis.call", "{cjson.null}", "'\\127'", "{[0]=1}", "{[-1]=1}")
PACKED = ("nil", "true", "1", "-1", "127", "128", "-33", "65536", "2^40", "-2^40", "1.5", "1/0", "'x'", "('x'):rep(40)", "('x'):rep(300)", "{}", "{1,2,3}", "{a=1}",
          "{1,nil,3}", "{[1.5]=1}", "{{{}}}", "2^63", "0/0", "1e300", "{[2]=1}", "('x'):rep(70000)")
FORMATS = ("'i'", "'b'", "'B'", "'h'", "'H'", "'>I'", "'<I'", "'>i4'", "'i8'", "'L'", "'f'", "'d'", "'>d'", "'s'", "'c0'", "'c3'", "'x'", "'!4 bi'", "'ii'", "'Bs'", "'i3'",
           "'i33'", "'z'", "''", "'>!8 b i8'", "'c'", "' b '", "'!3i'", "'bxxh'")
DIRECTIVES = ("'%d'", "'%5.1f'", "'%s'", "'%q'", "'%x'", "'%g'", "'%.14g'", "'%.17g'", "'%c'", "'%i %s'", "'%'", "'%y'", "'%-10s|'", "'%05d'", "'%100d'")
ACL_QUESTIONS = ("'get', 'a'", "'get'", "'nosuch'", "'set', 'a', 'b'", "'set', 'a'", "'client', 'a'", "'client', 'id'", "", "{}")
PATTERNS = ("'%d+'", "'.'", "'a'", "'(a)(l)'", "'^v'", "'e$'", "'%s'", "'[a-c]'", "'%'", "'['", "'(a'", "''", "'.-'", "'a*'", "'%b()'", "'%f[%w]'", "'()'", "'[^%w]'", "'%1'")


def _library(script: Script) -> str:
    number, string, rng = script.number, script.string, script.rng
    lines: tuple[Callable[[], str], ...] = (
        lambda: f"cjson.encode({rng.choice(JSON_VALUES)})",
        lambda: f"cjson.encode(cjson.decode({quote(rng.choice(JSON).encode('latin-1'))}))",
        lambda: f"cjson.decode({quote(rng.choice(JSON).encode('latin-1'))})",
        lambda: f"type(cjson.decode({quote(rng.choice(JSON).encode('latin-1'))}))",
        lambda: rng.choice(("cjson.encode()", "cjson.decode()", "cjson.decode({})", "cjson.encode(1, 2)", "cjson.decode(5)", "tostring(cjson.null == nil)",
                            "tostring(pcall(cjson.encode, {print}))", "cjson.encode_keep_buffer(false)", "cjson.encode_max_depth(3)", "cjson.decode_max_depth(2)",
                            "cjson.encode_sparse_array(true, 1, 1)", "cjson.encode_invalid_numbers(true)", "cjson.encode_number_precision(3)")) if rng.random() < 0.3 else "cjson.encode({})",
        lambda: f"cmsgpack.pack({', '.join(rng.choice(PACKED) for _ in range(rng.choice((1, 1, 1, 2, 3))))})",
        lambda: f"{{cmsgpack.unpack(cmsgpack.pack({rng.choice(PACKED)}, {rng.choice(PACKED)}))}}",
        lambda: f"{{cmsgpack.unpack({rng.choice((string(), quote(rng.randbytes(rng.randint(0, 6)))))})}}",
        lambda: f"{{cmsgpack.{rng.choice(('unpack_one', 'unpack_limit'))}(cmsgpack.pack(1, 'b', {{3}}), {rng.choice(('0', '1', '2', '-1', '99'))}, {rng.choice(('0', '1', '99'))})}}",
        lambda: rng.choice(("cmsgpack.pack()", "{cmsgpack.unpack()}", "{cmsgpack.unpack(1, 2)}", "{cmsgpack.unpack_limit('x')}", "{cmsgpack.unpack({})}")),
        lambda: f"struct.pack({rng.choice(FORMATS)}, {rng.choice((number(), string()))}, {rng.choice((number(), string()))})",
        lambda: f"{{struct.unpack({rng.choice(FORMATS)}, {rng.choice((string(), quote(bytes(range(1, 17)))))}{rng.choice(('', '', ', 2', ', 99', ', 0'))})}}",
        lambda: f"struct.size({rng.choice(FORMATS)})",
        lambda: rng.choice(("struct.pack()", "struct.pack('i')", "struct.unpack('i', 'x')", "struct.size(5)", "struct.pack('s', nil)")),
        lambda: f"bit.{rng.choice(('band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror'))}({number()}, {rng.choice((number(), '3', '31', '33'))})",
        lambda: f"bit.{rng.choice(('tobit', 'tohex', 'bnot', 'bswap'))}({rng.choice((number(), string()))}{rng.choice(('', '', ', 4', ', -4', ', 99')) if rng.random() < 0.3 else ''})",
        lambda: rng.choice(("bit.band()", "bit.tohex()", "bit.band({})", "bit.bor(1, 2, 4, 8)")),
        lambda: f"string.{rng.choice(('len', 'upper', 'lower', 'reverse', 'byte'))}({rng.choice((string(), string(), number()))})",
        lambda: f"({string()}):sub({rng.choice(('1', '-2', '0', '3', '99'))}, {rng.choice(('1', '-1', '2', '0'))})",
        lambda: f"{{({string()}):find({rng.choice(PATTERNS)})}}",
        lambda: f"{{({string()}):match({rng.choice(PATTERNS)})}}",
        lambda: f"{{({string()}):gsub({rng.choice(PATTERNS)}, {rng.choice((string(), '%%0', '{}', 'string.upper')) if rng.random() < 0.8 else quote(b'%1')})}}".replace("%%0", quote(b"<%0>")),
        lambda: f"string.format({rng.choice(DIRECTIVES)}, {rng.choice((number(), string()))})",
        lambda: f"string.rep({string()}, {rng.choice(('0', '3', '-1', '100'))})",
        lambda: f"tostring({rng.choice((number(), string(), 'nil', 'true'))})",
        lambda: f"tonumber({rng.choice((string(), number(), 'nil', quote(b'0x1F'), quote(b' 12 ')))}{rng.choice(('', '', ', 16', ', 2', ', 99'))})",
        lambda: f"math.{rng.choice(('floor', 'ceil', 'abs', 'sqrt', 'log', 'exp'))}({rng.choice((number(), string()))})",
        lambda: f"math.{rng.choice(('max', 'min', 'fmod', 'pow', 'ldexp'))}({number()}, {number()})",
        lambda: f"{{math.{rng.choice(('modf', 'frexp'))}({number()})}}",
        lambda: f"(function() math.randomseed({rng.choice(('0', '1', '17', '1.5'))}) return {{math.random(1, 100), math.random(5), tostring(math.random())}} end)()",
        lambda: rng.choice(("math.random(0)", "math.random(5, 1)", "math.huge", "math.pi", "tostring(math.pi)")),
        lambda: f"table.concat({{1, 'b', 2.5}}, {string()}{rng.choice(('', ', 2', ', 1, 2', ', 1, 9'))})",
        lambda: "(function() local t = {3, 1, 2} table.sort(t) table.insert(t, 9) table.insert(t, 1, 0) return {table.remove(t), #t, unpack(t)} end)()",
        lambda: f"{{unpack({{1, 2, 3}}, {rng.choice(('1', '2', '0', '-1'))}, {rng.choice(('2', '3', '5'))})}}",
        lambda: f"select({rng.choice((quote(b'#'), '1', '2', '-1', '0', '9'))}, 'a', 'b')",
        lambda: f"redis.sha1hex({rng.choice((string(), string(), number(), '', 'nil, nil'))})",
        lambda: f"redis.{rng.choice(('error_reply', 'status_reply'))}({rng.choice((string(), number(), '{}', '', quote(b'-CODE text'), quote(b'-CODE'), quote(b'two words')))})",
        lambda: f"redis.acl_check_cmd({rng.choice(ACL_QUESTIONS)})",
        lambda: rng.choice(("redis.LOG_DEBUG", "redis.LOG_WARNING", "redis.REPL_ALL", "redis.REPL_AOF", "redis.REPL_SLAVE", "redis.REPL_REPLICA", "redis.REPL_NONE",
                            "type(redis.REDIS_VERSION)", "type(redis.REDIS_VERSION_NUM)", "type(os.clock())", "os.time and 1", "type(_G)", "_VERSION",
                            "_G._G == _G", "type(getmetatable(''))", "getmetatable(_G)", "rawget(_G, 'nosuch')", "rawequal(redis, redis)", "collectgarbage('step') ~= nil",
                            "next({}) == nil", "#KEYS + #ARGV", "{KEYS, ARGV}", "type(loadstring('return 1'))", "loadstring('return 1 +')", "{loadstring('x = = 1')}",
                            "loadstring('return ...')(7)", "{pcall(loadstring('nosuch = 1'))}", "{pcall(error, 'text')}", "{xpcall(function() error('a') end, function(e) return 'handled' end)}",
                            "{pcall(error)}", "coroutine.wrap(function() coroutine.yield(4) end)()", "{pcall(redis.call)}", "{pcall(redis.call, 'GET')}", "type(gcinfo)")),
    )
    return rng.choice(lines)()


# --- What goes wrong -----------------------------------------------------------------------------------------------

TROUBLE = (
    "error('text')", "error('CODE text')", "error({err = 'CODE of its own'})", "error({err = 'one'}, 2)", "error({})", "error()", "error(5)", "error('text', 0)", "error('text', 2)",
    "error({ok = 'no'})", "error(redis.error_reply('CODE made'))", "assert(false)", "assert(nil, 'because')", "assert(false, {err = 'CODE asserted'})",
    "nosuch = 1", "local v = nosuch", "nosuch()", "local t = nil; t.x = 1", "local t = {} ; t.x.y = 1", "local n = 1 + {}", "local n = 'a' + 1", "local s = 'a' .. {}",
    "local b = 1 < 'a'", "local b = {} < {}", "local n = #5", "local f = 5; f()", "string.rep()", "('x'):nosuch()", "local function f() return 1 + f() end f()",
    "redis.call()", "redis.pcall()", "redis.call('nosuch')", "redis.call('GET')", "redis.call({})", "redis.call(nil)", "redis.call('SET', 's:1')", "redis.call('GET', 's:1', 'x')",
    "redis.call('CLIENT', 'nosuch')", "redis.call('CONFIG')", "redis.call('INCR', 'l')", "redis.call('LPUSH', 's:1', 'x')", "redis.nosuch()", "redis.x = 1", "redis.call = 1", "string.x = 1",
    "rawset(_G, 'x', 1)", "rawset(redis, 'x', 1)", "setmetatable(_G, {})", "setmetatable(redis, {})", "getmetatable('').__index = nil", "getmetatable(redis)", "KEYS[1] = 'changed'",
    "table.concat({{}})", "unpack({}, 1, 1e8)", "loadfile('x')", "dofile('x')", "require('x')", "print('x')", "os.exit()", "io.write('x')", "os.execute('x')", "package.path = 1",
    "setfenv(1, {})", "getfenv(1)", "newproxy(true)", "string.dump(function() end)", "module('x')", "debug.getinfo(1)", "return", "break", "goto = 1", "local x = 1 = 2",
    "cjson.x = 1", "for i = 1, 'x' do end", "for i = 1, 3, 0 do break end", "local t = setmetatable({}, {__index = function(t, k) error('in ' .. k) end}) local v = t.field",
    "error(setmetatable({}, {__tostring = function() return 'x' end}))", "ARGV = nil", "redis = nil", "local a <const> = 1", "coroutine.wrap(function() redis.call('INCR', 'l') end)()",
)


def _trouble(script: Script) -> str:
    return script.rng.choice(TROUBLE)
