/**
 * Check digits. Each is a boost and never enough alone: registration numbers issued or changed since 2020-10-05
 * have six random digits after the gender digit, so that a true one may fail.
 */

function weightedSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);
}

const RRN_WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
const BRN_WEIGHTS = [1, 3, 7, 1, 3, 7, 1, 3, 5];
const CORPORATE_WEIGHTS = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2];
const EAN_WEIGHTS = [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3];

/** 주민등록번호, 13 digits. */
export function isRrnValid(digits: string): boolean {
  return Number(digits[12]) === (11 - (weightedSum(digits, RRN_WEIGHTS) % 11)) % 10;
}

/** 외국인등록번호, 13 digits; the formula is unofficial. */
export function isFrnValid(digits: string): boolean {
  return Number(digits[12]) === (13 - (weightedSum(digits, RRN_WEIGHTS) % 11)) % 10;
}

/** 사업자등록번호, 10 digits: 124-81-00998 holds. */
export function isBrnValid(digits: string): boolean {
  const sum = weightedSum(digits, BRN_WEIGHTS) + Math.floor((Number(digits[8]) * 5) / 10);
  return Number(digits[9]) === (10 - (sum % 10)) % 10;
}

/** 법인등록번호, 13 digits, products not folded: 130111-0006246 holds. */
export function isCorporateValid(digits: string): boolean {
  return Number(digits[12]) === (10 - (weightedSum(digits, CORPORATE_WEIGHTS) % 10)) % 10;
}

/** EAN-13 of a barcode. */
export function isEanValid(digits: string): boolean {
  return Number(digits[12]) === (10 - (weightedSum(digits, EAN_WEIGHTS) % 10)) % 10;
}

/** Luhn, any length (ISO/IEC 7812-1, annex B). */
export function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
