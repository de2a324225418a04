import { isUnitAfter } from './contexts.js';
import type { Candidate, Reading } from './reading.js';

/** One separator or line break that people put between characters. */
const GAP = '[ .\\n-]?';
const digits = (count: number) => `\\d(?:${GAP}\\d){${count - 1}}`;

interface PassportShape {
  pattern: RegExp;
  score: number;
  /** How far to the left its label may stand, in characters. */
  reach: number;
  isKorean?: boolean;
}

/** Korean passports by age (type code and number), then older and foreign ones, which mean nothing without their label beside. */
const PASSPORTS: readonly PassportShape[] = [
  {
    body: `(?:P[MSPLTROD]?[- ]?)?[MSRGODT0]${GAP}${digits(3)}${GAP}[A-Z]${GAP}${digits(4)}`,
    score: 0.4,
    reach: 24,
    isKorean: true,
  },
  { body: `(?:P[MSPLTROD]?[- ]?)?[MSRGODT0]${GAP}${digits(8)}`, score: 0.35, reach: 24, isKorean: true },
  { body: `[A-Z]{2}${GAP}${digits(7)}`, score: 0.3, reach: 10 },
  { body: '[A-Z]{1,2}\\d{6,9}', score: 0.3, reach: 10 },
  { body: '[A-Z]\\d{1,7}[A-Z]\\d{1,7}', score: 0.3, reach: 10 },
  { body: '\\d{9}', score: 0.3, reach: 6 },
].map(({ body, ...shape }) => ({ ...shape, pattern: new RegExp(`(?<![A-Z0-9])${body}(?![A-Z0-9])(?![-.]\\d)`, 'gi') }));

/** Passport numbers. Bare shapes are part codes as well: below the bar without a label. */
export function findPassports(reading: Reading): Candidate[] {
  return PASSPORTS.flatMap(({ pattern, score, reach, isKorean }) =>
    Array.from(reading.text.matchAll(pattern))
      .filter((match) => isLetterFirst(reading, match.index))
      .map((match) => {
        const label = reading.labelBefore(match.index);
        const following = reading.labelAfter(match.index + match[0].length)?.type;
        const isLabelled = label
          ? label.type === 'PASSPORT' && match.index - label.end <= reach
          : following === 'PASSPORT' || (isKorean && isAmongPassports(reading, match.index));
        const context = isLabelled ? 0.5 : label?.type === 'NEGATIVE' ? -0.45 : 0;
        return {
          start: match.index,
          end: match.index + match[0].length,
          type: 'PASSPORT' as const,
          score: score + context,
        };
      }),
  );
}

const PASSPORT_WORD = /여권|passport/i;
/** Where the first of two numbers has used the label up: `여권 구번호 M29384756 신번호 M204F8837`. */
function isAmongPassports({ text }: Reading, at: number): boolean {
  return PASSPORT_WORD.test(text.slice(Math.max(0, at - 64), at));
}

/** Before digits the letter O is read as zero; as a passport's first character it was typed as a letter. */
function isLetterFirst({ text, normalised }: Reading, at: number): boolean {
  return text[at] !== '0' || /[Oo]/.test(normalised.original[normalised.start[at]!]!);
}

const REGION = '(?:(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주) ?)?';
const USE = '[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자배하허호]';
const PLATE = new RegExp(`(?<!\\d)(?<!\\d[-.])${REGION}\\d{2,3} ?${USE} ?\\d{4}(?!\\d)(?![-.]\\d)`, 'g');
const BROKEN_PLATE = new RegExp(
  `(?<!\\d)${REGION}\\d\\n?\\d(?:\\n?\\d)?[ \\n]?${USE}[ \\n]?\\d(?:\\n?\\d){3}(?!\\d)`,
  'g',
);
const CASE_NUMBER = /선고|판결|사건/;

/** Number plates: two or three digits, a syllable that says the use, four digits from 0100 on. */
export function findPlates(reading: Reading): Candidate[] {
  const { text } = reading;
  const broken = Array.from(text.matchAll(BROKEN_PLATE)).filter(
    (match) => match[0].includes('\n') && isVehicle(reading, match.index),
  );
  return [...text.matchAll(PLATE), ...broken]
    .filter((match) => Number(match[0].replace(/\n/g, '').slice(-4)) >= 100)
    .map((match) => {
      const start = match.index;
      const end = start + match[0].length;
      let score = /^\D*\d+\D\d+$/.test(match[0]) ? 0.62 : 0.5;
      if (isVehicle(reading, start)) score += 0.35;
      if (isUnitAfter(text, end, 4)) score -= 0.6;
      if (CASE_NUMBER.test(text.slice(Math.max(0, start - 10), start)) || CASE_NUMBER.test(text.slice(end, end + 8)))
        score -= 0.6;
      return { start, end, type: 'VEHICLE' as const, score };
    });
}

function isVehicle(reading: Reading, at: number): boolean {
  return reading.labelBefore(at)?.type === 'VEHICLE';
}

const BASE64 = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/](?:\n?[A-Za-z0-9+/]){63,85}(?:\n?=){0,2}(?![A-Za-z0-9+/=])/g;
const LINK_LABEL =
  /(?:연계 ?정보|중복 ?가입 ?(?:확인)? ?정보|(?<![A-Za-z])(?:CI|DI)(?![A-Za-z])) ?(?:값|코드|번호)?[^A-Za-z0-9]{0,8}$/i;

/** 연계정보 (CI: 88 characters of base64) and 중복가입확인정보 (DI: 64 characters, with its label only). */
export function findLinkingInformation(reading: Reading): Candidate[] {
  return Array.from(reading.text.matchAll(BASE64)).flatMap((match) => {
    const value = match[0].replace(/\n/g, '');
    const isLabelled = LINK_LABEL.test(reading.text.slice(Math.max(0, match.index - 24), match.index));
    const isCi = value.length === 88 && value.endsWith('==');
    const isDi = value.length === 64 && isLabelled;
    return isCi || isDi
      ? [{ start: match.index, end: match.index + match[0].length, type: 'CI_DI' as const, score: 0.9 }]
      : [];
  });
}
