import { createHash } from 'node:crypto';
import { AppError } from '../../src/config/app-error.js';
import { Embedder } from '../../src/models/embedder.js';
import { bigrams } from '../../src/text/bigrams.js';

/** A stand-in whose vectors are near where texts share bigrams: each bigram lights three of the components. */
export class HashingEmbedder extends Embedder {
  /** Texts that were embedded so far. */
  embedded = 0;
  available = true;

  constructor(
    readonly id = 'hashing@1',
    readonly dimensions = 384,
  ) {
    super();
  }

  override async embed(texts: readonly string[], _kind: string, signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    if (!this.available) throw AppError.of('embedder.unavailable', { reason: 'load-failed' });
    this.embedded += texts.length;
    return texts.map((text) => this.vector(text));
  }

  private vector(text: string): Float32Array {
    const vector = new Float32Array(this.dimensions).fill(0.01);
    for (const token of bigrams(text)) {
      const digest = createHash('sha256').update(`${this.id}${token}`).digest();
      for (const at of [0, 2, 4]) vector[digest.readUInt16LE(at) % this.dimensions]! += 1;
    }
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  }
}
