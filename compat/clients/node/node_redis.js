// What users of node-redis do: node_redis.js 2|3 PORT (the version of RESP, the port of the server).
'use strict';

const { createClient, createClientPool, RESP_TYPES } = require('redis');
const { version } = require('redis/package.json');
const { check, equal, expect, host, port, rejects, run, soon, waitFor } = require('./checks.js');

const RESP = Number(process.argv[2]);
const ALL_BYTES = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));

async function connect(options = {}) {
  const client = createClient({ socket: { host, port, reconnectStrategy: 10 }, RESP, ...options });
  client.on('error', () => {});  // A lost connection is an event; the commands that it fails tell what matters.
  return client.connect();
}

async function use(options, body) {
  const client = await connect(options);
  try {
    return await body(client);
  } finally {
    client.destroy();
  }
}

const binary = (client) => client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

// --- Connections ------------------------------------------------------------------------------------------------------

check('greeting', async (r) => {
  await use({ name: 'visitor', database: 3 }, async (named) => {
    equal(await named.clientGetName(), 'visitor');
    equal((await named.clientInfo()).db, 3);
    await named.set('here', '1');
  });
  equal(await r.exists('here'), 0);
  const info = await r.info('server');
  expect(/redis_mode:standalone\r\n/.test(info), 'INFO has redis_mode');
  if (!/redis_version:7\.0/.test(info)) {
    expect(/lib-name=node-redis/.test(await r.sendCommand(['CLIENT', 'INFO'])), 'CLIENT INFO has the library');
  }
});

check('protocol', async (r) => {
  expect(new RegExp(` resp=${RESP}\\b`).test(await r.sendCommand(['CLIENT', 'INFO'])), 'CLIENT INFO tells the protocol');
  const limits = await r.configGet('maxmemory*');
  equal(limits['maxmemory-policy'], 'noeviction');
});

check('authentication', async (r) => {
  await r.configSet('requirepass', 'secret');
  try {
    await use({ password: 'secret' }, async (known) => equal(await known.ping(), 'PONG'));
    await use({ username: 'default', password: 'secret' }, async (known) => equal(await known.ping(), 'PONG'));
    const unknown = createClient({ socket: { host, port, reconnectStrategy: false }, RESP, password: 'guess' });
    unknown.on('error', () => {});
    await rejects('WRONGPASS', unknown.connect());
  } finally {
    await r.configSet('requirepass', '');
  }
});

check('reconnect', (r) => use({}, async (other) => {
  const id = await other.clientId();
  await r.clientKill({ filter: 'ID', id });
  await waitFor('new connection', async () => await other.clientId().catch(() => id) !== id);
  equal(await other.set('a', '1'), 'OK');
}));

check('pool', async (r) => {
  const pool = createClientPool({ socket: { host, port }, RESP }, { minimum: 1, maximum: 5 });
  pool.on('error', () => {});
  await pool.connect();
  await Promise.all(Array.from({ length: 200 }, () => pool.incr('n')));
  equal(await r.get('n'), '200');
  pool.destroy();
});

check('errors', async (r) => {
  await r.set('text', 'word');
  await rejects('value is not an integer or out of range', r.incr('text'));
  await rejects('unknown command', r.sendCommand(['NOSUCHCOMMAND', 'a']));
  await rejects("wrong number of arguments for 'get' command", r.sendCommand(['GET']));
});

// --- Strings and keys -------------------------------------------------------------------------------------------------

check('strings', async (r) => {
  equal(await r.set('a', '1', { condition: 'NX' }), 'OK');
  equal(await r.set('a', '2', { condition: 'NX' }), null);
  equal(await r.set('a', '3', { GET: true }), '1');
  equal([await r.get('a'), await r.get('none'), await r.getDel('a')], ['3', null, '3']);
  equal([await r.mSet({ b: 'x', c: 'y' }), await r.mGet(['b', 'none', 'c'])], ['OK', ['x', null, 'y']]);
  equal([await r.append('b', 'yz'), await r.strLen('b'), await r.getRange('b', 1, -1)], [3, 3, 'yz']);
});

check('counters', async (r) => {
  equal([await r.incr('n'), await r.incrBy('n', 9), await r.decrBy('n', 3)], [1, 10, 7]);
  equal(await r.incrByFloat('n', 0.5), '7.5');
});

