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
 * | NUMBER | any other number; `1/3` for 3분의 1, but 100분의 20 is RATE `20` |
 *
 * An amount in 만 or 억 without a currency is Korean won; a day without a month (25일) is a PERIOD where nothing says that
 * it is a day of the month.
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
 * Every figure of a text, in the order of the text. List markers, `[1]`, masked values (`[전화번호#1]`), web addresses,
 * names (정부24, 제3자) and digits inside Latin words (A4, 5G) do not count.
 */
export function extractFacts(text: string): Fact[] {
  const folded = foldForms(text);
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

/** One form of digits, dashes, tildes, quotes and spaces. One unit for one, so that offsets stay. */
function foldForms(text: string): string {
  return text
    .replace(/[０-９，．％：～（）]/gu, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/[\u2010-\u2015\u2212]/gu, '-')
    .replace(/[∼〜]/gu, '~')
    .replace(/[‘’]/gu, "'")
    .replace(/￦/gu, '₩')
    .replace(/[\u00a0\u2002-\u200a\u202f\u3000]/gu, ' ');
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
  /\d|[₩$€¥]|\+82|KRW|USD|EUR|JPY|CNY|https?:|www\.|\{\{|\[|제 ?\d|오전|오후|새벽|저녁|아침|밤|낮|[AaPp]\.?[Mm]\.? ?\d|정오|자정|상반기|하반기|반기|분기|반 ?년|하루|이틀|사흘|나흘|닷새|열흘|보름|일주일|매[월달]|[일이삼사오육칠팔구십백천만]|한|두|세|석|네|넉|다섯|여섯|일곱|여덟|아홉|열|스무|스물|서른|마흔|쉰|예순|일흔|여든|아흔|서너|너[댓덧]|대여섯/gu;

const READERS: readonly ((place: Place) => Reading | undefined)[] = [
  readIgnored,
  readPhone,
  readLaw,
  readDate,
  readTime,
  readWord,
  readCurrencyPrefix,
  readNative,
  readFraction,
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

/** What stands before a place, up to `length` units. */
function before({ text, at }: Place, length: number): string {
  return text.slice(Math.max(0, at - length), at);
}

function one(kind: FactKind, value: string, place: Place, length: number): Reading {
  const end = place.at + length;
  return { facts: [{ kind, value, start: place.at, end }], end };
}

const IGNORED =
  /https?:\/\/[^\s)>\]]+|www\.[^\s)>\]]+|\{\{[^}\n]{0,60}\}\}|\[\d{1,3}\](?!\d)|\[[가-힣A-Z]{1,8}#\d{1,4}\]|제 ?3 ?자(?!리)|1 ?(?::|대) ?1(?= ?(?:문의|상담|채팅|맞춤|질문))/uy;
/** Digits that belong to a name: 정부24, 코로나19. */
const NAME_BEFORE = /(?:정부|민원|코로나)[ -]?$/u;
const LIST_MARKER = /\(?\d{1,3}[.)](?=\s)/uy;

function readIgnored(place: Place): Reading | undefined {
  const ignored = sticky(IGNORED, place) ?? (opensLine(place) ? sticky(LIST_MARKER, place) : null);
  if (ignored) return { facts: [], end: place.at + ignored[0].length };
  if (NAME_BEFORE.test(before(place, 5)) && /^\d{2}(?!\d|[.,]\d)/.test(place.text.slice(place.at, place.at + 4)))
    return { facts: [], end: place.at + 2 };
  if (!/\d/.test(place.text[place.at]!) || !/[A-Za-z_]/.test(place.text[place.at - 1] ?? '')) return undefined;
  if (/(?:KRW|USD|EUR|JPY|CNY)$/.test(before(place, 3))) return undefined;
  return { facts: [], end: place.at + /^[\d.]+/.exec(place.text.slice(place.at, place.at + 24))![0].length };
}

function opensLine({ text, at }: Place): boolean {
  return /(?:^|\n)[\s>*#-]*\(?$/u.test(text.slice(Math.max(0, at - 12), at));
}

const LONG_PHONE =
  /\+82[- ]?\(?0?\)?\d{1,4}[- ]?\d{3,4}[- ]?\d{4}(?!\d)|0\d{1,3}(?:\) ?|[-. ]{1,2})\d{3,4}[-. ]\d{4}(?!\d)|0(?:1\d|2|[3-6]\d|70|80)\d{7,8}(?!\d)|1[568]\d{2} ?- ?\d{4}(?!\d)|1(?:5(?:22|33|44|51|55|66|77|88|99)|6(?:00|11|44|61|66|68|70|88)|8(?:00|11|33|55|77|99))[ .]?\d{4}(?![\d,.]*\d|\s?[원만억천백%])/uy;
const SHORT_PHONE =
  /1\d{2,3}(?![\d,.:~-]*\d|\s?(?:[원만억천백%년월일시분초세명건회개위점]|번째|퍼센트|달러)| ?[×÷*=+])/uy;
const PHONE_BEFORE =
  /(?:국번 ?없이|전화|☎|센터|경찰청?|감독원|금감원|공사|공단|진흥원|위원회|구급|신고|상담|문의|대응단|연락처)[^\d\n]{0,8}$/u;
const PHONE_AFTER =
  /^(?:번|\)|\([^)]{0,12}\)|이?나|와|과|,|\.|·| |또는|1\d{2,3}){0,6}(?:으로|로|에|에서)? ?(?:[가-힣]{1,4} )?(?:신고|전화|문의|연락|상담|도움)/u;
