import type { CardFile, EmbedderCard } from './embedder-card.js';
import type { EmbeddingKind } from './embedder.js';

/** `workerData` of the embedder's worker thread. */
export interface EmbedderWorkerData {
  folder: string;
  card: EmbedderCard;
  /** Threads of the session for bulk work; single queries always use one. */
  bulkThreads: number;
}

export type ToEmbedderWorker =
  /** `layers`: those of the model too. */
  | { type: 'embed'; job: number; texts: readonly string[]; kind: EmbeddingKind; layers: boolean }
  | { type: 'cancel'; job: number };

export type FromEmbedderWorker =
  | { type: 'ready' }
  | { type: 'unloadable'; cause: 'checksum'; file: CardFile['file'] }
  | { type: 'unloadable'; cause: 'load-failed'; message: string }
  /** `vectors` is float32[texts × dimensions], `layers` float32[texts × card.layers], in the order of the texts; their buffers are moved, not copied. */
  | { type: 'embedded'; job: number; vectors: Float32Array; layers?: Float32Array }
  | { type: 'failed'; job: number; message: string };
