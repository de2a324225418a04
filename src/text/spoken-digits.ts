import { OffsetText } from './offset-text.js';

const WORDS: Readonly<Record<string, string>> = {
  ...{ 제로: '0', 하나: '1', 다섯: '5', 여섯: '6', 일곱: '7', 여덟: '8', 아홉: '9' },
  ...{ 공: '0', 영: '0', 빵: '0', 령: '0', 일: '1', 이: '2', 삼: '3', 사: '4', 오: '5', 육: '6', 륙: '6', 칠: '7' },
  ...{ 팔: '8', 구: '9', 둘: '2', 셋: '3', 넷: '4' },
  ...{ '〇': '0', 零: '0', 一: '1', 二: '2', 三: '3', 四: '4', 五: '5', 六: '6', 七: '7', 八: '8', 九: '9' },
  ...{ 壹: '1', 貳: '2', 參: '3' },
};
const DIGIT = new RegExp(`[0-9]|${Object.keys(WORDS).join('|')}`, 'y');
const GAP = / {0,2}(?:다시|대시|하이픈|빼기|국에|번에|에|의|[-.,/])? {0,2}\n?/y;
const ANY_WORD = new RegExp(`[${Object.keys(WORDS).filter((word) => word.length === 1).join('')}]|제로|하나|다섯|여섯|일곱|여덟|아홉`);
/** 십, 백, 천 … make a reading an amount. */
const UNIT = /[십백천만억조]/;
const CUES =
  /비밀 ?번호|비번|otp|오티피|인증 ?번호|핀 ?번호|cvc|cvv|보안 ?카드|보안 ?코드|뒷 ?자리|계좌|카드 ?번호|주민|외국인|등록 ?번호|전화|연락처|폰|면허|여권|보험증|증 ?번호|생년월일|생일|차량|번호판|사업자|법인/gi;
const CUE_DISTANCE = 24;

interface Digit {
  start: number;
  end: number;
  value: string;
  spoken: boolean;
}

/**
 * Spoken and Hanja digits as ASCII digits, where a run of them is a number and not a word: `공일공 이이구사 칠사오공`.
 * Both edges of each converted digit become soft, so that a particle (`…칠팔이에요`) can stay outside.
 */
export function convertSpokenDigits(text: OffsetText): OffsetText {
  const source = text.toString();
  if (!ANY_WORD.test(source)) return text;
  const runs = spokenRuns(source);
  return runs.length === 0 ? text : replaceDigits(text, runs.flat());
}

function spokenRuns(source: string): Digit[][] {
  const cueEnds = Array.from(source.matchAll(CUES), (cue) => cue.index + cue[0].length);
  const runs: Digit[][] = [];
  for (let at = 0; at < source.length; ) {
    const run = runAt(source, at);
    if (isNumber(run, source, cueEnds)) runs.push(run);
    at = run.at(-1)?.end ?? at + 1;
  }
  return runs;
}

function runAt(source: string, from: number): Digit[] {
  const run: Digit[] = [];
  for (let at = from; ; ) {
    DIGIT.lastIndex = at;
    const token = DIGIT.exec(source)?.[0];
    if (token === undefined) return run;
    const word = WORDS[token];
    run.push({ start: at, end: at + token.length, value: word ?? token, spoken: word !== undefined });
    GAP.lastIndex = at + token.length;
    at = GAP.lastIndex + GAP.exec(source)![0].length;
  }
}

function isNumber(run: readonly Digit[], source: string, cueEnds: readonly number[]): boolean {
  const first = run[0];
  if (!first) return false;
  const spoken = run.filter((digit) => digit.spoken).length;
  if (spoken < 3 || UNIT.test(source[run.at(-1)!.end] ?? '') || UNIT.test(source[first.start - 1] ?? '')) return false;
  const startsMobile = run.length >= 5 && run[0]!.value + run[1]!.value + run[2]!.value === '010';
  return (
    run.length >= 7 ||
    startsMobile ||
    cueEnds.some((end) => end <= first.start && first.start - end <= CUE_DISTANCE)
  );
}

function replaceDigits(text: OffsetText, digits: readonly Digit[]): OffsetText {
  const replaced = new OffsetText();
  let at = 0;
  let softNext = false;
  for (const digit of digits.filter((each) => each.spoken)) {
    for (; at < digit.start; at++, softNext = false)
      replaced.copy(text, at, text.units[at], text.end[at], softNext || text.soft[at]);
    replaced.copy(text, at, digit.value, text.end[digit.end - 1], true);
    at = digit.end;
    softNext = true;
  }
  for (; at < text.length; at++, softNext = false)
    replaced.copy(text, at, text.units[at], text.end[at], softNext || text.soft[at]);
  return replaced;
}