/** Numbers that public services have (105 to 134, 182, 188, 13xx): standing alone they are nothing else in a bank's text. */
const SERVICE_PHONE = /^(?:10[5-9]|11\d|12\d|13[0-4]|182|188|13\d{2})$/;
const ALONE = /^(?:번(?!지)|에|으?로|이?나|와|과|을|를|은|는|이|가|의|도|입|[^\dA-Za-z가-힣㎡]|$)/u;

/** Telephone numbers; the three and four digit ones (112, 1332) where they stand alone or the words speak of calling. */
function readPhone(place: Place): Reading | undefined {
  if (/[\d.,-]/.test(place.text[place.at - 1] ?? '')) return undefined;
  const long = sticky(LONG_PHONE, place);
  if (long) return one('PHONE', long[0].replace(/(?!^\+)\D/gu, ''), place, long[0].length);
  const short = sticky(SHORT_PHONE, place)?.[0];
  return short && speaksOfCalling(place, short) ? one('PHONE', short, place, short.length) : undefined;
}

function speaksOfCalling(place: Place, number: string): boolean {
  const end = place.at + number.length;
  const unit = readUnit(place.text, end);
  if (unit && !/^ ?번/u.test(place.text.slice(end, unit.end))) return false;
  const lead = before(place, 16);
  const after = place.text.slice(end, end + 24);
  if (SERVICE_PHONE.test(number) && ALONE.test(after) && !/[×÷*=+/] ?$/u.test(lead)) return true;
  const chained =
    place.before?.kind === 'PHONE' && /^[^\d\n.]{1,8}$/u.test(place.text.slice(place.before.end, place.at));
  return chained || PHONE_BEFORE.test(lead) || PHONE_AFTER.test(after);
}

const LAW = /제 ?(\d{1,4}) ?조(?: ?의 ?(\d{1,2}))?|제 ?(\d{1,3}) ?(항|호|목|장|절)(?![가-힣]*(?:선|차량))/uy;
/** Without 제: `30조의2` always, `18조` and `2항` only behind the name of a law or another article. */
const BARE_BRANCH = /(\d{1,4}) ?조의 ?(\d{1,2})/uy;
const BARE_LAW = /(\d{1,4}) ?조(?! ?원)|(\d{1,3}) ?(항|호)(?![선실차봉])/uy;
const LAW_NAME = /(?:법|법률|시행령|규정|규칙|세칙|약관)[」』)]? ?$/u;
const LAW_LINK = /^(?:[ ·,.~-]|및|또는|와|과|부터|까지|내지|의){0,5}$/u;

