import type { Candidate, Reading } from './reading.js';
import { alternatives, wordsOf } from './tables.js';

const PROVINCE = alternatives(wordsOf('addresses', 'provinces'));
/** A city, county or district; 다시, 혹시 and 친구 end alike. */
const CITY = `(?!${alternatives(wordsOf('addresses', 'notCities'))}(?![가-힣]))[가-힣]{1,4}[시군구]`;
const BUILDING = alternatives(wordsOf('addresses', 'buildings'));
const SPOKEN_NUMBER = '[일이삼사오육칠팔구십백천]{1,8}';
const NUMBER = `(?:(?:산 ?|지하 ?)?\\d{1,5}(?:(?:-|의 ?)\\d{1,5})?(?:번지)?|${SPOKEN_NUMBER} ?번지)`;
/** What makes the number something else: a decimal, an amount, an exit, a date … */
const NUMBER_ENDS = '(?!\\d|[.,]\\d|-\\d|번(?!지)|호선|%|퍼|프로|[원만천억개명월년일시분차회건세대배주점])';
const GAP = '[ \\n]?';

/** A road with its number, or a town with its lot: what every address has. */
const ANCHORS = [
  `(?<![가-힣0-9])[가-힣][가-힣0-9.]{0,17}?(?:대로|로|길)(?:${GAP}\\d{1,4}(?:번|가|나|다)?길)?${GAP}${NUMBER}${NUMBER_ENDS}`,
  `(?<![가-힣0-9])[가-힣]{1,12}\\d{0,2}[동읍면리가](?: [가-힣]{1,5}[동리])?${GAP}${NUMBER}${NUMBER_ENDS}`,
].map((anchor) => new RegExp(anchor, 'g'));
const REGION = new RegExp(
  `(?<![가-힣])(?:${PROVINCE}[ ,\\n]{0,2})?(?:${CITY}[ ,\\n]{0,2}){0,2}(?:[가-힣]{1,5}[읍면동가][ ,\\n]{1,2})?$`,
);
const REGION_INSIDE = new RegExp(`^${PROVINCE} ?${CITY}`);
const REGION_REACH = 40;
const DETAIL_STEP = `[ ,\\n]{0,2}(?:\\([가-힣0-9, ]{1,20}\\)|[가-힣A-Za-z0-9]{0,12}${BUILDING}(?![가-힣])|(?:[가-힣A-Za-z0-9]{2,12} ?)?(?:\\d{1,4}|[A-Za-z가나다라])동 ?\\d{1,5}호|${SPOKEN_NUMBER}동 ?${SPOKEN_NUMBER}호|(?:[가-힣A-Za-z0-9]{2,12} )?(?:\\d{1,5}호(?!선)|(?:지하 ?)?\\d{1,3}층))`;
const DETAIL = new RegExp(`(?:${DETAIL_STEP}){1,4}`, 'y');
const APARTMENT = new RegExp(
  `[가-힣A-Za-z0-9]{0,12}${BUILDING}(?: ?\\d{1,2}차)?(?: ?[가-힣]{1,4})? ?\\d{1,4}동 ?\\d{1,5}호`,
  'g',
);
const UNIT = /(?<!\d)\d{1,4}동 ?\d{1,5}호/g;
const RESIDENCE_WORDS = alternatives(wordsOf('addresses', 'residence'));
const RESIDENCE = new RegExp(RESIDENCE_WORDS, 'i');
const INSTITUTION = alternatives(wordsOf('addresses', 'institutions'));
const INSTITUTION_BEFORE = new RegExp(`${INSTITUTION}[^\\d]{0,8}$`, 'i');
const INSTITUTION_AFTER = new RegExp(`^[ ,(]{0,2}[가-힣]{0,6} ?${INSTITUTION}`, 'i');
const NOT_TOWN = new RegExp(`(?:^| )${alternatives(wordsOf('addresses', 'notTowns'))}${GAP}\\d`);

/** Where people live: a city with a road or lot number, a road with a door number, an apartment with its block and door. */
export function findAddresses(reading: Reading): Candidate[] {
  const found = [
    ...ANCHORS.flatMap((anchor, kind) => anchored(reading, anchor, kind === 0)),
    ...apartments(reading),
    ...towns(reading),
  ];
  return found.map((address) => besideOther(address, found));
}

