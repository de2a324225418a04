// Many conversations with one local model: our adapter (the ChatModel port over a child process) beside a bare node-llama-cpp
// loop in this process and llama.cpp's own server, with the same model, prompts and limits, greedy.
// Usage, after a build: node_modules/.bin/node bench/llama.mjs [--model <file.gguf>] [--conversations 1,4,8] [--rounds 3] [--tokens 48]
//
// In a round every conversation asks a new question with a new statute under the same instructions, all at the same moment; in
// the first round nobody has read the instructions yet.
// The contenders take turns within a round, so that what else runs on the machine slows all of them. Afterwards one answer is
// generated while a prompt of 1,500 tokens arrives: how long does its reader wait for the next token?
//
// The server is left out where scripts/ci-llama-server.sh has not installed it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, homedir, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { getLlama, LlamaLogLevel, resolveChatWrapper } from 'node-llama-cpp';
import { answerPrompt } from '../dist/conversation/answer-prompt.js';
import { LangChainChatModel } from '../dist/models/langchain-chat-model.js';
import { LlamaChatModel } from '../dist/models/llama-chat-model.js';
import { LlamaProcess } from '../dist/models/llama-process.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: join(homedir(), '.cache', 'sangdam', 'models', 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf'),
    },
    conversations: { type: 'string', default: '1,4,8' },
    rounds: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '48' },
  },
});
const maxTokens = Number(flags.tokens);
const rounds = Number(flags.rounds);
const counts = flags.conversations.split(',').map(Number);

const SLOTS = Math.max(...counts);
const CONTEXT_TOKENS = 4096;
const LONG_PROMPT_TOKENS = 1500;
/** Of the running answer, before the long prompt arrives. */
const PIECES_BEFORE = 8;
/** The small models write on and on about it. */
const ENDLESS_QUESTION = '1부터 200까지의 수를 하나도 빠뜨리지 말고 쉼표로 나누어 차례로 쓰세요.';
const threads = Math.max(1, availableParallelism() - 1);
/** Of Linux, in /proc. */
const TICKS_A_SECOND = 100;

const statutes = JSON.parse(readFileSync(join(root, 'evals', 'statutes', 'finreg-single-hop.json'), 'utf8')).queries;
let asked = 0;

