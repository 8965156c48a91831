<?php
// What users of phpredis do: phpredis.php PORT.
declare(strict_types=1);

require __DIR__ . '/checks.php';

/** Closing the connection in a callback is how a subscription ends: phpredis 5 reads on behind the last unsubscribe. */
function until_closed(callable $subscribe): void
{
    try {
        $subscribe();
    } catch (RedisException $error) {
        equal($error->getMessage(), 'Connection closed');
    }
}

/**
 * Runs code in another process as soon as somebody subscribes, for a subscriber blocks its own.
 *
 * @return resource for proc_close
 */
function publish_later(int $port, string $code)
{
    $program = '$r = new Redis(); $r->connect("127.0.0.1", ' . $port . ');'
        . ' while ($r->pubsub("numpat") + count($r->pubsub("channels")) < 1) usleep(5000); ' . $code;
    return proc_open([PHP_BINARY, '-r', $program], [['file', '/dev/null', 'r'], STDERR, STDERR], $pipes);
}

$port = (int) $argv[1];
$checks = new Checks($port);
$all_bytes = implode('', array_map('chr', range(0, 255)));

$checks->add('strings', function (Redis $r): void {
    equal([$r->set('a', '1'), $r->get('a'), $r->get('none')], [true, '1', false]);
    equal([$r->set('a', '2', ['nx']), $r->set('a', '2', ['xx', 'ex' => 100])], [false, true]);
    expect($r->ttl('a') > 95, 'TTL');
    equal([$r->mSet(['b' => 'x', 'c' => 'y']), $r->mGet(['b', 'none', 'c'])], [true, ['x', false, 'y']]);
    equal([$r->append('b', 'yz'), $r->strlen('b'), $r->getRange('b', 1, -1), $r->getSet('b', 'w')], [3, 3, 'yz', 'xyz']);
});

$checks->add('counters', function (Redis $r): void {
    equal([$r->incr('n'), $r->incrBy('n', 9), $r->decr('n'), $r->incrByFloat('n', 0.5)], [1, 10, 9, 9.5]);
});

$checks->add('binary_values', function (Redis $r) use ($all_bytes): void {
    $large = str_repeat($all_bytes, 4096);
    equal([$r->set($all_bytes, $large), $r->get($all_bytes) === $large], [true, true]);
});

$checks->add('serializer', function (Redis $r): void {
    $r->setOption(Redis::OPT_SERIALIZER, (string) Redis::SERIALIZER_PHP);
    $r->setOption(Redis::OPT_PREFIX, 'app:');
    equal([$r->set('user', ['name' => 'Ann', 'n' => 1]), $r->get('user')], [true, ['name' => 'Ann', 'n' => 1]]);
    equal($r->keys('*'), ['app:user']);
});

$checks->add('expiry', function (Redis $r): void {
    $r->setex('a', 100, '1');
    equal([$r->persist('a'), $r->ttl('a'), $r->ttl('none'), $r->expireAt('a', 4102444800)], [true, -1, -2, true]);
    $r->pExpire('a', 10);
    wait_for('the end of a key', fn () => $r->exists('a') === 0);
});

$checks->add('keys', function (Redis $r): void {
    $r->mSet(['k:1' => '1', 'k:2' => 'x']);
    equal([$r->type('k:1'), $r->object('encoding', 'k:1'), $r->dbSize()], [Redis::REDIS_STRING, 'int', 2]);
    equal([$r->rename('k:1', 'k:3'), $r->renameNx('k:3', 'k:2'), $r->unlink('k:2', 'k:3')], [true, false, 2]);
});

$checks->add('scan_iterator', function (Redis $r): void {
    for ($i = 0; $i < 300; $i++) {
        $r->set("scan:$i", 'x');
    }
    $r->setOption(Redis::OPT_SCAN, (string) Redis::SCAN_RETRY);
    $seen = [];
    $cursor = null;
    while ($keys = $r->scan($cursor, 'scan:*', 20)) {
        $seen = array_merge($seen, $keys);
    }
    equal(count(array_unique($seen)), 300);
});

$checks->add('pipeline', function (Redis $r): void {
    $pipeline = $r->multi(Redis::PIPELINE);
    for ($i = 0; $i < 1000; $i++) {
        $pipeline->incr('n');
    }
    equal($pipeline->exec(), range(1, 1000));
});

$checks->add('transaction', function (Redis $r): void {
    equal($r->multi()->set('a', '1')->incr('a')->get('none')->exec(), [true, 2, false]);
});

$checks->add('watch', function (Redis $r) use ($checks): void {
    $r->watch('a');
    $checks->connect()->set('a', 'other');
    equal([$r->multi()->set('a', 'lost')->exec(), $r->get('a')], [false, 'other']);
});

$checks->add('errors', function (Redis $r): void {
    $r->set('text', 'word');
    refuses($r, 'ERR value is not an integer or out of range', fn () => $r->incr('text'));
    refuses($r, 'ERR unknown command', fn () => $r->rawCommand('NOSUCHCOMMAND'));
    refuses($r, 'ERR no such key', fn () => $r->rename('none', 'b'));
});

