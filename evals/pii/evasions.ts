import type { PiiType } from '../../src/privacy/types.ts';
import type { Labelled } from './labelled.ts';

/** One disguised value in a short message. */
export interface Evasion {
  type: PiiType;
  cell: string;
  isLabelled: boolean;
  text: string;
  span: Labelled;
}

/** A type's label as people write it, and how a value is made; values are synthetic and follow from the seed. */
interface Kind {
  label: string;
  value: (random: Random) => string;
  /** Found without a label too (spec, section 7), as long as its separators are there where it has some. */
  bare?: 'always' | 'separated';
}

type Random = (below: number) => number;

const KINDS: Partial<Record<PiiType, Kind>> = {
  RRN: { label: '주민번호는 ', value: (random) => registration(random, [1, 2], 11), bare: 'always' },
  FRN: { label: '외국인등록번호는 ', value: (random) => registration(random, [5, 6], 13), bare: 'always' },
  DRIVER_LICENSE: {
    label: '운전면허번호는 ',
    value: (random) => `${11 + random(9)}-${two(random(25))}-${digits(random, 6)}-${digits(random, 2)}`,
    bare: 'separated',
  },
  PHONE: { label: '연락처는 ', value: (random) => `010-${digits(random, 4)}-${digits(random, 4)}`, bare: 'always' },
  CARD: { label: '카드번호는 ', value: card, bare: 'always' },
  ACCOUNT: { label: '계좌번호는 ', value: account, bare: 'separated' },
  PASSPORT: { label: '여권번호는 ', value: (random) => `M${digits(random, 8)}` },
  HEALTH_INS: { label: '건강보험증 번호는 ', value: (random) => `${1 + random(8)}${digits(random, 10)}` },
  BRN: { label: '사업자등록번호는 ', value: (random) => `${101 + random(700)}-${two(10 + random(80))}-${digits(random, 5)}` },
  CORP_REG: { label: '법인등록번호는 ', value: (random) => `${110 + random(100)}${pick(random, ['111', '121', '135'])}-0${digits(random, 6)}` },
  SECRET: { label: '비밀번호는 ', value: (random) => digits(random, pick(random, [4, 6])) },
  CVC: { label: 'CVC는 ', value: (random) => digits(random, 3) },
  CARD_EXPIRY: { label: '카드 유효기간은 ', value: (random) => `${two(1 + random(12))}/${27 + random(5)}` },
  DOB: {
    label: '생년월일은 ',
    value: (random) => pick(random, [birth(random), `19${birth(random)}`]),
  },
  VEHICLE: {
    label: '차량번호는 ',
    value: (random) => `${12 + random(80)}${pick(random, [...'가나다마거너더허호'])}${1000 + random(9000)}`,
  },
  IP: { label: '접속 IP는 ', value: (random) => `${pick(random, [121, 175, 211, 218])}.${random(256)}.${32 + random(200)}.${1 + random(254)}` },
  EMAIL: {
    label: '이메일은 ',
    value: (random) => `${pick(random, ['minsu', 'hana', 'jiwoo', 'park'])}${digits(random, 2)}@${pick(random, ['naver.com', 'gmail.com', 'daum.net'])}`,
  },
  PERSON: { label: '이름은 ', value: (random) => pick(random, ['김도윤', '박서연', '최민재', '정하은', '강지호', '윤미경', '한승우', '오세라']) },
  ADDRESS: {
    label: '집주소는 ',
    value: (random) =>
      `${pick(random, ['서울 마포구 독막로', '부산 해운대구 센텀로', '경기도 성남시 분당구 판교로', '대구 수성구 동대구로'])} ${10 + random(300)}`,
  },
};

const SPOKEN = '공일이삼사오육칠팔구';
const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';

const spoken = (value: string) => value.replace(/\d/g, (digit) => SPOKEN[Number(digit)]!).replaceAll('-', ' 다시 ');

const ONE_BY_ONE = 'dotted one by one';

