import { fork, type ChildProcess } from 'node:child_process';
import { AppError } from '../config/app-error.js';
import type { FromLlamaChild, LlamaGeneration, LlamaLoad, ToLlamaChild } from './llama-protocol.js';
import type { ModelReason } from './model-reason.js';
import { siblingEntry } from '../config/sibling-entry.js';
import { TextStream } from './text-stream.js';

export interface LlamaProcessOptions extends LlamaLoad {
  /** Silence, in ms, after which a child that has work is killed. */
  hangAfterMs?: number;
  /** First wait before a restart, in ms; doubles with each death in a row, up to a minute. */
  backoffMs?: number;
  /** Requests under way or waiting; more are refused. */
  maxRequests?: number;
}

export type LlamaState =
  | { state: 'loading'; progress: number }
  | { state: 'ready'; contextTokens: number; sequences: number }
  | { state: 'failed'; reason: ModelReason };

const LONGEST_BACKOFF_MS = 60_000;
/** Deaths in a row without one finished answer, after which it is not started again. */
const DEATHS_BEFORE_GIVING_UP = 5;

/**
 * The child process that runs llama.cpp. Starts it, starts it again when it dies, kills it when it hangs, and passes
 * requests and streams. Open streams of a child that dies fail with `model.unavailable`; later requests are served by the
 * next child.
 */
export class LlamaProcess {
  private child: ChildProcess | undefined;
  private current: LlamaState = { state: 'loading', progress: 0 };
  private readonly streams = new Map<number, TextStream>();
  private readonly settling: (() => void)[] = [];
  private lastId = 0;
  private deathsInARow = 0;
  private lastSign = 0;
  private restart: NodeJS.Timeout | undefined;
  private readonly watchdog: NodeJS.Timeout;
  private killedFor: ModelReason = 'crashed';
  private readonly hangAfterMs: number;
  private readonly backoffMs: number;
  private readonly maxRequests: number;

  constructor(private readonly options: LlamaProcessOptions) {
    this.hangAfterMs = options.hangAfterMs ?? 60_000;
    this.backoffMs = options.backoffMs ?? 500;
    this.maxRequests = options.maxRequests ?? 32;
    this.watchdog = setInterval(() => this.watch(), this.hangAfterMs / 4).unref();
    this.start();
  }

  get state(): LlamaState {
    return this.current;
  }

  /** Answers under way, places for them, and requests that wait for one. */
  get occupancy(): { slots: { busy: number; total: number }; queued: number } {
    const total = this.current.state === 'ready' ? this.current.sequences : 0;
    const busy = Math.min(this.streams.size, total);
    return { slots: { busy, total }, queued: this.streams.size - busy };
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when the model is ready or given up. */
  async settled(): Promise<LlamaState> {
    if (this.current.state === 'loading') await new Promise<void>((resolve) => this.settling.push(resolve));
    return this.current;
  }

  /**
   * Text as it is generated. Aborting, or leaving the loop, ends the stream at once and frees the sequence after the decode
   * step under way.
   * @throws AppError `model.unavailable`
   */
  async *generate(generation: LlamaGeneration, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
    if (signal?.aborted) return;
    this.refuseUnlessReady();
    const id = ++this.lastId;
    const stream = new TextStream();
    const stop = () => {
      stream.end();
      if (this.streams.has(id)) this.post({ type: 'cancel', id });
    };
    if (this.streams.size === 0) this.lastSign = performance.now();
    this.streams.set(id, stream);
    signal?.addEventListener('abort', stop, { once: true });
    this.post({ type: 'generate', id, generation });
    try {
      yield* stream;
    } finally {
      signal?.removeEventListener('abort', stop);
      // The entry stays until the child confirms, so that a child that ignores a cancellation counts as hung.
      stop();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.watchdog);
    clearTimeout(this.restart);
    const child = this.child;
    this.child = undefined;
    this.settle({ state: 'failed', reason: 'closed' });
    this.failStreams('closed');
    if (child) await ended(child);
  }

  private refuseUnlessReady(): void {
    if (this.current.state !== 'ready')
      throw AppError.of('model.unavailable', {
        reason: this.current.state === 'failed' ? this.current.reason : ('loading' satisfies ModelReason),
      });
    if (this.streams.size >= this.maxRequests)
      throw AppError.of('model.unavailable', { reason: 'busy' satisfies ModelReason });
  }

  private start(): void {
    const child = fork(siblingEntry(import.meta.url, 'llama-child'), [], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      env: childEnvironment(process.env),
    });
    this.child = child;
    this.killedFor = 'crashed';
    this.lastSign = performance.now();
    child.on('message', (message: FromLlamaChild) => {
      if (this.child === child) this.receive(message);
    });
    const gone = () => {
      if (this.child === child) this.recover();
    };
    child.once('exit', gone);
    // Without a pid it could not be started (no memory, no processes left), and no exit follows.
    child.on('error', () => (child.pid === undefined ? gone() : child.kill('SIGKILL')));
    const { modelPath, threads, contextTokens, sequences, spareBytes } = this.options;
    const memory = spareBytes === undefined ? {} : { spareBytes };
    this.post({ type: 'load', modelPath, threads, contextTokens, sequences, ...memory });
  }

