// From the moment at which the model has written a sentence's last character until the customer's socket has the verified, stored
// sentence; many conversations at once, beside a bare relay that checks nothing.
// Usage: node bench/first-sentence.mjs [--conversations 50] [--rounds 8] [--pace 40] [--only service|relay]
//
// The model writes --pace characters a second in each conversation (40 is about 20 tokens of Korean). Customers, service and relay are
// processes of their own and read one clock. DATABASE_URL chooses PostgreSQL, else a fresh embedded store.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { v4 as uuid } from 'uuid';
import { cores, startChild } from './support/child.mjs';
import { distribution, now, printMachine } from './support/machine.mjs';

const { values: given } = parseArgs({
  options: {
    conversations: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '8' },
    pace: { type: 'string', default: '40' },
    only: { type: 'string' },
  },
});
const conversations = Number(given.conversations);
const rounds = Number(given.rounds);
/** A customer reads for so long before the next question, milliseconds, at random. */
const READING = 3000;

printMachine('socket.io', '@nestjs/core', '@electric-sql/pglite');
console.log(
  `${conversations} conversations, ${rounds} questions each, ${given.pace} characters/s each, ${process.env.DATABASE_URL ? 'PostgreSQL' : 'embedded store'}`,
);
const data = mkdtempSync(join(tmpdir(), 'sangdam-bench-'));
try {
  if (given.only !== 'relay') report('service', await measure('writing-service.mjs', askService));
  if (given.only !== 'service') report('bare relay', await measure('bare-relay.mjs', askRelay));
} finally {
  rmSync(data, { recursive: true, force: true });
}

/** Delays in ms of first and later sentences, and what the process used. */
async function measure(script, ask) {
  const written = new Map();
  const env = { SANGDAM_DATA: data, BENCH_CHARACTERS_PER_SECOND: given.pace };
  const server = await startChild(script, env, (message) => {
    if ('who' in message) written.set(`${message.who}:${message.index}`, message.at);
  });
  const received = [];
  const before = await server.usage();
  const started = now();
  await Promise.all(Array.from({ length: conversations }, (_, n) => customer(server.url, letters(n), ask, received)));
  const seconds = (now() - started) / 1000;
  const after = await server.usage();
  await server.end();
  const delays = received.map(({ who, index, at }) => ({ index, delay: at - written.get(`${who}:${index}`) }));
  return {
    first: delays.filter(({ index }) => index === 0).map((each) => each.delay),
    later: delays.filter(({ index }) => index > 0).map((each) => each.delay),
    cores: cores(before, after, seconds),
    rss: after.rss,
    sentences: received.length / seconds,
  };
}

async function customer(url, name, ask, received) {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  await once(socket, 'connect');
  for (let round = 0; round < rounds; round++) {
    await delay(Math.random() * READING);
    const who = `${name}${letters(round)}`;
    await new Promise((resolve, reject) => {
      const listen = (event) => {
        if (event.type === 'answer.sentence') received.push({ who, index: event.data.index, at: now() });
        if (event.type !== 'answer.completed') return;
        socket.off('event', listen);
        resolve();
      };
      socket.on('event', listen);
      ask(socket, who, round).catch(reject);
    });
  }
  socket.close();
}

async function askService(socket, who, round) {
  if (round === 0) accepted(await socket.emitWithAck('conversation:open', {}));
  const text = `정기예금을 해지하고 싶은데 어떻게 하나요? (대화-${who})`;
  accepted(await socket.emitWithAck('message:send', { clientMessageId: uuid(), text }));
}

async function askRelay(socket, who) {
  socket.emit('ask', who);
}

function accepted(reply) {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
}

/** 0 → aa, 1 → ab …: two letters. */
function letters(n) {
  return String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26));
}

function report(what, { first, later, cores: used, rss, sentences }) {
  console.log(`${what}: first sentence ${distribution(first)}`);
  console.log(`${what}: later sentences ${distribution(later)}`);
  console.log(
    `${what}: ${sentences.toFixed(0)} sentences/s, ${used.toFixed(2)} cores, ${Math.round(rss / 1e6)} MB resident`,
  );
}
