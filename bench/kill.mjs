// Kills the service without warning, again and again, while many customers talk to it, and looks whether anything that was
// acknowledged or shown is lost.
// Usage: node bench/kill.mjs [--kills 50] [--conversations 200] [--seed 1]
//
// Each customer sends one question after the other, resends what was not acknowledged with the same clientMessageId, and goes on
// with its conversation after every restart. In the end, when all turns are done, the store is read again by new connections:
// - every acknowledged message is there under its number, once;
// - every event that a customer saw is there, unchanged, and numbers have no gap;
// - every message has exactly one answer.completed.
// DATABASE_URL chooses PostgreSQL, else a fresh embedded store. Exit 1 if anything is lost.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { v4 as uuid } from 'uuid';
import { parse } from 'yaml';
import { Random } from './retrieval/random.mjs';
import { distribution, now, printMachine, root } from './support/machine.mjs';

const { values: given } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    conversations: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const kills = Number(given.kills);
const conversations = Number(given.conversations);
const PORT = 18_000 + Math.floor(Math.random() * 2_000);
const url = `http://127.0.0.1:${PORT}/chat`;
/** The longest time that a service lives after it serves, milliseconds; the shortest is none. */
const LONGEST_LIFE = 4_000;
const CONNECT_MS = 10_000;
/** The longest time that customers wait for the answers to their last questions, milliseconds. */
const PATIENCE = 300_000;

class Customer {
  /** By number. */
  events = new Map();
  /** clientMessageId → number, as acknowledged. */
  acknowledged = new Map();
  /** Numbers of the messages whose answer is complete. */
  answered = new Set();
  last = 0;
  faults = [];
  finished = false;

  constructor(random) {
    this.random = random;
  }

  /** Talks until it is told to finish and every message has its answer. */
  async talk() {
    let message = this.#next();
    while (!this.finished || message.seq === undefined || !this.answered.has(message.seq)) {
      try {
        await this.#connect();
        if (message.seq === undefined) {
          const { seq } = await this.#call('message:send', { clientMessageId: message.id, text: message.text });
          message.seq = seq;
          this.acknowledged.set(message.id, seq);
        }
        if (this.answered.has(message.seq)) message = this.finished ? message : this.#next();
        else await this.#wait();
      } catch {
        await delay(50 + this.random() * 100);
      }
    }
    this.socket?.close();
  }

  #next() {
    return { id: uuid(), text: QUESTIONS[Math.floor(this.random() * QUESTIONS.length)], seq: undefined };
  }

  async #connect() {
    if (this.socket?.connected) return;
    this.socket?.close();
    this.socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
    await this.#connected();
    this.socket.on('event', (event) => this.#take(event));
    const { conversationId, resumeToken } = this;
    const resume = conversationId ? { conversationId, resumeToken, after: this.last } : {};
    const opened = await this.#call('conversation:open', resume);
    this.conversationId = opened.conversationId;
    this.resumeToken = opened.resumeToken;
    for (const event of opened.events) this.#take(event);
  }

  /** A service that dies between the web socket and its first packet leaves neither event: then the time ends it. */
  async #connected() {
    const signal = AbortSignal.timeout(CONNECT_MS);
    await Promise.race([
      once(this.socket, 'connect', { signal }),
      once(this.socket, 'connect_error', { signal }).then(() => Promise.reject(new Error('refused'))),
    ]);
  }

  #take(event) {
    const known = this.events.get(event.seq);
    if (known && !isDeepStrictEqual(known, event)) this.faults.push(`event ${event.seq} came twice and differs`);
    this.events.set(event.seq, event);
    this.last = Math.max(this.last, event.seq);
    if (event.type === 'answer.completed') this.answered.add(event.data.turn);
    this.woken?.();
  }

  /** For the next event or the end of the connection. */
  async #wait() {
    await new Promise((resolve) => {
      this.woken = resolve;
      this.socket.once('disconnect', resolve);
      if (!this.socket.connected) resolve();
    });
  }

  async #call(name, body) {
    const reply = await this.socket.timeout(20_000).emitWithAck(name, body);
    if (!reply.ok) throw new Error(reply.error.code);
    return reply;
  }

  /** What the store says now, against all that this customer was told. */
  async verify() {
    const { conversationId, resumeToken } = this;
    this.socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
    await this.#connected();
    const { events } = await this.#call('conversation:open', { conversationId, resumeToken, after: 0 });
    this.socket.close();
    const lost = (what) => this.faults.push(what);
    events.forEach(({ seq }, at) => seq === at + 1 || lost(`a gap before event ${seq}`));
    const stored = new Map(events.map((event) => [event.seq, event]));
    const redacted = new Set(events.filter(({ type }) => type === 'message.redacted').map(({ data }) => data.seq));
    for (const [seq, event] of this.events)
      if (!redacted.has(seq) && !isDeepStrictEqual(stored.get(seq), event)) lost(`event ${seq} was seen and is lost`);
    for (const seq of this.acknowledged.values())
      if (stored.get(seq)?.type !== 'message') lost(`message ${seq} was acknowledged and is lost`);
    const messages = events.filter(({ type, origin }) => type === 'message' && origin === 'customer');
    if (messages.length !== this.acknowledged.size)
      lost(`${messages.length} messages stored, ${this.acknowledged.size} acknowledged`);
    for (const { seq } of messages) {
      const ends = events.filter(({ type, data }) => type === 'answer.completed' && data.turn === seq).length;
      if (ends !== 1) lost(`message ${seq} has ${ends} ends`);
    }
    return messages.length;
  }
}

