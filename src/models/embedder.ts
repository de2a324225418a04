/** `query` for questions (short against short too), `passage` for what is searched: the two prefixes of E5. */
export type EmbeddingKind = 'query' | 'passage';

/** Texts to vectors. */
export abstract class Embedder {
  /** Changes whenever the vectors would: name and the first 12 digits of the weights' sha256. */
  abstract readonly id: string;
  abstract readonly dimensions: number;
  /** False where the model could not be loaded: retrieval is then lexical alone, and readiness says so. */
  abstract readonly available: boolean;
  /**
   * One vector a text, `float32[dimensions]`, L2-normalised, in the order of the texts.
   * Single queries go before bulk work that is under way.
   * @throws AppError `model.unavailable` where the embedder is not available.
   */
  abstract embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]>;
}