function readLaw(place: Place): Reading | undefined {
  const law = sticky(LAW, place);
  if (law) return lawOf(place, law[0], law[1] ?? law[3]!, law[4], law[2]);
  const branch = sticky(BARE_BRANCH, place);
  if (branch) return lawOf(place, branch[0], branch[1]!, undefined, branch[2]);
  const last = place.before;
  const linked = last?.kind === 'LAW' && LAW_LINK.test(place.text.slice(last.end, place.at));
  const bare = linked || LAW_NAME.test(before(place, 8)) ? sticky(BARE_LAW, place) : null;
  return bare ? lawOf(place, bare[0], bare[1] ?? bare[2]!, bare[3], undefined) : undefined;
}

/** `part` is 항, 호 …; none for an article. */
function lawOf(
  place: Place,
  whole: string,
  number: string,
  part: string | undefined,
  branch: string | undefined,
): Reading {
  const value = part ? `제${Number(number)}${part}` : `제${Number(number)}조${branch ? `의${Number(branch)}` : ''}`;
  return one('LAW', value, place, whole.length);
}

const MONTH_DIGITS = '(1[0-2]|0?[1-9])(?!\\d)';
const DAY_DIGITS = '(3[01]|[12]\\d|0?[1-9])(?!\\d)';
/** Years, months and days in groups 1 to 3, as far as each form holds them; a year of two digits is one of this century. */
const CALENDAR: readonly RegExp[] = [
  `(\\d{4}) ?년 ?${MONTH_DIGITS} ?월 ?${DAY_DIGITS} ?일`,
  `((?:19|20)\\d{2})[./-] ?${MONTH_DIGITS}[./-] ?${DAY_DIGITS}\\.?`,
  `((?:19|20)\\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])(?!\\d|[,.]\\d| ?[원만억천건명%])`,
  `([2-4]\\d) ?년 ?${MONTH_DIGITS} ?월 ?${DAY_DIGITS} ?일`,
  `([2-4]\\d)\\. ?${MONTH_DIGITS}\\. ?${DAY_DIGITS}(?!\\.?\\d)\\.?`,
  `((?:19|20)\\d{2}) ?년 ?${MONTH_DIGITS} ?월`,
  `((?:19|20)\\d{2})(?:[.-](?=\\d{2}(?![\\d.-]))|\\. ?(?=\\d{1,2}\\.(?! ?\\d)))${MONTH_DIGITS}`,
  `([2-4]\\d) ?년 ?${MONTH_DIGITS} ?월`,
  `((?:19|20)\\d{2}) ?(?:학년도|년(?!간))`,
  `(?<=')(\\d{2}) ?년(?!간)`,
].map((pattern) => new RegExp(pattern, 'uy'));
const MONTH_DAY = /(\d{1,2}) ?월 ?(\d{1,2}) ?일(?!간)/uy;
/** `3월`, and each of `3·6·9·12월`. */
const MONTH = /(\d{1,2})(?:월(?!권)|(?=(?:(?:[·,] ?|\.)\d{1,2}){1,11}월))/uy;
const MONTHLY_DAY = /매[월달] ?(\d{1,2})(?: ?일|(?=(?:[·,] ?\d{1,2}){1,8} ?일))/uy;
const DAY = /(\d{1,2})(?: ?일(?!간)|(?=(?:[·,] ?\d{1,2}){1,8} ?일))/uy;
/** Between the two ends of `11월 24일~26일`. */
const DAY_LINK = /^ ?(?:[~·,-]|부터|에서|과|와) ?$/u;
const QUARTER = /([1-4]) ?분기(?!점)/uy;