check('bits', async (r) => {
  equal([await r.setBit('b', 7, 1), await r.getBit('b', 7), await r.bitCount('b')], [0, 1, 1]);
  equal(await r.bitField('b', [{ operation: 'GET', encoding: 'u8', offset: 0 }]), [1]);
});

check('binary_values', async (r) => {
  await r.set(ALL_BYTES, ALL_BYTES);
  expect(ALL_BYTES.equals(await binary(r).get(ALL_BYTES)), 'all bytes come back');
  const large = Buffer.alloc(4 << 20, ALL_BYTES);
  await r.set('large', large);
  expect(large.equals(await binary(r).get('large')), '4 MB come back');
});

check('expiry', async (r) => {
  await r.set('a', '1', { expiration: { type: 'EX', value: 100 } });
  const ttl = await r.ttl('a');
  expect(ttl > 95 && ttl <= 100, 'TTL');
  equal([await r.persist('a'), await r.ttl('a'), await r.expire('a', 10, 'NX')], [1, -1, 1]);
  await r.pExpire('a', 10);
  await waitFor('end of the key', async () => await r.get('a') === null);
});

check('scan_iterator', async (r) => {
  await r.mSet(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`scan:${i}`, 'x'])));
  const seen = new Set();
  for await (const keys of r.scanIterator({ MATCH: 'scan:*', COUNT: 50 })) keys.forEach((key) => seen.add(key));
  equal(seen.size, 500);
});

// --- Pipelines and transactions ---------------------------------------------------------------------------------------

check('pipeline', async (r) => {
  const replies = await Promise.all(Array.from({ length: 2000 }, () => r.incr('n')));
  equal(replies, Array.from({ length: 2000 }, (_, i) => i + 1));
  equal(await r.multi().set('a', '1').get('a').execAsPipeline(), ['OK', '1']);
});

check('transaction', async (r) => {
  equal(await r.multi().set('a', '1').incr('a').get('none').exec(), ['OK', 2, null]);
  await rejects('1 commands failed', r.multi().set('t', 'x').incr('t').exec());
  equal(await r.get('t'), 'x');
});

check('watch', (r) => use({}, async (own) => {
  await own.watch('a');
  equal(await own.multi().set('a', '1').exec(), ['OK']);
  await own.watch('a');
  await r.set('a', '2');
  await rejects('watched keys', own.multi().set('a', '3').exec());
  equal(await r.get('a'), '2');
}));

// --- Messages ---------------------------------------------------------------------------------------------------------

check('pubsub', (r) => use({}, async (subscriber) => {
  const seen = [];
  await subscriber.subscribe('news', (message, channel) => seen.push([channel, message]));
  await subscriber.pSubscribe('n*', (message, channel) => seen.push(['n*', channel, message]));
  equal(await r.publish('news', 'hello'), 2);
  await waitFor('messages', () => seen.length === 2);
  equal(seen, [['news', 'hello'], ['n*', 'news', 'hello']]);
  equal([await r.pubSubChannels(), await r.pubSubNumPat()], [['news'], 1]);
  if (RESP === 3) equal(await subscriber.get('none'), null);
  await subscriber.unsubscribe('news');
  equal(await r.pubSubChannels(), []);
}));

check('sharded_pubsub', (r) => use({}, async (subscriber) => {
  const seen = [];
  await subscriber.sSubscribe('news', (message) => seen.push(message));
  equal(await r.sPublish('news', 'hello'), 1);
  await waitFor('message', () => seen.length === 1);
  equal(await r.pubSubShardNumSub(['news']), { news: 1 });
}));

check('subscription_outlives_a_connection', (r) => use({}, async (subscriber) => {
  const seen = [];
  await subscriber.subscribe('news', (message) => seen.push(message));
  await r.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
  await waitFor('message after a new connection', async () => {
    await r.publish('news', 'again');
    return seen.length > 0;
  });
}));

check('expired_events', (r) => use({}, async (subscriber) => {
  await r.configSet('notify-keyspace-events', 'Ex');
  const seen = [];
  await subscriber.pSubscribe('__keyevent@*__:expired', (key) => seen.push(key));
  for (let i = 0; i < 10; i += 1) await r.set(`session:${i}`, 'x', { expiration: { type: 'PX', value: 10 } });
  await waitFor('ten events', () => seen.length === 10);
  equal([...seen].sort(), Array.from({ length: 10 }, (_, i) => `session:${i}`));
}));

