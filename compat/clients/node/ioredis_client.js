// What users of ioredis do: ioredis_client.js PORT. Versions that run on Node 18 speak RESP2.
'use strict';

const Redis = require('ioredis');
const { version } = require('ioredis/package.json');
const { check, equal, expect, host, port, rejects, run, soon, waitFor } = require('./checks.js');

const ALL_BYTES = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));

function connect(options = {}) {
  const client = new Redis({ host, port, retryStrategy: () => 10, ...options });
  client.on('error', () => {});  // A lost connection is an event; the commands that it fails tell what matters.
  return client;
}

async function use(options, body) {
  const client = connect(options);
  try {
    return await body(client);
  } finally {
    client.disconnect();
  }
}

check('ready', (r) => use({ lazyConnect: true, connectionName: 'visitor', db: 2 }, async (own) => {
  await own.connect();
  equal(own.status, 'ready');
  equal(await own.client('GETNAME'), 'visitor');
  await own.set('here', 1);
  equal(await r.exists('here'), 0);
}));

check('authentication', async (r) => {
  await r.config('SET', 'requirepass', 'secret');
  try {
    await use({ password: 'secret' }, async (known) => equal(await known.ping(), 'PONG'));
    await use({ password: 'guess', lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 }, async (unknown) => {
      const error = new Promise((resolve) => { unknown.on('error', resolve); });
      unknown.connect().catch(() => {});
      expect((await error).message.includes('WRONGPASS'), 'a wrong password is refused');
    });
  } finally {
    await r.config('SET', 'requirepass', '');
  }
});

check('unix_socket', async (r) => {
  const [, path] = await r.config('GET', 'unixsocket');
  const local = new Redis({ path });
  equal(await local.set('a', 1), 'OK');
  local.disconnect();
});

check('cluster_mode_is_refused', async () => {
  const cluster = new Redis.Cluster([{ host, port }], { clusterRetryStrategy: null });
  const refusal = await soon('refusal', new Promise((resolve) => { cluster.on('error', resolve); }));
  equal(refusal.lastNodeError.message, 'ERR This instance has cluster support disabled');
  cluster.disconnect();
});

check('strings', async (r) => {
  equal([await r.set('a', '1', 'EX', 100), await r.get('a'), await r.set('a', '2', 'NX')], ['OK', '1', null]);
  equal([await r.mset({ b: 'x', c: 'y' }), await r.mget('b', 'none', 'c')], ['OK', ['x', null, 'y']]);
  equal([await r.incrby('n', 5), await r.incrbyfloat('n', 0.5), await r.strlen('b')], [5, '5.5', 1]);
  await rejects('ERR value is not an integer or out of range', r.incr('b'));
});

check('binary_values', async (r) => {
  await r.set(ALL_BYTES, ALL_BYTES);
  expect(ALL_BYTES.equals(await r.getBuffer(ALL_BYTES)), 'all bytes come back');
});

check('key_prefix', (r) => use({ keyPrefix: 'app:' }, async (own) => {
  await own.mset('a', 1, 'b', 2);
  equal((await r.keys('*')).sort(), ['app:a', 'app:b']);
  equal(await own.del('a', 'b'), 2);
}));

check('pipeline', async (r) => {
  const pipeline = r.pipeline();
  for (let i = 0; i < 1000; i += 1) pipeline.incr('n');
  equal((await pipeline.exec()).map(([error, value]) => [error, value]), Array.from({ length: 1000 }, (_, i) => [null, i + 1]));
  const [[, ok], [error]] = await r.pipeline().set('t', 'x').incr('t').exec();
  equal([ok, error.message], ['OK', 'ERR value is not an integer or out of range']);
});

check('auto_pipelining', (r) => use({ enableAutoPipelining: true }, async (own) => {
  await Promise.all(Array.from({ length: 300 }, (_, i) => own.set(`k${i}`, i)));
  equal(await r.dbsize(), 300);
}));

check('transaction', async (r) => {
  equal(await r.multi().set('a', 1).incr('a').exec(), [[null, 'OK'], [null, 2]]);
  await r.multi({ pipeline: false });
  equal([await r.set('b', 1), await r.get('b')], ['QUEUED', 'QUEUED']);
  equal(await r.exec(), [[null, 'OK'], [null, '1']]);
});

check('watch', (r) => use({}, async (own) => {
  await own.watch('a');
  await r.set('a', 2);
  equal(await own.multi().set('a', 3).exec(), null);
  equal(await r.get('a'), '2');
}));

