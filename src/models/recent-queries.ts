import type { EmbeddingKind } from './embedder.js';
import { WrappedEmbedder } from './wrapped-embedder.js';

/** Questions whose vectors are kept. A message's vector is asked for by the rails and by the retrieval within milliseconds. */
const KEPT = 256;

/** Computes the vector of a question once: whoever asks for the same one again, or meanwhile, gets the same vector. */
export class RecentQueries extends WrappedEmbedder {
  readonly #vectors = new Map<string, Promise<Float32Array>>();

  override async embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (kind !== 'query' || texts.length !== 1) return this.embedder.embed(texts, kind, signal);
    signal?.throwIfAborted();
    return [await this.#vector(texts[0]!)];
  }

  override close(): Promise<void> {
    return this.embedder.close();
  }

  /** Not aborted with whoever asked first, since others may wait for it. */
  #vector(text: string): Promise<Float32Array> {
    const known = this.#vectors.get(text);
    if (known) return known;
    const vector = this.embedder.embed([text], 'query').then(([only]) => only!);
    this.#vectors.set(text, vector);
    vector.catch(() => this.#vectors.delete(text));
    if (this.#vectors.size > KEPT) this.#vectors.delete(this.#vectors.keys().next().value!);
    return vector;
  }
}
