import type { DigitWindow } from './digit-chains.js';
import type { Candidate, Reading } from './reading.js';
import { alternatives, recordsOf, wordsOf } from './tables.js';

interface PhoneKind {
  pattern: RegExp;
  separated: number;
  contiguous: number;
  isLandline: boolean;
}

const KINDS: readonly PhoneKind[] = recordsOf<{ pattern: string; separated: number; contiguous: number }>(
  'phones',
  'kinds',
  {
    pattern: 'string',
    separated: 'number',
    contiguous: 'number',
  },
).map((kind) => ({
  ...kind,
  // A star hides a digit that could be any.
  pattern: new RegExp(`^${kind.pattern.replaceAll('\\d', '[\\d*]')}$`),
  isLandline: 'landline' in kind,
}));

const USUAL_SHAPES = [
  '3-4-4',
  '3-3-4',
  '2-3-4',
  '2-4-4',
  '4-4-4',
  '4-3-4',
  '3-8',
  '3-7',
  '7-4',
  '2-8',
  '2-7',
  '4-8',
  '4-7',
];
const INTERNATIONAL_SHAPES = /^82[- ]0?10[- ]\d{4}[- ]\d{4}/;
/** Three hidden digits and more: already masked. */
const HIDDEN_PHONE = 3;
const INSTITUTIONS = alternatives(wordsOf('labels', 'institutions'));
const INSTITUTION_BEFORE = new RegExp(`${INSTITUTIONS}(?! ?(?:말고|아니고|아닌))[^\\d.?!\\n]{0,12}$`);
const INSTITUTION_AFTER = new RegExp(`^[^\\d.?!가-힣\\n]{0,3}[가-힣]{0,4} ?${INSTITUTIONS}`);

/** Telephone numbers of persons: mobile, safe (050), internet (070) and landlines that are no institution's. */
export function phone(window: DigitWindow): Candidate | undefined {
  if (window.digits.length < 9 || window.hidden >= HIDDEN_PHONE) return undefined;
  const national = nationalNumber(window);
  if (!national) return undefined;
  const kind = KINDS.find(({ pattern }) => pattern.test(national.digits));
  if (!kind || (kind.isLandline && isInstitution(window))) return undefined;
  const isUsual = window.hasSignature(...USUAL_SHAPES) || national.isInternational;
  let score = window.isContiguous ? kind.contiguous : isUsual ? kind.separated : kind.separated - 0.3;
  if (window.hasLabel('PHONE')) score += 0.3;
  return {
    start: national.start,
    end: window.end,
    type: 'PHONE',
    score: score + window.surroundings(isUsual),
  };
}

interface NationalNumber {
  digits: string;
  start: number;
  isInternational: boolean;
}

/** `+82 (0)10…` and `008210…` as `010…`; a span from the plus on. */
function nationalNumber({ digits, start, reading }: DigitWindow): NationalNumber | undefined {
  if (digits[0] === '0' && !digits.startsWith('00')) return { digits, start, isInternational: false };
  const international = /^(?:00(?:1|2|7\d{2})?)?82(0?[1-9][\d*]{7,10})$/.exec(digits);
  if (!international) return undefined;
  const plus = /\+ ?$/.exec(reading.text.slice(Math.max(0, start - 2), start));
  const isPrinted = INTERNATIONAL_SHAPES.test(reading.text.slice(start, start + 16));
  if (!plus && !digits.startsWith('00') && !isPrinted && reading.labelBefore(start)?.type !== 'PHONE') return undefined;
  const rest = international[1]!;
  return {
    digits: rest.startsWith('0') ? rest : `0${rest}`,
    start: start - (plus?.[0].length ?? 0),
    isInternational: true,
  };
}

function isInstitution({ reading, start, end }: DigitWindow): boolean {
  return (
    INSTITUTION_BEFORE.test(reading.text.slice(Math.max(0, start - 20), start)) ||
    INSTITUTION_AFTER.test(reading.text.slice(end, end + 16))
  );
}

const REPRESENTATIVE = new RegExp(
  `(?<!\\d)(?<!\\d[-./])(?:(?:${wordsOf('phones', 'representative').join('|')})([-. )\\n]?)\\d{4}|080[-. )]?\\d{3,4}[-. ]?\\d{4})(?![-./]?\\d)`,
  'g',
);

/** Representative and toll-free numbers (1588-…, 080-…): companies', and no other number may claim their digits. */
export function representativeNumbers(reading: Reading): { start: number; end: number }[] {
  return Array.from(reading.text.matchAll(REPRESENTATIVE))
    .map((match) => ({ start: match.index, end: match.index + match[0].length, isSpaced: /[ \n]/.test(match[0]) }))
    .filter(({ start, end, isSpaced }) => !isSpaced || !isInsideLongerNumber(reading.text, start, end));
}

/** `5200 1588 1234 5678` is a card, not a hotline. */
function isInsideLongerNumber(text: string, start: number, end: number): boolean {
  return /\d[ \n]$/.test(text.slice(Math.max(0, start - 2), start)) || /^[ \n]\d/.test(text.slice(end, end + 2));
}
