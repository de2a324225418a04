import { closeLetterSpacing } from '../../text/letter-spacing.js';
import { normalise } from '../../text/normalise.js';
import { HashedCounts, placeOf, type HashedWeights } from './hashed-counts.js';

/** Places of the hashed n-grams. */
export const BUCKETS = 1 << 15;
/** Longer texts are read so far: what an input of 4,000 characters costs is bounded by the rails' own limit. */
const LONGEST = 4_000;
/** Character n-grams across word borders, up to this length. */
const TIGHT = 4;
/** Character n-grams that touch a word border, up to this length. */
const EDGE = 4;

/**
 * Hashed character n-grams of two views: without spaces and punctuation (so that spacing tricks change little), and of words with
 * their borders (so that 투자해 is not 자해). Counts are damped (1 + ln n); hashes are 32-bit FNV-1a with the kind as its seed.
 */
export function ngrams(text: string): HashedWeights {
  const read = normalise(text.slice(0, LONGEST));
  const plain = (closeLetterSpacing(read) ?? read).text.toLowerCase().replace(MASK_TOKEN, ' ');
  const words = plain.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  const tight = words.replaceAll(' ', '');
  const counts = new HashedCounts();
  const count = (of: string, from: number, to: number, kind: number): void => counts.add(placeOf(of, from, to, kind, BUCKETS));
  for (let size = 1; size <= TIGHT; size++)
    for (let at = 0; at + size <= tight.length; at++) count(tight, at, at + size, size);
  for (const word of words === '' ? [] : words.split(' ')) {
    const edged = ` ${word} `;
    count(edged, 0, edged.length, TIGHT + 1);
    for (let size = 2; size <= Math.min(EDGE, edged.length - 1); size++) {
      count(edged, 0, size, TIGHT + size);
      count(edged, edged.length - size, edged.length, TIGHT + size);
    }
  }
  return counts.weights();
}

const MASK_TOKEN = /\[(?:[가-힣a-z]{2,8}#\d{1,4}|삭제)\]/g;
