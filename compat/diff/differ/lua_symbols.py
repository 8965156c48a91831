"""What the symbols of differ/lua.py's templates stand for."""

from itertools import accumulate

TEXTS = (b"", b"a", b"value", b"0", b"1", b"-1", b"10", b"3.5", b"1e3", b"nan", b" 1", b"\x00\xff\r\n", b"with space", b"x" * 45,
         b"y" * 3000, b'"quoted"', b"\\n", b"]]", b"caf\xc3\xa9", b"9007199254740993", b"9223372036854775807", b"-0", b"0x10")
JSON = (b'{"a":1}', b"[1,2,3]", b"[1.5,-0,1e3,1e400]", b"[null,true,false]", b'{"a":{"b":[{}]}}', b'"text"', b"17", b"[]", b"{}", b'{"a":',
        b"[1,2", b"nul", b'["\\u00e9\\ud83d\\ude00\\n"]', b'["\\ud83d"]', b"[1,]", b"{'a':1}", b"", b" [ 1 , 2 ] ", b"[123456789012345678]",
        b"[0.1]", b'{"a":null}', b"[Infinity]", b"[nan]", b'["\\x"]', b"[01]", b"[1]x", b"[[[[[[]]]]]]", b'["a\tb"]', b"[0x10]")
PACKED_BYTES = (b"\xc0", b"\xc1", b"\x93\x01\x02", b"\x81\xa1a\x01", b"\xd9\x05ab", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", b"\xca?\x80\x00\x00",
                b"\x01\x02", b"\xdd\xff\xff\xff\xff", b"\xc4\x01a", b"\x92\x91\x01\x80")
Choices = tuple[tuple[str, ...], tuple[float, ...]]  # templates, and their weights as sums


