import { normalise } from '../text/normalise.js';
import { isDoubleSurname } from './name-lexicon.js';
import { DELETED, PII_TYPES, token, type PiiType } from './types.js';

/**
 * A value as counsellors see it before they are entitled to more (spec, section 5): enough to compare with what the
 * customer says, not enough to use. Whatever spelling the value has (full-width, spoken), the mask is in the printed form; T0
 * values are `[삭제]`. T4 values are shown: business answers need them.
 */
export function counsellorMask(type: PiiType, value: string): string {
  const text = normalise(value).text.trim();
  const digits = text.replace(/[^\d*]/g, '');
  switch (type) {
    case 'RRN':
    case 'FRN':
      return digits.length === 13 ? `${digits.slice(0, 6)}-${digits[6]}******` : stars(text);
    case 'DRIVER_LICENSE':
      return digits.length === 12 ? `${digits.slice(0, 2)}-${digits.slice(2, 4)}-******-**` : hideDigits(text, 2);
    case 'PASSPORT':
      return hideLast(text.replace(/[^A-Za-z\d*]/g, '').toUpperCase(), 4);
    case 'PHONE':
      return maskedPhone(digits);
    case 'CARD':
      return digits.replace(/^(\d{6})(.*)(.{4})$/, (_, head: string, middle: string, tail: string) =>
        grouped(head + stars(middle) + tail, digits.length),
      );
    case 'ACCOUNT':
      return hideLastDigits(text, 3);
    case 'HEALTH_INS':
      return hideDigits(text, 2);
    case 'EMAIL':
      return text.replace(/^(.{1,2})[^@]*@/, '$1***@');
    case 'ADDRESS':
      return maskedAddress(text);
    case 'PERSON':
      return maskedName(text);
    case 'DOB':
      return hideDigits(text, /^\D*(?:19|20)\d{2}/.test(text) ? 4 : 2);
    case 'VEHICLE':
      return text.replace(/\d{4}$/, '****');
    case 'IP':
      return text.includes(':') ? `${text.split(':', 2).join(':')}:***` : text.replace(/\.\d+\.\d+$/, '.*.*');
    case 'CI_DI':
      return token(type);
    case 'BRN':
    case 'CORP_REG':
      return text;
    case 'SECRET':
    case 'CVC':
    case 'CARD_EXPIRY':
      return DELETED;
  }
}

/** `[전화번호#1]`, but not `[전화번호]` and not `[삭제]`, which stand for nothing that could be restored. */
const NUMBERED_TOKEN = new RegExp(
  `\\[(?:${Object.values(PII_TYPES)
    .map(({ label }) => label)
    .join('|')})#\\d+\\]`,
  'g',
);

/**
 * A masked text with its values back, for a reader who is entitled to them: `values` holds the value of each token, as the
 * vault gives them. A token without one stays as it is. Values are put in as they are, and tokens inside them stay.
 */
export function restoreTokens(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(NUMBERED_TOKEN, (found) => values.get(found) ?? found);
}

/** `010-****-5678`; an international number in its national form. */
function maskedPhone(digits: string): string {
  const national = digits.replace(/^(?:00)?82(?=[01])0?/, '0');
  const area = /^(?:02|01\d|0[3-7]\d|050\d)/.exec(national)?.[0] ?? national.slice(0, 3);
  return `${area}-****-${national.slice(-4)}`;
}

function grouped(card: string, length: number): string {
  const groups = length === 15 ? /^(.{4})(.{6})(.+)$/ : /^(.{4})(.{4})(.{4})?(.+)$/;
  return groups.exec(card)!.slice(1).filter(Boolean).join('-');
}

/** The road or town stays, its number and all behind it go: `서울 강남구 테헤란로 ***`. */
function maskedAddress(text: string): string {
  const place = /^.*?[가-힣](?:대로|로|길|동|읍|면|리|가)(?= ?(?:산 ?|지하 ?)?\d| |$)/.exec(text)?.[0];
  return `${place ?? text.slice(0, Math.floor(text.length / 2))} ***`;
}

/** 홍*동, 이*, 남궁*수; in Latin letters the first letter of each word stays. */
function maskedName(text: string): string {
  if (/[A-Za-z]/.test(text)) return text.replace(/([A-Za-z])[A-Za-z'-]*/g, '$1***');
  const name = text.replace(/[ .\n]/g, '');
  const surname = isDoubleSurname(name) ? name.slice(0, 2) : name.slice(0, 1);
  const given = name.slice(surname.length);
  return given.length < 2 ? surname + stars(given || '*') : surname + stars(given.slice(0, -1)) + given.at(-1);
}

function stars(text: string): string {
  return text.replace(/[\p{L}\p{N}]/gu, '*');
}

function hideLast(text: string, count: number): string {
  return text.slice(0, -count) + '*'.repeat(Math.min(count, text.length));
}

/** Every digit but the first `shown`. */
function hideDigits(text: string, shown: number): string {
  let seen = 0;
  return text.replace(/\d/g, (digit) => (seen++ < shown ? digit : '*'));
}

function hideLastDigits(text: string, count: number): string {
  let left = (text.match(/\d/g)?.length ?? 0) - count;
  return text.replace(/\d/g, (digit) => (left-- > 0 ? digit : '*'));
}