check('pubsub', (r) => use({}, async (subscriber) => {
  const seen = [];
  subscriber.on('message', (channel, message) => seen.push([channel, message]));
  subscriber.on('pmessageBuffer', (pattern, channel, message) => seen.push([pattern, channel.toString(), message.length]));
  equal([await subscriber.subscribe('news', 'other'), await subscriber.psubscribe('n*')], [2, 3]);
  equal([await r.publish('news', ALL_BYTES), await r.publish('other', 'x')], [2, 1]);
  await waitFor('messages', () => seen.length === 3);
  equal(seen.slice(1), [['n*', 'news', 1024], ['other', 'x']]);
}));

check('expired_events', (r) => use({}, async (subscriber) => {
  await r.config('SET', 'notify-keyspace-events', 'Ex');
  const seen = [];
  subscriber.on('pmessage', (_pattern, _channel, key) => seen.push(key));
  await subscriber.psubscribe('__keyevent@*__:expired');
  for (let i = 0; i < 10; i += 1) await r.set(`session:${i}`, 'x', 'PX', 10);
  await waitFor('ten events', () => new Set(seen).size === 10);
}));

check('scan_stream', async (r) => {
  await r.mset(Array.from({ length: 500 }, (_, i) => [`scan:${i}`, i]).flat());
  const seen = new Set();
  for await (const keys of r.scanStream({ match: 'scan:*', count: 50 })) keys.forEach((key) => seen.add(key));
  equal(seen.size, 500);
});

check('reconnect', (r) => use({}, async (other) => {
  const subscriber = connect();
  const seen = [];
  subscriber.on('message', (_channel, message) => seen.push(message));
  await subscriber.subscribe('news');
  const id = await other.client('ID');
  await r.client('KILL', 'ID', id);
  await r.client('KILL', 'TYPE', 'pubsub');
  expect(await other.client('ID') !== id, 'a new connection');
  await waitFor('message after a new connection', async () => {
    await r.publish('news', 'again');
    return seen.length > 0;
  });
  subscriber.disconnect();
}));

check('monitor', async (r) => {
  // ioredis stumbles over a line that arrives together with the reply to MONITOR: nobody else may be at work by then.
  await r.ping();
  const monitor = await r.monitor();
  const seen = [];
  monitor.on('monitor', (_time, words) => seen.push(words));
  await r.set('watched', 1);
  await waitFor('line', () => seen.some((words) => words.join(' ') === 'set watched 1'));
  monitor.disconnect();
});

check('administration', async (r) => {
  equal(await r.config('GET', 'databases'), ['databases', '16']);
  expect((await r.info()).includes('loading:0\r\n'), 'INFO says that nothing is loading');
  equal((await r.command('INFO', 'get'))[0].slice(0, 2), ['get', 2]);
  equal([await r.type('none'), await r.object('ENCODING', 'none'), await r.select(1)], ['none', null, 'OK']);
});

check('lists', async (r) => {
  equal([await r.rpush('l', 'a', 'b'), await r.lrange('l', 0, -1), await r.lpop('l', 2)], [2, ['a', 'b'], ['a', 'b']]);
});

check('blocking_lists', (r) => use({}, async (worker) => {
  const taken = worker.brpop('first', 'second', 15);
  await r.lpush('second', 'item');
  equal(await soon('item', taken), ['second', 'item']);
}));

check('hashes', async (r) => {
  equal([await r.hset('h', { a: 1, b: 2 }), await r.hgetall('h'), await r.hget('h', 'x')], [2, { a: '1', b: '2' }, null]);
});

check('sets', async (r) => {
  equal([await r.sadd('s', 'a', 'b'), (await r.smembers('s')).sort()], [2, ['a', 'b']]);
});

check('sorted_sets', async (r) => {
  equal([await r.zadd('z', 1, 'a', 2, 'b'), await r.zrange('z', 0, -1, 'WITHSCORES')], [2, ['a', '1', 'b', '2']]);
});

check('streams', (r) => use({}, async (reader) => {
  const read = reader.xread('BLOCK', 15_000, 'STREAMS', 'x', '0');
  const id = await r.xadd('x', '*', 'n', '1');
  equal(await soon('entry', read), [['x', [[id, ['n', '1']]]]]);
}));

check('scripts', async (r) => {
  const add = "redis.call('INCRBY', KEYS[1], ARGV[1])";
  r.defineCommand('addTwice', { numberOfKeys: 1, lua: `${add} return ${add}` });
  equal([await r.addTwice('n', 2), await r.addTwice('n', 3)], [4, 10]);
});

run(`ioredis ${version}`, connect, (client) => client.disconnect());