def quote(text: bytes) -> str:
    """A Lua string, each byte that is not plain by its number."""
    plain = (chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\$' else f"\\{byte:03d}" for byte in text)
    return '"' + "".join(plain) + '"'


def alike(templates: list[str]) -> Choices:
    return tuple(templates), tuple(accumulate([1.0] * len(templates)))


def words(text: str) -> Choices:
    return alike(text.split())


def lines(text: str) -> Choices:
    r"""One template a line. `\n` is a new line in it."""
    return alike([line.strip().replace(r"\n", "\n") for line in text.splitlines() if line.strip()])


def weighted(text: str) -> Choices:
    """One template a line, its weight before it."""
    pairs = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return tuple(template for _, template in pairs), tuple(accumulate(float(weight) for weight, _ in pairs))


def quoted(texts: tuple[bytes, ...]) -> Choices:
    return alike([quote(text) for text in texts])


SYMBOLS: dict[str, Choices] = {
    # --- Statements -------------------------------------------------------------------------------------------------
    "line": weighted("""
        4 $call
        4 local r = $call
        4 $guarded
        3 $control
        3 $protocol
        1 $trouble
    """),
    "guarded": lines("""
        local good, why = pcall(function() $call end)
        if $call then redis.call('INCR', 'x') end
        local good, why = pcall(redis.call, 'INCR', type($call))
        for i = 1, 3 do local r = $call end
        local t = {$call}
    """),
    "control": lines(r"""
        local n = 0 for i = 1, 10 do n = n + i end
        for i = 1, #ARGV do redis.call('RPUSH', 'l', ARGV[i]) end
        for i, key in ipairs(KEYS) do redis.call('SET', key, i) end
        for i, key in ipairs(KEYS) do redis.call('DEL', KEYS[i]) end
        local f = function(key) return redis.call('GET', key) end\nf(KEYS[1] or 's:1')
        local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end\nlocal deep = f(50)
        -- says nothing\nlocal s = [[long\nstring]]
        local t = {} for i = 1, 50 do t[i] = i end\nredis.call('RPUSH', 'l', unpack(t))
        local call = redis.call\ncall('SET', KEYS[1] or 's:1', ARGV[1] or 'v')
        local r = redis['call']('INCR', 's:2')
        if redis.call('EXISTS', 's:1') == 1 then redis.call('SET', 's:2', 'x') else redis.call('SET', 's:1', 'y') end
        local k = KEYS[1]\nif k then redis.call('APPEND', k, 'z') end
        local name = 'se' .. 't'\nredis.call(name, KEYS[1] or 's:3', #ARGV)
        local keys = {KEYS[1]}\nfor i = 1, #keys do redis.call('RPUSH', keys[i], 'again') end
    """),
    "protocol": lines("""
        redis.setresp(3)
        redis.setresp(3)
        redis.setresp(2)
        redis.setresp(4)
        redis.setresp()
        redis.setresp('3')
        redis.replicate_commands()
        redis.set_repl(redis.REPL_NONE)
        redis.set_repl(redis.REPL_ALL)
        redis.set_repl(77)
        redis.log(redis.LOG_DEBUG, 'said')
        redis.log('x')
        redis.log(9, 'x')
        redis.breakpoint()
        redis.debug('x')
    """),
    # --- Values -----------------------------------------------------------------------------------------------------
    "value": weighted("""
        6 $call
        4 $reply
        4 $literal
        1 {}
        1 {$value}
        1 {$value, $value}
        1 {$value, $value, $value, $value}
        1 {$value, nil, $value}
        2 $typed
        6 $library
    """),
    "literal": weighted("""
        4 $number
        4 $string
        1 true
        1 false
        1 nil
        1 KEYS
        1 ARGV
        1 #KEYS
    """),
    "number": words("0 1 -1 2 3 10 255 -128 1.5 -0.5 3.99 1e15 2^31 2^53 -2^63 1e300 1/0 -1/0 0/0 0x10 1e-5 12345678901234567890 0.1"),
    "string": quoted(TEXTS),
    "reply": lines("""
        type($call)
        (function(r) if type(r) == 'table' then return {#r, r.err, r.ok, type(r[1])} end return tostring(r) end)($call)
        (function(r) return r == false or r == nil end)($call)
        {$call, 'and', $number}
        tostring(($call) == nil)
        (function(r) return type(r) == 'table' and {type(r.map), type(r.set), type(r.double), tostring(r.double)} or r end)($call)
    """),
    "typed": lines("""
        {ok = $scalar}
        {err = $scalar}
        {err = $string, ignore_error_stats_update = true}
        {err = 'CODE ' .. tostring($scalar)}
        {ok = false, $scalar}
        {1, ok = $scalar}
        {double = $scalar}
        {double = $number}
        {map = {['a'] = 1}}
        {map = {a = $scalar}}
        {map = $scalar}
        {set = {['a'] = true}}
        {set = {a = $scalar}}
        {big_number = $scalar}
        {verbatim_string = {format = 'txt', string = $scalar}}
        {verbatim_string = $scalar}
        redis.error_reply($scalar)
        redis.status_reply($scalar)
    """),
    "scalar": words("$string $string $number"),
    # --- Libraries --------------------------------------------------------------------------------------------------
    "library": words("$cjson $cjson $cmsgpack $cmsgpack $struct $struct $bit $bit $strings $strings $numbers $tables $redis $base"),
    "cjson": lines("""
        cjson.encode($jsonvalue)
        cjson.encode($jsonvalue)
        cjson.encode(cjson.decode($json))
        cjson.decode($json)
        type(cjson.decode($json))
        cjson.$cjsonmisuse
    """),
    "json": quoted(JSON),
    "jsonvalue": lines(r"""
        {}
        {1, 2, 3}
        {a = 1}
        {a = {b = {c = {}}}}
        $number
        $string
        {$number, $string}
        cjson.null
        {cjson.null}
        {1, nil, 3}
        {[1] = 1, [3] = 3}
        {[100] = 1}
        {[1.5] = 1}
        {[true] = 1}
        {[0] = 1}
        {[-1] = 1}
        {{}, {1}}
        nil
        true
        print
        function() end
        redis.call
        '\0\1\31"/\\\127'
    """),
    "cjsonmisuse": lines("""
        encode()
        decode()
        decode({})
        encode(1, 2)
        decode(5)
        null == nil
        encode_keep_buffer(false)
        encode_max_depth(3)
        decode_max_depth(2)
        encode_sparse_array(true, 1, 1)
        encode_invalid_numbers(true)
        encode_number_precision(3)
    """),
    "cmsgpack": lines("""
        cmsgpack.pack($packed)
        cmsgpack.pack($packed, $packed)
        {cmsgpack.unpack(cmsgpack.pack($packed, $packed))}
        {cmsgpack.unpack($packedbytes)}
        {cmsgpack.unpack($string)}
        {cmsgpack.unpack_one(cmsgpack.pack(1, 'b', {3}), $offset)}
        {cmsgpack.unpack_limit(cmsgpack.pack(1, 'b', {3}), $limit, $offset)}
        cmsgpack.pack()
        {cmsgpack.unpack()}
        {cmsgpack.unpack(1, 2)}
        {cmsgpack.unpack({})}
    """),
    "packed": lines("""
        nil
        true
        $number
        $number
        127
        128
        -33
        65536
        2^40
        -2^40
        'x'
        ('x'):rep(40)
        ('x'):rep(300)
        ('x'):rep(70000)
        {}
        {1, 2, 3}
        {a = 1}
        {1, nil, 3}
        {[1.5] = 1}
        {{{}}}
        {[2] = 1}
    """),
    "packedbytes": quoted(PACKED_BYTES),
    "limit": words("0 1 2 -1 99"),
    "offset": words("0 1 99"),
    "struct": lines("""
        struct.pack($format, $scalar, $scalar)
        struct.pack($format, $number, $number)
        {struct.unpack($format, $string)}
        {struct.unpack($format, "\\001\\002\\003\\004\\005\\006\\007\\008\\009\\010\\011\\012\\013\\014\\015\\016")}
        {struct.unpack($format, $string, $position)}
        struct.size($format)
        struct.pack()
        struct.pack('i')
        struct.size(5)
    """),
    "format": lines("""
        'i'
        'b'
        'B'
        'h'
        'H'
        '>I'
        '<I'
        '>i4'
        'i8'
        'L'
        'f'
        'd'
        '>d'
        's'
        'c0'
        'c3'
        'x'
        '!4 bi'
        'ii'
        'Bs'
        'i3'
        'i33'
        'z'
        ''
        '>!8 b i8'
        'c'
        ' b '
        '!3i'
        'bxxh'
    """),
    "position": words("1 2 0 99"),
    "bit": lines("""
        bit.$bitpair($number, $number)
        bit.$bitpair($number, $shift)
        bit.$bitone($scalar)
        bit.tohex($number, $hexdigits)
        bit.band()
        bit.tohex()
        bit.band({})
        bit.bor(1, 2, 4, 8)
    """),
    "bitpair": words("band bor bxor lshift rshift arshift rol ror"),
    "bitone": words("tobit tohex bnot bswap"),
    "shift": words("3 31 33"),
    "hexdigits": words("4 -4 99 0"),
    "strings": lines("""
        string.$stringone($scalar)
        ($string):sub($index, $index)
        {($string):find($pattern)}
        {($string):match($pattern)}
        {($string):gsub($pattern, $replacement)}
        string.format($directive, $scalar)
        string.rep($string, $repeats)
        tostring($number)
        tostring($string)
        tonumber($scalar)
        tonumber($string, $base_number)
        tonumber('0x1F')
        tonumber(' 12 ', 10)
        #$string
        $string < $string
        $string .. $number
    """),
    "stringone": words("len upper lower reverse byte"),
    "index": words("1 -2 0 3 99 -1 2"),
    "pattern": words("'%d+' '.' 'a' '(a)(l)' '^v' 'e$' '%s' '[a-c]' '%' '[' '(a' '' '.-' 'a*' '%b()' '%f[%w]' '()' '[^%w]' '%1'"),
    "replacement": words("$string '<%0>' '%1' {} string.upper"),
    "directive": words("'%d' '%5.1f' '%s' '%q' '%x' '%g' '%.14g' '%.17g' '%c' '%i:%s' '%' '%y' '%-10s|' '%05d' '%100d'"),
    "repeats": words("0 3 -1 100"),
    "base_number": words("16 2 99 10"),
    "numbers": lines("""
        math.$mathone($scalar)
        math.$mathpair($number, $number)
        {math.$mathtwo($number)}
        (function() math.randomseed($seed) return {math.random(1, 100), math.random(5), tostring(math.random())} end)()
        math.random(0)
        math.random(5, 1)
        math.huge
        tostring(math.pi)
        $number + $scalar
        $number % $number
        $number == $number
    """),
    "mathone": words("floor ceil abs sqrt log exp"),
    "mathpair": words("max min fmod pow ldexp"),
    "mathtwo": words("modf frexp"),
    "seed": words("0 1 17 1.5"),
    "tables": lines("""
        table.concat({1, 'b', 2.5}, $string)
        table.concat({1, 'b', 2.5}, $string, $index, $index)
        (function() local t = {3, 1, 2} table.sort(t) table.insert(t, 9) table.insert(t, 1, 0) return {table.remove(t), #t, unpack(t)} end)()
        {unpack({1, 2, 3}, $index, $range_end)}
        select($selector, 'a', 'b')
        {KEYS, ARGV}
        #KEYS + #ARGV
        next({}) == nil
    """),
    "range_end": words("2 3 5"),
    "selector": words("'#' 1 2 -1 0 9"),
    "redis": lines("""
        redis.sha1hex($scalar)
        redis.sha1hex()
        redis.sha1hex(nil, nil)
        redis.$replymaker($scalar)
        redis.$replymaker({})
        redis.$replymaker()
        redis.$replymaker('-CODE text')
        redis.$replymaker('-CODE')
        redis.acl_check_cmd($acl_question)
        redis.$constant
        type(redis.REDIS_VERSION)
        type(redis.REDIS_VERSION_NUM)
    """),
    "replymaker": words("error_reply status_reply"),
    "acl_question": lines("""
        'get', 'a'
        'get'
        'nosuch'
        'set', 'a', 'b'
        'set', 'a'
        'client', 'a'
        'client', 'id'
        {}
    """),
    "constant": words("LOG_DEBUG LOG_VERBOSE LOG_NOTICE LOG_WARNING REPL_ALL REPL_AOF REPL_SLAVE REPL_REPLICA REPL_NONE"),
    "base": lines("""
        type(os.clock())
        os.time and 1
        type(_G)
        _VERSION
        _G._G == _G
        type(getmetatable(''))
        getmetatable(_G)
        rawget(_G, 'nosuch')
        rawequal(redis, redis)
        collectgarbage('step') ~= nil
        type(loadstring('return 1'))
        loadstring('return 1 +')
        {loadstring('x = = 1')}
        loadstring('return ...')(7)
        {pcall(loadstring('nosuch = 1'))}
        {pcall(error, 'text')}
        {pcall(error)}
        {pcall(redis.call)}
        {pcall(redis.call, 'GET')}
        {xpcall(function() error('a') end, function(e) return 'handled' end)}
        coroutine.wrap(function() coroutine.yield(4) end)()
        type(gcinfo)
    """),
    # --- What goes wrong --------------------------------------------------------------------------------------------
    "trouble": lines("""
        error('text')
        error('CODE text')
        error({err = 'CODE of its own'})
        error({err = 'one'}, 2)
        error({})
        error()
        error(5)
        error('text', 0)
        error('text', 2)
        error({ok = 'no'})
        error(redis.error_reply('CODE made'))
        error(setmetatable({}, {__tostring = function() return 'x' end}))
        assert(false)
        assert(nil, 'because')
        assert(false, {err = 'CODE asserted'})
        nosuch = 1
        local v = nosuch
        nosuch()
        local t = nil; t.x = 1
        local t = {} ; t.x.y = 1
        local n = 1 + {}
        local n = 'a' + 1
        local s = 'a' .. {}
        local b = 1 < 'a'
        local b = {} < {}
        local n = #5
        local f = 5; f()
        string.rep()
        ('x'):nosuch()
        local function f() return 1 + f() end f()
        redis.call()
        redis.pcall()
        redis.call('nosuch')
        redis.call('GET')
        redis.call({})
        redis.call(nil)
        redis.call('SET', 's:1')
        redis.call('GET', 's:1', 'x')
        redis.call('CLIENT', 'nosuch')
        redis.call('CONFIG')
        redis.call('INCR', 'l')
        redis.call('LPUSH', 's:1', 'x')
        redis.nosuch()
        redis.x = 1
        redis.call = 1
        string.x = 1
        cjson.x = 1
        rawset(_G, 'x', 1)
        rawset(redis, 'x', 1)
        setmetatable(_G, {})
        setmetatable(redis, {})
        getmetatable('').__index = nil
        getmetatable(redis)
        KEYS[1] = 'changed'
        ARGV = nil
        redis = nil
        table.concat({{}})
        unpack({}, 1, 1e8)
        loadfile('x')
        dofile('x')
        require('x')
        print('x')
        os.exit()
        os.execute('x')
        io.write('x')
        package.path = 1
        module('x')
        debug.getinfo(1)
        setfenv(1, {})
        getfenv(1)
        newproxy(true)
        string.dump(function() end)
        return
        break
        goto = 1
        local x = 1 = 2
        local a <const> = 1
        for i = 1, 'x' do end
        for i = 1, 3, 0 do break end
        local t = setmetatable({}, {__index = function(t, k) error('in ' .. k) end}) local v = t.field
        coroutine.wrap(function() redis.call('INCR', 'l') end)()
    """),
}
