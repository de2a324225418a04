// Child process of LlamaProcess: llama.cpp runs here, so that its crash or hang never takes the service along.
// Imports packages and types only (see siblingEntry).
import { open } from 'node:fs/promises';
import {
  getLlama,
  InsufficientMemoryError,
  LlamaChat,
  LlamaLogLevel,
  resolveChatWrapper,
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import type { PromptMessage } from './chat-model.js';
import type { FromLlamaChild, LlamaGeneration, LlamaLoad, LlamaStop, ToLlamaChild } from './llama-protocol.js';

/**
 * Parameters times tokens that a thread works off in one decode step, .5 s on the machine of docs/benchmarks.md: 64 tokens of the
 * 0.5B model, 32 of the 1.5B. A step cannot be interrupted: it is how long a cancellation may take, and how long the next
 * token of a running answer waits while another prompt is read. Larger steps read a prompt hardly faster.
 */
const STEP_WORK_A_THREAD = 45e9;
/** llama.cpp multiplies in tiles of rows. */
const STEP_TILE = 16;
const MOST_STEP_TOKENS = 128;
/** So that however many answers run, there is room for a prompt beside them. */
const LEAST_STEP_TOKENS_A_SEQUENCE = 2;
/** Shorter beginnings are read again rather than copied from another sequence. */
const WORTH_COPYING = 32;
/** A prompt that leaves less room than this for the answer is refused instead of answered with half a sentence. */
const LEAST_ANSWER_TOKENS = 16;

interface Slot {
  sequence: LlamaContextSequence;
  chat: LlamaChat;
  busy: boolean;
  /** Number of the request that it served last. */
  lastId: number;
}

interface Request {
  id: number;
  generation: LlamaGeneration;
  abort: AbortController;
}

interface Loaded {
  slots: Slot[];
  steps: Steps;
  wrapper: ChatWrapper;
  contextTokens: number;
}

let loaded: Loaded | undefined;
const waiting: Request[] = [];
const running = new Map<number, Request>();
/** Text of the step under way. */
let texts: [id: number, text: string][] = [];

process.on('message', (message: ToLlamaChild) => void receive(message));
// There is nothing to save, and native threads can make an orderly exit hang.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group; the parent decides when its child ends.
process.on('SIGINT', () => {});

function send(message: FromLlamaChild): void {
  if (process.connected) process.send!(message);
}

/** One message a step carries the texts of all answers, and is the sign of life that the watchdog waits for. */
function sendTexts(): void {
  send({ type: 'step', texts });
  texts = [];
}

async function receive(message: ToLlamaChild): Promise<void> {
  switch (message.type) {
    case 'load':
      try {
        loaded = await load(message);
        send({ type: 'ready', contextTokens: loaded.contextTokens, sequences: loaded.slots.length });
      } catch (error) {
        const reason = error instanceof InsufficientMemoryError ? 'no-memory' : 'load-failed';
        send({ type: 'unloadable', reason, message: String(error) });
      }
      return;
    case 'generate':
      waiting.push({ id: message.id, generation: message.generation, abort: new AbortController() });
      dispatch();
      return;
    case 'cancel':
      cancel(message.id);
      return;
    case 'ping':
      send({ type: 'pong' });
  }
}

async function load({ modelPath, threads, contextTokens, sequences: most, spareBytes }: LlamaLoad): Promise<Loaded> {
  await refuseUnlessGguf(modelPath);
  const llama = await getLlama({
    build: 'never',
    progressLogs: false,
    logLevel: LlamaLogLevel.disabled,
    logger: () => {},
    maxThreads: threads,
  });
  const model = await llama.loadModel({
    modelPath,
    onLoadProgress: (progress) => send({ type: 'loading', progress }),
  });
  const contextSize = Math.min(contextTokens, model.trainContextSize);
  const stepTokens = stepTokensOf(model, threads, most);
  const sequences =
    spareBytes === undefined
      ? most
      : Math.min(most, 1 + Math.floor(spareBytes / (await bytesOfSequence(model, contextSize))));
  const context = await model.createContext({ contextSize, sequences, threads, batchSize: stepTokens });
  const wrapper = resolveChatWrapper(model);
  const steps = new Steps(stepTokens, sendTexts);
  const slots = Array.from({ length: sequences }, () => slotOf(context, wrapper, steps));
  return { slots, steps, wrapper, contextTokens: contextSize };
}

/** Tokens of one decode step, of all answers and prompts together. */
function stepTokensOf(model: LlamaModel, threads: number, sequences: number): number {
  const tiles = Math.round((STEP_WORK_A_THREAD * threads) / model.fileInsights.totalParameters / STEP_TILE);
  const tokens = Math.min(MOST_STEP_TOKENS, Math.max(1, tiles) * STEP_TILE);
  return Math.max(tokens, LEAST_STEP_TOKENS_A_SEQUENCE * sequences);
}

/** Memory of the key-value cache of one more sequence, in bytes. */
async function bytesOfSequence(model: LlamaModel, contextSize: number): Promise<number> {
  const memoryOf = (sequences: number) =>
    model.fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      sequences,
      modelGpuLayers: model.gpuLayers,
    });
  const [one, two] = [await memoryOf(1), await memoryOf(2)];
  return Math.max(1, two.cpuRam + two.gpuVram - one.cpuRam - one.gpuVram);
}

