import { closeLetterSpacing } from '../../text/letter-spacing.js';
import { normalise } from '../../text/normalise.js';
import { HashedCounts, placeOf, type HashedWeights } from '../second-tier/hashed-counts.js';

/** Places of the hashed features. */
export const PLACES = 1 << 17;
/** Longer sentences are read so far. */
const LONGEST = 1_000;
/** Character n-grams across word borders. */
const GRAMS = [2, 3] as const;
/** Beginnings and ends of words, up to this length with the border: in Korean a stem and an ending. */
const EDGE = 3;
/** Two words this far apart still belong together: 대출은 … 나옵니다. */
const REACH = 4;
/** Of a word in a pair, what stands for its stem. */
const STEM = 2;

/**
 * Hashed features of a sentence: character n-grams without spaces, words with their borders, and pairs of stems near each other.
 * Numbers are all one: which number it is is grounding's business. Counts are damped (1 + ln n); hashes are 32-bit FNV-1a with the kind as its seed.
 */
export function sentenceFeatures(text: string): HashedWeights {
  const read = normalise(text.slice(0, LONGEST));
  const plain = (closeLetterSpacing(read) ?? read).text.toLowerCase().replace(NUMBER, '0');
  const words = plain.replace(/[^\p{L}\p{N}%]+/gu, ' ').trim().split(' ');
  const tight = words.join('');
  const counts = new HashedCounts();
  const count = (piece: string, kind: number): void => counts.add(placeOf(piece, 0, piece.length, kind, PLACES));
  for (const size of GRAMS) for (let at = 0; at + size <= tight.length; at++) count(tight.slice(at, at + size), size);
  for (const [at, word] of words.entries()) {
    const edged = ` ${word} `;
    count(edged, WORD);
    for (let size = 2; size <= Math.min(EDGE, edged.length - 1); size++) {
      count(edged.slice(0, size), WORD + size);
      count(edged.slice(-size), WORD + size);
    }
    for (const other of words.slice(at + 1, at + 1 + REACH)) count(`${word.slice(0, STEM)} ${other.slice(0, STEM)}`, PAIR);
  }
  return counts.weights();
}

const NUMBER = /\d{1,30}(?:[.,]\d{1,30}){0,8}/g;
/** Seeds of the kinds; n-grams take their size. */
const WORD = 9;
const PAIR = 31;
