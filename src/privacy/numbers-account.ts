import type { DigitWindow } from './digit-chains.js';
import type { Candidate } from './reading.js';
import { recordsOf } from './tables.js';

interface AccountShape {
  shape: string;
  digits: RegExp;
  score: number;
}

/** The banks' shapes by their block lengths. */
const SHAPES: ReadonlyMap<string, readonly AccountShape[]> = Map.groupBy(
  recordsOf<{ shape: string; digits: string; score: number }>('banks', 'shapes', {
    shape: 'string',
    digits: 'string',
    score: 'number',
  }).map(({ shape, digits, score }) => ({ shape, digits: new RegExp(`^(?:${digits})`), score })),
  ({ shape }) => shape,
);

const SHORTEST = 10;
const HIDDEN_ACCOUNT = 3;
/** What a number of any other shape starts from; there is no public common checksum. */
const UNKNOWN_SHAPE = 0.2;
const MOST_BLOCKS = 5;
const PHONE_LIKE = /^(?:01[016-9]\d{7,8}|070\d{8}|050\d{8,9}|02\d{7,8}|0[3-6][1-5]\d{7,8})$/;
/** A branch's own, beside the bank's name. */
const LANDLINE = /^(?:02\d{7,8}|0[3-6][1-5]\d{7,8})$/;
const YEAR_AND_MONTH = /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])/;

/** Account numbers: a bank's printed shape, a label, a bank's name beside it. */
export function account(window: DigitWindow): Candidate | undefined {
  const { digits } = window;
  if (digits.length < SHORTEST || window.hidden >= HIDDEN_ACCOUNT) return undefined;
  const shape = Math.max(0, ...shapesOf(window).map(({ score }) => score));
  const isLabelled = window.isLabelled('ACCOUNT');
  if (shape === 0 && !isPlausible(window)) return undefined;
  const hasBank = window.reading.hasBankBeside(window.start, window.end);
  if (shape === 0 && !isLabelled && !hasBank) return undefined;

  let score = Math.max(shape, UNKNOWN_SHAPE);
  if (isLabelled) score += 0.35;
  if (hasBank) score += 0.35;
  else if (window.hasLabel('PHONE') || PHONE_LIKE.test(digits)) score -= 0.35;
  if (shape === 0 && !window.isContiguous && LANDLINE.test(digits)) score -= 0.35;
  if (window.hasLabel('NEGATIVE')) score -= 0.45;
  if (!window.isContiguous && YEAR_AND_MONTH.test(digits) && window.signatures[0]!.startsWith('4-2')) score -= 0.6;
  return {
    start: window.start,
    end: window.end,
    type: 'ACCOUNT',
    score: score + window.surroundings(shape > 0 || hasBank),
  };
}

function shapesOf(window: DigitWindow): AccountShape[] {
  return window.signatures
    .flatMap((signature) => SHAPES.get(signature) ?? [])
    .filter(({ digits }) => digits.test(window.digits));
}

/** Without a bank's shape: one block, or a whole chain whose few blocks are parted in one way. */
function isPlausible(window: DigitWindow): boolean {
  if (window.isContiguous) return true;
  return window.isWholeChain && window.isUniform && window.signatures[0]!.split('-').length <= MOST_BLOCKS;
}
