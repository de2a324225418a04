import type { Normalised } from './normalise.js';

/** 이 before one of these may be the copula: `…칠팔이에요` ends with 8, or with 2. */
const AFTER_COPULA = /^(?:에요|예요|요|고|구|라|야|네|죠|지|니|거|며|면|다|ㅂ|[^가-힣]|$)/;

/** A two with no more digits after it, as far as digits of one number may be apart. */
const LAST_TWO = /(?<=\d)2(?![ .,/\n-]{0,3}(?:다시|대시|하이픈|빼기)? ?\d)/g;

/**
 * The text with those spoken twos left as 이 that may be a copula; undefined where there are none.
 * Whoever reads both forms finds the value either way.
 */
export function withCopulas(normalised: Normalised): Normalised | undefined {
  const { original, text, start } = normalised;
  let restored = '';
  let at = 0;
  for (const { index } of text.matchAll(LAST_TWO)) {
    if (original[start[index]!] !== '이' || !AFTER_COPULA.test(text.slice(index + 1))) continue;
    restored += `${text.slice(at, index)}이`;
    at = index + 1;
  }
  return at === 0 ? undefined : { ...normalised, text: restored + text.slice(at) };
}
