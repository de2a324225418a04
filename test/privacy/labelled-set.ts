import { readFileSync } from 'node:fs';
import { shipped } from '../../src/config/package-root.js';
import type { TurnFinding } from '../../src/privacy/detector.js';
import type { PiiType } from '../../src/privacy/types.js';

/** An expected span of a labelled example; `turn` is 0 where there is one message. */
export interface Labelled {
  turn: number;
  start: number;
  end: number;
  type: PiiType;
}

export interface Example {
  turns: string[];
  spans: Labelled[];
}

/** The examples of `evals/pii/<file>`; offsets in UTF-16 units. */
export function examplesOf(file: string): Example[] {
  return readFileSync(shipped('evals', 'pii', file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as { text?: string; turns?: string[]; spans: Omit<Labelled, 'turn'>[] })
    .map(({ text, turns, spans }) => ({ turns: turns ?? [text!], spans: spans.map((span) => ({ turn: 0, ...span })) }));
}

/** A prediction counts when type and at least half of the union agree (`evals/pii/report.mjs` counts alike). */
export function agrees(expected: Labelled, found: TurnFinding): boolean {
  if (expected.type !== found.type || expected.turn !== found.turn) return false;
  const shared = Math.min(expected.end, found.end) - Math.max(expected.start, found.start);
  return shared / (Math.max(expected.end, found.end) - Math.min(expected.start, found.start)) >= 0.5;
}
