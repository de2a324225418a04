import { Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../config/app-error.js';
import type { VectorBuild } from './vector-build.js';

export interface UpkeepStatus {
  /** `waiting`: the embedder, or the store, is away; the build goes on when it is back. */
  state: 'complete' | 'building' | 'waiting';
  /** Share of the texts that have a vector of the configured embedder, 0 to 1. */
  progress: number;
}

/** Before a build that failed is tried again, milliseconds. */
const RETRY = 5_000;

/**
 * Keeps the vectors complete while the service runs: makes those of a new embedder after the start, and those that an import left
 * out because the embedder was away.
 */
export class VectorUpkeep {
  private readonly logger = new Logger('vectors');
  private readonly stopped = new AbortController();
  private wake = Promise.withResolvers<void>();
  private work: Promise<void> | undefined;
  private known: UpkeepStatus = { state: 'waiting', progress: 0 };

  /** @param retry milliseconds before a build that failed is tried again */
  constructor(
    private readonly build: VectorBuild,
    private readonly retry = RETRY,
  ) {}

  start(): void {
    this.build.onAsked(() => this.wake.resolve());
    this.work ??= this.keep();
  }

  status(): UpkeepStatus {
    return this.known;
  }

  /** Ends a build after the batch that is under way. */
  async close(): Promise<void> {
    this.stopped.abort();
    this.wake.resolve();
    await this.work;
  }

  private async keep(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      this.wake = Promise.withResolvers();
      if (await this.complete()) await this.wake.promise;
      else await delay(this.retry, undefined, { ref: false, signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async complete(): Promise<boolean> {
    const begun = this.known.state;
    try {
      for await (const { done, total } of this.build.run(this.stopped.signal)) {
        if (this.known.state !== 'building') this.logger.log(`${total - done} of ${total} texts get their vectors`);
        this.known = { state: 'building', progress: total > 0 ? done / total : 0 };
      }
      if (this.known.state === 'building') this.logger.log('all texts have their vectors');
      this.known = { state: 'complete', progress: 1 };
      return true;
    } catch (error) {
      if (this.stopped.signal.aborted) return false;
      this.known = { state: 'waiting', progress: this.known.progress };
      if (begun !== 'waiting') this.logger.warn(`no vectors for now: ${reasonOf(error)}`);
      return false;
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof AppError ? `${error.code} ${String(error.params.reason ?? '')}` : String(error);
}
