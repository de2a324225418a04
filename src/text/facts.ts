import { NATIVE_NUMERALS, readKoreanNumber, type KoreanNumber } from './korean-numbers.js';

export type FactKind =
  'RATE' | 'RATE_POINT' | 'AMOUNT' | 'DATE' | 'TIME' | 'PERIOD' | 'PHONE' | 'LAW' | 'COUNT' | 'NUMBER';

/**
 * A figure of a text in canonical form, so that two spellings of one figure are equal.
 *
 * | kind | value |
 * |---|---|
 * | RATE, RATE_POINT | decimal number of per cent or percentage points: `3.5`; 25bp is RATE_POINT `0.25` |
 * | AMOUNT | decimal number and currency: `150000000 KRW` |
 * | DATE | `2026-11-24`, `2026-11`, `2026`, `--11-24`, `--11`, `---25` (매월 25일), `H1`, `Q3` |
 * | TIME | `18:00` |
 * | PERIOD | `P12M` (years and months), `P14D` (days and weeks), `P3BD` (영업일), `PT90M`, `PT30S` |
 * | PHONE | digits, with `+` where it was written |
 * | LAW | `제30조의2`, `제1항`, `제3호`, one fact each |
 * | COUNT | number and counter: `3회`, `60세`, `1명` (synonyms folded: 번 is 회, 인 is 명) |
 * | NUMBER | any other number |
 *
 * `start` and `end` are UTF-16 offsets of the text given, `end` exclusive.
 */
export interface Fact {
  kind: FactKind;
  value: string;
  start: number;
  end: number;
}

/**
 * Every figure of a text, in the order of the text. List markers, `[1]`, masked values (`[전화번호#1]`), web addresses
 * and digits inside Latin words (A4, 5G) do not count.
 */
export function extractFacts(text: string): Fact[] {
  const folded = text.replace(/[０-９，．％：～]/gu, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
  const facts: Fact[] = [];
  CANDIDATE.lastIndex = 0;
  for (let found = CANDIDATE.exec(folded); found; found = CANDIDATE.exec(folded)) {
    const at = found.index;
    const read = readAt({ text: folded, at, before: facts.at(-1) });
    facts.push(...read.facts);
    CANDIDATE.lastIndex = Math.max(read.end, at + 1);
  }
  return facts;
}

interface Place {
  text: string;
  at: number;
  /** The fact before this place, if any. */
  before: Fact | undefined;
}

interface Reading {
  facts: Fact[];
  end: number;
}

/** Where a figure, or something that must not be taken for one, may start. */
const CANDIDATE =
  /\d|[₩$€¥]|\+82|KRW|USD|EUR|JPY|CNY|https?:|www\.|\{\{|\[|제 ?\d|오전|오후|새벽|저녁|아침|밤|낮|정오|자정|상반기|하반기|반기|분기|반 ?년|하루|이틀|사흘|나흘|닷새|열흘|보름|일주일|매[월달]|[일이삼사오육칠팔구십백천만]|한|두|세|석|네|넉|다섯|여섯|일곱|여덟|아홉|열|스무/gu;

const READERS: readonly ((place: Place) => Reading | undefined)[] = [
  readIgnored,
  readPhone,
  readLaw,
  readDate,
  readTime,
  readWord,
  readCurrencyPrefix,
  readNative,
  readQuantity,
];

function readAt(place: Place): Reading {
  for (const reader of READERS) {
    const reading = reader(place);
    if (reading) return reading;
  }
  return { facts: [], end: place.at + 1 };
}

function sticky(pattern: RegExp, place: Place): RegExpExecArray | null {
  pattern.lastIndex = place.at;
  return pattern.exec(place.text);
}

function one(kind: FactKind, value: string, place: Place, length: number): Reading {
  const end = place.at + length;
  return { facts: [{ kind, value, start: place.at, end }], end };
}

const IGNORED = /https?:\/\/[^\s)>\]]+|www\.[^\s)>\]]+|\{\{[^}\n]{0,60}\}\}|\[\d{1,3}\](?!\d)|\[[가-힣A-Z]{1,8}#\d{1,4}\]/uy;
const LIST_MARKER = /\(?\d{1,3}[.)](?=\s)/uy;

function readIgnored(place: Place): Reading | undefined {
  const ignored = sticky(IGNORED, place) ?? (opensLine(place) ? sticky(LIST_MARKER, place) : null);
  if (ignored) return { facts: [], end: place.at + ignored[0].length };
  if (!/\d/.test(place.text[place.at]!) || !/[A-Za-z_]/.test(place.text[place.at - 1] ?? '')) return undefined;
  if (/(?:KRW|USD|EUR|JPY|CNY)$/.test(place.text.slice(Math.max(0, place.at - 3), place.at))) return undefined;
  return { facts: [], end: place.at + /^[\d.]+/.exec(place.text.slice(place.at, place.at + 24))![0].length };
}

function opensLine({ text, at }: Place): boolean {
  return /(?:^|\n)[\s>*#-]*\(?$/u.test(text.slice(Math.max(0, at - 12), at));
}

const LONG_PHONE =
  /\+82[- ]?\(?0?\)?\d{1,4}[- ]?\d{3,4}[- ]?\d{4}(?!\d)|\(?0\d{1,2}\)?[-. ]{1,2}\d{3,4}[-. ]\d{4}(?!\d)|0(?:1\d|2|[3-6]\d|70|80)\d{7,8}(?!\d)|1[568]\d{2}[-]\d{4}(?!\d)|1(?:5(?:22|33|44|51|55|66|77|88|99)|6(?:00|11|44|61|66|68|70|88)|8(?:00|11|33|55|77|99)) ?\d{4}(?![\d,.]*\d|\s?[원만억천백%])/uy;
const SHORT_PHONE = /1\d{2,3}(?![\d,.:~-]*\d|\s?(?:[원만억천백%년월일시분초세명건회개위점]|번째|퍼센트|달러))/uy;
const PHONE_BEFORE = /(?:국번 ?없이|전화|☎|센터|경찰청?|감독원|금감원|공사|공단|위원회|구급|신고|상담|대응단|연락처)[^\d\n]{0,8}$/u;
const PHONE_AFTER = /^(?:번|\)|\([^)]{0,12}\)|이?나|와|과|,|\.|·| |또는|1\d{2,3}){0,6}(?:으로|로|에|에서)? ?(?:[가-힣]{1,4} )?(?:신고|전화|문의|연락|상담|도움)/u;

