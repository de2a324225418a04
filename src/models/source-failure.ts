import type { ModelReason } from './model-reason.js';

/** A source of a model file did not give it; the next one is tried. */
export class SourceFailure extends Error {
  constructor(
    readonly reason: ModelReason,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${reason}: ${detail}`, options);
  }

  static from(error: unknown): SourceFailure {
    if (error instanceof SourceFailure) return error;
    const isFull = (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC';
    return new SourceFailure(isFull ? 'disk-full' : 'unreachable', String(error), { cause: error });
  }
}

/** What a source is asked for: bytes so far, whether finished or resumed, go to `onBytes`. */
export interface SourceRequest {
  /** Path without an ending; the source adds its own, so that the pieces of two sources never mix. */
  partial: string;
  onBytes: (bytes: number) => void;
  signal?: AbortSignal | undefined;
}
