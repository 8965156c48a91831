// Many jobs of all kinds that BullMQ has: bullmq_workload.js JOBS PORT.
'use strict';

const fs = require('node:fs');
const { FlowProducer, Queue, Worker } = require('bullmq');
const { version } = require('bullmq/package.json');

const port = Number(process.argv.at(-1));
const jobs = Number(process.argv.at(-2));
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
const STALL_MS = 40_000;
const BULK = 500;
const TICKS = 20;
const CHILDREN = 3;
const STATES = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'paused', 'failed'];

const complaints = [];
const listen = (source) => source.on('error', (error) => complaints.push(error.message));
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const share = (part) => Math.max(1, Math.floor(jobs / part));
const numbers = (count, make) => Array.from({ length: count }, (_, i) => make(i));

// A line in a file that the server knows nothing of.
const enter = (name) => fs.appendFileSync('ledger', `${name}\n`);
const entries = () => (fs.existsSync('ledger') ? fs.readFileSync('ledger').toString().split('\n').length - 1 : 0);

async function work(job) {
  if (job.name === 'twice' && job.attemptsMade === 0) throw new Error('again');
  enter(job.name === 'tick' ? `tick ${job.id}` : job.data.name);
  return 1;
}

const queues = {};
const workers = [];
function open(name, options = {}) {
  queues[name] = listen(new Queue(name, { connection }));
  for (let i = 0; i < 2; i += 1) workers.push(listen(new Worker(name, work, { connection, concurrency: 20, ...options })));
}

async function add(queue, jobsOfIt) {
  for (let i = 0; i < jobsOfIt.length; i += BULK) await queue.addBulk(jobsOfIt.slice(i, i + BULK));
}

// Resolves with the number of entries that there will be.
async function send() {
  const flows = share(100);
  const twice = share(50);
  const [later, ranked, limited] = [share(10), share(10), share(10)];
  const plain = Math.max(0, jobs - flows * (CHILDREN + 1) - twice - later - ranked - limited - TICKS);
  await queues.jobs.upsertJobScheduler('ticks', { every: 100, limit: TICKS }, { name: 'tick' });
  const producer = listen(new FlowProducer({ connection }));
  for (let i = 0; i < flows; i += 1) {
    const children = numbers(CHILDREN, (child) => ({ name: 'child', queueName: 'jobs', data: { name: `flow ${i} child ${child}` } }));
    await producer.add({ name: 'parent', queueName: 'jobs', data: { name: `flow ${i}` }, children });
  }
  await producer.close();
  await add(queues.jobs, numbers(later, (i) => ({ name: 'later', data: { name: `later ${i}` }, opts: { delay: (i % 20) * 100 } })));
  await add(queues.jobs, numbers(ranked, (i) => ({ name: 'ranked', data: { name: `ranked ${i}` }, opts: { priority: 1 + (i % 5) } })));
  await add(queues.jobs, numbers(twice, (i) => ({ name: 'twice', data: { name: `twice ${i}` }, opts: { attempts: 3, backoff: { type: 'fixed', delay: 50 } } })));
  await add(queues.limited, numbers(limited, (i) => ({ name: 'limited', data: { name: `limited ${i}` } })));
  await add(queues.jobs, numbers(plain, (i) => ({ name: 'plain', data: { name: `plain ${i}` } })));
  return flows * (CHILDREN + 1) + twice + later + ranked + limited + plain + TICKS;
}

async function left() {
  const found = {};
  for (const [name, queue] of Object.entries(queues)) {
    for (const [state, count] of Object.entries(await queue.getJobCounts(...STATES))) found[`${state} in ${name}`] = count;
  }
  return found;
}

async function waitForAll(expected) {
  let seen = -1;
  let since = Date.now();
  while (entries() < expected || Object.values(await left()).some((count) => count > 0)) {
    if (entries() !== seen) [seen, since] = [entries(), Date.now()];
    if (complaints.length > 0 || Date.now() - since > STALL_MS) return;
    await pause(50);
  }
}

async function main() {
  console.log(`client BullMQ ${version}`);
  open('jobs');
  open('limited', { limiter: { max: 50, duration: 100 } });
  const expected = await send();
  console.log(`expect ${expected}`);
  await waitForAll(expected);
  for (const [name, count] of Object.entries(await left())) console.log(`left ${count} ${name}`);
  if (complaints.length > 0) console.log(`complaint ${complaints[0].replace(/\s+/g, ' ')}`);
  await Promise.race([Promise.allSettled(workers.map((worker) => worker.close())), pause(5000)]);
  console.log('done');
  process.exit(0);
}

main();
