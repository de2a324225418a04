import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../config/app-error.js';
import { Embedder, type EmbeddingKind } from './embedder.js';
import { CallFailure, ModelHost } from './model-host.js';
import type { ModelReason } from './model-reason.js';

export interface RemoteEmbedderOptions {
  host: ModelHost;
  /** The server's name of the model; with the vectors' length and the prefixes it is the id. */
  model: string;
  /** What the model wants before a question and before a passage. */
  prefixes: Record<EmbeddingKind, string>;
  /** How long a question waits for its vector, milliseconds. */
  queryTimeout: number;
  /** Before the second attempt of bulk work and before the second look at a server that is away, milliseconds; doubled each time. */
  firstDelay?: number;
}

/** Up to so many texts of kind `query` are somebody's question who waits; all else is bulk work. */
const QUERY_TEXTS = 4;
/** TEI takes no more at once unless it is told to; a GPU gains little from more. */
const BATCH = 32;
/** For one batch: a CPU takes seconds for it. */
const BULK_TIMEOUT = 60_000;
const BULK_ATTEMPTS = 5;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** A text that the model refuses is cut in halves down to this many characters: no model reads fewer. */
const SHORTEST = 100;
/** Tells the length of the vectors. */
const PROBE = '계좌';

/**
 * A model behind `/v1/embeddings` (llama-server, vLLM, TEI). Its vectors' length, and so its id, is known from the first answer.
 * A question has one attempt; bulk work is tried again while the fault may pass. After a failure the embedder counts as
 * unavailable, so that no further question waits in vain, and is looked at until it answers again.
 */
export class RemoteEmbedder extends Embedder {
  private length = 0;
  private failure: ModelReason | undefined = 'loading';
  private readonly closed = new AbortController();
  private watching = false;

  private constructor(private readonly options: RemoteEmbedderOptions) {
    super();
  }

  /** Resolves after the first answer or failure; never rejects: see `available` and `reason`. */
  static async open(options: RemoteEmbedderOptions): Promise<RemoteEmbedder> {
    const embedder = new RemoteEmbedder(options);
    await embedder.look();
    return embedder;
  }

  override get id(): string {
    const { model, prefixes } = this.options;
    const written = JSON.stringify([prefixes.query, prefixes.passage]);
    const prefixed = prefixes.query + prefixes.passage === '' ? '' : `+${sha256(written).slice(0, 8)}`;
    return `${model}@${this.length}${prefixed}`;
  }

  override get dimensions(): number {
    return this.length;
  }

  override get available(): boolean {
    return this.failure === undefined;
  }

  override get reason(): ModelReason | undefined {
    return this.failure;
  }

