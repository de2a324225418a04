// From the moment at which the model has written a sentence's last character until the customer's socket has the verified, stored
// sentence; many conversations at once, beside a bare relay that checks nothing.
// Usage: node bench/first-sentence.mjs [--conversations 50] [--rounds 8] [--pace 40] [--only service|relay]
//
// The model writes --pace characters a second in each conversation (40 is about 20 tokens of Korean). Customers, service and relay are
// processes of their own and read one clock. DATABASE_URL chooses PostgreSQL, else a fresh embedded store.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { v4 as uuid } from 'uuid';
import { distribution, now, printMachine, root } from './support/machine.mjs';

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
  const child = fork(join(root, 'bench', 'support', script), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      SANGDAM_DATA: data,
      SANGDAM_CHAT_MODEL: 'none',
      SANGDAM_MESSAGES_PER_MINUTE: '100000',
      SANGDAM_CONNECTIONS_PER_ADDRESS: '100000',
      LOG_LEVEL: 'error',
      BENCH_CHARACTERS_PER_SECOND: given.pace,
    },
  });
  const written = new Map();
  let usage;
  child.on('message', (message) => {
    if ('who' in message) written.set(`${message.who}:${message.index}`, message.at);
  });
  const [{ port }] = await once(child, 'message');
  const received = [];
  const customers = Array.from({ length: conversations }, (_, n) => customer(port, letters(n), ask, received));
  const before = await usageOf(child);
  const started = now();
  await Promise.all(customers);
  const seconds = (now() - started) / 1000;
  usage = await usageOf(child);
  child.send('end');
  await once(child, 'exit');
  const delays = received.map(({ who, index, at }) => ({ index, delay: at - written.get(`${who}:${index}`) }));
  return {
    first: delays.filter(({ index }) => index === 0).map((each) => each.delay),
    later: delays.filter(({ index }) => index > 0).map((each) => each.delay),
    cores: (usage.cpu.user + usage.cpu.system - before.cpu.user - before.cpu.system) / 1e6 / seconds,
    rss: usage.rss,
    sentences: received.length / seconds,
  };
}

async function usageOf(child) {
  child.send('usage');
  for (;;) {
    const [message] = await once(child, 'message');
    if ('usage' in message) return message.usage;
  }
}

async function customer(port, name, ask, received) {
  const socket = io(`http://127.0.0.1:${port}/chat`, { transports: ['websocket'], forceNew: true });
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

function report(what, { first, later, cores, rss, sentences }) {
  console.log(`${what}: first sentence ${distribution(first)}`);
  console.log(`${what}: later sentences ${distribution(later)}`);
  console.log(
    `${what}: ${sentences.toFixed(0)} sentences/s, ${cores.toFixed(2)} cores, ${Math.round(rss / 1e6)} MB resident`,
  );
}
