import { Embedder, type QueryReading } from './embedder.js';
import type { ModelReason } from './model-reason.js';

/** An embedder in front of another one, which it is to everybody who asks. */
export abstract class WrappedEmbedder extends Embedder {
  constructor(protected readonly embedder: Embedder) {
    super();
  }

  override get id(): string {
    return this.embedder.id;
  }

  override get dimensions(): number {
    return this.embedder.dimensions;
  }

  override get available(): boolean {
    return this.embedder.available;
  }

  override get reason(): ModelReason | undefined {
    return this.embedder.reason;
  }

  override read(queries: readonly string[], signal?: AbortSignal): Promise<QueryReading[]> {
    return this.embedder.read(queries, signal);
  }
}
