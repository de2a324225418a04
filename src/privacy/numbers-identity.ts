import { isBrnValid, isCorporateValid, isEanValid, isFrnValid, isRrnValid } from './checksums.js';
import { isPastDay } from './dates.js';
import type { DigitWindow } from './digit-chains.js';
import type { Candidate, Reading } from './reading.js';
import type { PiiType } from './types.js';

/** Thirteen digits with this many hidden are already masked: `900101-1******`. */
const HIDDEN_RRN = 6;
/** The century of birth, by the seventh digit. */
const CENTURIES = [1800, 1900, 1900, 2000, 2000, 1900, 1900, 2000, 2000, 1800];

/** 주민등록번호 (RRN) and 외국인등록번호 (FRN): a day of birth, a digit for century and gender, six more. */
export function registrationNumber(window: DigitWindow): Candidate | undefined {
  const { digits } = window;
  if (digits.length !== 13 || window.hidden >= HIDDEN_RRN || digits[6] === '*') return undefined;
  const type: PiiType = '5678'.includes(digits[6]!) ? 'FRN' : 'RRN';
  const isLabelled = window.isLabelled('RRN', 'FRN');
  const isPrinted = window.hasSignature('6-7');
  if (!isBirthDigits(digits, window.reading.today))
    return isPrinted && isLabelled ? found(window, type, 0.55) : undefined;

  const isContiguous = window.isContiguous;
  let score = isPrinted || window.isSpelledOut ? 0.62 : isContiguous ? 0.42 : isLabelled ? 0.4 : 0.1;
  const isValid = window.hidden === 0 && (type === 'RRN' ? isRrnValid(digits) : isFrnValid(digits));
  if (isValid) score += type === 'RRN' ? 0.28 : 0.12;
  else if (window.hasLabel('NEGATIVE')) return undefined;
  else if (isContiguous && !isLabelled && !window.isSpelledOut && isEanValid(digits)) score -= 0.3;
  // Most corporate numbers read as dates: beside their label they are registration numbers only by the checksum.
  if (!isValid && window.hasLabel('CORP_REG')) score -= 0.2;
  if (!isValid && !isPrinted && window.hasLabel('ACCOUNT', 'CARD')) score -= 0.2;
  if (isLabelled) score += 0.35;
  else if ('90'.includes(digits[6]!)) score -= 0.45;
  return found(window, type, score + window.surroundings(isPrinted));
}

/** Hidden digits cannot contradict a date. */
function isBirthDigits(digits: string, today: number): boolean {
  const date = digits.slice(0, 6);
  if (date.includes('*')) return true;
  const year = CENTURIES[Number(digits[6])]! + Number(date.slice(0, 2));
  return isPastDay(year, Number(date.slice(2, 4)), Number(date.slice(4)), today);
}

const BACK_HALF =
  /(?:뒷 ?자리|뒤 ?(?:7|일곱) ?자리|[뒤뒷] ?번호|(?<![가-힣])뒤(?=[는에]? ?\d))[^\d\n]{0,10}\n?[^\d\n]{0,4}(?<!\d)([1-8](?:[ .\n-]?\d){6})(?![ .-]?[\d*])/g;

/** The back half alone, when it is called so: `주민번호 뒷자리는 1998959`. */
export function findBackHalves(reading: Reading): Candidate[] {
  return Array.from(reading.text.matchAll(BACK_HALF), (match) => {
    const end = match.index + match[0].length;
    const type = '5678'.includes(match[1]![0]!) ? 'FRN' : 'RRN';
    return { start: end - match[1]!.length, end, type, score: 0.8 } as const;
  });
}

const REGION_CODE = /^(?:1[1-9]|2[0-6]|28)/;
const REGION_NAME =
  /(?:서울|부산|경기|경기남부|경기북부|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산) ?[-]?$/;

/** 운전면허번호: 12 digits that start with the code of a region, or the older form with its name. */
export function driverLicense(window: DigitWindow): Candidate | undefined {
  const { digits } = window;
  if (window.hidden > 2) return undefined;
  const context = (window.isLabelled('DRIVER_LICENSE') ? 0.5 : 0) - (window.hasLabel('NEGATIVE') ? 0.4 : 0);
  if (digits.length === 10 && window.hasSignature('2-6-2')) {
    const region = REGION_NAME.exec(window.reading.text.slice(Math.max(0, window.start - 6), window.start));
    return region
      ? { ...found(window, 'DRIVER_LICENSE', 0.85 + context), start: window.start - region[0].length }
      : undefined;
  }
  if (digits.length !== 12 || !REGION_CODE.test(digits)) return undefined;
  const isPrinted = window.hasSignature('2-2-6-2');
  return found(window, 'DRIVER_LICENSE', (isPrinted ? 0.72 : 0.2) + context + window.surroundings(isPrinted));
}

/** 건강보험증번호: 11 digits, `1-10` or run together, and only with its label. */
export function healthInsurance(window: DigitWindow): Candidate | undefined {
  if (window.digits.length !== 11 || window.hidden > 2 || !window.hasLabel('HEALTH_INS')) return undefined;
  const isPrinted = window.hasSignature('1-10', '11');
  return found(window, 'HEALTH_INS', 0.8 + window.surroundings(isPrinted));
}

/** 사업자등록번호: `3-2-5`. */
export function businessNumber(window: DigitWindow): Candidate | undefined {
  if (window.digits.length !== 10 || window.hidden > 2) return undefined;
  const isPrinted = window.hasSignature('3-2-5');
  const isLabelled = window.isLabelled('BRN');
  if (window.digits.startsWith('0') || (!isPrinted && !window.isContiguous && !isLabelled)) return undefined;
  let score = isPrinted ? 0.35 : 0.1;
  if (isLabelled) score = Math.max(score, 0.15) + 0.4;
  else if (window.hasLabel('NEGATIVE')) score -= 0.4;
  if (window.hidden === 0 && isBrnValid(window.digits)) score += 0.3;
  return found(window, 'BRN', score + window.surroundings(isPrinted));
}

/** 법인등록번호: 13 digits with its label; without, only what cannot be a registration number. */
export function corporateNumber(window: DigitWindow): Candidate | undefined {
  const { digits } = window;
  if (digits.length !== 13 || window.hidden > 2) return undefined;
  const isPrinted = window.hasSignature('6-7');
  const isValid = window.hidden === 0 && isCorporateValid(digits);
  if (window.hasLabel('CORP_REG')) return found(window, 'CORP_REG', (isValid ? 0.9 : 0.6) + window.surroundings(true));
  const canBeBirth = isBirthDigits(digits, window.reading.today);
  if (!isPrinted || !isValid || canBeBirth || window.hasLabel('NEGATIVE')) return undefined;
  return found(window, 'CORP_REG', 0.55 + window.surroundings(isPrinted));
}

function found({ start, end }: DigitWindow, type: PiiType, score: number): Candidate {
  return { start, end, type, score };
}