/** Telephone numbers; the three and four digit ones (112, 1332) only where the words around them speak of calling. */
function readPhone(place: Place): Reading | undefined {
  if (/[\d.,-]/.test(place.text[place.at - 1] ?? '')) return undefined;
  const long = sticky(LONG_PHONE, place);
  if (long) return one('PHONE', long[0].replace(/(?!^\+)\D/gu, ''), place, long[0].length);
  const short = sticky(SHORT_PHONE, place);
  if (!short) return undefined;
  const after = place.text.slice(place.at + short[0].length, place.at + short[0].length + 24);
  const before = place.text.slice(Math.max(0, place.at - 16), place.at);
  const chained = place.before?.kind === 'PHONE' && /^[^\d\n.]{1,8}$/u.test(place.text.slice(place.before.end, place.at));
  if (!chained && !PHONE_BEFORE.test(before) && !PHONE_AFTER.test(after)) return undefined;
  return one('PHONE', short[0], place, short[0].length);
}

const LAW = /제 ?(\d{1,4}) ?조(?: ?의 ?(\d{1,2}))?|제 ?(\d{1,3}) ?(항|호|목|장|절)(?![가-힣]*(?:선|차량))/uy;

function readLaw(place: Place): Reading | undefined {
  const law = sticky(LAW, place);
  if (!law) return undefined;
  const [whole, article, branch, number, part] = law;
  const value = article ? `제${Number(article)}조${branch ? `의${Number(branch)}` : ''}` : `제${Number(number)}${part}`;
  return one('LAW', value, place, whole.length);
}