/** The ways of hiding a value from a pattern (spec, section 7); a cell that leaves a value as it is does not count. */
const CELLS: Readonly<Record<string, (value: string) => string>> = {
  'zero-width': (value) => [...value].join('\u200b'),
  'full-width': (value) => value.replace(/[!-~]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
  spaced: (value) => [...value].join(' '),
  dotted: (value) => value.replaceAll('-', '.'),
  [ONE_BY_ONE]: (value) => (/^[\d-]+$/.test(value) ? [...value.replaceAll('-', '')].join('.') : value),
  spoken,
  jamo: (value) => (/[가-힣]/.test(value) ? value : spoken(value)).replace(/[가-힣]/g, jamo),
  circled: (value) => value.replace(/\d/g, (digit) => (digit === '0' ? '⓪' : String.fromCharCode(0x245f + Number(digit)))),
  keycap: (value) => value.replace(/\d/g, '$&\ufe0f\u20e3'),
  newline: (value) => `${value.slice(0, value.length >> 1)}\n${value.slice(value.length >> 1)}`,
};

/** What nobody dictates digit by digit, or what dots are part of. */
const NEVER: Readonly<Record<string, readonly PiiType[]>> = {
  spoken: ['EMAIL', 'IP', 'ADDRESS', 'CARD_EXPIRY'],
  jamo: ['EMAIL', 'IP', 'CARD_EXPIRY'],
  circled: ['EMAIL'],
  keycap: ['EMAIL'],
};

/** Every type in every cell with its label, and the bare ones without; `count` values each. */
export function evasions(count: number): Evasion[] {
  const random = mulberry(20261125);
  return Object.entries(CELLS).flatMap(([cell, disguise]) =>
    (Object.entries(KINDS) as [PiiType, Kind][])
      .filter(([type]) => !NEVER[cell]?.includes(type))
      .flatMap(([type, { label, value, bare }]) =>
        Array.from({ length: count }, () => value(random)).flatMap((plain) => {
          const hidden = disguise(plain);
          if (hidden === plain) return [];
          const labelled = evasion(type, cell, cell === 'jamo' ? label.replace(/[가-힣]/g, jamo) : label, hidden, true);
          const isBare = bare === 'always' || (bare === 'separated' && cell !== ONE_BY_ONE);
          return isBare ? [labelled, evasion(type, cell, '', hidden, false)] : [labelled];
        }),
      ),
  );
}

function evasion(type: PiiType, cell: string, before: string, value: string, isLabelled: boolean): Evasion {
  const span = { turn: 0, start: before.length, end: before.length + value.length, type };
  return { type, cell, isLabelled, text: `${before}${value} ${isLabelled ? '입니다' : '확인해 주세요'}`, span };
}

function registration(random: Random, genders: readonly number[], base: number): string {
  const twelve = `${birth(random)}${pick(random, genders)}${digits(random, 5)}`;
  const sum = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5].reduce((total, weight, at) => total + weight * Number(twelve[at]), 0);
  const check = (((base - (sum % 11)) % 10) + 10) % 10;
  return `${twelve.slice(0, 6)}-${twelve.slice(6)}${check}`;
}

function birth(random: Random): string {
  return two(50 + random(50)) + two(1 + random(12)) + two(1 + random(28));
}

function card(random: Random): string {
  const fifteen = pick(random, ['4', '51', '9410', '6243']).padEnd(4, '0') + digits(random, 11);
  const sum = [...fifteen].reduce((total, digit, at) => {
    const doubled = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${fifteen}${(10 - (sum % 10)) % 10}`.replace(/\d{4}(?=\d)/g, '$&-');
}

function account(random: Random): string {
  return pick(random, [
    () => `110-${digits(random, 3)}-${digits(random, 6)}`,
    () => `3333-${digits(random, 2)}-${digits(random, 7)}`,
    () => `1002-${digits(random, 3)}-${digits(random, 6)}`,
    () => `302-${digits(random, 4)}-${digits(random, 4)}-${digits(random, 2)}`,
    () => `${digits(random, 4)}01-04-${digits(random, 6)}`,
  ])();
}

/** Keyboard jamo of a syllable: 공 as ㄱㅗㅇ. */
function jamo(syllable: string): string {
  const index = syllable.charCodeAt(0) - 0xac00;
  return INITIALS[Math.floor(index / 588)]! + VOWELS[Math.floor(index / 28) % 21]! + FINALS[index % 28]!.trim();
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random(10)).join('');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)]!;
}

/** Tommy Ettinger's mulberry32: the same values in every run. */
function mulberry(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}
