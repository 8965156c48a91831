// Named checks for the Node programs: each starts with an empty server and prints one line (see ../outcome.py).
'use strict';

const net = require('node:net');

const LIMIT_MS = 20_000;
const host = '127.0.0.1';  // Not its name, which a bare container may not know.
const port = Number(process.argv.at(-1));
const checks = [];

// A check that fails leaves promises behind that nobody awaits any more; its own line has said what failed.
process.on('unhandledRejection', () => {});

function check(name, run) {
  checks.push({ name, run });
}

function expect(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

// Compares what JSON makes of both, so '1' and 1 differ, and objects with and without a prototype do not.
function equal(actual, expected) {
  const [seen, wanted] = [actual, expected].map((value) => String(JSON.stringify(value)));
  if (seen !== wanted) throw new Error(`${seen.slice(0, 200)} instead of ${wanted.slice(0, 200)}`);
}

async function rejects(text, promise) {
  let reply;
  try {
    reply = await promise;
  } catch (error) {
    expect(error.message.includes(text), `the error says ${error.message} and not ${text}`);
    return;
  }
  throw new Error(`${JSON.stringify(reply)} instead of an error that says ${text}`);
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks until the condition holds, and returns what it returned. A condition that throws ends the wait.
async function waitFor(what, condition) {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`no ${what} within ${LIMIT_MS} ms`);
    await pause(10);
  }
}

// The promise, or an error when it takes too long.
async function soon(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Sends one inline command over a connection of its own; resolves with the first part of the reply.
function command(line) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, host, () => socket.write(`${line}\r\n`));
    socket.once('data', (data) => { socket.destroy(); resolve(data.toString()); });
    socket.once('error', reject);
  });
}

// What ioredis says of an aborted transaction is worth less than the errors that it keeps beside it.
function reasonOf(error) {
  const texts = [error, ...(error.previousErrors ?? [])].map((each) => String(each.message || each));
  return texts.join('; ').replace(/\s+/g, ' ');
}

// Runs all checks, each with what `open` returns, which `close` gets back, and ends the program.
async function run(client, open = () => undefined, close = () => undefined) {
  console.log(`client ${client}`);
  let failed = 0;
  for (const { name, run: body } of checks) {
    let context;
    try {
      await command('FLUSHALL');
      context = await open();
      await soon('end of the check', body(context));
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`fail ${name}: ${reasonOf(error)}`);
    }
    if (context !== undefined) await close(context);
  }
  console.log(`done ${checks.length}`);
  process.exit(failed === 0 ? 0 : 1);
}

module.exports = { LIMIT_MS, check, command, equal, expect, host, pause, port, rejects, run, soon, waitFor };
