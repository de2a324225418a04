import { isPastDay } from './dates.js';
import type { Candidate, Reading } from './reading.js';

const NOT_JOINED_LEFT = '(?<!\\d)(?<!\\d[-.])';
const NOT_JOINED_RIGHT = '(?!\\d)(?![-.]\\d)';
const SEPARATOR = ' ?[-./ \\n]\\n? ?';
/** A year, a month and a day, as they are written or as one block; a newline may split them anywhere. */
const DATES = [
  '((?:19|20)?\\d{2}) ?\\n?년 ?\\n?(\\d{1,2}) ?월 ?\\n?(\\d{1,2}) ?일',
  `((?:19|20)?\\d{2})${SEPARATOR}(\\d{1,2})${SEPARATOR}(\\d{1,2})${NOT_JOINED_RIGHT}`,
  `((?:(?:1\\n?9|2\\n?0)\\n?)?\\d\\n?\\d)\\n?([01]\\n?\\d)\\n?([0-3]\\n?\\d)${NOT_JOINED_RIGHT}`,
].map((date) => new RegExp(NOT_JOINED_LEFT + date, 'g'));
/** 생, but not 생활, 생명, 생각 … */
const BORN = /^ ?생(?![활명각기산성년일]|부터|이후|이전|까지|이상|이하)/;
const BORN_VERB = /^ ?(?:에 |날 )?(?:태어|출생)/;
const SCORE = 0.85;

/** Dates of birth: a day that has been, after 생년월일, 생일 … or before 생 or 태어난. */
export function findBirthDates(reading: Reading): Candidate[] {
  return DATES.flatMap((date) => Array.from(reading.text.matchAll(date)))
    .filter(([, ...parts]) => isBirthDay(parts, reading.today))
    .flatMap((match) => {
      const start = match.index;
      const end = start + match[0].length;
      const after = reading.text.slice(end, end + 6);
      const born = BORN.exec(after);
      const isBirth = born !== null || BORN_VERB.test(after) || reading.labelBefore(start)?.type === 'DOB';
      return isBirth ? [{ start, end: end + (born?.[0].length ?? 0), type: 'DOB' as const, score: SCORE }] : [];
    });
}

function isBirthDay(written: readonly string[], today: number): boolean {
  const [year = '', month, day] = written.map((part) => part.replace(/\n/g, ''));
  const centuries = year.length === 4 ? [0] : [1900, 2000];
  return centuries.some((century) => isPastDay(century + Number(year), Number(month), Number(day), today));
}