function readDate(place: Place): Reading | undefined {
  for (const form of CALENDAR) {
    const found = sticky(form, place);
    if (found) return one('DATE', calendarDate(found), place, found[0].length);
  }
  const monthDay = sticky(MONTH_DAY, place);
  if (monthDay) return one('DATE', `--${two(monthDay[1]!)}-${two(monthDay[2]!)}`, place, monthDay[0].length);
  const month = sticky(MONTH, place);
  if (month && Number(month[1]) >= 1 && Number(month[1]) <= 12)
    return one('DATE', `--${two(month[1]!)}`, place, month[0].length);
  return readDay(place) ?? readQuarter(place);
}

function calendarDate([, year = '', ...rest]: readonly (string | undefined)[]): string {
  return [year.padStart(4, '20'), ...rest.filter((part) => part !== undefined).map(two)].join('-');
}

/**
 * A day of the month: `매월 25일`, or the end of a span of dates (`11월 24일~26일`), whose month it takes over. A bare 25일 is
 * left to the periods, since sources put it into tables (`| 25일 |`) where nothing tells the two apart.
 */
function readDay(place: Place): Reading | undefined {
  const monthly = sticky(MONTHLY_DAY, place);
  if (monthly) return one('DATE', `---${two(monthly[1]!)}`, place, monthly[0].length);
  const last = place.before;
  const month = last?.kind === 'DATE' ? /^(\d{4}-\d{2}-|--\d{2}-|---)\d{2}$/.exec(last.value)?.[1] : undefined;
  if (month === undefined || !DAY_LINK.test(place.text.slice(last!.end, place.at))) return undefined;
  const day = sticky(DAY, place);
  return day ? one('DATE', `${month}${two(day[1]!)}`, place, day[0].length) : undefined;
}

function readQuarter(place: Place): Reading | undefined {
  const quarter = sticky(QUARTER, place);
  return quarter ? one('DATE', `Q${quarter[1]}`, place, quarter[0].length) : undefined;
}

function two(digits: string): string {
  return digits.padStart(2, '0');
}

const HALF = '(오전|오후|새벽|저녁|아침|밤|낮|[AaPp]\\.?[Mm]\\.?)';
const CLOCK = new RegExp(
  `(?:${HALF} ?)?(\\d{1,2}):(\\d{2})(?::\\d{2})?(?!\\d)(?: ?([AaPp]\\.?[Mm](?![A-Za-z])\\.?))?`,
  'uy',
);
const HOUR = new RegExp(
  `(?:${HALF} ?)?(\\d{1,2}|열두|열한|다섯|여섯|일곱|여덟|아홉|한|두|세|네|열) ?시(?:(?=도(?![가-힣])|중(?![가-힣]))|(?![간행작점도스장청세중]))(?: ?(\\d{1,2}) ?분(?!기)| ?(반)(?!드))?`,
  'uy',
);

function readTime(place: Place): Reading | undefined {
  const clock = sticky(CLOCK, place);
  if (clock) return timeOf(place, clock[0], clock[1] ?? clock[4], Number(clock[2]), Number(clock[3]));
  const hour = sticky(HOUR, place);
  if (!hour) return undefined;
  const digits = NATIVE_NUMERALS[hour[2]!] ?? Number(hour[2]);
  if (NATIVE_NUMERALS[hour[2]!] !== undefined && !hour[1]) return undefined; // 두 시, 세시: too often inside other words
  return timeOf(place, hour[0], hour[1], digits, hour[4] ? 30 : Number(hour[3] ?? 0));
}

