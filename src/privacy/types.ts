/** What protects a value: T0 is deleted, T1 masked for good, T2 and T3 replaced by a reversible token, T4 masked in logs. */
export type PiiTier = 0 | 1 | 2 | 3 | 4;

/** Every kind of personal data that is looked for, with its tier and its name in tokens (`[전화번호#1]`). */
export const PII_TYPES = {
  SECRET: { tier: 0, label: '비밀정보' },
  CVC: { tier: 0, label: 'CVC' },
  CARD_EXPIRY: { tier: 0, label: '카드유효기간' },
  RRN: { tier: 1, label: '주민등록번호' },
  FRN: { tier: 1, label: '외국인등록번호' },
  PASSPORT: { tier: 1, label: '여권번호' },
  DRIVER_LICENSE: { tier: 1, label: '운전면허번호' },
  CI_DI: { tier: 1, label: '연계정보' },
  CARD: { tier: 2, label: '카드번호' },
  ACCOUNT: { tier: 2, label: '계좌번호' },
  HEALTH_INS: { tier: 2, label: '건강보험증번호' },
  PHONE: { tier: 3, label: '전화번호' },
  EMAIL: { tier: 3, label: '이메일' },
  ADDRESS: { tier: 3, label: '주소' },
  PERSON: { tier: 3, label: '이름' },
  DOB: { tier: 3, label: '생년월일' },
  VEHICLE: { tier: 3, label: '차량번호' },
  IP: { tier: 3, label: 'IP' },
  BRN: { tier: 4, label: '사업자번호' },
  CORP_REG: { tier: 4, label: '법인번호' },
} as const satisfies Readonly<Record<string, { tier: PiiTier; label: string }>>;

export type PiiType = keyof typeof PII_TYPES;

/** Personal data found in a text: offsets in UTF-16 units of the original, end exclusive; score 0 to 1. */
export interface PiiFinding {
  start: number;
  end: number;
  type: PiiType;
  score: number;
}

/** What stands in the place of a T0 value: it is never numbered, so that nothing about it is kept. */
export const DELETED = '[삭제]';

/** What the model and people see instead of a value: `[전화번호#1]`, without a number `[전화번호]`, T0 `[삭제]`. */
export function token(type: PiiType, number?: number): string {
  const { tier, label } = PII_TYPES[type];
  if (tier === 0) return DELETED;
  return number === undefined ? `[${label}]` : `[${label}#${number}]`;
}

/** Whether a value of this type is deleted irreversibly (tier 0): the customer is told never to tell it to anyone. */
export function isDeleted(type: PiiType): boolean {
  return PII_TYPES[type].tier === 0;
}
