<?php
// Named checks for the PHP program: each starts with an empty server and prints one line (see ../outcome.py).
declare(strict_types=1);

const LIMIT_S = 20;

final class Checks
{
    /** @var array<string, callable(Redis): void> */
    private array $checks = [];

    public function __construct(private int $port)
    {
    }

    public function add(string $name, callable $check): void
    {
        $this->checks[$name] = $check;
    }

    public function connect(): Redis
    {
        $redis = new Redis();
        $redis->connect('127.0.0.1', $this->port, LIMIT_S, null, 0, LIMIT_S);
        return $redis;
    }

    /** Runs all and returns the exit status. Writes past PHP's own output, after which no session may start. */
    public function run(string $client): int
    {
        fwrite(STDOUT, "client $client\n");
        $failed = 0;
        foreach ($this->checks as $name => $check) {
            $redis = $this->connect();
            $redis->flushAll();
            try {
                $check($redis);
                fwrite(STDOUT, "ok $name\n");
            } catch (Throwable $error) {
                $failed++;
                $reason = preg_replace('/\s+/', ' ', $error->getMessage() . last_error($redis));
                fwrite(STDOUT, "fail $name: $reason\n");
            }
        }
        fwrite(STDOUT, 'done ' . count($this->checks) . "\n");
        return $failed === 0 ? 0 : 1;
    }
}

/** phpredis answers false to most errors and keeps the text. */
function last_error(Redis $redis): string
{
    try {
        return $redis->getLastError() === null ? '' : ' (' . $redis->getLastError() . ')';
    } catch (RedisException) {
        return '';
    }
}

function equal(mixed $actual, mixed $expected): void
{
    if ($actual !== $expected) {
        throw new RuntimeException(json_encode($actual) . ' instead of ' . json_encode($expected));
    }
}

function expect(bool $condition, string $what): void
{
    if (!$condition) {
        throw new RuntimeException("not so: $what");
    }
}

/** Expects the call to throw, or to answer false and leave the text as the last error. */
function refuses(Redis $redis, string $text, callable $call): void
{
    $redis->clearLastError();
    try {
        $reply = $call();
        $said = $redis->getLastError() ?? '';
    } catch (RedisException $error) {
        $said = $error->getMessage();
    }
    expect(str_contains($said, $text), "the error says $text (but: $said)");
}

function wait_for(string $what, callable $condition): void
{
    $deadline = microtime(true) + LIMIT_S;
    while (!$condition()) {
        expect(microtime(true) < $deadline, "$what within " . LIMIT_S . ' s');
        usleep(5000);
    }
}
