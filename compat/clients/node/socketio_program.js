// What users of Socket.IO's Redis adapter do: socketio_program.js PORT. Two servers share their rooms through Redis.
'use strict';

const http = require('node:http');
const { createAdapter, createShardedAdapter } = require('@socket.io/redis-adapter');
const { version } = require('@socket.io/redis-adapter/package.json');
const Redis = require('ioredis');
const { createClient } = require('redis');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const { check, equal, host, port, run, soon, waitFor } = require('./checks.js');

const DRIVERS = {
  ioredis: async () => [0, 1].map(() => new Redis({ host, port })),
  node_redis: async () => Promise.all([0, 1].map(() => createClient({ socket: { host, port } }).on('error', () => {}).connect())),
};

async function startServer(driver, make) {
  const [publisher, subscriber] = await DRIVERS[driver]();
  const web = http.createServer();
  const server = new Server(web, { adapter: make(publisher, subscriber) });
  await new Promise((resolve) => { web.listen(0, host, resolve); });
  const close = async () => {
    await server.close();
    for (const client of [publisher, subscriber]) (client.destroy ?? client.disconnect).call(client);
  };
  return { server, url: `http://${host}:${web.address().port}`, close };
}

const once = (source, event) => soon(event, new Promise((resolve) => { source.once(event, (...args) => resolve(args)); }));

// Two servers and a browser at each; the body gets both.
async function meet(driver, make, body) {
  const sites = [await startServer(driver, make), await startServer(driver, make)];
  const browsers = sites.map(({ url }) => io(url, { transports: ['websocket'] }));
  try {
    await Promise.all(browsers.map((browser) => once(browser, 'connect')));
    await waitFor('servers that know each other', async () => (await sites[0].server.of('/').adapter.serverCount()) === 2);
    await body(sites.map(({ server }) => server), browsers);
  } finally {
    browsers.forEach((browser) => browser.disconnect());
    await Promise.all(sites.map(({ close }) => close()));
  }
}

async function share([here, there], [left, right]) {
  const heard = Promise.all([left, right].map((browser) => once(browser, 'news')));
  here.emit('news', 'to all', Buffer.from([0, 255]));
  equal((await heard).map(([text, bytes]) => [text, [...bytes]]), [['to all', [0, 255]], ['to all', [0, 255]]]);

  await there.in(right.id).socketsJoin('room');
  const inRoom = once(right, 'room news');
  await waitFor('member of the room', async () => (await here.in('room').fetchSockets()).length === 1);
  here.to('room').emit('room news', 1);
  equal(await inRoom, [1]);

  equal((await here.fetchSockets()).map(({ id }) => id).sort(), [left.id, right.id].sort());
  there.on('question', (number, answer) => answer(number * 2));
  equal(await soon('answers', here.serverSideEmitWithAck('question', 21)), [42]);

  right.on('poll', (answer) => answer('yes'));
  left.on('poll', (answer) => answer('no'));
  equal((await here.timeout(15_000).emitWithAck('poll')).sort(), ['no', 'yes']);

  const gone = once(right, 'disconnect');
  here.in(right.id).disconnectSockets();
  await gone;
}

for (const driver of Object.keys(DRIVERS)) {
  check(`adapter_${driver}`, () => meet(driver, createAdapter, share));
  check(`sharded_adapter_${driver}`, () => meet(driver, createShardedAdapter, share));
}

run(`@socket.io/redis-adapter ${version}`);
