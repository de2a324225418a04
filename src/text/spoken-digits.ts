import { OffsetText } from './offset-text.js';

/** How each digit is said or written as a Hanja; the index is its value. */
const READINGS = [
  '제로 공 영 빵 령 〇 零',
  '하나 일 一 壹',
  '둘 이 二 貳',
  '셋 삼 三 參',
  '넷 사 四',
  '다섯 오 五',
  '여섯 육 륙 六',
  '일곱 칠 七',
  '여덟 팔 八',
  '아홉 구 九',
];
/** Longer words first, so that 일곱 is not read as 일. */
const WORDS = new Map(
  READINGS.flatMap((words, value) => words.split(' ').map((word) => [word, String(value)] as const)).sort(
    ([a], [b]) => b.length - a.length,
  ),
);
const DIGIT = new RegExp(`[0-9]|${[...WORDS.keys()].join('|')}`, 'y');
const GAP = / {0,2}(?:다시|대시|하이픈|빼기|국에|번에|에|의|[-.,/])? {0,2}\n?/y;
const ANY_WORD = new RegExp([...WORDS.keys()].join('|'));
/** 십, 백, 천 … make a reading an amount. */
const UNIT = /[십백천만억조]/;
const CUES =
  /비밀 ?번호|비번|otp|오티피|인증 ?번호|핀 ?번호|cvc|cvv|보안 ?카드|보안 ?코드|뒷 ?자리|계좌|카드 ?번호|주민|외국인|등록 ?번호|전화|연락처|폰|면허|여권|보험증|증 ?번호|생년월일|생일|차량|번호판|사업자|법인|유효 ?기간|만료|주소/gi;
const CUE_DISTANCE = 24;
/** So many digits are a number without a cue. */
const SHORTEST_NUMBER = 7;
/** `유월 삼일이요`: the day of a date. */
const AFTER_DATE_UNIT = /[년월] ?$/;
/** The rest of a number plate: there two spoken digits are a number already. */
const PLATE_AFTER = new RegExp(
  `^ ?[가-힣] ?(?:[0-9]|${[...WORDS.keys()].filter((word) => word.length === 1).join('|')}){4}`,
);

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
  for (let at = 0; at < source.length;) {
    const run = runAt(source, at);
    if (isNumber(run, source, cueEnds)) runs.push(run);
    at = run.at(-1)?.end ?? at + 1;
  }
  return runs;
}

function runAt(source: string, from: number): Digit[] {
  const run: Digit[] = [];
  for (let at = from; ;) {
    DIGIT.lastIndex = at;
    const token = DIGIT.exec(source)?.[0];
    if (token === undefined) return run;
    const word = WORDS.get(token);
    run.push({ start: at, end: at + token.length, value: word ?? token, spoken: word !== undefined });
    GAP.lastIndex = at + token.length;
    at = GAP.lastIndex + GAP.exec(source)![0].length;
  }
}

function isNumber(run: readonly Digit[], source: string, cueEnds: readonly number[]): boolean {
  const first = run[0];
  if (!first) return false;
  const spoken = run.filter((digit) => digit.spoken).length;
  const after = source.slice(run.at(-1)!.end, run.at(-1)!.end + 8);
  if (
    spoken < (PLATE_AFTER.test(after) ? 2 : 3) ||
    UNIT.test(source[run.at(-1)!.end] ?? '') ||
    UNIT.test(source[first.start - 1] ?? '') ||
    (run.length < SHORTEST_NUMBER && AFTER_DATE_UNIT.test(source.slice(Math.max(0, first.start - 2), first.start)))
  )
    return false;
  const startsMobile = run.length >= 5 && run[0]!.value + run[1]!.value + run[2]!.value === '010';
  return (
    run.length >= SHORTEST_NUMBER ||
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
