import type { Clock } from '../config/clock.js';

/** What became of a check: `late` where it gave a verdict after its time. */
export type Timed<T> = { state: 'done' | 'late'; value: T } | { state: 'failed'; error: unknown };

/**
 * Runs a check of a stage under its time-out, in milliseconds of the thread's own computing: on a busy machine no text is withheld for
 * having waited. Checks are synchronous and their patterns bounded, so a slow one is not interrupted; its verdict only does not count.
 * One that was slow runs a second time before it is called late: the first run of a program compiles its patterns.
 */
export function timed<T>(clock: Clock, limit: number, check: () => T): Timed<T> {
  try {
    const first = measured(clock, check);
    if (first.ms <= limit) return { state: 'done', value: first.value };
    const second = measured(clock, check);
    return { state: second.ms <= limit ? 'done' : 'late', value: second.value };
  } catch (error) {
    return { state: 'failed', error };
  }
}

function measured<T>(clock: Clock, check: () => T): { value: T; ms: number } {
  const begun = clock.computed();
  const value = check();
  return { value, ms: clock.computed() - begun };
}
