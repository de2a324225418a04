import { Embedder, type EmbeddingKind } from './embedder.js';
import type { ModelReason } from './model-reason.js';
import type { VectorCache } from './vector-cache.js';

/**
 * Takes vectors from the cache first and asks the model for the rest: indexing the shipped knowledge needs no model run
 * (all statutes take 8 to 10 minutes on two cores).
 */
export class CachingEmbedder extends Embedder {
  constructor(
    private readonly cache: VectorCache,
    private readonly embedder: Embedder,
  ) {
    super();
    if (cache.embedderId !== embedder.id)
      throw new Error(`vectors of ${cache.embedderId} do not compare with those of ${embedder.id}`);
  }

  override get id(): string {
    return this.embedder.id;
  }

  override get dimensions(): number {
    return this.embedder.dimensions;
  }

  /** The model's: without it questions have no vectors, and passages' vectors alone find nothing. */
  override get available(): boolean {
    return this.embedder.available;
  }

  override get reason(): ModelReason | undefined {
    return this.embedder.reason;
  }

  override async embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const known = texts.map((text) => this.cache.get(text, kind));
    const missing = texts.filter((_, index) => !known[index]);
    const computed = missing.length > 0 ? await this.embedder.embed(missing, kind, signal) : [];
    let next = 0;
    return known.map((vector) => vector ?? computed[next++]!);
  }
}
