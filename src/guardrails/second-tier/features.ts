import { closeLetterSpacing } from '../../text/letter-spacing.js';
import { normalise } from '../../text/normalise.js';

/** Places and weights of the character n-grams that a text holds; the weights have length 1. */
export interface Ngrams {
  places: Int32Array;
  weights: Float32Array;
}

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
export function ngrams(text: string): Ngrams {
  const read = normalise(text.slice(0, LONGEST));
  const plain = (closeLetterSpacing(read) ?? read).text.toLowerCase().replace(MASK_TOKEN, ' ');
  const words = plain.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  const tight = words.replaceAll(' ', '');
  const counts = new Map<number, number>();
  const count = (place: number): void => void counts.set(place, (counts.get(place) ?? 0) + 1);
  for (let size = 1; size <= TIGHT; size++)
    for (let at = 0; at + size <= tight.length; at++) count(hash(tight, at, at + size, size));
  for (const word of words === '' ? [] : words.split(' ')) {
    const edged = ` ${word} `;
    count(hash(edged, 0, edged.length, TIGHT + 1));
    for (let size = 2; size <= Math.min(EDGE, edged.length - 1); size++) {
      count(hash(edged, 0, size, TIGHT + size));
      count(hash(edged, edged.length - size, edged.length, TIGHT + size));
    }
  }
  const places = Int32Array.from(counts.keys());
  const weights = Float32Array.from(counts.values(), (n) => 1 + Math.log(n));
  const length = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0)) || 1;
  return { places, weights: weights.map((weight) => weight / length) };
}

const MASK_TOKEN = /\[(?:[가-힣a-z]{2,8}#\d{1,4}|삭제)\]/g;

function hash(text: string, from: number, to: number, seed: number): number {
  let value = 2_166_136_261 ^ seed;
  for (let at = from; at < to; at++) value = Math.imul(value ^ text.charCodeAt(at), 16_777_619);
  return (value ^ (value >>> 15)) & (BUCKETS - 1);
}
