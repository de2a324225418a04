import { describe, expect, it } from 'vitest';
import { counsellorMask, restoreTokens } from '../../src/privacy/counsellor-mask.js';
import { PII_TYPES, type PiiType } from '../../src/privacy/types.js';

describe('counsellorMask', () => {
  const masks: readonly [PiiType, value: string, mask: string][] = [
    ['RRN', '900101-1234567', '900101-1******'],
    ['RRN', '구공공일공일 다시 일이삼사오육칠', '900101-1******'],
    ['RRN', '1234567', '*******'],
    ['FRN', '910412 5995717', '910412-5******'],
    ['DRIVER_LICENSE', '11-09-123456-78', '11-09-******-**'],
    ['DRIVER_LICENSE', '110912345678', '11-09-******-**'],
    ['PASSPORT', 'm123a4567', 'M123A****'],
    ['PHONE', '01012345678', '010-****-5678'],
    ['PHONE', '０１０ 1234 5678', '010-****-5678'],
    ['PHONE', '+82-10-1234-5678', '010-****-5678'],
    ['PHONE', '02-123-4567', '02-****-4567'],
    ['CARD', '1234-5678-9012-1234', '1234-56**-****-1234'],
    ['CARD', '3742 910384 22716', '3742-91****-*2716'],
    ['ACCOUNT', '110-690-197405', '110-690-197***'],
    ['HEALTH_INS', '1-2345678901', '1-2*********'],
    ['EMAIL', 'minsu@example.com', 'mi***@example.com'],
    ['ADDRESS', '서울 강남구 테헤란로 152 1203호', '서울 강남구 테헤란로 ***'],
    ['ADDRESS', '성남시 분당구 정자동 178-1 한솔마을 302동 1105호', '성남시 분당구 정자동 ***'],
    ['PERSON', '홍길동', '홍*동'],
    ['PERSON', '이완', '이*'],
    ['PERSON', '남궁민수', '남궁*수'],
    ['PERSON', '홍 길 동', '홍*동'],
    ['PERSON', 'Kim Minsu', 'K*** M***'],
    ['DOB', '1990년 3월 5일', '1990년 *월 *일'],
    ['DOB', '900305', '90****'],
    ['VEHICLE', '12가 3456', '12가 ****'],
    ['IP', '121.134.92.38', '121.134.*.*'],
    ['CI_DI', 'aGVsbG8=', '[연계정보]'],
    ['BRN', '124-81-00998', '124-81-00998'],
    ['CORP_REG', '130111-0006246', '130111-0006246'],
    ['SECRET', '1234', '[삭제]'],
    ['CVC', '123', '[삭제]'],
    ['CARD_EXPIRY', '05/29', '[삭제]'],
  ];

  it.each(masks)('%s %s is shown as %s', (type, value, mask) => {
    expect(counsellorMask(type, value)).toBe(mask);
  });

  it('has been shown for every type', () => {
    expect(new Set(masks.map(([type]) => type))).toEqual(new Set(Object.keys(PII_TYPES)));
  });
});

describe('restoreTokens', () => {
  const values = new Map([
    ['[전화번호#1]', '010-1234-5678'],
    ['[이름#2]', '$& [전화번호#1]'],
  ]);

  it('puts back what is known, wherever it stands and however often', () => {
    expect(restoreTokens('[전화번호#1]이나 [전화번호#1]로요', values)).toBe('010-1234-5678이나 010-1234-5678로요');
  });

  it('leaves unknown tokens, deleted values and what a customer typed', () => {
    const text = '[전화번호#2] [전화번호] [삭제] ［전화번호#1］';
    expect(restoreTokens(text, values)).toBe(text);
  });

  it('takes a value as it is', () => {
    expect(restoreTokens('[이름#2]님', values)).toBe('$& [전화번호#1]님');
  });
});
