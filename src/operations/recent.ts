import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { errorMet, type ErrorCode } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { turnEnded } from '../conversation/observations.js';
import type { Quantiles, RecentError, RecentTurns } from './report.js';

/** What the page looks back on, milliseconds. */
const WINDOW = 15 * 60_000;
/** Turns that are remembered at most: eleven a second over the window. */
const TURNS = 10_000;

interface EndedTurn {
  at: number;
  total: number;
  firstSentence?: number;
}

/** What happened lately in this process, in memory alone. */
@Injectable()
export class Recent implements OnModuleInit, OnModuleDestroy {
  readonly #errors = new Map<ErrorCode, { count: number; lastAt: Date }>();
  readonly #turns: EndedTurn[] = [];
  #stop: (() => void)[] = [];

  constructor(private readonly clock: Clock) {}

  onModuleInit(): void {
    this.#stop = [
      errorMet.listen(({ code }) => {
        const count = (this.#errors.get(code)?.count ?? 0) + 1;
        this.#errors.set(code, { count, lastAt: this.clock.now() });
      }),
      turnEnded.listen(({ firstSentence, total }) => {
        this.#forget();
        const at = this.clock.monotonic();
        this.#turns.push({ at, total, ...(firstSentence === undefined ? {} : { firstSentence }) });
      }),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.#stop) stop();
  }

  /** Since the start, by code, the latest first. */
  errors(): RecentError[] {
    return [...this.#errors]
      .toSorted(([, a], [, b]) => b.lastAt.getTime() - a.lastAt.getTime())
      .map(([code, { count, lastAt }]) => ({ code, count, lastAt: lastAt.toISOString() }));
  }

  turns(): RecentTurns {
    this.#forget();
    const firstSentences = this.#turns.flatMap(({ firstSentence }) => firstSentence ?? []);
    return {
      count: this.#turns.length,
      perMinute: this.#turns.length / (WINDOW / 60_000),
      firstSentence: quantiles(firstSentences),
      total: quantiles(this.#turns.map(({ total }) => total)),
    };
  }

  #forget(): void {
    const oldest = this.clock.monotonic() - WINDOW;
    while (this.#turns.length >= TURNS || (this.#turns[0]?.at ?? oldest) < oldest) this.#turns.shift();
  }
}

/** By the nearest rank. */
function quantiles(values: readonly number[]): Quantiles {
  if (values.length === 0) return {};
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1]!);
  return { p50: at(0.5), p95: at(0.95) };
}
