// Worker thread of OnnxEmbedder: tokenises, schedules and runs the model. Imports packages and types only (see siblingEntry).
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { EmbedderWorkerData, FromEmbedderWorker, ToEmbedderWorker } from './onnx-embedder.protocol.js';

/** Rows of one batch: above 32 the throughput no longer grows (models.md). */
const BATCH_ROWS = 32;
/**
 * Rows × longest row of one batch, in tokens. A batch cannot be interrupted, so this bounds how long a query waits
 * behind bulk work: 1,024 tokens are about .2 s at the 5,000 tokens/s measured on two cores.
 */
const BATCH_TOKENS = 1024;
/** Jobs up to this many texts go before bulk work and run on the one-thread session. */
const SINGLE_TEXTS = 4;
/** No piece of the vocabulary is longer than 16 characters, so 512 tokens never reach past this many. */
const MAX_CHARACTERS = 16_384;

interface Job {
  id: number;
  texts: readonly string[];
  prefix: string;
  /** Indices of the texts still to do, longest first, so that rows of one batch need little padding. */
  order: number[];
  vectors: Float32Array;
  layers?: Float32Array;
}

interface Batch {
  indices: number[];
  rows: number[][];
}

const { folder, card, bulkThreads } = workerData as EmbedderWorkerData;
const port = parentPort!;
const singles: Job[] = [];
const bulk: Job[] = [];
let running = false;

function send(message: FromEmbedderWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function openSession(threads: number): Promise<InferenceSession> {
  return InferenceSession.create(join(folder, card.files.graph.file), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
}

async function load(): Promise<{ tokenizer: Tokenizer; single: InferenceSession } | undefined> {
  try {
    for (const { file, sha256 } of Object.values(card.files))
      if ((await sha256Of(join(folder, file))) !== sha256) {
        send({ type: 'unloadable', cause: 'checksum', file });
        return undefined;
      }
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(join(folder, card.files.tokenizer.file), 'utf8')), {});
    return { tokenizer, single: await openSession(1) };
  } catch (error) {
    send({ type: 'unloadable', cause: 'load-failed', message: String(error) });
    return undefined;
  }
}

const model = await load();
if (model) {
  port.on('message', receive);
  send({ type: 'ready' });
}

function receive(message: ToEmbedderWorker): void {
  switch (message.type) {
    case 'embed':
      queueOf(message.texts).push(jobOf(message));
      if (!running) void run();
      return;
    case 'cancel':
      for (const queue of [singles, bulk]) {
        const at = queue.findIndex((job) => job.id === message.job);
        if (at >= 0) queue.splice(at, 1);
      }
  }
}

function queueOf(texts: readonly string[]): Job[] {
  return texts.length <= SINGLE_TEXTS ? singles : bulk;
}

function jobOf({ job, texts, kind, layers }: ToEmbedderWorker & { type: 'embed' }): Job {
  return {
    id: job,
    texts,
    prefix: card.prefixes[kind],
    order: texts.map((_, index) => index).sort((a, b) => texts[b]!.length - texts[a]!.length || a - b),
    vectors: new Float32Array(texts.length * card.dimensions),
    ...(layers && card.layers ? { layers: new Float32Array(texts.length * card.layers) } : {}),
  };
}

/** Works the queues off, one batch at a time; between batches the port delivers new queries and cancellations. */
async function run(): Promise<void> {
  running = true;
  let wide: InferenceSession | undefined;
  for (;;) {
    await nextTurn();
    const queue = singles.length > 0 ? singles : bulk;
    const job = queue[0];
    if (!job) break;
    try {
      if (job.texts.length > BATCH_ROWS && bulkThreads > 1) wide ??= await openSession(bulkThreads);
      await embedBatch(job, queue === bulk && wide ? wide : model!.single);
      if (job.order.length === 0 && drop(queue, job)) sendDone(job);
    } catch (error) {
      drop(queue, job);
      send({ type: 'failed', job: job.id, message: String(error) });
    }
  }
  running = false;
  // The session of many threads has its own copy of the weights, so it is kept only while there is bulk work; opening it takes 50 ms.
  await wide?.release();
}

function sendDone({ id, vectors, layers }: Job): void {
  const moved = [vectors, layers].flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
  send({ type: 'embedded', job: id, vectors, ...(layers ? { layers } : {}) }, moved);
}

/** False where the job was cancelled meanwhile. */
function drop(queue: Job[], job: Job): boolean {
  const at = queue.indexOf(job);
  if (at >= 0) queue.splice(at, 1);
  return at >= 0;
}

async function embedBatch(job: Job, session: InferenceSession): Promise<void> {
  const { indices, rows } = nextBatch(job);
  const width = Math.max(...rows.map((row) => row.length));
  const ids = new BigInt64Array(rows.length * width);
  const mask = new BigInt64Array(rows.length * width);
  rows.forEach((row, r) =>
    row.forEach((token, t) => {
      ids[r * width + t] = BigInt(token);
      mask[r * width + t] = 1n;
    }),
  );
  const feeds = {
    input_ids: new Tensor('int64', ids, [rows.length, width]),
    attention_mask: new Tensor('int64', mask, [rows.length, width]),
  };
  const { embedding, layers } = await session.run(feeds, job.layers ? ['embedding', 'layers'] : ['embedding']);
  scatter(embedding!.data as Float32Array, indices, job.vectors, card.dimensions);
  if (layers && job.layers) scatter(layers.data as Float32Array, indices, job.layers, card.layers!);
}

/** Row `r` of `from` becomes row `indices[r]` of `to`. */
function scatter(from: Float32Array, indices: readonly number[], to: Float32Array, width: number): void {
  for (const [r, index] of indices.entries()) to.set(from.subarray(r * width, (r + 1) * width), index * width);
}

/** Takes the longest texts left, as many as fit one batch. */
function nextBatch(job: Job): Batch {
  const batch: Batch = { indices: [], rows: [] };
  let width = 0;
  while (job.order.length > 0 && batch.rows.length < BATCH_ROWS) {
    const index = job.order[0]!;
    const row = tokens(job.prefix + job.texts[index]!);
    width = Math.max(width, row.length);
    if (batch.rows.length > 0 && width * (batch.rows.length + 1) > BATCH_TOKENS) break;
    job.order.shift();
    batch.indices.push(index);
    batch.rows.push(row);
  }
  return batch;
}

/** Token ids with their start and end; a text that is too long loses its tail, never the end token. */
function tokens(text: string): number[] {
  const { ids } = model!.tokenizer.encode(text.slice(0, MAX_CHARACTERS).normalize('NFKC'));
  return ids.length <= card.maxTokens ? ids : [...ids.slice(0, card.maxTokens - 1), ids.at(-1)!];
}
