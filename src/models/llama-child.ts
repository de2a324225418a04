// Child process of LlamaProcess: llama.cpp runs here, so that its crash or hang never takes the service along.
// Imports packages and types only (see siblingEntry).
import { open } from 'node:fs/promises';
import {
  getLlama,
  LlamaChat,
  LlamaLogLevel,
  resolveChatWrapper,
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaContextSequence,
  type Token,
} from 'node-llama-cpp';
import type { PromptMessage } from './chat-model.js';
import type { FromLlamaChild, LlamaGeneration, LlamaLoad, LlamaStop, ToLlamaChild } from './llama-protocol.js';

/**
 * Tokens of the prompt evaluated at once. A step cannot be interrupted: 64 tokens are .4 to .8 s for the 1.5B model on two
 * cores, which is how long a cancellation may take and how long another sequence's next token waits.
 */
const PREFILL_TOKENS = 64;
/** A prompt that leaves less room than this for the answer is refused instead of answered with half a sentence. */
const LEAST_ANSWER_TOKENS = 16;

interface Slot {
  sequence: LlamaContextSequence;
  chat: LlamaChat;
  busy: boolean;
}

interface Waiting {
  id: number;
  generation: LlamaGeneration;
  abort: AbortController;
}

interface Loaded {
  slots: Slot[];
  wrapper: ChatWrapper;
  contextTokens: number;
}

let loaded: Loaded | undefined;
const waiting: Waiting[] = [];
const running = new Map<number, Waiting>();

process.on('message', (message: ToLlamaChild) => void receive(message));
// There is nothing to save, and native threads can make an orderly exit hang.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group; the parent decides when its child ends.
process.on('SIGINT', () => {});

function send(message: FromLlamaChild): void {
  if (process.connected) process.send!(message);
}

async function receive(message: ToLlamaChild): Promise<void> {
  switch (message.type) {
    case 'load':
      try {
        loaded = await load(message);
        send({ type: 'ready', contextTokens: loaded.contextTokens });
      } catch (error) {
        send({ type: 'unloadable', message: String(error) });
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

async function load({ modelPath, threads, contextTokens, sequences }: LlamaLoad): Promise<Loaded> {
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
  const context = await model.createContext({ contextSize, sequences, threads });
  const wrapper = resolveChatWrapper(model);
  const slots = Array.from({ length: sequences }, () => {
    const sequence = context.getSequence();
    return { sequence, chat: new LlamaChat({ contextSequence: sequence, chatWrapper: wrapper }), busy: false };
  });
  return { slots, wrapper, contextTokens: contextSize };
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

async function serve(model: Loaded, request: Waiting): Promise<void> {
  const { id } = request;
  running.set(id, request);
  let slot: Slot | undefined;
  try {
    const history = historyOf(request.generation.messages);
    const tokens = model.wrapper
      .generateContextState({ chatHistory: history })
      .contextText.tokenize(model.slots[0]!.sequence.model.tokenizer);
    const room = model.contextTokens - tokens.length - 1;
    if (room < LEAST_ANSWER_TOKENS) {
      send({ type: 'failed', id, reason: 'prompt-too-long', message: `${tokens.length} tokens` });
      return;
    }
    slot = closestSlot(model.slots, tokens);
    slot.busy = true;
    send({ type: 'done', id, stop: await generate(slot, tokens, history, request, room) });
  } catch (error) {
    send({ type: 'failed', id, reason: 'generation-failed', message: String(error) });
  } finally {
    running.delete(id);
    if (slot) slot.busy = false;
    dispatch();
  }
}

/** The idle sequence that has evaluated the longest beginning of this prompt already: mostly the system message. */
function closestSlot(slots: Slot[], tokens: Token[]): Slot {
  const shared = (slot: Slot) => slot.sequence.compareContextTokens(tokens).firstDifferentIndex;
  return slots.filter((slot) => !slot.busy).reduce((best, slot) => (shared(slot) > shared(best) ? slot : best));
}

async function generate(
  { sequence, chat }: Slot,
  tokens: Token[],
  history: ChatHistoryItem[],
  { id, generation, abort: { signal } }: Waiting,
  room: number,
): Promise<LlamaStop> {
  await readPrompt(sequence, tokens, id, signal);
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
    onTextChunk: (text) => send({ type: 'chunk', id, text }),
  });
  if (signal.aborted) return 'cancelled';
  return metadata.stopReason === 'maxTokens' ? 'length' : 'end';
}

/** Evaluates the prompt but for its last token, in pieces, leaving what the sequence already knows of it. */
async function readPrompt(
  sequence: LlamaContextSequence,
  tokens: Token[],
  id: number,
  signal: AbortSignal,
): Promise<void> {
  const prompt = tokens.slice(0, -1);
  await sequence.adaptStateToTokens(prompt, false);
  while (sequence.nextTokenIndex < prompt.length && !signal.aborted) {
    const from = sequence.nextTokenIndex;
    await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(from, from + PREFILL_TOKENS));
    send({ type: 'reading', id });
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
