// The whole service over a llama-server, beside the bare llama-server with the same prompts: tokens a second, and the time from a
// question to its first sentence.
// Usage: node bench/service.mjs [--conversations 1,8,32] [--seconds 300] [--tokens 64] [--threads <all cores but one>] [--model <gguf>]
//
// One llama-server with a slot for each prompt (scripts/ci-llama-server.sh installs it). In a first pass the service is asked without it,
// and what it would send is recorded: real questions, real retrieval, prompts of capability `write`. The bare client sends the same
// bodies, so that the two differ in nothing but the service. Each prompt keeps its slot, whose cache holds it from the start: what a
// host reads anew is no matter of the service. Runs of the two alternate until --seconds are over. In each, every conversation asks one
// question after the other (8 at least in all), beginning within a second.
// - free: --tokens of whatever the model writes. The service withholds most of it, so its first sentence counts when it is judged.
// - copy: a grammar lets both write nothing but the first sentence of the first source, which the service releases: it counts when
//   the customer's socket has it.
// Service, llama-server and customers are processes of their own and read one clock. DATABASE_URL chooses PostgreSQL.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { v4 as uuid } from 'uuid';
import { parse } from 'yaml';
import { Settings } from '../dist/config/settings.js';
import { endsWithPredicate, SentenceSplitter } from '../dist/text/sentences.js';
import { startChild } from './support/child.mjs';
import { readPrompt, startLlamaHost, steered } from './support/llama-host.mjs';
import { now, printMachine, quantile, root } from './support/machine.mjs';