function slotOf(context: LlamaContext, chatWrapper: ChatWrapper, steps: Steps): Slot {
  const sequence = context.getSequence();
  const evaluate = sequence.evaluate.bind(sequence);
  // LlamaChat draws token after token from here; each waits for the step that all running answers share.
  sequence.evaluate = async function* (tokens, options) {
    const generated = evaluate(tokens, options);
    try {
      let replacement: Token | Token[] | void = undefined;
      for (;;) {
        await steps.generate();
        const { value, done } = await generated.next(replacement);
        if (done) return;
        replacement = yield value;
      }
    } finally {
      await generated.return();
    }
  };
  return { sequence, chat: new LlamaChat({ contextSequence: sequence, chatWrapper }), busy: false, lastId: 0 };
}

/**
 * Decode steps that all running requests share. A step begins when each of them has said what it wants of it, so that all
 * tokens go through the model in one batch: left to itself, node-llama-cpp starts a batch before the last answers have asked
 * for their next token. Answers come first, then prompts in the order of their requests, as far as the step's tokens reach.
 */
class Steps {
  readonly #tokens: number;
  readonly #onStep: () => void;
  #running = 0;
  #generating: (() => void)[] = [];
  #reading: { id: number; wanted: number; grant: (tokens: number) => void }[] = [];

  constructor(tokens: number, onStep: () => void) {
    this.#tokens = tokens;
    this.#onStep = onStep;
  }

  /** From here until `leave` the steps wait for this request. */
  enter(): void {
    this.#running++;
  }

  leave(): void {
    this.#running--;
    this.#beginIfAllAsked();
  }

  /** Resolves with the beginning of the next step, for one token. */
  generate(): Promise<void> {
    return new Promise((resolve) => {
      this.#generating.push(resolve);
      this.#beginIfAllAsked();
    });
  }

  /** @returns tokens of the prompt that may be evaluated in the next step; 0 where others take them all. */
  read(id: number, wanted: number): Promise<number> {
    return new Promise((grant) => {
      this.#reading.push({ id, wanted, grant });
      this.#beginIfAllAsked();
    });
  }

  #beginIfAllAsked(): void {
    const asked = this.#generating.length + this.#reading.length;
    if (asked === 0 || asked < this.#running) return;
    const generating = this.#generating;
    const reading = this.#reading.sort((one, other) => one.id - other.id);
    this.#generating = [];
    this.#reading = [];
    this.#onStep();
    for (const begin of generating) begin();
    let left = this.#tokens - generating.length;
    for (const { wanted, grant } of reading) {
      const tokens = Math.min(wanted, left);
      left -= tokens;
      grant(tokens);
    }
  }
}

/**
 * Magic, version, number of tensors, number of metadata entries (the GGUF specification's header). The reader of
 * node-llama-cpp trusts these counts, and loops over billions of entries in a file that is something else.
 */
async function refuseUnlessGguf(path: string): Promise<void> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(24), 0, 24, 0).finally(() => file.close());
  const [tensors, entries] = [buffer.readBigUInt64LE(8), buffer.readBigUInt64LE(16)];
  const isGguf = buffer.toString('latin1', 0, 4) === 'GGUF' && [2, 3].includes(buffer.readUInt32LE(4));
  if (!isGguf || tensors > 100_000n || entries > 100_000n) throw new Error(`${path} is no GGUF file`);
}

function cancel(id: number): void {
  const at = waiting.findIndex((request) => request.id === id);
  if (at >= 0) {
    waiting.splice(at, 1);
    send({ type: 'done', id, stop: 'cancelled' });
  } else running.get(id)?.abort.abort();
}

/** Gives waiting requests to idle sequences, in the order in which they came. */
function dispatch(): void {
  const model = loaded;
  if (!model) return;
  while (waiting.length > 0 && model.slots.some((slot) => !slot.busy)) void serve(model, waiting.shift()!);
}

