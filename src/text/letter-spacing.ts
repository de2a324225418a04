import type { Normalised } from './normalise.js';

/**
 * Five or more single characters with the same separator between any two: `0 1 0 1 2 3`, `홍.길.동.입.니.다`.
 * Three separators in a row stand for one that was spaced out as well.
 */
const SPACED_OUT =
  /((?<![가-힣A-Za-z0-9])\S|(?<!\d)\d)(?!\1)([ ._/\n-])(?:(?:(?!\2)\S|\2(?=\2\S))\2){3,}(?!\2)\S(?<!\d(?=\d))/g;

/**
 * The text without the separators between characters that are spaced out one by one;
 * undefined where there are none. Offsets keep pointing into the same original.
 */
export function closeLetterSpacing(normalised: Normalised): Normalised | undefined {
  const { text } = normalised;
  const kept: number[] = [];
  let at = 0;
  for (const run of text.matchAll(SPACED_OUT)) {
    for (; at < run.index; at++) kept.push(at);
    for (; at < run.index + run[0].length; at += 2) kept.push(at);
    at = run.index + run[0].length;
  }
  if (at === 0) return undefined;
  for (; at < text.length; at++) kept.push(at);
  return keepOnly(normalised, kept);
}

/** The text of the units at the given places, in order. */
export function keepOnly(normalised: Normalised, kept: readonly number[]): Normalised {
  const { text } = normalised;
  return {
    original: normalised.original,
    text: kept.map((index) => text[index]).join(''),
    start: Int32Array.from(kept, (index) => normalised.start[index]!),
    end: Int32Array.from(kept, (index) => normalised.end[index]!),
    soft: Uint8Array.from(kept, (index) => normalised.soft[index]!),
  };
}
