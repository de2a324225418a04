import { isLuhnValid, isRrnValid } from './checksums.js';
import { isPastDay } from './dates.js';
import { longBlocks } from './digit-chains.js';
import type { Candidate, Reading } from './reading.js';
import type { PiiType } from './types.js';

interface Part {
  type: PiiType;
  length: number;
  holds: (digits: string, today: number) => boolean;
}

const PARTS: readonly Part[] = [
  { type: 'RRN', length: 13, holds: (digits, today) => isRrnValid(digits) && isBirth(digits, today) },
  { type: 'PHONE', length: 11, holds: (digits) => digits.startsWith('010') },
  { type: 'CARD', length: 16, holds: (digits) => /^[4569]/.test(digits) && isLuhnValid(digits) },
];

/** One block of 22 to 40 digits as registration, mobile and card numbers run together; all of them must validate. */
export function findRunTogether(reading: Reading): Candidate[] {
  return [...longBlocks(reading)].flatMap(({ start, digits }) => split(digits, start, reading.today) ?? []);
}

function split(digits: string, start: number, today: number): Candidate[] | undefined {
  if (digits === '') return [];
  for (const { type, length, holds } of PARTS) {
    if (digits.length < length || !holds(digits.slice(0, length), today)) continue;
    const rest = split(digits.slice(length), start + length, today);
    if (rest) return [{ start, end: start + length, type, score: 0.8 }, ...rest];
  }
  return undefined;
}

function isBirth(digits: string, today: number): boolean {
  const century = '12'.includes(digits[6]!) ? 1900 : '34'.includes(digits[6]!) ? 2000 : undefined;
  if (century === undefined) return false;
  return isPastDay(century + Number(digits.slice(0, 2)), Number(digits.slice(2, 4)), Number(digits.slice(4, 6)), today);
}
