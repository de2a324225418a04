import { Logger } from '@nestjs/common';
import type { Clock } from '../config/clock.js';
import type { Reranker } from '../models/reranker.js';
import { withoutPlaceholders } from './passages.js';
import type { Hit } from './retriever.js';

/** A hit on its way to the reranker. */
export interface Candidate {
  hit: Hit;
  /** What its confidence would be with a margin of 0: were it level with the best of its kind. */
  level: number;
}

/** Hits that are read again. TEI takes no more at once unless it is told to. */
export const RERANKED = 30;

/** Characters of a text that are read: what cross-encoders of 512 tokens hold beside a question. */
const MAX_CHARACTERS = 600;
/** After a failure the reranker is left alone for so long, so that not every question waits for a server that is away. Milliseconds. */
const REST = 10_000;

/**
 * Puts the best hits into the reranker's order, within a deadline; on a failure the fused order stands.
 *
 * The order is the reranker's; the confidence stays ours, since a score of a model that nobody has calibrated is no probability.
 * A hit that overtakes one that our scores trust more is a case of doubt: its confidence is that of a hit that is level with
 * the best (margin 0), and what comes after is never more confident than what comes before.
 */
export class RerankStage {
  /** Since the start: questions that were reranked, and that kept the fused order. */
  readonly counts = { reranked: 0, failed: 0 };
  private restsUntil = -Infinity;
  private readonly logger = new Logger('retrieval');

  /** @param timeout milliseconds */
  constructor(
    private readonly reranker: Reranker,
    private readonly timeout: number,
    private readonly clock: Clock,
  ) {}

  get name(): string {
    return this.reranker.name;
  }

  /** @param candidates by falling confidence */
  async apply(query: string, candidates: readonly Candidate[], signal?: AbortSignal): Promise<Hit[]> {
    const scores = await this.scores(query, candidates, signal);
    if (!scores) return candidates.map(({ hit }) => hit);
    const order = [...candidates.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
    return withDoubt(order.map((place) => candidates[place]!));
  }

  private async scores(
    query: string,
    candidates: readonly Candidate[],
    signal?: AbortSignal,
  ): Promise<number[] | undefined> {
    if (candidates.length < 2) return undefined;
    if (this.clock.monotonic() < this.restsUntil) {
      this.counts.failed++;
      return undefined;
    }
    const deadline = AbortSignal.timeout(this.timeout);
    try {
      const texts = candidates.map(({ hit }) => textOf(hit));
      const scores = await this.reranker.rerank(query, texts, signal ? AbortSignal.any([signal, deadline]) : deadline);
      this.counts.reranked++;
      return scores;
    } catch (error) {
      signal?.throwIfAborted();
      this.counts.failed++;
      this.restsUntil = this.clock.monotonic() + REST;
      // The message of a failed call is a reason from a list; nothing of the question stands in it.
      this.logger.warn(`${this.reranker.name}: no order (${deadline.aborted ? 'hung' : (error as Error).message})`);
      return undefined;
    }
  }
}

function textOf({ title, text, exemplar }: Hit): string {
  return withoutPlaceholders(`${exemplar?.question ?? title}\n${text}`).slice(0, MAX_CHARACTERS);
}

/** Confidences for another order than theirs. */
function withDoubt(order: readonly Candidate[]): Hit[] {
  let ceiling = 1;
  return order.map(({ hit, level }, rank) => {
    const overtook = order.slice(rank + 1).some((later) => later.hit.confidence > hit.confidence);
    ceiling = Math.min(ceiling, overtook ? Math.max(hit.confidence, level) : hit.confidence);
    return { ...hit, confidence: ceiling };
  });
}