async function serve(model: Loaded, request: Request): Promise<void> {
  const { id } = request;
  const { slots, steps, wrapper } = model;
  running.set(id, request);
  let slot: Slot | undefined;
  try {
    const history = historyOf(request.generation.messages);
    const tokens = wrapper
      .generateContextState({ chatHistory: history })
      .contextText.tokenize(slots[0]!.sequence.model.tokenizer);
    const room = model.contextTokens - tokens.length - 1;
    if (room < LEAST_ANSWER_TOKENS) {
      send({ type: 'failed', id, reason: 'prompt-too-long', message: `${tokens.length} tokens` });
      return;
    }
    const idle = slots.filter(({ busy }) => !busy);
    slot = closestSlot(idle, tokens);
    slot.busy = true;
    slot.lastId = id;
    steps.enter();
    const stop = await generate(model, slot, tokens, history, request, room).finally(() => steps.leave());
    send({ type: 'done', id, stop });
  } catch (error) {
    send({ type: 'failed', id, reason: 'generation-failed', message: String(error) });
  } finally {
    running.delete(id);
    if (slot) slot.busy = false;
    dispatch();
  }
}

/** The sequence that has evaluated the longest beginning of this prompt already; of several the one that rests longest. */
function closestSlot(slots: readonly Slot[], tokens: readonly Token[]): Slot {
  return slots.reduce((best, slot) => {
    const more = sharedTokens(slot.sequence, tokens) - sharedTokens(best.sequence, tokens);
    return more > 0 || (more === 0 && slot.lastId < best.lastId) ? slot : best;
  });
}

function sharedTokens(sequence: LlamaContextSequence, tokens: readonly Token[]): number {
  return sequence.compareContextTokens(tokens as Token[]).firstDifferentIndex;
}

/**
 * Copies what another sequence has evaluated of this prompt, mostly the system message and its examples, instead of reading it
 * again.
 */
async function copyBeginning(
  sequence: LlamaContextSequence,
  from: LlamaContextSequence,
  tokens: readonly Token[],
): Promise<void> {
  const shared = sharedTokens(from, tokens);
  // Recurrent and sliding-window models keep no state that could be cut to a beginning.
  if (sequence.needsCheckpoints || shared - sharedTokens(sequence, tokens) < WORTH_COPYING) return;
  if (!(await (sequence as Copying)._copyStateFromOtherSequence(from, shared))) await sequence.clearHistory();
}

/** Not in node-llama-cpp's types; its decision contexts are built on it. Copies, and cuts to a number of tokens. */
type Copying = LlamaContextSequence & {
  _copyStateFromOtherSequence(from: LlamaContextSequence, tokens: number): Promise<boolean>;
};

async function generate(
  model: Loaded,
  { sequence, chat }: Slot,
  tokens: Token[],
  history: ChatHistoryItem[],
  { id, generation, abort: { signal } }: Request,
  room: number,
): Promise<LlamaStop> {
  await readPrompt(model, sequence, tokens, id, signal);
  if (signal.aborted) return 'cancelled';
  const { metadata } = await chat.generateResponse(history, {
    signal,
    stopOnAbortSignal: true,
    maxTokens: Math.min(generation.maxTokens, room),
    temperature: generation.temperature,
    ...(generation.seed === undefined ? {} : { seed: generation.seed }),
    customStopTriggers: generation.stop,
    // Answers repeat their source on purpose; a penalty would push the model off its words and numbers.
    repeatPenalty: false,
    onTextChunk: (text) => texts.push([id, text]),
  });
  sendTexts();
  if (signal.aborted) return 'cancelled';
  return metadata.stopReason === 'maxTokens' ? 'length' : 'end';
}

/** Evaluates the prompt but for its last token, step by step, leaving what the sequence already knows of it. */
async function readPrompt(
  { slots, steps }: Loaded,
  sequence: LlamaContextSequence,
  tokens: Token[],
  id: number,
  signal: AbortSignal,
): Promise<void> {
  const prompt = tokens.slice(0, -1);
  let begun = false;
  await sequence.adaptStateToTokens(prompt, false);
  while (sequence.nextTokenIndex < prompt.length && !signal.aborted) {
    const granted = await steps.read(id, prompt.length - sequence.nextTokenIndex);
    if (granted === 0 || signal.aborted) continue;
    // Not before its turn: of many that come at once the first reads the beginning, the others copy it.
    if (!begun) await copyBeginning(sequence, closestSlot(slots, prompt).sequence, prompt);
    begun = true;
    const from = sequence.nextTokenIndex;
    await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(from, from + granted));
  }
}

/** In the form of node-llama-cpp, whose chat wrapper writes the model's own template and takes no control token from texts. */
function historyOf(messages: readonly PromptMessage[]): ChatHistoryItem[] {
  const history = messages.map(({ role, content }): ChatHistoryItem => {
    switch (role) {
      case 'system':
        return { type: 'system', text: content };
      case 'user':
        return { type: 'user', text: content };
      case 'assistant':
        return { type: 'model', response: [content] };
    }
  });
  // A prompt that ends with the assistant's words is continued; else an empty answer is opened.
  return history.at(-1)?.type === 'model' ? history : [...history, { type: 'model', response: [] }];
}
