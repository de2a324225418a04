import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError } from '../config/app-error.js';
import { shipped } from '../config/package-root.js';
import { Embedder, type EmbeddingKind, type QueryReading } from './embedder.js';
import { embedderId, readEmbedderCard, type EmbedderCard } from './embedder-card.js';
import type { ModelReason } from './model-reason.js';
import type { EmbedderWorkerData, FromEmbedderWorker, ToEmbedderWorker } from './onnx-embedder.protocol.js';
import { siblingEntry } from '../config/sibling-entry.js';

// ONNX Runtime reports its use to its maker unless it is told not to, before its library is loaded. The worker gets a copy of the environment.
process.env.ORT_DISABLE_TELEMETRY = '1';

export const SHIPPED_EMBEDDER = shipped('data', 'models', 'e5-small-ko');

export interface OnnxEmbedderOptions {
  /** Holds `model.json` and the files that it names. */
  folder: string;
  /** Threads for bulk work; a query uses one. */
  cores: number;
}

interface PendingJob {
  resolve: (readings: QueryReading[]) => void;
  reject: (error: unknown) => void;
}

/**
 * E5 over ONNX Runtime in a worker thread. Up to four texts count as a query and go before bulk work, which gives way
 * after each batch of at most 1,024 tokens. The files' sha256 are checked against the folder's card before they are loaded.
 * A worker that dies rejects what was pending and is started again once; it earns another start by finishing a job.
 */
export class OnnxEmbedder extends Embedder {
  readonly id: string;
  readonly dimensions: number;
  /** Length of the layers of a reading; 0 where the model gives none. */
  private readonly layers: number;
  private unavailableFor: ModelReason | undefined = 'loading';
  private worker: Worker | undefined;
  private lastJob = 0;
  private mayRestart = true;
  private readonly pending = new Map<number, PendingJob>();
  private settleLoading!: () => void;
  private readonly loaded = new Promise<void>((resolve) => (this.settleLoading = resolve));

  private constructor(
    private readonly options: OnnxEmbedderOptions,
    card: EmbedderCard | undefined,
  ) {
    super();
    this.id = card ? embedderId(card) : 'none';
    this.dimensions = card?.dimensions ?? 0;
    this.layers = card?.layers ?? 0;
    if (card) this.startWorker(card);
    else this.becomeUnavailable('embedder-missing');
  }

  /** Resolves when the model is loaded or found to be unusable; never rejects: see `available` and `reason`. */
  static async open(options: OnnxEmbedderOptions): Promise<OnnxEmbedder> {
    const embedder = new OnnxEmbedder(options, cardIn(options.folder));
    await embedder.loaded;
    return embedder;
  }

  /** The embedder that ships with the product, with all cores for bulk work. */
  static openShipped(): Promise<OnnxEmbedder> {
    return OnnxEmbedder.open({ folder: SHIPPED_EMBEDDER, cores: availableParallelism() });
  }

  override get available(): boolean {
    return this.unavailableFor === undefined;
  }

  override get reason(): ModelReason | undefined {
    return this.unavailableFor;
  }

  override async embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]> {
    return (await this.#run(texts, kind, false, signal)).map(({ vector }) => vector);
  }

  override read(queries: readonly string[], signal?: AbortSignal): Promise<QueryReading[]> {
    return this.#run(queries, 'query', true, signal);
  }

  async #run(
    texts: readonly string[],
    kind: EmbeddingKind,
    layers: boolean,
    signal: AbortSignal | undefined,
  ): Promise<QueryReading[]> {
    signal?.throwIfAborted();
    // A worker that is starting again takes the job as soon as it has loaded.
    if (!this.worker || (this.unavailableFor && this.unavailableFor !== 'loading'))
      throw AppError.of('embedder.unavailable', { reason: this.unavailableFor ?? 'closed' });
    if (texts.length === 0) return [];
    const job = ++this.lastJob;
    const cancel = () => {
      this.post({ type: 'cancel', job });
      this.take(job)?.reject(signal!.reason);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<QueryReading[]>((resolve, reject) => {
        this.pending.set(job, { resolve, reject });
        this.post({ type: 'embed', job, texts, kind, layers });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  override async close(): Promise<void> {
    const worker = this.worker;
    this.becomeUnavailable('closed');
    await worker?.terminate();
  }

  private startWorker(card: EmbedderCard): void {
    const workerData: EmbedderWorkerData = {
      folder: this.options.folder,
      card,
      bulkThreads: Math.max(1, this.options.cores),
    };
    const worker = new Worker(siblingEntry(import.meta.url, 'onnx-embedder.worker'), { workerData, execArgv: [] });
    this.worker = worker;
    worker.on('message', (message: FromEmbedderWorker) => this.receive(message));
    let failure: unknown;
    worker.once('error', (error) => (failure = error));
    worker.once('exit', () => {
      if (this.worker === worker) this.recover(card, failure);
    });
  }

  private receive(message: FromEmbedderWorker): void {
    switch (message.type) {
      case 'ready':
        this.unavailableFor = undefined;
        this.settleLoading();
        return;
      case 'unloadable':
        this.becomeUnavailable(message.cause, message.cause === 'checksum' ? message.file : message.message);
        return;
      case 'embedded': {
        this.mayRestart = true;
        const layers = message.layers && rowsOf(message.layers, this.layers);
        const readings = rowsOf(message.vectors, this.dimensions).map((vector, row) => ({
          vector,
          ...(layers ? { layers: layers[row]! } : {}),
        }));
        this.take(message.job)?.resolve(readings);
        return;
      }
      case 'failed':
        this.take(message.job)?.reject(
          AppError.of(
            'embedder.unavailable',
            { reason: 'generation-failed' satisfies ModelReason },
            { cause: message.message },
          ),
        );
    }
  }

  private recover(card: EmbedderCard, cause: unknown): void {
    if (!this.mayRestart) return this.becomeUnavailable('crashed', cause);
    this.mayRestart = false;
    this.unavailableFor = 'loading';
    this.rejectPending('crashed', cause);
    this.startWorker(card);
  }

  private becomeUnavailable(reason: ModelReason, cause?: unknown): void {
    const worker = this.worker;
    this.worker = undefined;
    this.unavailableFor = reason;
    this.rejectPending(reason, cause);
    this.settleLoading();
    void worker?.terminate();
  }

  private rejectPending(reason: ModelReason, cause: unknown): void {
    for (const { reject } of this.pending.values()) reject(AppError.of('embedder.unavailable', { reason }, { cause }));
    this.pending.clear();
  }

  private take(job: number): PendingJob | undefined {
    const pending = this.pending.get(job);
    this.pending.delete(job);
    return pending;
  }

  private post(message: ToEmbedderWorker): void {
    this.worker?.postMessage(message);
  }
}

function cardIn(folder: string): EmbedderCard | undefined {
  try {
    return readEmbedderCard(folder);
  } catch {
    return undefined;
  }
}

function rowsOf(vectors: Float32Array, dimensions: number): Float32Array[] {
  return Array.from({ length: vectors.length / dimensions }, (_, row) =>
    vectors.slice(row * dimensions, (row + 1) * dimensions),
  );
}