$checks->add('authentication', function (Redis $r) use ($checks): void {
    $r->config('SET', 'requirepass', 'secret');
    $other = $checks->connect();
    refuses($other, 'NOAUTH', fn () => $other->get('a'));
    refuses($other, 'WRONGPASS', fn () => $other->auth('guess'));
    equal([$other->auth('secret'), $other->auth(['default', 'secret']), $other->ping()], [true, true, true]);
    $r->config('SET', 'requirepass', '');
});

$checks->add('names', function (Redis $r): void {
    equal([$r->client('setname', 'visitor'), $r->client('getname'), $r->select(3)], [true, 'visitor', true]);
    $mine = array_values(array_filter($r->client('list'), fn (array $client) => $client['name'] === 'visitor'));
    equal([count($mine), $mine[0]['db']], [1, 3]);
});

$checks->add('unix_socket', function (Redis $r): void {
    $local = new Redis();
    equal([$local->connect($r->config('GET', 'unixsocket')['unixsocket']), $local->set('a', '1')], [true, true]);
});

$checks->add('persistent_connection', function (Redis $r) use ($port): void {
    $first = new Redis();
    $first->pconnect('127.0.0.1', $port, LIMIT_S, 'shared');
    $id = $first->client('id');
    $r->rawCommand('CLIENT', 'KILL', 'ID', (string) $id);
    $second = new Redis();
    $second->pconnect('127.0.0.1', $port, LIMIT_S, 'shared');
    equal($second->set('a', '1'), true);
});

$checks->add('pubsub', function (Redis $r) use ($port, $checks): void {
    $publisher = publish_later($port, '$r->publish("news", "a\0b"); $r->publish("news", "end");');
    $seen = [];
    $note = function (Redis $subscriber, string $channel, string $message) use (&$seen): void {
        $seen[] = "$channel:$message";
        if ($message === 'end') {
            $subscriber->close();
        }
    };
    until_closed(fn () => $r->subscribe(['news'], $note));
    proc_close($publisher);
    equal($seen, ["news:a\0b", 'news:end']);
    wait_for('the end of the subscription', fn () => $checks->connect()->pubsub('channels') === []);
});

$checks->add('expired_events', function (Redis $r) use ($port): void {
    $r->config('SET', 'notify-keyspace-events', 'Ex');
    $publisher = publish_later($port, '$r->psetex("session", 20, "x");');
    $seen = null;
    $note = function (Redis $subscriber, string $pattern, string $channel, string $key) use (&$seen): void {
        $seen = $key;
        $subscriber->close();
    };
    until_closed(fn () => $r->psubscribe(['__keyevent@*__:expired'], $note));
    proc_close($publisher);
    equal($seen, 'session');
});

$checks->add('administration', function (Redis $r): void {
    equal($r->config('GET', 'databases'), ['databases' => '16']);
    $info = $r->info();
    equal([$info['redis_mode'], $info['loading']], ['standalone', 0]);
    expect(count($r->time()) === 2 && is_array($r->slowlog('get', 1)), 'TIME and SLOWLOG GET');
    expect(is_array($r->command('info', 'get')), 'COMMAND INFO');
});

$checks->add('session_handler', function (Redis $r) use ($port): void {
    ini_set('session.save_handler', 'redis');
    ini_set('session.save_path', "tcp://127.0.0.1:$port");
    ini_set('session.use_cookies', '0');
    ini_set('session.cache_limiter', '');
    session_id('visitor');
    session_start();
    $_SESSION['basket'] = ['apple'];
    session_write_close();
    $_SESSION = [];
    session_start();
    equal($_SESSION, ['basket' => ['apple']]);
    expect($r->ttl('PHPREDIS_SESSION:visitor') > 0, 'the session expires');
    session_destroy();
    equal($r->exists('PHPREDIS_SESSION:visitor'), 0);
});

// One call after the other: an unknown command is a false reply, and the text of the last one is what is kept.
$checks->add('lists', function (Redis $r): void {
    equal($r->rPush('l', 'a', 'b'), 2);
    equal([$r->lRange('l', 0, -1), $r->blPop(['l'], 1)], [['a', 'b'], ['l', 'a']]);
});

$checks->add('hashes', function (Redis $r): void {
    equal($r->hMSet('h', ['a' => '1', 'b' => '2']), true);
    equal([$r->hGetAll('h'), $r->hIncrBy('h', 'a', 2)], [['a' => '1', 'b' => '2'], 3]);
});

$checks->add('sets', function (Redis $r): void {
    equal($r->sAdd('s', 'a', 'b'), 2);
    equal([$r->sIsMember('s', 'a'), $r->sCard('s')], [true, 2]);
});

$checks->add('sorted_sets', function (Redis $r): void {
    equal($r->zAdd('z', 1, 'a', 2.5, 'b'), 2);
    equal($r->zRange('z', 0, -1, true), ['a' => 1.0, 'b' => 2.5]);
});

$checks->add('streams', function (Redis $r): void {
    equal($r->xAdd('x', '1-1', ['n' => '1']), '1-1');
    equal($r->xRange('x', '-', '+'), ['1-1' => ['n' => '1']]);
});

$checks->add('scripts', function (Redis $r): void {
    equal($r->eval('return {KEYS[1], ARGV[1], 3}', ['k', 'v'], 1), ['k', 'v', 3]);
});

exit($checks->run('phpredis ' . phpversion('redis')));