printMachine();
const bare = await bareLoop();
const contenders = [await ourAdapter(), bare, await llamaServer()].filter(Boolean);
try {
  await compare(`the first questions of ${SLOTS} conversations`, SLOTS, 1);
  for (const conversations of counts) await compare(`${conversations} conversations`, conversations, rounds);
  console.log(`\na prompt of ${LONG_PROMPT_TOKENS} tokens beside a running answer`);
  for (const contender of contenders) {
    const { gaps, first } = await interrupted(contender);
    console.log(
      `  ${contender.name.padEnd(12)} gap between pieces p50 ${seconds(quantile(gaps, 0.5))} s, longest ${seconds(Math.max(...gaps))} s; ` +
        `first token of the long prompt after ${seconds(first)} s`,
    );
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await Promise.all(contenders.map((contender) => contender.close()));
  process.exit(); // llama.cpp's threads can make an orderly end hang
}

async function compare(what, conversations, rounds) {
  const results = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    await converse(conversations, (name, result) => results.get(name).push(result));
  console.log(`\n${what}, load ${loadavg()[0].toFixed(1)}`);
  const ofAll = (name, figure) => median(results.get(name).map((result) => result[figure]));
  for (const name of results.keys()) {
    const ofBare = (figure) => (ofAll(name, figure) / ofAll(bare.name, figure)).toFixed(2);
    const firsts = results.get(name).flatMap((result) => result.firsts);
    console.log(
      `  ${name.padEnd(12)} ${ofAll(name, 'rate').toFixed(1).padStart(5)} tokens/s (${ofBare('rate')} of bare), ` +
        `${ofAll(name, 'perCpuSecond').toFixed(1).padStart(5)} tokens per CPU second (${ofBare('perCpuSecond')}), ` +
        `first token p50 ${seconds(quantile(firsts, 0.5))} s, p95 ${seconds(quantile(firsts, 0.95))} s`,
    );
  }
}

/** One round of all contenders with the same prompts, in an order that changes from round to round. */
async function converse(conversations, tell) {
  const prompts = Array.from({ length: conversations }, () => question());
  contenders.push(contenders.shift());
  for (const contender of contenders) {
    const started = performance.now();
    const work = cpuSeconds(contender.pid?.());
    const answers = await Promise.all(prompts.map((prompt, n) => timed(contender.stream(prompt, n))));
    const spent = (performance.now() - started) / 1000;
    const cpu = cpuSeconds(contender.pid?.()) - work;
    const tokens = answers.reduce((sum, { text }) => sum + bare.tokensOf(text).length, 0);
    const firsts = answers.map(({ first }) => first - started);
    tell(contender.name, { rate: tokens / spent, perCpuSecond: tokens / cpu, firsts });
  }
}

/** Gaps of a running answer, in ms, from the arrival of a long prompt to its first token. */
async function interrupted(contender) {
  const statuteBook = bare.tokensOf(statutes.map(({ evidence }) => evidence[0].text).join('\n'));
  const content = bare.textOf(statuteBook.slice(0, LONG_PROMPT_TOKENS));
  const long = { ...bare.prompt([{ role: 'user', content }]), maxTokens: 2 };
  const endless = { ...bare.prompt([{ role: 'user', content: ENDLESS_QUESTION }]), maxTokens: 1000 };
  const abort = new AbortController();
  const gaps = [];
  let pieces = 0;
  let last, arrived, first, answered;
  for await (const _ of contender.stream(endless, 0, abort.signal)) {
    const now = performance.now();
    if (arrived) gaps.push(now - last);
    if (first) break;
    last = now;
    if (++pieces === PIECES_BEFORE) {
      arrived = now;
      answered = timed(contender.stream(long, 1), (at) => (first = at));
    }
  }
  abort.abort();
  await answered;
  if (!first) throw new Error(`${contender.name}: the running answer ended before the long prompt came`);
  return { gaps, first: first - arrived };
}

async function timed(stream, onFirst = () => {}) {
  let text = '';
  let first;
  for await (const piece of stream) {
    if (first === undefined) onFirst((first = performance.now()));
    text += piece;
  }
  return { text, first: first ?? performance.now() };
}

/** Of this process and of a contender's own, which tells the work where the clock tells the machine's load too. NaN but on Linux. */
function cpuSeconds(pid) {
  const { user, system } = process.cpuUsage();
  if (pid === undefined) return (user + system) / 1e6;
  try {
    const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ');
    return (user + system) / 1e6 + (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return NaN;
  }
}

/** The next statute question as the service would ask a model that writes. */
function question() {
  const { query, evidence } = statutes[asked++ % statutes.length];
  return bare.prompt(answerPrompt('write', [evidence[0].text.slice(0, 200)], query));
}

async function ourAdapter() {
  const llama = new LlamaProcess({
    modelPath: flags.model,
    threads,
    contextTokens: CONTEXT_TOKENS,
    sequences: SLOTS,
  });
  const model = new LlamaChatModel(llama);
  const status = () => ({ state: 'ready', model: 'bench', capability: 'write' });
  const port = new LangChainChatModel({ status, current: () => model });
  const settled = await llama.settled();
  if (settled.state !== 'ready') throw new Error(`${flags.model}: ${settled.reason}`);
  return {
    name: 'sangdam',
    stream: (prompt, _, signal = new AbortController().signal) =>
      port.stream({ messages: prompt.messages, maxTokens: prompt.maxTokens, temperature: 0 }, signal),
    pid: () => llama.pid,
    close: () => llama.close(),
  };
}

/** Conversation n has sequence n; what the sequence knows of the prompt is kept, all else is left to node-llama-cpp. */
async function bareLoop() {
  const llama = await getLlama({ build: 'never', logLevel: LlamaLogLevel.disabled, maxThreads: threads });
  const model = await llama.loadModel({ modelPath: flags.model });
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: SLOTS, threads });
  const wrapper = resolveChatWrapper(model);
  const sequences = Array.from({ length: SLOTS }, () => context.getSequence());
  return {
    name: 'bare loop',
    tokensOf: (text) => model.tokenize(text),
    textOf: (tokens) => model.detokenize(tokens),
    prompt(messages) {
      const chatHistory = messages.map(({ role, content }) =>
        role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content },
      );
      const { contextText } = wrapper.generateContextState({
        chatHistory: [...chatHistory, { type: 'model', response: [] }],
      });
      return { messages, tokens: contextText.tokenize(model.tokenizer), maxTokens };
    },
    async *stream({ tokens, maxTokens }, n, signal) {
      const sequence = sequences[n];
      await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
      const before = tokens.slice(-8);
      let generated = 0;
      for await (const token of sequence.evaluate(tokens.slice(sequence.nextTokenIndex), { temperature: 0 })) {
        yield model.detokenize([token], false, before);
        before.push(token);
        if (++generated === maxTokens || signal?.aborted) return;
      }
    },
    close: () => {},
  };
}

async function llamaServer() {
  const python =
    process.env.SANGDAM_TEST_LLAMA_SERVER_PYTHON ||
    join(root, 'node_modules', '.cache', 'llama-server', 'bin', 'python');
  const script = join(root, 'test', 'support', 'llama-server.py');
  if (!existsSync(python) || !existsSync(script)) {
    console.log('llama-server: not installed (scripts/ci-llama-server.sh)');
    return undefined;
  }
  const port = await freePort();
  const flagsOf = { model: flags.model, alias: 'bench', port, slots: SLOTS, context: CONTEXT_TOKENS, threads };
  const args = Object.entries(flagsOf).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  const child = spawn(python, [script, ...args], { stdio: ['pipe', 'ignore', 'ignore'] });
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`the llama-server ended with exit code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    name: 'llama-server',
    async *stream({ tokens, maxTokens }, n, signal = null) {
      const body = { prompt: tokens, n_predict: maxTokens, temperature: 0, stream: true, id_slot: n };
      try {
        const response = await fetch(`${url}/completion`, { method: 'POST', body: JSON.stringify(body), signal });
        let rest = '';
        for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop();
          for (const line of lines)
            if (line.startsWith('data: ')) {
              const { content } = JSON.parse(line.slice('data: '.length));
              if (content) yield content;
            }
        }
      } catch (error) {
        if (!signal?.aborted) throw error;
      }
    },
    pid: () => child.pid,
    close: () => child.kill('SIGKILL'),
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function printMachine() {
  const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  console.log(
    `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0].toFixed(1)}; ` +
      `Node ${process.versions.node}, node-llama-cpp ${version('node-llama-cpp')}`,
  );
  console.log(
    `${flags.model.split('/').at(-1)}, ${threads} threads, ${maxTokens} tokens an answer, medians of ${rounds} rounds`,
  );
}

function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, q) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

function seconds(ms) {
  return (ms / 1000).toFixed(2);
}