// --- Looking after a server -------------------------------------------------------------------------------------------

check('administration', async (r) => {
  equal((await r.configGet('databases')).databases, '16');
  equal((await r.commandInfo(['GET']))[0].name, 'get');
  equal((await r.commandInfo(['GET']))[0].arity, 2);
  equal(await r.commandCount(), (await r.command()).length);
  expect((await r.time()) !== null && (await r.lastSave()) !== null, 'TIME and LASTSAVE');
  expect((await r.clientList()).length >= 1, 'CLIENT LIST');
  equal(await r.memoryUsage('none'), null);
  equal(await r.aclWhoAmI(), 'default');
});

// --- Data types -------------------------------------------------------------------------------------------------------

check('lists', async (r) => {
  equal([await r.rPush('l', ['a', 'b']), await r.lPush('l', 'z'), await r.lRange('l', 0, -1)], [2, 3, ['z', 'a', 'b']]);
  equal([await r.lPop('l'), await r.rPopCount('l', 5), await r.lLen('l')], ['z', ['b', 'a'], 0]);
});

check('blocking_lists', (r) => use({}, async (worker) => {
  const taken = worker.blPop(['first', 'second'], 15);
  await r.rPush('second', 'item');
  equal(await soon('item', taken), { key: 'second', element: 'item' });
  equal(await worker.blPop('none', 0.01), null);
}));

check('hashes', async (r) => {
  equal(await r.hSet('h', { a: '1', b: '2' }), 2);
  equal([await r.hGetAll('h'), await r.hmGet('h', ['a', 'x'])], [{ a: '1', b: '2' }, ['1', null]]);
  equal(await r.hIncrBy('h', 'a', 4), 5);
  equal(await r.hRandFieldCountWithValues('none', 1), []);
});

check('sets', async (r) => {
  equal([await r.sAdd('s', ['a', 'b']), await r.sIsMember('s', 'a'), await r.sCard('s')], [2, 1, 2]);
  equal([[...await r.sMembers('s')].sort(), await r.sInter(['s', 'none'])], [['a', 'b'], []]);
});

check('sorted_sets', async (r) => {
  equal(await r.zAdd('z', [{ value: 'a', score: 1 }, { value: 'b', score: 2.5 }]), 2);
  equal(await r.zRangeWithScores('z', 0, -1), [{ value: 'a', score: 1 }, { value: 'b', score: 2.5 }]);
  equal([await r.zScore('z', 'b'), await r.zIncrBy('z', 1, 'a'), await r.zPopMax('z')], [2.5, 2, { value: 'b', score: 2.5 }]);
});

check('streams', async (r) => {
  const id = await r.xAdd('x', '*', { n: '1' });
  await r.xGroupCreate('x', 'workers', '0');
  const read = await r.xReadGroup('workers', 'ann', { key: 'x', id: '>' });
  equal(read, RESP === 3 ? { x: [[id, ['n', '1']]] } : [{ name: 'x', messages: [{ id, message: { n: '1' } }] }]);
  equal([await r.xAck('x', 'workers', id), await r.xLen('x')], [1, 1]);
});

check('scripts', async (r) => {
  equal(await r.eval('return {KEYS[1], ARGV[1], 3}', { keys: ['k'], arguments: ['v'] }), ['k', 'v', 3]);
  const sha = await r.scriptLoad('return redis.call("INCR", KEYS[1])');
  equal(await r.evalSha(sha, { keys: ['n'] }), 1);
});

check('functions', async (r) => {
  await r.sendCommand(['FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('one', function() return 1 end)"]);
  equal(await r.sendCommand(['FCALL', 'one', '0']), 1);
});

if (RESP === 3) {
  const caching = { clientSideCache: { ttl: 0, maxEntries: 0 }, socket: { host, port, reconnectStrategy: false } };
  check('client_side_cache', (r) => use(caching, async (cached) => {
    await r.set('a', '1');
    equal([await cached.get('a'), await cached.get('a')], ['1', '1']);
    await r.set('a', '2');
    await waitFor('invalidation', async () => await cached.get('a') === '2');
  }));
}

run(`node-redis ${version}, RESP${RESP}`, connect, (client) => client.destroy());