const FULL_DATE = /(\d{4}) ?년 ?(\d{1,2}) ?월 ?(\d{1,2}) ?일|((?:19|20)\d{2})([./-]) ?(\d{1,2})\5 ?(\d{1,2})(?!\d)\.?/uy;
const YEAR_MONTH = /((?:19|20)\d{2}) ?년 ?(\d{1,2}) ?월|((?:19|20)\d{2})[.-](0[1-9]|1[0-2])(?![\d.-])/uy;
const YEAR = /((?:19|20)\d{2}) ?년(?!간)/uy;
const MONTH_DAY = /(\d{1,2}) ?월 ?(\d{1,2}) ?일(?!간)/uy;
const MONTH = /(\d{1,2})월(?!권)/uy;
const MONTHLY_DAY = /매[월달] ?(\d{1,2}) ?일/uy;
const DAY = /(\d{1,2}) ?일(?!간)/uy;
const DAY_CUE = /(?:다음 ?달|익월|당월|이번 ?달|전월|결제일[은이]?|출금일[은이]?|납입일[은이]?|상환일[은이]?) ?(?:매월 ?)?$/u;
const QUARTER = /([1-4]) ?분기(?!점)/uy;

function readDate(place: Place): Reading | undefined {
  const two = (digits: string | undefined): string => (digits ?? '').padStart(2, '0');
  const full = sticky(FULL_DATE, place);
  if (full) {
    const [whole, y1, m1, d1, y2, , m2, d2] = full;
    return one('DATE', `${y1 ?? y2}-${two(m1 ?? m2)}-${two(d1 ?? d2)}`, place, whole.length);
  }
  const yearMonth = sticky(YEAR_MONTH, place);
  if (yearMonth) return one('DATE', `${yearMonth[1] ?? yearMonth[3]}-${two(yearMonth[2] ?? yearMonth[4])}`, place, yearMonth[0].length);
  const year = sticky(YEAR, place);
  if (year) return one('DATE', year[1]!, place, year[0].length);
  const monthDay = sticky(MONTH_DAY, place);
  if (monthDay) return one('DATE', `--${two(monthDay[1])}-${two(monthDay[2])}`, place, monthDay[0].length);
  const month = sticky(MONTH, place);
  if (month && Number(month[1]) >= 1 && Number(month[1]) <= 12) return one('DATE', `--${two(month[1])}`, place, month[0].length);
  const cued = DAY_CUE.test(place.text.slice(Math.max(0, place.at - 12), place.at)) ? sticky(DAY, place) : null;
  const day = sticky(MONTHLY_DAY, place) ?? cued;
  if (day) return one('DATE', `---${two(day[1])}`, place, day[0].length);
  const quarter = sticky(QUARTER, place);
  return quarter ? one('DATE', `Q${quarter[1]}`, place, quarter[0].length) : undefined;
}

const CLOCK = /(?:(오전|오후|새벽|저녁|아침|밤|낮) ?)?(\d{1,2}):(\d{2})(?::\d{2})?(?!\d)/uy;
const HOUR = new RegExp(
  `(?:(오전|오후|새벽|저녁|아침|밤|낮) ?)?(\\d{1,2}|열두|열한|다섯|여섯|일곱|여덟|아홉|한|두|세|네|열) ?시(?![간행작점도스장청세중])(?: ?(\\d{1,2}) ?분(?!기)| ?(반)(?!드))?`,
  'uy',
);

function readTime(place: Place): Reading | undefined {
  const clock = sticky(CLOCK, place);
  if (clock) return timeOf(place, clock[0], clock[1], Number(clock[2]), Number(clock[3]));
  const hour = sticky(HOUR, place);
  if (!hour) return undefined;
  const digits = NATIVE_NUMERALS[hour[2]!] ?? Number(hour[2]);
  if (NATIVE_NUMERALS[hour[2]!] !== undefined && !hour[1]) return undefined; // 두 시, 세시: too often inside other words
  return timeOf(place, hour[0], hour[1], digits, hour[4] ? 30 : Number(hour[3] ?? 0));
}

/** 오후 6시 is 18:00, 오전 12시 and 24시 are 00:00. */
function timeOf(place: Place, whole: string, half: string | undefined, hours: number, minutes: number): Reading | undefined {
  if (hours > 24 || minutes > 59) return undefined;
  const afternoon = half === '오후' || half === '저녁' || half === '밤' || (half === '낮' && hours < 6);
  const midnight = half !== undefined && hours === 12 && (half === '오전' || half === '새벽' || half === '밤');
  const hour = midnight ? 0 : afternoon && hours < 12 ? hours + 12 : hours % 24;
  return one('TIME', `${String(hour).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`, place, whole.length);
}