function anchored(reading: Reading, anchor: RegExp, isRoad: boolean): Candidate[] {
  const { text } = reading;
  return Array.from(text.matchAll(anchor)).flatMap((match) => {
    const region = REGION.exec(text.slice(Math.max(0, match.index - REGION_REACH), match.index))?.[0] ?? '';
    const hasRegion = region.trim() !== '' || REGION_INSIDE.test(match[0]);
    if (!isRoad && NOT_TOWN.test(match[0])) return [];
    const start = match.index - region.length + (region.length - region.trimStart().length);
    const numberEnd = match.index + match[0].length;
    const end = detailEnd(text, numberEnd);
    const score = baseScore(match[0], hasRegion, isRoad, /\d(?:호|층)/.test(text.slice(numberEnd, end)));
    return score === 0 ? [] : [{ start, end, type: 'ADDRESS' as const, score: score + context(text, start, end) }];
  });
}

function detailEnd(text: string, from: number): number {
  DETAIL.lastIndex = from;
  return from + (DETAIL.exec(text)?.[0].length ?? 0);
}

function baseScore(anchor: string, hasRegion: boolean, isRoad: boolean, hasDetail: boolean): number {
  if (hasRegion) return hasDetail ? 0.85 : 0.6;
  if (isRoad) return hasDetail ? 0.45 : 0.25;
  return /\d-\d|번지$/.test(anchor) ? (hasDetail ? 0.45 : 0.25) : 0;
}

function apartments(reading: Reading): Candidate[] {
  const { text } = reading;
  const named = Array.from(text.matchAll(APARTMENT), (match) => ({ match, score: 0.7 }));
  const bare = Array.from(text.matchAll(UNIT), (match) => ({ match, score: 0.25 }));
  return [...named, ...bare].map(({ match, score }) => {
    const end = match.index + match[0].length;
    return { start: match.index, end, type: 'ADDRESS', score: score + context(text, match.index, end) };
  });
}

/** A city or district with its town, without a number: an address only where somebody lives. */
const TOWN = new RegExp(
  `(?<![가-힣])(?:${PROVINCE} ?)?(?:${CITY} ){1,2}[가-힣]{1,4}\\d?[동읍면리](?=[ ,.?!\\n]|이|에|$|쪽|살|요|인|으로|로|은|는|까지|부터|사[는시])`,
  'g',
);

function towns({ text }: Reading): Candidate[] {
  return Array.from(text.matchAll(TOWN)).map((match) => {
    const townEnd = match.index + match[0].length;
    const end = detailEnd(text, townEnd);
    const score = (end > townEnd ? 0.6 : 0.35) + context(text, match.index, end);
    return { start: match.index, end, type: 'ADDRESS', score };
  });
}

/** The rest of an address that was told in parts: `…평촌대로 210이요. 아, 105동 903호예요`. */
function besideOther(address: Candidate, all: readonly Candidate[]): Candidate {
  const isPart = all.some(
    ({ start, end, score }) =>
      score >= 0.5 && end <= address.start && address.start - end <= 16 && start < address.start,
  );
  return isPart ? { ...address, score: address.score + 0.3 } : address;
}

/** Somebody lives there, or an institution has its place there. */
function context(text: string, start: number, end: number): number {
  const before = text.slice(Math.max(0, start - 16), start);
  const after = text.slice(end, end + 14);
  if (INSTITUTION_AFTER.test(after) || INSTITUTION_BEFORE.test(before)) return -0.4;
  return RESIDENCE.test(before) || RESIDENCE.test(after.slice(0, 10)) || isAskedFor(text, start) ? 0.3 : 0;
}

const ASKS_RESIDENCE = new RegExp(
  `${RESIDENCE_WORDS}[^\\n]{0,24}(?:요|까|니|지|죠|다|줘|살아|살어|사냐|디야|야|래)[ ]?[?.!]*\\s*$`,
  'i',
);

/** Whether the line before asks where somebody lives, and this place is in the answer's first words. */
function isAskedFor(text: string, start: number): boolean {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  return (
    lineStart > 0 && start - lineStart <= 24 && ASKS_RESIDENCE.test(text.slice(Math.max(0, lineStart - 48), lineStart))
  );
}
