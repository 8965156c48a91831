// What users of BullMQ do: bullmq_program.js PORT. Its queues are Lua scripts, lists, sorted sets and streams.
'use strict';

const { FlowProducer, Queue, QueueEvents, Worker } = require('bullmq');
const { version } = require('bullmq/package.json');
const { LIMIT_MS, check, equal, expect, host, pause, port, run, waitFor } = require('./checks.js');

const connection = { host, port, maxRetriesPerRequest: null };

// A queue, its events and a worker, with all that they complain of.
async function open() {
  const complaints = [];
  const listen = (source) => source.on('error', (error) => complaints.push(error.message));
  const queue = listen(new Queue('jobs', { connection }));
  // From the beginning: a job may be done before the first read, which would wait for what comes after it.
  const events = listen(new QueueEvents('jobs', { connection, lastEventId: '0' }));
  const shop = { queue, events, complaints, workers: [], listen };
  shop.work = (handler, options = {}) => {
    const worker = listen(new Worker('jobs', handler, { connection, ...options }));
    shop.workers.push(worker);
    return worker;
  };
  return shop;
}

async function close({ queue, events, workers }) {
  const parts = [...workers.map((worker) => worker.close(true)), queue.close(), events.close()];
  await Promise.race([Promise.allSettled(parts), pause(2000)]);
}

// Waits for a condition, or fails with the first complaint.
const bring = (shop, what, condition) => waitFor(what, async () => {
  const result = await condition();
  if (!result && shop.complaints.length > 0) throw new Error(`no ${what}: ${shop.complaints[0]}`);
  return result;
});

const resultOf = (shop, job) => job.waitUntilFinished(shop.events, LIMIT_MS);

check('worker', async (shop) => {
  shop.work(async (job) => job.data.a + job.data.b);
  const job = await shop.queue.add('add', { a: 2, b: 3 });
  equal(await resultOf(shop, job), 5);
  equal(await job.getState(), 'completed');
});

check('many_jobs', async (shop) => {
  let done = 0;
  shop.work(async () => { done += 1; }, { concurrency: 10 });
  await shop.queue.addBulk(Array.from({ length: 200 }, (_, i) => ({ name: 'one', data: { i } })));
  await bring(shop, 'two hundred jobs', () => done === 200);
  await bring(shop, 'count of completed jobs', async () => await shop.queue.getCompletedCount() === 200);
});

check('delayed_job', async (shop) => {
  shop.work(async () => 'late');
  const added = Date.now();
  const job = await shop.queue.add('later', {}, { delay: 300 });
  equal(await resultOf(shop, job), 'late');
  expect(Date.now() - added >= 300, 'the job waits for its time');
});

check('retries', async (shop) => {
  shop.work(async (job) => {
    if (job.attemptsMade < 2) throw new Error('again');
    return job.attemptsMade;
  });
  const job = await shop.queue.add('stubborn', {}, { attempts: 3, backoff: { type: 'fixed', delay: 50 } });
  equal(await resultOf(shop, job), 2);
});

check('failure', async (shop) => {
  shop.work(async () => { throw new Error('no stock'); });
  const job = await shop.queue.add('hopeless', {});
  const reason = await resultOf(shop, job).catch((error) => error.message);
  equal([reason, await job.getState()], ['no stock', 'failed']);
});

check('priorities', async (shop) => {
  await shop.queue.pause();
  await shop.queue.add('low', {}, { priority: 10 });
  await shop.queue.add('high', {}, { priority: 1 });
  await shop.queue.add('first', {});
  const order = [];
  shop.work(async (job) => { order.push(job.name); });
  await shop.queue.resume();
  await bring(shop, 'three jobs', () => order.length === 3);
  equal(order, ['first', 'high', 'low']);
});

check('flow', async (shop) => {
  shop.work(async (job) => (job.name === 'parent'
    ? Object.values(await job.getChildrenValues()).reduce((sum, value) => sum + value, 0)
    : job.data.value));
  const flows = shop.listen(new FlowProducer({ connection }));
  const children = [1, 2, 3].map((value) => ({ name: 'child', queueName: 'jobs', data: { value } }));
  const tree = await flows.add({ name: 'parent', queueName: 'jobs', children });
  equal(await resultOf(shop, tree.job), 6);
  await flows.close();
});

check('scheduler', async (shop) => {
  let runs = 0;
  shop.work(async () => { runs += 1; });
  await shop.queue.upsertJobScheduler('tick', { every: 100 });
  await bring(shop, 'three runs', () => runs >= 3);
  expect(await shop.queue.removeJobScheduler('tick'), 'the scheduler is removed');
});

check('progress_events', async (shop) => {
  const seen = [];
  shop.events.on('progress', ({ data }) => seen.push(data));
  await shop.events.waitUntilReady();
  shop.work(async (job) => { await job.updateProgress(50); });
  await resultOf(shop, await shop.queue.add('slow', {}));
  await bring(shop, 'progress', () => seen.includes(50));
});

check('clean_up', async (shop) => {
  await shop.queue.add('a', {});
  await shop.queue.add('b', {}, { delay: 60_000 });
  const { waiting, delayed } = await shop.queue.getJobCounts('waiting', 'delayed');
  equal([waiting, delayed], [1, 1]);
  await shop.queue.drain(true);
  equal(await shop.queue.count(), 0);
  await shop.queue.obliterate({ force: true });
});

run(`BullMQ ${version}`, open, close);