const WORDS: readonly (readonly [RegExp, FactKind, string])[] = [
  [/정오/uy, 'TIME', '12:00'],
  [/자정/uy, 'TIME', '00:00'],
  [/상반기/uy, 'DATE', 'H1'],
  [/하반기/uy, 'DATE', 'H2'],
  [/반기|반 ?년/uy, 'PERIOD', 'P6M'],
  [/분기(?!점)/uy, 'PERIOD', 'P3M'],
  [/하루(?!라도|빨리|종일)/uy, 'PERIOD', 'P1D'],
  [/이틀/uy, 'PERIOD', 'P2D'],
  [/사흘/uy, 'PERIOD', 'P3D'],
  [/나흘/uy, 'PERIOD', 'P4D'],
  [/닷새/uy, 'PERIOD', 'P5D'],
  [/일주일/uy, 'PERIOD', 'P7D'],
  [/열흘/uy, 'PERIOD', 'P10D'],
  [/보름/uy, 'PERIOD', 'P15D'],
];

function readWord(place: Place): Reading | undefined {
  for (const [pattern, kind, value] of WORDS) {
    const word = sticky(pattern, place);
    if (word) return one(kind, value, place, word[0].length);
  }
  return undefined;
}

const CURRENCY_PREFIX = /(₩|\$|€|¥|KRW|USD|EUR|JPY|CNY) ?(?=\d)/uy;
const CURRENCIES: Readonly<Record<string, string>> = {
  '₩': 'KRW', $: 'USD', '€': 'EUR', '¥': 'JPY', 원: 'KRW', 달러: 'USD', 불: 'USD', 유로: 'EUR', 엔: 'JPY', 위안: 'CNY', 파운드: 'GBP',
}; // prettier-ignore

function readCurrencyPrefix(place: Place): Reading | undefined {
  const prefix = sticky(CURRENCY_PREFIX, place);
  if (!prefix) return undefined;
  const number = readKoreanNumber(place.text, place.at + prefix[0].length);
  if (!number) return undefined;
  return one('AMOUNT', `${number.value} ${CURRENCIES[prefix[1]!] ?? prefix[1]}`, place, number.end - place.at);
}

