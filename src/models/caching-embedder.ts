import type { Embedder, EmbeddingKind } from './embedder.js';
import type { VectorCache } from './vector-cache.js';
import { WrappedEmbedder } from './wrapped-embedder.js';

/**
 * Takes vectors from the cache first and asks the model for the rest: indexing the shipped knowledge needs no model run
 * (all statutes take 8 to 10 minutes on two cores). Available with the model alone: without it questions have no vectors, and passages'
 * vectors alone find nothing.
 */
export class CachingEmbedder extends WrappedEmbedder {
  constructor(
    private readonly cache: VectorCache,
    embedder: Embedder,
  ) {
    super(embedder);
    if (cache.embedderId !== embedder.id)
      throw new Error(`vectors of ${cache.embedderId} do not compare with those of ${embedder.id}`);
  }

  override async embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const known = texts.map((text) => this.cache.get(text, kind));
    const missing = texts.filter((_, index) => !known[index]);
    const computed = missing.length > 0 ? await this.embedder.embed(missing, kind, signal) : [];
    let next = 0;
    return known.map((vector) => vector ?? computed[next++]!);
  }
}
