// How many customers one process holds: sockets open and idle, conversations streaming at once, memory a socket, events lost.
// Usage: node bench/sockets.mjs [--idle 5000] [--streaming 300] [--pace 40] [--seconds 60]
//
// Every socket has a conversation of its own. After the idle time some of them ask at the same moment while all others stay
// open. What each received is compared with what the store gives to a new connection: an event that differs or is missing is lost.
// The bare relay beside it (bench/support/bare-relay.mjs) says what the sockets themselves cost.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { v4 as uuid } from 'uuid';
import { cores, startChild } from './support/child.mjs';
import { distribution, now, printMachine } from './support/machine.mjs';

const { values: given } = parseArgs({
  options: {
    idle: { type: 'string', default: '5000' },
    streaming: { type: 'string', default: '300' },
    pace: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '60' },
  },
});
const idle = Number(given.idle);
const streaming = Number(given.streaming);
/** Connections that are being opened at a time. */
const AT_ONCE = 50;

async function measureService() {
  const written = new Map();
  const server = await startChild('writing-service.mjs', env, (message) => {
    if ('who' in message) written.set(`${message.who}:${message.index}`, message.at);
  });
  const empty = await server.usage();
  const opened = now();
  const customers = await inBatches(idle, () => Customer.open(server.url));
  const full = await server.usage();
  const seconds = (now() - opened) / 1000;
  console.log(
    `service: ${idle} sockets with a conversation each, opened in ${seconds.toFixed(1)} s (${(idle / seconds).toFixed(0)}/s); ${kilobytes(full, empty, idle)} KB a socket, ${megabytes(full)} MB resident`,
  );

  const waiting = now();
  await delay(Number(given.seconds) * 1000);
  const rested = await server.usage();
  const lost = customers.filter(({ socket }) => !socket.connected).length;
  const idleCores = cores(full, rested, (now() - waiting) / 1000);
  console.log(`service: ${given.seconds} s idle: ${lost} sockets lost, ${idleCores.toFixed(2)} cores`);

  const asked = now();
  const asking = customers.slice(0, streaming);
  await Promise.all(asking.map((customer, n) => customer.ask(letters(n))));
  const answered = await server.usage();
  const delays = (index) =>
    asking.flatMap(({ sentences, who }) =>
      sentences.filter((each) => each.index === index).map(({ at }) => at - written.get(`${who}:${index}`)),
    );
  console.log(
    `service: ${streaming} streaming at once: first sentence ${distribution(delays(0))}; later ${distribution([1, 2, 3].flatMap(delays))}; ${cores(rested, answered, (now() - asked) / 1000).toFixed(2)} cores`,
  );

  for (const { socket } of customers) socket.close();
  const missing = await inBatches(streaming, async (n) => asking[n].missing(server.url));
  console.log(`service: events lost or different: ${missing.reduce((sum, each) => sum + each, 0)}`);
  await server.end();
}

async function measureRelay() {
  const server = await startChild('bare-relay.mjs', env);
  const empty = await server.usage();
  const sockets = await inBatches(idle, () => connected(server.url));
  const full = await server.usage();
  console.log(`bare relay: ${kilobytes(full, empty, idle)} KB a socket, ${megabytes(full)} MB resident`);
  for (const socket of sockets) socket.close();
  await server.end();
}

class Customer {
  events = [];
  sentences = [];

  constructor(socket) {
    this.socket = socket;
    socket.on('event', (event) => {
      this.events.push(event);
      if (event.type === 'answer.sentence') this.sentences.push({ index: event.data.index, at: now() });
      if (event.type === 'answer.completed') this.answered?.();
    });
  }

  static async open(url) {
    const customer = new Customer(await connected(url));
    customer.opened = accepted(await customer.socket.emitWithAck('conversation:open', {}));
    customer.events.push(...customer.opened.events);
    return customer;
  }

  async ask(who) {
    this.who = who;
    const answered = new Promise((resolve) => (this.answered = resolve));
    const text = `정기예금을 해지하고 싶은데 어떻게 하나요? (대화-${who})`;
    accepted(await this.socket.emitWithAck('message:send', { clientMessageId: uuid(), text }));
    await answered;
  }

  /** Events of the store that this customer did not get, or got otherwise or twice. */
  async missing(url) {
    const { conversationId, resumeToken } = this.opened;
    const socket = await connected(url);
    const { events } = accepted(
      await socket.emitWithAck('conversation:open', { conversationId, resumeToken, after: 0 }),
    );
    socket.close();
    const different = events.filter((event, at) => !isDeepStrictEqual(event, this.events[at])).length;
    return different + Math.max(0, this.events.length - events.length);
  }
}

async function connected(url) {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  await once(socket, 'connect');
  return socket;
}

async function inBatches(count, open) {
  const all = [];
  while (all.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - all.length) }, (_, n) => open(all.length + n));
    all.push(...(await Promise.all(batch)));
  }
  return all;
}

function accepted(reply) {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply;
}

function letters(n) {
  return String.fromCharCode(97 + Math.floor(n / 676), 97 + (Math.floor(n / 26) % 26), 97 + (n % 26));
}

function kilobytes(full, empty, count) {
  return Math.round((full.rss - empty.rss) / 1024 / count);
}

function megabytes({ rss }) {
  return Math.round(rss / 1e6);
}

printMachine('socket.io', '@nestjs/core', '@electric-sql/pglite');
const data = mkdtempSync(join(tmpdir(), 'sangdam-bench-'));
const env = { SANGDAM_DATA: data, BENCH_CHARACTERS_PER_SECOND: given.pace };
try {
  await measureService();
  await measureRelay();
} finally {
  rmSync(data, { recursive: true, force: true });
}
