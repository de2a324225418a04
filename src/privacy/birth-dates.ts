import { readKoreanNumber } from '../text/korean-numbers.js';
import { isPastDay } from './dates.js';
import { familiarNameLength, isNoWord, possibleNameLength } from './name-lexicon.js';
import type { Candidate, Reading } from './reading.js';

const NOT_JOINED_LEFT = '(?<!\\d)(?<!\\d[-.])';
const NOT_JOINED_RIGHT = '(?!\\d)(?![-.]\\d)';
const SEPARATOR = ' ?[-./ \\n]\\n? ?';
const SPOKEN = '[일이삼사오육륙칠팔구십]';
/** `구십삼년 오월 이십일일`, with 유월 and 시월. */
const SPOKEN_DATE = new RegExp(
  `(?<![가-힣])((?:(?:천구백|이천) ?)?${SPOKEN}{1,4}) ?년 ?((?:십[일이]?|[일이삼사오유육칠팔구시])) ?월 ?(${SPOKEN}{1,4}) ?일(?!일)`,
  'g',
);
/** A year, a month and a day, as they are written or as one block; a newline may split them anywhere. */
const DATES = [
  '((?:19|20)?\\d{2}) ?\\n?년 ?\\n?(\\d{1,2}) ?월 ?\\n?(\\d{1,2}) ?일',
  `((?:19|20)?\\d{2})${SEPARATOR}(\\d{1,2})${SEPARATOR}(\\d{1,2})${NOT_JOINED_RIGHT}`,
  `((?:(?:1\\n?9|2\\n?0)\\n?)?\\d\\n?\\d)\\n?([01]\\n?\\d)\\n?([0-3]\\n?\\d)${NOT_JOINED_RIGHT}`,
].map((date) => new RegExp(NOT_JOINED_LEFT + date, 'g'));
/** 생, but not 생활, 생명, 생각 … */
const BORN = /^\.? ?생(?![활명각기산성년일]|부터|이후|이전|까지|이상|이하)/;
const BORN_VERB = /^ ?(?:에 |날 )?(?:태어|출생)/;
const SCORE = 0.85;
/** A name right before the date; a registration number right behind it. */
const NAME_BEFORE = /(?<![가-힣])([가-힣]{2,4}?)(?:님|씨|이고요?|이구요?|이며|인데요?|입니다\.?)?[ ,/|\t(]{1,4}$/;
const NUMBER_AFTER = /^[ ,/|\t)]{1,4}\d{6} ?- ?[1-8][\d*]{6}/;
/** Nobody signs for an account much younger; a date after a name that is later is one of a transaction. */
const YOUNGEST_YEARS = 14;
const YEAR_MS = 365.25 * 24 * 3600_000;
/** A birthday without its year, right behind the word. */
const ANNIVERSARY = new RegExp(
  `(?:생일|생신)(?:은요?|이|인데)? ?(\\d{1,2} ?월 ?\\d{1,2} ?일|(?:십[일이]?|[일이삼사오유육칠팔구시]) ?월 ?${SPOKEN}{1,4} ?일)(?!일| ?까지)`,
  'dg',
);

/** Dates of birth: a day that has been, after 생년월일, 생일 …, before 생 or 태어난, or between a person's name and number. */
export function findBirthDates(reading: Reading): Candidate[] {
  const { text } = reading;
  const written = DATES.flatMap((date) => Array.from(text.matchAll(date))).filter(([, ...parts]) =>
    isBirthDay(parts, reading.today),
  );
  const spoken = Array.from(text.matchAll(SPOKEN_DATE)).filter(([, ...parts]) =>
    isBirthDay(parts.map(digitsOf), reading.today),
  );
  const anniversaries = Array.from(text.matchAll(ANNIVERSARY), ({ indices }) => {
    const [start, end] = indices![1]!;
    return { start, end, type: 'DOB' as const, score: SCORE };
  });
  const isListed = (match: RegExpMatchArray) => births.some((birth) => follows(reading, match, birth.end));
  const births = [...written, ...spoken].flatMap((match) => {
    const start = match.index;
    const end = start + match[0].length;
    const born = BORN.exec(text.slice(end, end + 6));
    const isBirth =
      born !== null ||
      BORN_VERB.test(text.slice(end, end + 6)) ||
      [reading.labelBefore(start), reading.labelAfter(end)].some((label) => label?.type === 'DOB') ||
      isBesidePerson(reading, match, end);
    return isBirth ? [{ start, end: end + (born?.[0].length ?? 0), type: 'DOB' as const, score: SCORE }] : [];
  });
  const listed = written
    .filter(isListed)
    .map(({ index, 0: date }) => ({ start: index, end: index + date.length, type: 'DOB' as const, score: SCORE }));
  return [...births, ...listed, ...anniversaries];
}

/** `민수는 2003년 4월 2일, 지영이는 2004년 11월 30일`: the next person's, in the same line. */
function follows({ text, today }: Reading, match: RegExpMatchArray, birthEnd: number): boolean {
  const between = text.slice(birthEnd, match.index);
  return (
    match.index! > birthEnd &&
    /^[^\d\n.?!]{1,16}$/.test(between) &&
    isBirthDay(match.slice(1), today - YOUNGEST_YEARS * YEAR_MS)
  );
}

function isBesidePerson({ text, today }: Reading, match: RegExpMatchArray, end: number): boolean {
  if (NUMBER_AFTER.test(text.slice(end, end + 24))) return true;
  const before = text.slice(Math.max(0, match.index! - 12), match.index);
  const name = NAME_BEFORE.exec(before)?.[1] ?? '';
  const isName =
    familiarNameLength(name) === name.length || (/[(,] ?$/.test(before) && possibleNameLength(name) === name.length);
  if (name === '' || !isName || !isNoWord(name, '')) return false;
  return isBirthDay(match.slice(1), today - YOUNGEST_YEARS * YEAR_MS);
}

/** `구십삼` as `93`. */
function digitsOf(spoken: string): string {
  const plain = spoken.replace('유', '육').replace('시', '십').replaceAll(' ', '');
  return String(readKoreanNumber(plain, 0)?.value ?? 0);
}

function isBirthDay(written: readonly string[], today: number): boolean {
  const [year = '', month, day] = written.map((part) => part.replace(/\n/g, ''));
  const centuries = year.length === 4 ? [0] : [1900, 2000];
  return centuries.some((century) => isPastDay(century + Number(year), Number(month), Number(day), today));
}
