import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeLetterSpacing } from '../../src/text/letter-spacing.js';
import { cleanText, normalise, originalSpan } from '../../src/text/normalise.js';

describe('normalise', () => {
  it.each([
    ['full-width forms', '０１０－１２３４', '010-1234'],
    ['digits of other scripts', '𝟖𝟖𝟎 ٠١٢', '880 012'],
    ['circled digits', '⓪①⓪❷⑨', '01029'],
    ['keycaps', '0️⃣1️⃣', '01'],
    ['invisible characters', '9\u200b0\u00ad1\u2060\u{e0041}0', '9010'],
    ['conjoining jamo', '김도윤'.normalize('NFD'), '김도윤'],
    ['keyboard jamo', 'ㄱㅣㅁㅈㅣㅎㅜㄴ', '김지훈'],
    ['half-width jamo', 'ﾡￜﾱ', '김'],
    ['dashes and middle dots', '010–1234—5678 110·234', '010-1234-5678 110.234'],
    ['a vowel as a dash', '010ㅡ1234', '010-1234'],
    ['letters that imitate digits inside a number', 'O1O-1517-2O74', '010-1517-2074'],
    ['spoken digits', '공일공 이이구사 칠사오공', '010 2294 7450'],
    ['a spoken number after its cue', '비밀번호 사팔이칠 로 했어요', '비밀번호 4827 로 했어요'],
    ['line ends', 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
  ])('reads %s', (_, written, read) => {
    expect(normalise(written).text).toBe(read);
  });

  it.each([
    '삼천만원 대출',
    '하나 둘 셋 하고 끊었어요',
    '이사 오면 오이 구이',
    'Oil Illinois',
    'ㅋㅋㅋㅠㅠ',
    '일이삼만원',
  ])('leaves words, moods and amounts alone: %s', (text) => {
    expect(normalise(text).text).toBe(text);
  });

  it('marks where a number may start or end although digits touch', () => {
    const { text, soft } = normalise('861010-1997527\u200b01009592896');
    expect(text.split('').filter((_, at) => soft[at] === 1)).toHaveLength(1);
    expect(soft[14]).toBe(1);
  });

  it('maps a span back to what was typed', () => {
    const text = '제 폰 0️⃣1️⃣0️⃣ 이에요';
    const normalised = normalise(text);
    const start = normalised.text.indexOf('010');
    const span = originalSpan(normalised, start, start + 3);
    expect(text.slice(span.start, span.end)).toBe('0️⃣1️⃣0️⃣');
  });

  it('keeps its arrays as long as its text, its offsets in order and inside the original, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { text: read, start, end, soft } = normalise(text);
        expect([start.length, end.length, soft.length]).toEqual([read.length, read.length, read.length]);
        for (let at = 0; at < read.length; at++) {
          expect(start[at]).toBeLessThan(end[at]!);
          expect(end[at]).toBeLessThanOrEqual(text.length);
          if (at > 0) expect(start[at]).toBeGreaterThanOrEqual(start[at - 1]!);
        }
      }),
      { numRuns: 500, examples: [['\u0d04\u{11c92}']] },
    );
  });
});

describe('closeLetterSpacing', () => {
  it('joins what is spaced out letter by letter, and words stay words', () => {
    expect(closeLetterSpacing(normalise('제 번호 0 1 0 - 1 2 3 4'))?.text).toBe('제 번호 010-1234');
    expect(closeLetterSpacing(normalise('서 울 시   강 남 구'))?.text).toBe('서울시 강남구');
    expect(closeLetterSpacing(normalise('금리가 더 안 올라요'))).toBeUndefined();
  });
});

describe('cleanText', () => {
  it('removes what is invisible and keeps what is read', () => {
    expect(cleanText('금리\u200b가\u202e 궁금\u0000해요\t\n표')).toBe('금리가 궁금해요\t\n표');
    expect(cleanText('가족 👨‍👩‍👧 ❤️')).toBe('가족 👨‍👩‍👧 ❤️');
    expect(cleanText('한글'.normalize('NFD'))).toBe('한글');
  });

  it('gives a text that a database takes, for any text, and cleans it once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const clean = cleanText(text);
        expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ufeff\u202e]|\p{Surrogate}/u);
        expect(cleanText(clean)).toBe(clean);
      }),
    );
  });
});