/** The unit behind a number, with at most one space between. The look-aheads keep the syllable out of other words. */
const UNITS: readonly (readonly [RegExp, (value: number, unit: string) => readonly [FactKind, string]])[] = [
  [/ ?(?:%|퍼센트) ?(?:[pP](?![A-Za-z])|포인트)/uy, (value) => ['RATE_POINT', `${value}`]],
  [/ ?(?:bps?(?![A-Za-z])|베이시스 ?포인트)/uy, (value) => ['RATE_POINT', `${round(value / 100)}`]],
  [/ ?(?:%|퍼센트|프로(?![그모젝필세토축]))/uy, (value) => ['RATE', `${value}`]],
  [/원| 원(?![칙금본리인장천서가하래])/uy, (value) => ['AMOUNT', `${value} KRW`]],
  [/ ?(달러|불(?![이가법입안])|유로|엔(?![진터지])|위안|파운드)/uy, (value, unit) => ['AMOUNT', `${value} ${CURRENCIES[unit]}`]],
  [/ ?(KRW|USD|EUR|JPY|CNY)/uy, (value, unit) => ['AMOUNT', `${value} ${unit}`]],
  [/ ?영업일/uy, (value) => ['PERIOD', `P${value}BD`]],
  [/ ?(?:개월|달(?![러성력라리]))/uy, (value) => ['PERIOD', `P${value}M`]],
  [/ ?년(?!생)/uy, (value) => ['PERIOD', `P${round(value * 12)}M`]],
  [/ ?(?:주일|주간|주(?![택소식민말요의거문차기유담관주]))/uy, (value) => ['PERIOD', `P${value * 7}D`]],
  [/일| 일(?!반|부(?!터)|정|시|괄|치|상|자리|본|회|단)/uy, (value) => ['PERIOD', `P${value}D`]],
  [/ ?시간(?!표)/uy, (value) => ['PERIOD', `PT${round(value * 60)}M`]],
  [/ ?분(?![기할실류야쟁석배납양들께위])/uy, (value) => ['PERIOD', `PT${value}M`]],
  [/ ?초(?![과기등본대안반보년])/uy, (value) => ['PERIOD', `PT${value}S`]],
  [/ ?시(?![간행작점도스장청세중])/uy, (value) => ['TIME', `${String(value % 24).padStart(2, '0')}:00`]],
  [/ ?(등급|단계|포인트|가지|세대|가구|계좌|구좌|자리|글자|차례|번째|학년|학기|분위|사람)/uy, (value, unit) => ['COUNT', `${value}${COUNTERS[unit] ?? unit}`]],
  [
    / ?(세(?![금율액전부트요븐무탁입법제])|살(?!아)|회|번(?![호지거개역창])|명(?![의세칭])|인(?![증터출감하상용지정식근가건류쇄계사원수기력도])|건(?![강물축전설조])|개(?![인설시정통선별봉발최점방요편념])|장(?![기애소점부치학려비관])|통(?![장화신지합계상보해])|곳|대(?![출상금리기체신비면형학책표부응략해화])|매(?![월년일도수주번출입각회달점])|차(?![이량감단입액주명등익지손별])|배(?![송우당분상정포너치경려])|점(?![검포심유차자주도등])|자(?![동녀금산격료세체기택유본치립영연필신정매부회문전사가])|종(?![류료합목이전교사일결업신착속])|층|평|좌|채(?![권무널용팅])|쪽|박|㎡|km|kg|MB|GB|KB)/uy,
    (value, unit) => ['COUNT', `${value}${COUNTERS[unit] ?? unit}`],
  ],
];

const COUNTERS: Readonly<Record<string, string>> = { 번: '회', 차례: '회', 인: '명', 사람: '명', 매: '장', 살: '세', 글자: '자', 구좌: '계좌' };

interface Unit {
  kind: FactKind;
  value: (value: number) => string;
  end: number;
}

function readUnit(text: string, at: number): Unit | undefined {
  for (const [pattern, fact] of UNITS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) continue;
    const unit = match[1] ?? match[0].trim();
    const end = at + match[0].length;
    return { kind: fact(0, unit)[0], value: (value) => fact(value, unit)[1], end };
  }
  return undefined;
}

const RANGE = / ?[~∼〜–-] ?/uy;

/** A number with its unit; both ends of a range (`1~3년`) carry the unit of its end. */
function readQuantity(place: Place): Reading | undefined {
  const number = readKoreanNumber(place.text, place.at);
  if (!number || (number.spelled && !mayBeSpelled(place, number))) return undefined;
  const unit = readUnit(place.text, number.end);
  if (unit && number.spelled && !SPELLED_UNITS.test(place.text.slice(number.end, unit.end))) return undefined;
  if (unit) return joinPeriods(place.text, { ...quantity(number, number.value, unit), end: unit.end });
  return number.spelled ? undefined : (readRange(place.text, number) ?? readBare(place, number));
}

function quantity(number: KoreanNumber, value: number, unit: Unit): Fact {
  return { kind: unit.kind, value: unit.value(value), start: number.start, end: number.end };
}

/** Spelled numbers count only before these, and not inside a word: 삼백만 원, 육 개월, 삼십 퍼센트; not 이 일, 사회. */
const SPELLED_UNITS = /^ ?(?:원|달러|개월|년|퍼센트|프로|%|등급|일|회|명)$/u;

function mayBeSpelled({ text, at }: Place, number: KoreanNumber): boolean {
  if (/[가-힣\d]$/u.test(text.slice(Math.max(0, at - 1), at)) || /(?:몇|수) ?$/u.test(text.slice(Math.max(0, at - 2), at))) return false;
  const written = text.slice(number.start, number.end);
  const unit = text.slice(number.end, number.end + 3);
  if (/^ ?원/u.test(unit)) return /[십백천만억조]/u.test(written);
  if (/^ ?(?:개월|퍼센트|프로)/u.test(unit)) return true;
  return /^[이삼사오육칠팔구]?십[일이삼사오육칠팔구]?$/u.test(written) || (/^일$/u.test(written) && /^ ?년/u.test(unit));
}

