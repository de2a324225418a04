import { isLuhnValid } from './checksums.js';
import type { DigitWindow } from './digit-chains.js';
import type { Candidate, Reading } from './reading.js';
import { alternatives, wordsOf } from './tables.js';

/** Sixteen digits of the networks that Korean issuers use and of domestic cards (9), fifteen of American Express, fourteen of Diners. */
const ISSUERS: Readonly<Record<number, RegExp>> = {
  16: /^(?:4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|352[89]|35[3-8]|6|9)/,
  15: /^3[47]/,
  14: /^(?:30[0-5]|36|38|39)/,
};
const PRINTED = ['4-4-4-4', '4-6-5', '4-6-4'];
const HIDDEN_CARD = 4;

/** `…1234/0828/123`, as people and forms run a card's data together. */
const EXPIRY_BEHIND = /^ ?[/,] ?(?:0[1-9]|1[0-2])\/?[2-4]\d(?!\d)/;

/** Card numbers. People mistype: a printed shape needs no Luhn where no negative label stands. */
export function card(window: DigitWindow): Candidate | undefined {
  const { digits } = window;
  if (!ISSUERS[digits.length]?.test(digits) || window.hidden >= HIDDEN_CARD) return undefined;
  const isPrinted = window.hasSignature(...PRINTED);
  let score = isPrinted ? 0.55 : window.isContiguous ? 0.25 : 0.15;
  if (window.hidden === 0 && isLuhnValid(digits)) score += 0.4;
  if (window.isLabelled('CARD')) score += 0.3;
  else if (window.hasLabel('NEGATIVE')) score -= 0.45;
  if (window.isContiguous && EXPIRY_BEHIND.test(window.reading.text.slice(window.end, window.end + 12))) score += 0.3;
  return { start: window.start, end: window.end, type: 'CARD', score: score + window.surroundings(isPrinted) };
}

const MONTH_YEAR =
  '(?:0?[1-9]|1[0-2]) ?\\n?[/.-] ?\\n?(?:20)?[2-4]\\d|(?:0?[1-9]|1[0-2]) ?월 ?/? ?(?:20)?[2-4]\\d ?년?|(?:20)?[2-4]\\d ?년 ?(?:0?[1-9]|1[0-2]) ?월|20[2-4]\\d ?[/.-] ?(?:0[1-9]|1[0-2])';
const AFTER_EXPIRY = '(?!\\d|[-./]\\d)';
const EXPIRY_LABELLED = new RegExp(
  `${alternatives(wordsOf('secrets', 'expiryCues'))}(?:은|는|이|가|도|에|란에|:| is)?[\\s:]{0,3}((?<!\\d)(?:${MONTH_YEAR}|(?:0[1-9]|1[0-2])\\n?[2-4]\\n?\\d))${AFTER_EXPIRY}`,
  'gi',
);
const EXPIRY_AFTER_CARD = new RegExp(
  `^[^\\d가-힣]{1,3}(${MONTH_YEAR}|(?:0[1-9]|1[0-2])[2-4]\\d(?=/\\d{3}(?!\\d)))(?!\\d|[-.]\\d)`,
);
const CARD_WORD = /카드|체카|신카|card|cvc|cvv|씨브이|보안 ?코드|뒷면|(?:세|3) ?자리/i;
const CARD_CONTEXT_REACH = 24;

/** MM/YY after its cue where cards are spoken of, or right after a card number. */
export function findCardExpiries(reading: Reading, cards: readonly Candidate[]): Candidate[] {
  const { text } = reading;
  const labelled = Array.from(text.matchAll(EXPIRY_LABELLED), (match) =>
    spanOfLastGroup(match, 'CARD_EXPIRY', 0.85),
  ).filter(
    ({ start, end }) =>
      CARD_WORD.test(text.slice(Math.max(0, start - CARD_CONTEXT_REACH), start)) ||
      CARD_WORD.test(text.slice(end, end + CARD_CONTEXT_REACH / 2)) ||
      cards.some((card) => card.end <= start && start - card.end <= CARD_CONTEXT_REACH),
  );
  return [...labelled, ...expiriesBehind(reading, cards)];
}

/** Month and year right behind a card's number or its code. */
export function expiriesBehind({ text }: Reading, values: readonly Candidate[]): Candidate[] {
  return values.flatMap(({ end }) => afterwards(text, end, EXPIRY_AFTER_CARD, 'CARD_EXPIRY'));
}

const CVC_LABELLED = new RegExp(
  `${alternatives(wordsOf('secrets', 'cvcCues'))} ?(?:번호|코드|값|숫자)?(?: ?[세3] ?자리|(?<=코드|cvc|cvv) ?[네4] ?자리)?(?:는요?|은|이|가|로|도| ?is| ?[:=])?(?:[\\s:]{0,2}|[?.]? ?\\n ?[가-힣A-Za-z0-9]{1,6} ?: ?)((?<!\\d)\\d(?:[ .-]?\\n?\\d){2,3})(?![-./]?\\d)(?! ?${alternatives(wordsOf('secrets', 'cvcNotAfter'))})`,
  'gi',
);
/** `뒷면에는 338`, where a card was told. */
const CVC_BEHIND =
  /(?:뒷면|뒤)(?:에는?|은|:)? ?(?:적힌|있는)? ?(?:숫자|번호)?[는가]? ?(\d{3})(?!\d|[-./]\d| ?(?:번|원|호|층|개|명|자리))/g;
const CVC_AFTER_EXPIRY = /^[^\d가-힣]{1,3}(\d{3})(?![-./]?\d)(?! ?(?:원|회|번|개|분))/;

/** Three or four digits right after CVC or its other names, or three after a card number and its expiry. */
export function findCvcs(reading: Reading, cards: readonly Candidate[], expiries: readonly Candidate[]): Candidate[] {
  const labelled = Array.from(reading.text.matchAll(CVC_LABELLED), (match) => spanOfLastGroup(match, 'CVC', 0.9));
  const following = expiries
    .filter((expiry) => cards.some((card) => card.end <= expiry.start && expiry.start - card.end <= CARD_CONTEXT_REACH))
    .flatMap((expiry) => afterwards(reading.text, expiry.end, CVC_AFTER_EXPIRY, 'CVC'));
  const behind =
    cards.length === 0 && expiries.length === 0
      ? []
      : Array.from(reading.text.matchAll(CVC_BEHIND), (match) => spanOfLastGroup(match, 'CVC', 0.7));
  return [...labelled, ...following, ...behind];
}

function spanOfLastGroup(match: RegExpMatchArray, type: Candidate['type'], score: number): Candidate {
  const end = match.index! + match[0].length;
  return { start: end - match[1]!.length, end, type, score };
}

function afterwards(text: string, from: number, pattern: RegExp, type: Candidate['type']): Candidate[] {
  const match = pattern.exec(text.slice(from, from + 16));
  if (!match) return [];
  const end = from + match[0].length;
  return [{ start: end - match[1]!.length, end, type, score: 0.85 }];
}