const folder = join(root, 'data', 'bank', 'exemplars');
const QUESTIONS = readdirSync(folder).flatMap((file) =>
  parse(readFileSync(join(folder, file), 'utf8')).map(({ question }) => question),
);

printMachine('@nestjs/core', '@electric-sql/pglite');
console.log(`${kills} kills under ${conversations} conversations, seed ${given.seed}`);
const data = mkdtempSync(join(tmpdir(), 'sangdam-bench-'));
const script = join(data, 'script.json');
writeFileSync(script, JSON.stringify({ replies: [{ chunks: ['1', ', ', '2', ', ', '3'], delayMs: 60 }] }));
try {
  const numbers = new Random(Number(given.seed));
  const random = () => numbers.next();
  const customers = Array.from({ length: conversations }, () => new Customer(random));
  const talks = customers.map((customer) => customer.talk());
  const starts = [];
  for (let kill = 0; kill < kills; kill++) {
    const started = now();
    const service = await startService();
    starts.push(now() - started);
    await delay(random() * LONGEST_LIFE);
    service.kill('SIGKILL');
    await once(service, 'exit');
    if (process.stdout.isTTY) process.stdout.write(`\r${kill + 1} of ${kills} kills`);
  }
  const service = await startService();
  for (const customer of customers) customer.finished = true;
  const impatient = delay(PATIENCE, 'late', { ref: false });
  if ((await Promise.race([Promise.all(talks), impatient])) === 'late')
    throw new Error(`no answer within ${PATIENCE / 1000} s after the last restart`);
  let messages = 0;
  for (const customer of customers) messages += await customer.verify();
  service.kill('SIGTERM');
  await once(service, 'exit');
  const events = customers.reduce((sum, each) => sum + each.events.size, 0);
  const faults = customers.flatMap((customer) => customer.faults);
  console.log(`${messages} messages acknowledged, ${events} events seen; restarts ${distribution(starts)}`);
  console.log(`lost or wrong: ${faults.length}`);
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  rmSync(data, { recursive: true, force: true });
}
process.exit();

/** The service as operators start it, when it serves. */
async function startService() {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'dist', 'main.js')], {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(PORT),
      SANGDAM_DATA: data,
      SANGDAM_CHAT_MODEL: `scripted:${script}`,
      SANGDAM_MESSAGES_PER_MINUTE: '100000',
      SANGDAM_CONNECTIONS_PER_ADDRESS: '100000',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => (output += text).includes(`:${PORT}`) && resolve());
    child.once('exit', (code) => reject(new Error(`the service ended with exit code ${code}`)));
  });
  return child;
}
