import type { EmbeddingKind, QueryReading } from './embedder.js';
import { WrappedEmbedder } from './wrapped-embedder.js';

/** Questions whose readings are kept. A message's is asked for by the rails and by the retrieval within milliseconds. */
const KEPT = 256;

/** Reads a question once: whoever asks for the same one again, or meanwhile, gets the same vector and layers. */
export class RecentQueries extends WrappedEmbedder {
  readonly #readings = new Map<string, Promise<QueryReading>>();

  override async embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (kind !== 'query' || texts.length !== 1) return this.embedder.embed(texts, kind, signal);
    return [(await this.#reading(texts[0]!, signal)).vector];
  }

  override async read(queries: readonly string[], signal?: AbortSignal): Promise<QueryReading[]> {
    if (queries.length !== 1) return this.embedder.read(queries, signal);
    return [await this.#reading(queries[0]!, signal)];
  }

  override close(): Promise<void> {
    return this.embedder.close();
  }

  /** Not aborted with whoever asked first, since others may wait for it. */
  async #reading(text: string, signal?: AbortSignal): Promise<QueryReading> {
    signal?.throwIfAborted();
    const known = this.#readings.get(text);
    if (known) return known;
    const reading = this.embedder.read([text]).then(([only]) => only!);
    this.#readings.set(text, reading);
    reading.catch(() => this.#readings.delete(text));
    if (this.#readings.size > KEPT) this.#readings.delete(this.#readings.keys().next().value!);
    return reading;
  }
}