const { values: given } = parseArgs({
  options: {
    conversations: { type: 'string', default: '1,8,32' },
    seconds: { type: 'string', default: '300' },
    tokens: { type: 'string', default: '64' },
    threads: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
    model: {
      type: 'string',
      default: join(Settings.read('service').modelsFolder, 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf'),
    },
  },
});
const sizes = given.conversations.split(',').map(Number);
const tokens = Number(given.tokens);
const MODES = ['free', 'copy'];
/** Questions of a run, where there are fewer conversations. */
const LEAST_QUESTIONS = 8;
const prompts = Math.max(LEAST_QUESTIONS, ...sizes);
/** Short prompts and short sentences, characters: the host reads and writes on the processor. */
const LONGEST_PROMPT = 700;
const LONGEST_SENTENCE = 120;
/** In a run the conversations begin within so many ms. */
const BEGINNING = 1000;

/** One conversation on a socket of its own, for one question. */
class Customer {
  static async connect(url) {
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
    await once(socket, 'connect');
    accepted(await socket.emitWithAck('conversation:open', {}));
    return new Customer(socket);
  }

  constructor(socket) {
    this.socket = socket;
  }

  /** The moments of the answer, and its first sentence by the model. */
  async ask(text) {
    const answer = { sent: now() };
    const completed = new Promise((resolve, reject) => {
      this.socket.on('signal', ({ type, data: { stage } }) => {
        if (type === 'progress') answer[stage] = now();
      });
      this.socket.on('event', ({ type, origin, data: { text: sentence } }) => {
        if (type === 'answer.sentence' && origin === 'ai' && answer.sentence === undefined)
          Object.assign(answer, { sentence, first: now() });
        if (type === 'answer.completed') resolve();
      });
      this.socket.on('disconnect', () => reject(new Error('the service closed a connection')));
    });
    accepted(await this.socket.emitWithAck('message:send', { clientMessageId: uuid(), text }));
    await completed;
    this.socket.off('disconnect').close();
    return answer;
  }
}

const beginning = now();
const data = mkdtempSync(join(tmpdir(), 'sangdam-bench-'));
const host = await startLlamaHost({ model: given.model, slots: prompts, threads: Number(given.threads) });
/** What the service's process tells of the turns under way, by question. */
const turns = new Map();
const service = await startChild(
  'hosted-service.mjs',
  {
    SANGDAM_DATA: data,
    SANGDAM_CHAT_URLS: host.url,
    SANGDAM_CHAT_MODEL: '',
    SANGDAM_CHAT_CAPABILITY: 'write',
    // On a busy machine all wait: no patience of the service's is under test.
    SANGDAM_CHAT_CONNECT_MS: '60000',
    SANGDAM_CHAT_FIRST_TOKEN_MS: '240000',
    SANGDAM_CHAT_NEXT_TOKEN_MS: '240000',
  },
  ({ question, ...what }) => {
    if (question !== undefined) turns.set(question, { ...turns.get(question), ...what });
  },
);
try {
  printMachine('socket.io', '@nestjs/core', '@langchain/openai', '@electric-sql/pglite');
  console.log(
    `llama-server: xllamacpp ${serverVersion()}, ${basename(given.model)}, ${prompts} slots, ${given.threads} threads; ${process.env.DATABASE_URL ? 'PostgreSQL' : 'embedded store'}`,
  );
  const recorded = await record();
  service.send({ recorded: recorded.map(({ body }) => body) });
  await fillCaches(recorded);
  console.log(`${prompts} prompts recorded and read by the host after ${((now() - beginning) / 1000).toFixed(0)} s`);
  report(await measure(recorded));
} finally {
  await service.end();
  await host.end();
  rmSync(data, { recursive: true, force: true });
}

/** Questions that the model is asked, with what the service sends for each; its host is not asked yet. */
async function record() {
  const found = [];
  for (const text of phrasings()) {
    turns.clear();
    const customer = await Customer.connect(service.url);
    const { sentence } = await customer.ask(text);
    const turn = turns.values().find(({ body }) => body);
    if (!turn || JSON.stringify(turn.body.messages).length > LONGEST_PROMPT) continue;
    const { sentence: copied } = readPrompt(turn.body);
    const isFit = endsWithPredicate(copied) && copied.length <= LONGEST_SENTENCE && sentence === copied;
    if (isFit) found.push({ text, body: turn.body, question: readPrompt(turn.body).question });
    if (found.length === prompts) return found;
  }
  throw new Error(`only ${found.length} questions reach the model`);
}

/** As customers ask, one for each exemplar. */
function phrasings() {
  const folder = join(root, 'data', 'bank', 'exemplars');
  return readdirSync(folder).flatMap((file) =>
    parse(readFileSync(join(folder, file), 'utf8')).flatMap(({ phrasings: [first] = [] }) => first ?? []),
  );
}

/** One after the other: a reading of 32 prompts at once may take longer than a client waits. */
async function fillCaches(recorded) {
  for (const [slot, { body }] of recorded.entries()) await generate(steered(body, { slot, mode: 'free', tokens: 1 }));
}

/** The two alternate, and so does which of them is first; whole rounds, as many as fit into the time, one at least. */
async function measure(recorded) {
  const runs = [];
  for (let round = 0, took = 0; round === 0 || now() - beginning + took < Number(given.seconds) * 1000; round++) {
    const started = now();
    for (const mode of MODES)
      for (const size of sizes)
        for (const who of round % 2 === 0 ? ['service', 'bare'] : ['bare', 'service'])
          runs.push({ round, mode, size, who, ...(await run(recorded, mode, size, who === 'service')) });
    took = now() - started;
    console.log(
      `round ${round + 1}: ${(took / 1000).toFixed(0)} s, load ${loadavg()[0].toFixed(1)}: ${sizes
        .map(
          (size) =>
            `${size}: ${runs
              .filter((each) => each.round === round && each.size === size)
              .map((each) => `${each.who} ${each.rate.toFixed(1)}`)
              .join(', ')}`,
        )
        .join('; ')} tokens/s`,
    );
  }
  return runs;
}

/** Tokens a second as the host counts them, and the times of each question. */
async function run(recorded, mode, size, throughService) {
  const steering = { mode, tokens };
  const questions = Math.max(size, LEAST_QUESTIONS);
  const asks = recorded.slice(0, questions).map((each, slot) => ({ ...each, slot }));
  service.send({ steering });
  const customers = throughService
    ? await Promise.all(asks.map(() => Customer.connect(service.url)))
    : asks.map(({ body, slot }) => ({ ask: () => generate(steered(body, { ...steering, slot })) }));
  const before = { ...(await host.tokens()), ...(await service.usage()) };
  turns.clear();
  const started = now();
  const answers = [];
  await Promise.all(
    Array.from({ length: size }, async (_, conversation) => {
      await delay((conversation / size) * BEGINNING);
      for (let at = conversation; at < questions; at += size)
        answers.push({ ...asks[at], ...(await customers[at].ask(asks[at].text)) });
    }),
  );
  const seconds = (now() - started) / 1000;
  const after = { ...(await host.tokens()), ...(await service.usage()) };
  return {
    rate: (after.generated - before.generated) / seconds,
    generated: after.generated - before.generated,
    read: after.read - before.read,
    processor: (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1000 / questions,
    answers: answers.map((answer) => (throughService ? withTurn(answer, mode) : answer)),
  };
}

/** An answer with what the service's process told of its turn; `first` is when its first sentence counts. */
function withTurn(answer, mode) {
  const turn = turns.get(answer.question);
  if (!turn?.judged || turn.differs) throw new Error('the service did not ask the host as it was recorded');
  if (mode === 'copy' && turn.action !== 'release') throw new Error('a copied sentence was withheld');
  return { ...answer, ...turn, first: mode === 'copy' ? answer.first : turn.judged };
}

function accepted(reply) {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
}

/** The bare client: asks the host and cuts what comes where a sentence ends. */
async function generate(body) {
  const sent = now();
  const response = await fetch(`${host.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  if (!response.ok) throw new Error(`the host answers ${response.status}: ${await response.text()}`);
  const splitter = new SentenceSplitter();
  let first;
  let pending = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (pending + piece).split('\n');
    pending = lines.pop();
    for (const line of lines) {
      if (first !== undefined || !line.startsWith('data: {')) continue;
      const { choices } = JSON.parse(line.slice('data: '.length));
      if (splitter.push(choices[0]?.delta.content ?? '').length > 0) first = now();
    }
  }
  return { sent, first: first ?? now() };
}

function report(runs) {
  for (const mode of MODES)
    for (const size of sizes) {
      const those = runs.filter((run) => run.mode === mode && run.size === size);
      reportCell(
        `${mode}, ${size} conversation${size === 1 ? '' : 's'}`,
        those.filter(({ who }) => who === 'service'),
        those.filter(({ who }) => who === 'bare'),
      );
    }
}

/** The runs of the service and of the bare client, by round. */
function reportCell(title, service, bare) {
  const answers = service.flatMap((run) => run.answers);
  const span = (from, to) => times(answers.map((answer) => answer[to] - answer[from]));
  const rate = (runs) => median(runs.map((run) => run.rate)).toFixed(1);
  const ratios = service.map((run, round) => run.rate / bare[round].rate);
  const work = ({ generated, read }) => `${generated} + ${read}`;
  const released = answers.filter(({ action }) => action === 'release').length;
  const added = answers.map(({ sent, asked, written, first }) => asked - sent + first - written);
  console.log(`
${title}, ${answers.length} questions in ${service.length} rounds
  tokens/s: service ${rate(service)}, bare ${rate(bare)}; ratio by round ${ratios.map((ratio) => ratio.toFixed(3)).join(' ')}, median ${median(ratios).toFixed(3)}
  tokens generated + read in a run: service ${work(service[0])}, bare ${work(bare[0])}
  first sentence: service ${times(service.flatMap(waits))}; bare ${times(bare.flatMap(waits))}
  service − bare, question by question: ${times(differences(service, bare))}
  what the service adds: ${times(added)}
    before the host is asked: ${span('sent', 'asked')} (masked, committed, taken up ${span('sent', 'searching')}; retrieved ${span('searching', 'writing')}; asked ${span('writing', 'asked')})
    after the sentence's last character: ${span('written', 'first')}; ${released} of ${answers.length} released
  processor time of the service: ${median(service.map((run) => run.processor)).toFixed(0)} ms a question`);
}

/** From the question to the first sentence, ms. */
function waits({ answers }) {
  return answers.map(({ sent, first }) => first - sent);
}

function differences(service, bare) {
  return service.flatMap(({ answers }, round) => {
    const others = new Map(bare[round].answers.map((other) => [other.slot, other]));
    return answers.map(({ slot, sent, first }) => first - sent - (others.get(slot).first - others.get(slot).sent));
  });
}

function times(values) {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? 'none' : `p50 ${median(known).toFixed(1)}, p95 ${quantile(known, 0.95).toFixed(1)} ms`;
}

function median(values) {
  return quantile(values, 0.5);
}

function serverVersion() {
  return /xllamacpp==([\d.]+)/.exec(readFileSync(join(root, 'scripts', 'ci-llama-server.sh'), 'utf8'))[1];
}