  override async embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    if (this.failure) throw AppError.of('embedder.unavailable', { reason: this.failure });
    const inputs = texts.map((text) => this.options.prefixes[kind] + text);
    const isQuery = kind === 'query' && texts.length <= QUERY_TEXTS;
    try {
      if (isQuery) return await this.ask(inputs, this.options.queryTimeout, signal);
      const vectors: Float32Array[] = [];
      for (let at = 0; at < inputs.length; at += BATCH)
        vectors.push(...(await this.askPatiently(inputs.slice(at, at + BATCH), signal)));
      return vectors;
    } catch (error) {
      if (this.closed.signal.aborted) throw AppError.of('embedder.unavailable', { reason: 'closed' });
      if (!(error instanceof CallFailure)) throw error;
      if (error.reason !== 'input-refused' && error.reason !== 'rate-limited') this.becomeUnavailable(error.reason);
      throw AppError.of('embedder.unavailable', { reason: error.reason }, { cause: error });
    }
  }

  override async close(): Promise<void> {
    this.failure = 'closed';
    this.closed.abort();
  }

  /** Bulk work: again after faults that pass, and in smaller pieces where one text is too long. */
  private async askPatiently(inputs: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask(inputs, BULK_TIMEOUT, signal);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (error.reason === 'input-refused') return this.askInPieces(inputs, error, signal);
        if (!error.passing || attempt === BULK_ATTEMPTS) throw error;
        await this.pause(attempt, { asked: error.retryAfter, signal });
      }
    }
  }

  private async askInPieces(
    inputs: readonly string[],
    refusal: CallFailure,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const [first = ''] = inputs;
    if (inputs.length === 1) {
      if (first.length <= SHORTEST) throw refusal;
      return this.askPatiently([first.slice(0, Math.ceil(first.length / 2))], signal);
    }
    const half = Math.ceil(inputs.length / 2);
    return [
      ...(await this.askPatiently(inputs.slice(0, half), signal)),
      ...(await this.askPatiently(inputs.slice(half), signal)),
    ];
  }

  private async ask(input: readonly string[], timeout: number, signal?: AbortSignal): Promise<Float32Array[]> {
    if (input.length === 0) return [];
    const body = { model: this.options.model, input, encoding_format: 'float' };
    const vectors = vectorsOf(
      await this.options.host.post('/embeddings', body, timeout, this.orClosed(signal)),
      input.length,
    );
    const length = this.length || vectors[0]!.length;
    // Another length than before: a different model answers under the same name.
    if (vectors.some((vector) => vector.length !== length)) throw new CallFailure('bad-answer');
    this.length = length;
    return vectors;
  }

  private becomeUnavailable(reason: ModelReason): void {
    if (this.closed.signal.aborted) return;
    this.failure = reason;
    void this.watch();
  }

  /** Asks the server for one vector; available if it gives one. */
  private async look(): Promise<void> {
    try {
      await this.ask([this.options.prefixes.query + PROBE], this.options.queryTimeout);
      this.failure = undefined;
    } catch (error) {
      this.becomeUnavailable(error instanceof CallFailure ? error.reason : 'closed');
    }
  }

  /** Looks again and again until the server answers. */
  private async watch(): Promise<void> {
    if (this.watching) return;
    this.watching = true;
    for (let attempt = 1; this.failure !== undefined && !this.closed.signal.aborted; attempt++) {
      await this.pause(attempt, { ref: false }).catch(() => undefined);
      if (!this.closed.signal.aborted) await this.look();
    }
    this.watching = false;
  }

  /** @param ref whether the process stays alive for it */
  private pause(
    attempt: number,
    { asked = 0, signal, ref = true }: { asked?: number | undefined; signal?: AbortSignal | undefined; ref?: boolean },
  ): Promise<void> {
    const wait = (this.options.firstDelay ?? FIRST_DELAY) * 2 ** (attempt - 1);
    return delay(Math.min(Math.max(wait, asked), LONGEST_DELAY), undefined, { signal: this.orClosed(signal), ref });
  }

  private orClosed(signal?: AbortSignal): AbortSignal {
    return signal ? AbortSignal.any([signal, this.closed.signal]) : this.closed.signal;
  }
}

/**
 * `{data: [{index, embedding}]}` as L2-normalised vectors in the order of the input.
 * @throws CallFailure bad-answer: another shape or count, a value that is no number, a vector of zeros
 */
function vectorsOf(answer: unknown, count: number): Float32Array[] {
  const data: unknown = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || data.length !== count) throw new CallFailure('bad-answer');
  const vectors: Float32Array[] = [];
  for (const [at, item] of (data as { index?: unknown; embedding?: unknown }[]).entries()) {
    const place = typeof item?.index === 'number' ? item.index : at;
    vectors[place] = normalised(item?.embedding);
  }
  if (vectors.length !== count || Object.keys(vectors).length !== count) throw new CallFailure('bad-answer');
  return vectors;
}

function normalised(embedding: unknown): Float32Array {
  if (!Array.isArray(embedding) || embedding.some((value) => typeof value !== 'number'))
    throw new CallFailure('bad-answer');
  const vector = Float32Array.from(embedding as number[]);
  const length = Math.hypot(...vector);
  if (!(length > 0 && length < Infinity)) throw new CallFailure('bad-answer');
  return vector.map((value) => value / length);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