function readRange(text: string, first: KoreanNumber): Reading | undefined {
  RANGE.lastIndex = first.end;
  const dash = RANGE.exec(text);
  const second = dash ? readKoreanNumber(text, RANGE.lastIndex) : undefined;
  const unit = second && !second.spelled ? readUnit(text, second.end) : undefined;
  if (!second || !unit) return undefined;
  // `10~100만원` means 10만; `1만~100만원` already says so.
  const scale = /[만억]$/u.exec(text.slice(second.start, second.end))?.[0];
  const shared = scale && !/[만억]/u.test(text.slice(first.start, first.end)) ? (scale === '만' ? 1e4 : 1e8) : 1;
  return {
    facts: [quantity(first, first.value * shared, unit), { ...quantity(second, second.value, unit), end: unit.end }],
    end: unit.end,
  };
}

function readBare({ text }: Place, number: KoreanNumber): Reading {
  const after = text.slice(number.end, number.end + 1);
  if (/[A-Za-z_]/.test(after)) return { facts: [], end: number.end };
  return { facts: [{ kind: 'NUMBER', value: `${number.value}`, start: number.start, end: number.end }], end: number.end };
}

/** `1년 6개월`, `1년 반` and `1시간 30분` are one period each. */
function joinPeriods(text: string, first: Fact): Reading {
  const months = /^P(\d+)M$/.exec(first.value);
  const years = months && text.slice(first.start, first.end).includes('년');
  const minutes = /^PT(\d+)M$/.exec(first.value);
  const rest = text.slice(first.end, first.end + 8);
  const more = years ? /^ ?(\d{1,2}) ?개월/u.exec(rest) : minutes && /시간$/u.test(text.slice(first.start, first.end)) ? /^ ?(\d{1,2}) ?분/u.exec(rest) : null;
  const half = years && !more ? /^ 반(?![가-힣])/u.exec(rest) : null;
  const added = more ? Number(more[1]) : half ? 6 : 0;
  const end = first.end + (more ?? half ?? [''])[0].length;
  const value = months ? `P${Number(months[1]) + added}M` : minutes ? `PT${Number(minutes[1]) + added}M` : first.value;
  return { facts: [{ ...first, value, end }], end };
}

const NATIVE =
  /(열두|열한|다섯|여섯|일곱|여덟|아홉|스무|한|두|세|석|네|넉|열)( ?)(달(?![러성력라리])|시간(?!표)|주(?=[ 간일]|$)|번(?![호지거개역창째])|명(?![의세칭칭])|사람|개(?=[의를가이만로씩까는은와,.) ]|$)|가지|곳(?![곳])|장(?=[의을이만씩까은,.) ]|$)|건(?=[의을이만씩까은,.) ]|$)|차례|살|대(?=[의를가만씩까는,.) ]|$)|배(?=[의를가로만까,.) ]|$)|자리)/uy;

/** 두 번, 세 달, 열 개. `한 번`, `한 가지` say "once more" or "something" more often than one: they do not count. */
function readNative(place: Place): Reading | undefined {
  if (/[가-힣]$/u.test(place.text.slice(Math.max(0, place.at - 1), place.at))) return undefined;
  const native = sticky(NATIVE, place);
  if (!native) return undefined;
  const [whole, numeral, , counter] = native;
  const value = NATIVE_NUMERALS[numeral!]!;
  if (value === 1 && !/^(?:달|시간|주)$/u.test(counter!)) return { facts: [], end: place.at + whole.length };
  if (counter === '달') return one('PERIOD', `P${value}M`, place, whole.length);
  if (counter === '주') return one('PERIOD', `P${value * 7}D`, place, whole.length);
  if (counter === '시간') return one('PERIOD', `PT${value * 60}M`, place, whole.length);
  return one('COUNT', `${value}${COUNTERS[counter!] ?? counter}`, place, whole.length);
}

function round(value: number): number {
  return Number(value.toPrecision(15));
}