  private receive(message: FromLlamaChild): void {
    this.lastSign = performance.now();
    switch (message.type) {
      case 'loading':
        this.current = { state: 'loading', progress: message.progress };
        return;
      case 'ready':
        this.settle({ state: 'ready', contextTokens: message.contextTokens, sequences: message.sequences });
        return;
      case 'unloadable':
        this.giveUp(message.reason);
        return;
      case 'step':
        for (const [id, text] of message.texts) this.streams.get(id)?.push(text);
        return;
      case 'done':
        this.deathsInARow = 0;
        this.streams.get(message.id)?.end();
        this.streams.delete(message.id);
        return;
      case 'failed':
        this.streams
          .get(message.id)
          ?.fail(AppError.of('model.unavailable', { reason: message.reason }, { cause: message.message }));
        this.streams.delete(message.id);
        return;
      case 'pong':
    }
  }

  private recover(): void {
    this.child = undefined;
    this.failStreams(this.killedFor);
    if (++this.deathsInARow >= DEATHS_BEFORE_GIVING_UP) return this.giveUp('crashed');
    this.current = { state: 'loading', progress: 0 };
    const wait = Math.min(LONGEST_BACKOFF_MS, this.backoffMs * 2 ** (this.deathsInARow - 1));
    this.restart = setTimeout(() => this.start(), wait);
  }

  /** The file cannot be loaded, or the process keeps dying: another start would end the same way. */
  private giveUp(reason: ModelReason): void {
    const child = this.child;
    this.child = undefined;
    child?.kill('SIGKILL');
    clearInterval(this.watchdog);
    this.failStreams(reason);
    this.settle({ state: 'failed', reason });
  }

  /** Silence of a busy child is a hang. An idle one is asked for a sign of life, so that it is replaced before it is needed; not
   * one that loads, whose progress is the sign. */
  private watch(): void {
    if (!this.child) return;
    if (performance.now() - this.lastSign > this.hangAfterMs) {
      this.killedFor = 'hung';
      this.child.kill('SIGKILL');
    } else if (this.streams.size === 0 && this.current.state === 'ready') this.post({ type: 'ping' });
  }

  private settle(state: LlamaState): void {
    this.current = state;
    for (const resolve of this.settling.splice(0)) resolve();
  }

  private failStreams(reason: ModelReason): void {
    for (const stream of this.streams.values()) stream.fail(AppError.of('model.unavailable', { reason }));
    this.streams.clear();
  }

  private post(message: ToLlamaChild): void {
    // A child that died meanwhile is dealt with by its exit event.
    if (this.child?.connected) this.child.send(message, () => {});
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** The service's own settings hold secrets (tokens, database password) that llama.cpp has no use for. */
function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(SANGDAM_|DATABASE_|PG)|TOKEN|SECRET|KEY/.test(name)),
  );
}
