import type { ModelReason } from './model-reason.js';

/** `query` for questions (short against short too), `passage` for what is searched: the two prefixes of E5. */
export type EmbeddingKind = 'query' | 'passage';

/** A question as the model reads it. */
export interface QueryReading {
  /** As `embed` gives it. */
  vector: Float32Array;
  /** The means over the tokens of some of the model's layers, one after another: more for a classifier than the vector, which was made for comparing. */
  layers?: Float32Array;
}

/** Texts to vectors. */
export abstract class Embedder {
  /** Changes whenever the vectors would. Vectors of two ids never compare. */
  abstract readonly id: string;
  /** Length of a vector; 0 while it is not known: no model is there, or its server has not answered yet. */
  abstract readonly dimensions: number;
  /** False while the model cannot be used: retrieval is then lexical alone, and readiness says so. */
  abstract readonly available: boolean;

  /** Why it is not available. */
  get reason(): ModelReason | undefined {
    return undefined;
  }

  /**
   * One vector a text, `float32[dimensions]`, L2-normalised, in the order of the texts. What is longer than the model reads is cut.
   * Single queries go before bulk work that is under way.
   * @throws AppError `embedder.unavailable` where the embedder is not available.
   */
  abstract embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]>;

  /** Questions with their layers, where the model gives them, in one run of the model; else with their vectors alone. */
  async read(queries: readonly string[], signal?: AbortSignal): Promise<QueryReading[]> {
    return (await this.embed(queries, 'query', signal)).map((vector) => ({ vector }));
  }

  async close(): Promise<void> {}
}