/** 오후 6시 is 18:00, 오전 12시 and 24시 are 00:00. */
function timeOf(
  place: Place,
  whole: string,
  half: string | undefined,
  hours: number,
  minutes: number,
): Reading | undefined {
  if (hours > 24 || minutes > 59) return undefined;
  const afternoon = half !== undefined && (/^(?:오후|저녁|밤|p)/iu.test(half) || (half === '낮' && hours < 6));
  const midnight = half !== undefined && hours === 12 && /^(?:오전|새벽|밤|a)/iu.test(half);
  const hour = midnight ? 0 : afternoon && hours < 12 ? hours + 12 : hours % 24;
  return one('TIME', `${two(String(hour))}:${two(String(minutes))}`, place, whole.length);
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

/** Particles and the like that follow a unit directly; some start with a syllable that also starts another word (`3세부터`, 세부). */
const PARTICLE =
  '(?:[은는이가을를의에도만과와나당씩쯤뿐간로인면전후뒤중째](?![가-힣])|부터|까지|에[서게만도는]|으로|로[서도만는]|이[상하내나며고면라에었]|입니|정도|지나|가량|보다|라[도면]|마다|미만|초과|안에|넘[게는]|밖에|짜리|하고|[전후뒤중]에)';

/**
 * A unit, but not the start of a longer word: `others` are the syllables with which such words go on. A particle is looked for
 * only where the unit touches its number: `3명의` counts people, `3 명의` may be anything.
 */
function unit(name: string, others: string): string {
  return `${name}(?:(?<! ${name})(?=${PARTICLE})|(?![${others}]))`;
}

/** Counters with the syllables that make another word of them: 3세 but not 세금, 3대 but not 대출. */
const SHORT_COUNTERS: Readonly<Record<string, string>> = {
  세: '금율액전부트요븐무탁입법제', 살: '아', 번: '호지거개역창', 명: '의세칭', 인: '증터출감하상용지정식근가건류쇄계사원수기력도',
  건: '강물축전설조', 개: '인설시정통선별봉발최점방요편념', 장: '기애소점부치학려비관', 통: '장화신지합계상보해',
  대: '출상금리기체신비면형학책표부응략해화', 매: '월년일도수주번출입각회달점', 차: '이량감단입액주명등익지손별',
  배: '송우당분상정포너치경려', 점: '검포심유차자주도등', 자: '동녀금산격료세체기택유본치립영연필신정매부회문전사가',
  종: '류료합목이전교사일결업신착속', 채: '권무널용팅',
}; // prettier-ignore
const COUNTER = new RegExp(
  ` ?(등급|단계|포인트|가지|세대|가구|계좌|구좌|자리|글자|차례|번째|학년|학기|분위|사람|순위|금융권|회|곳|층|평|좌|쪽|박|㎡|m2|m²|제곱미터|km|kg|MB|GB|KB|${Object.entries(
    SHORT_COUNTERS,
  )
    .map(([name, others]) => unit(name, others))
    .join('|')})`,
  'uy',
);

/** The unit behind a number, with at most one space between. The look-aheads keep the syllable out of other words. */
const UNITS: readonly (readonly [RegExp, (value: number, unit: string) => readonly [FactKind, string]])[] = [
  [/ ?(?:%|퍼센트) ?(?:[pP][tT]?(?![A-Za-z])|포인트)/uy, (value) => ['RATE_POINT', `${value}`]],
  [/ ?(?:bps?(?![A-Za-z])|베이시스 ?포인트)/uy, (value) => ['RATE_POINT', `${round(value / 100)}`]],
  [/ ?(?:%|퍼센트|프로(?![그모젝필세토축]))/uy, (value) => ['RATE', `${value}`]],
  [/원| 원(?![칙금본리인장천서가하래])/uy, (value) => ['AMOUNT', `${value} KRW`]],
  [
    pattern(` ?(달러|${unit('불', '이가법입안')}|유로|${unit('엔', '진터지')}|위안|파운드)`),
    (value, name) => ['AMOUNT', `${value} ${CURRENCIES[name]}`],
  ],
  [/ ?(KRW|USD|EUR|JPY|CNY)/uy, (value, name) => ['AMOUNT', `${value} ${name}`]],
  [/ ?영업일/uy, (value) => ['PERIOD', `P${value}BD`]],
  [pattern(` ?(?:개월|${unit('달', '러성력라리')})`), (value) => ['PERIOD', `P${value}M`]],
  [/ ?년(?!생)/uy, (value) => ['PERIOD', `P${round(value * 12)}M`]],
  [pattern(` ?(?:주일|주간|${unit('주', '택소식민말요의거문차기유담관주')})`), (value) => ['PERIOD', `P${value * 7}D`]],
  [/일| 일(?!반|부(?!터)|정|시|괄|치|상|자리|본|회|단)/uy, (value) => ['PERIOD', `P${value}D`]],
  [/ ?시간(?!표)/uy, (value) => ['PERIOD', `PT${round(value * 60)}M`]],
  [pattern(` ?${unit('분', '기할실류야쟁석배납양들께위')}`), (value) => ['PERIOD', `PT${value}M`]],
  [pattern(` ?${unit('초', '과기등본대안반보년')}`), (value) => ['PERIOD', `PT${value}S`]],
  [pattern(` ?${unit('시', '간행작점도스장청세중')}`), (value) => ['TIME', `${two(String(value % 24))}:00`]],
  [COUNTER, (value, name) => ['COUNT', `${value}${COUNTERS[name] ?? name}`]],
];

function pattern(source: string): RegExp {
  return new RegExp(source, 'uy');
}

const COUNTERS: Readonly<Record<string, string>> = { 번: '회', 차례: '회', 인: '명', 사람: '명', 매: '장', 살: '세', 글자: '자', 구좌: '계좌', m2: '㎡', 'm²': '㎡', 제곱미터: '㎡' }; // prettier-ignore

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

const RANGE = / ?(?:[~-]|에서|내지|또는) ?/uy;

/** A number with its unit; both ends of a range (`1~3년`) carry the unit of its end. */
function readQuantity(place: Place): Reading | undefined {
  const number = readKoreanNumber(place.text, place.at);
  if (!number || (number.spelled && !mayBeSpelled(place, number))) return undefined;
  const unit = unitBehind(place.text, number);
  if (unit && number.spelled && !SPELLED_UNITS.test(place.text.slice(number.end, unit.end))) return undefined;
  if (unit)
    return joinPeriods(place.text, inBusinessDays(place, { ...quantity(number, number.value, unit), end: unit.end }));
  return number.spelled ? undefined : (readRange(place, number) ?? readBare(place, number));
}

function quantity(number: KoreanNumber, value: number, unit: Unit): Fact {
  return { kind: unit.kind, value: unit.value(value), start: number.start, end: number.end };
}

/** The unit that is written; else won for what ends in 만 or 억 (`최대 3천만`). */
function unitBehind(text: string, number: KoreanNumber): Unit | undefined {
  const written = text.slice(number.start, number.end);
  return (
    readUnit(text, number.end) ??
    (!number.spelled && /[만억]|억.{1,6}$/u.test(written)
      ? { kind: 'AMOUNT', value: (value) => `${value} KRW`, end: number.end }
      : undefined)
  );
}

const BUSINESS_DAYS_BEFORE = /영업일(?: ?기준)?(?:으로)?,? ?(?:약|최대|최소|최장|통상|보통)? ?$/u;

/** `영업일 기준 3일` is `3영업일`. */
function inBusinessDays(place: Place, fact: Fact): Fact {
  const days = BUSINESS_DAYS_BEFORE.test(before(place, 16)) ? /^P(\d+)D$/.exec(fact.value) : null;
  return days ? { ...fact, value: `P${days[1]}BD` } : fact;
}

/** Spelled numbers count only before these, and not inside a word: 삼백만 원, 육 개월, 삼십 퍼센트; not 이 일, 사회. */
const SPELLED_UNITS = /^ ?(?:원|달러|개월|년|퍼센트|프로|%|등급|영업일|일|분|회|명)$/u;

function mayBeSpelled({ text, at }: Place, number: KoreanNumber): boolean {
  if (/[가-힣\d]$/u.test(text.slice(Math.max(0, at - 1), at))) return false;
  if (/(?:몇|수) ?$/u.test(text.slice(Math.max(0, at - 2), at))) return false;
  const written = text.slice(number.start, number.end);
  const unit = text.slice(number.end, number.end + 3);
  if (/^ ?원/u.test(unit)) return /[십백천만억조]/u.test(written);
  if (/^ ?(?:개월|퍼센트|프로|영업)/u.test(unit)) return true;
  if (/^ ?분/u.test(unit)) return /^[이삼사오]십[가-힣]?$/u.test(written); // 십분 is "amply"
  if (/^[삼오육칠팔구]$/u.test(written)) return /^ ?년(?![도령생])/u.test(unit);
  return (
    /^[이삼사오육칠팔구]?십[일이삼사오육칠팔구]?$/u.test(written) || (/^일$/u.test(written) && /^ ?년/u.test(unit))
  );
}

function readRange(place: Place, first: KoreanNumber): Reading | undefined {
  const { text } = place;
  RANGE.lastIndex = first.end;
  const dash = RANGE.exec(text);
  const second = dash ? readKoreanNumber(text, RANGE.lastIndex) : undefined;
  const unit = second && !second.spelled ? unitBehind(text, second) : undefined;
  if (!second || !unit) return undefined;
  const scale = sharedScale(text.slice(first.start, first.end), text.slice(second.start, second.end));
  const facts = [
    quantity(first, round(first.value * scale), unit),
    { ...quantity(second, second.value, unit), end: unit.end },
  ];
  return { facts: facts.map((fact) => inBusinessDays(place, fact)), end: unit.end };
}

const SCALES: Readonly<Record<string, number>> = { 십: 10, 백: 100, 천: 1000, 만: 1e4, 억: 1e8 };

/** What the first end of a range takes over from the second: `10~100만` means 10만, `3~4천만` 3천만; `1만~100만` says it all. */
function sharedScale(first: string, second: string): number {
  if (/[만억]/u.test(first)) return 1;
  const [, small = '', big = ''] =
    /^[\d,.]+([십백천]?)([만억]?)$/u.exec(second) ?? (second.includes('억') ? ['', '', '억'] : []);
  const inThousands = /^\d$/.test(first) ? (SCALES[small] ?? 1) : 1;
  return inThousands * (SCALES[big] ?? 1);
}

const FRACTION = / ?분의 ?/uy;

/** `3분의 1`; over ten, a hundred, a thousand it is a rate, as statutes write it. */
function readFraction(place: Place): Reading | undefined {
  const below = readKoreanNumber(place.text, place.at);
  if (!below || below.value === 0) return undefined;
  FRACTION.lastIndex = below.end;
  const above = FRACTION.exec(place.text) ? readKoreanNumber(place.text, FRACTION.lastIndex) : undefined;
  if (!above) return undefined;
  const length = above.end - place.at;
  return /^10+$/.test(`${below.value}`)
    ? one('RATE', `${round((above.value / below.value) * 100)}`, place, length)
    : one('NUMBER', `${above.value}/${below.value}`, place, length);
}

function readBare({ text }: Place, number: KoreanNumber): Reading {
  const after = text.slice(number.end, number.end + 1);
  if (/[A-Za-z_]/.test(after)) return { facts: [], end: number.end };
  return {
    facts: [{ kind: 'NUMBER', value: `${number.value}`, start: number.start, end: number.end }],
    end: number.end,
  };
}

const HALF_MORE = /^ ?반(?=[이은을의만에과까]|으로|[^가-힣]|$)/u;

/** `1년 6개월`, `1년 반` and `1시간 30분` are one period each. */
function joinPeriods(text: string, first: Fact): Reading {
  const written = text.slice(first.start, first.end);
  const rest = text.slice(first.end, first.end + 8);
  const [, unit, count] = /^P(T?)(\d+)M$/.exec(first.value) ?? [];
  const smaller =
    count === undefined
      ? undefined
      : unit === '' && written.endsWith('년')
        ? '개월'
        : written.endsWith('시간')
          ? '분'
          : undefined;
  if (smaller === undefined) return { facts: [first], end: first.end };
  const more = (smaller === '개월' ? /^ ?(\d{1,2}) ?개월/u : /^ ?(\d{1,2}) ?분(?!기|의)/u).exec(rest);
  const half = more ? null : HALF_MORE.exec(rest);
  const added = more ? Number(more[1]) : half ? (smaller === '개월' ? 6 : 30) : 0;
  const end = first.end + (more ?? half ?? [''])[0].length;
  return { facts: [{ ...first, value: `P${unit}${Number(count) + added}M`, end }], end };
}

/** A counter behind a native numeral: nothing but a particle may go on, since 세, 한 and 네 are so common as other words. */
const COUNTED = `${unit('달', '러성력라리')}|시간(?!표)|가지|계좌|구좌|사람|차례|자리|(?:주|번|명|개|곳|장|건|살|대|배)(?=${PARTICLE}|[^가-힣]|$)`;
const NATIVE = new RegExp(
  `(${Object.keys(NATIVE_NUMERALS)
    .sort((a, b) => b.length - a.length)
    .join('|')})( ?)(${COUNTED})`,
  'uy',
);
/** 한두 달 is 1~2개월. */
const NATIVE_PAIR = new RegExp(`(한두|두세|서너|너[댓덧]|네댓|대여섯) ?(${COUNTED})`, 'uy');
const PAIRS: Readonly<Record<string, number>> = { 한두: 1, 두세: 2, 서너: 3, 너댓: 4, 너덧: 4, 네댓: 4, 대여섯: 5 };
/** Words that only look like a numeral and its counter: households, a New Year's bow. */
const NOT_COUNTED = /^(?:세대|세배|세장)$/u;
const PER_PERIOD = /(?:하루|일|월|연|년|달|주|개월|분기|반기|해)(?:에|마다)? ?$/u;

/**
 * 두 번, 세 달, 열 개. `한 번`, `한 가지` say "once more" or "something" more often than one: they count only as `하루에 한 번`
 * or `한 사람당`.
 */
function readNative(place: Place): Reading | undefined {
  if (/[가-힣]$/u.test(before(place, 1))) return undefined;
  const pair = sticky(NATIVE_PAIR, place);
  if (pair) return readPair(place, pair);
  const native = sticky(NATIVE, place);
  if (!native || NOT_COUNTED.test(native[0])) return undefined;
  const [whole, numeral, , counter] = native;
  const value = NATIVE_NUMERALS[numeral!]!;
  if (value === 1 && !countsOne(place, whole, counter!)) return { facts: [], end: place.at + whole.length };
  return one(...counted(value, counter!), place, whole.length);
}

function countsOne(place: Place, whole: string, counter: string): boolean {
  if (/^(?:달|시간|주)$/u.test(counter) || place.text.startsWith('당', place.at + whole.length)) return true;
  return counter === '번' && PER_PERIOD.test(before(place, 6));
}

function readPair(place: Place, [whole, numerals, counter]: RegExpExecArray): Reading {
  const low = PAIRS[numerals!]!;
  const middle = place.at + 1;
  const end = place.at + whole.length;
  const [kind, first] = counted(low, counter!);
  const [, second] = counted(low + 1, counter!);
  return {
    facts: [
      { kind, value: first, start: place.at, end: middle },
      { kind, value: second, start: middle, end },
    ],
    end,
  };
}

function counted(value: number, counter: string): [FactKind, string] {
  if (counter === '달') return ['PERIOD', `P${value}M`];
  if (counter === '주') return ['PERIOD', `P${value * 7}D`];
  if (counter === '시간') return ['PERIOD', `PT${value * 60}M`];
  return ['COUNT', `${value}${COUNTERS[counter] ?? counter}`];
}

function round(value: number): number {
  return Number(value.toPrecision(15));
}
