/** A number as Korean writes it: `1억 5,000만`, `3천5백`, `삼백만`, `0.25`. */
export interface KoreanNumber {
  value: number;
  /** Offsets in UTF-16 units of the text; `end` is exclusive. */
  start: number;
  end: number;
  /** True where no Arabic digit stands in it: such a reading needs a unit behind it to be a number at all. */
  spelled: boolean;
}

const DIGITS: Readonly<Record<string, number>> = {
  영: 0, 공: 0, 일: 1, 이: 2, 삼: 3, 사: 4, 오: 5, 육: 6, 륙: 6, 칠: 7, 팔: 8, 구: 9,
}; // prettier-ignore
const SMALL_UNITS: Readonly<Record<string, number>> = { 십: 10, 백: 100, 천: 1000 };
const BIG_UNITS: Readonly<Record<string, number>> = { 만: 1e4, 억: 1e8, 조: 1e12 };

const NATIVE_ONES: Readonly<Record<string, number>> = {
  한: 1, 하나: 1, 두: 2, 둘: 2, 세: 3, 셋: 3, 네: 4, 넷: 4, 다섯: 5, 여섯: 6, 일곱: 7, 여덟: 8, 아홉: 9,
}; // prettier-ignore
const NATIVE_TENS: Readonly<Record<string, number>> = {
  열: 10, 스물: 20, 서른: 30, 마흔: 40, 쉰: 50, 예순: 60, 일흔: 70, 여든: 80, 아흔: 90,
}; // prettier-ignore

/** Native numerals before a counter: 한 번, 두 달, 스무 명, 열네 살. */
export const NATIVE_NUMERALS: Readonly<Record<string, number>> = {
  ...NATIVE_ONES,
  ...NATIVE_TENS,
  ...Object.fromEntries(
    Object.entries(NATIVE_TENS).flatMap(([ten, tens]) =>
      Object.entries(NATIVE_ONES).map(([one, ones]) => [ten + one, tens + ones] as const),
    ),
  ),
  석: 3,
  넉: 4,
  스무: 20,
};

/** `1,234.5` or `1234.5`; grouped only in threes. */
const ARABIC = /(?:\d{1,3}(?:,\d{3}){1,6}(?!\d)|\d{1,18})(?:\.\d{1,9})?/uy;

/** The number that starts exactly at `start`, as long as it reads; undefined where none does. */
export function readKoreanNumber(text: string, start: number): KoreanNumber | undefined {
  if (FULL_YEARS.test(text.slice(start, start + 7))) return undefined;
  let total = 0;
  let end = start;
  let spelled = true;
  let lastBig = Infinity;
  for (let at = start; ;) {
    const section = readSection(text, at);
    const unitAt = skipGap(text, section?.end ?? at);
    const big = BIG_UNITS[text[unitAt] ?? ''];
    if (big !== undefined && big < lastBig && !isArticle(text, unitAt) && (section || at === start)) {
      total += (section?.value ?? 1) * big;
      end = unitAt + 1;
      spelled &&= section?.spelled ?? true;
      lastBig = big;
      at = end + (/^ ?[\d일이삼사오육칠팔구십백천]/u.test(text.slice(end, end + 2)) && text[end] === ' ' ? 1 : 0);
      continue;
    }
    // `2만 5천 원` and `2만 500원` go on behind the space; `1만 3개` does not: what stands there counts something else.
    if (
      section &&
      (end === start || at === end || section.units || CURRENCY.test(text.slice(section.end, section.end + 4)))
    ) {
      // `2억 8천` leaves the 만 out.
      const implied =
        lastBig === 1e8 &&
        section.units &&
        section.value >= 100 &&
        !/^ ?원/u.test(text.slice(section.end, section.end + 2));
      total += section.value * (implied ? 1e4 : 1);
      end = section.end;
      spelled &&= section.spelled;
    }
    break;
  }
  return end === start ? undefined : { value: round(total), start, end, spelled };
}

/** `만 30세`, `만19~34세`: here 만 says how the age is reckoned. */
const FULL_YEARS = /^만 ?\d{1,3} ?(?:세|살|[~∼-])/u;
const CURRENCY = /^ ?(?:원|달러|유로|엔|위안)/u;

/** `30 만원`, `1 억 5천만 원`: one space between the digits and 만, where the currency shows that they belong together. */
function skipGap(text: string, at: number): number {
  return /^\d [만억조] ?(?:원|달러|[\d천백십])/u.test(text.slice(Math.max(0, at - 1), at + 5)) ? at + 1 : at;
}

/** `조` of 제30조 rather than of 30조 원. */
function isArticle(text: string, at: number): boolean {
  return text[at] === '조' && !/^조 ?(?:원|\d|[천백십]|달러)/u.test(text.slice(at, at + 4));
}

interface Section {
  value: number;
  end: number;
  spelled: boolean;
  /** Holds 십, 백 or 천. */
  units: boolean;
}

/** What stands below 만: `5,000`, `3천5백`, `이백오십`. */
function readSection(text: string, start: number): Section | undefined {
  let at = start;
  let value = 0;
  let spelled = true;
  let units = false;
  let lastUnit = Infinity;
  for (;;) {
    const digits = readDigits(text, at);
    const unitAt =
      digits && !digits.spelled && APART.test(text.slice(digits.end, digits.end + 6))
        ? digits.end + 1
        : (digits?.end ?? at);
    const unit = SMALL_UNITS[text[unitAt] ?? ''];
    if (unit !== undefined && unit < lastUnit) {
      value += (digits?.value ?? 1) * unit;
      at = unitAt + 1;
      units = true;
      lastUnit = unit;
    } else if (digits && (at === start || digits.value < lastUnit)) {
      value += digits.value;
      at = digits.end;
      spelled &&= digits.spelled;
      break;
    } else break;
    spelled &&= digits?.spelled ?? true;
  }
  return at === start ? undefined : { value, end: at, spelled, units };
}

/** `5 천만 원`: as `skipGap`, below 만. */
const APART = /^ [십백천][만억]? ?(?:원|달러)/u;

function readDigits(text: string, at: number): { value: number; end: number; spelled: boolean } | undefined {
  ARABIC.lastIndex = at;
  const arabic = ARABIC.exec(text);
  if (arabic) return { value: Number(arabic[0].replaceAll(',', '')), end: ARABIC.lastIndex, spelled: false };
  const digit = DIGITS[text[at] ?? ''];
  return digit === undefined ? undefined : { value: digit, end: at + 1, spelled: true };
}

/** Removes the noise of binary fractions (1.1억 = 110000000.00000001). */
function round(value: number): number {
  return Number(value.toPrecision(15));
}
