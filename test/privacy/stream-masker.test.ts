import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { shipped } from '../../src/config/package-root.js';
import { PiiDetector } from '../../src/privacy/detector.js';
import { StreamMasker, type StreamMaskerOptions } from '../../src/privacy/stream-masker.js';
import { PII_TYPES, token } from '../../src/privacy/types.js';
import { examplesOf } from './labelled-set.js';

const sentences = examplesOf('pii.jsonl').map(({ turns }) => turns[0]!);
const natural = ['messages', 'documents', 'dialogues', 'negatives'].flatMap((set) =>
  examplesOf('sets', `${set}.txt`).map(({ turns }) => turns[0]!),
);
const answers = readdirSync(shipped('data', 'bank', 'exemplars')).flatMap((name) =>
  (parse(readFileSync(shipped('data', 'bank', 'exemplars', name), 'utf8')) as { answer: string }[]).map(
    ({ answer }) => answer,
  ),
);
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...sentences),
      fc.constantFrom(...natural),
      fc.constantFrom(...answers),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(' ').slice(0, 240));

/** What a stream gives whose only chunk is the whole text. */
function maskText(whole: string, options: StreamMaskerOptions = {}): string {
  const masker = new StreamMasker(options);
  return masker.push(whole) + masker.end();
}

/** Cuts a text at the given places, wherever they fall. */
function chunksOf(whole: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, index) => whole.slice(start, places[index] ?? whole.length));
}

/** Ways of cutting one text, so that its batch form is made once for all of them. */
const CHUNKINGS = 20;
const chunking = fc.array(fc.nat(2_000), { maxLength: 40 });

describe('StreamMasker', () => {
  it('gives the same in 10,000 ways of cutting texts, and never holds more than 128 characters', () => {
    const masker = new StreamMasker();
    fc.assert(
      fc.property(text, fc.array(chunking, { minLength: CHUNKINGS, maxLength: CHUNKINGS }), (whole, chunkings) => {
        const batch = maskText(whole);
        for (const cuts of chunkings) {
          let held = 0;
          let streamed = '';
          for (const chunk of chunksOf(whole, cuts)) {
            streamed += masker.push(chunk);
            held = Math.max(held, masker.heldCharacters);
          }
          expect(streamed + masker.end()).toBe(batch);
          expect(held).toBeLessThanOrEqual(128);
        }
      }),
      { numRuns: 10_000 / CHUNKINGS },
    );
  });

  it('masks in a stream what is found in the whole text', () => {
    const detector = new PiiDetector();
    const differing = sentences.filter((sentence) => {
      const whole = detector
        .detect(sentence)
        .reduceRight(
          (masked, { start, end, type }) => masked.slice(0, start) + token(type) + masked.slice(end),
          sentence,
        );
      return maskText(sentence) !== whole;
    });
    expect(differing.length / sentences.length).toBeLessThanOrEqual(0.01);
  });

  it('lets no digit of a value of the tiers 0 to 2 through inside a longer text', () => {
    const filler = '고객님께서 문의하신 내용을 확인하고 있습니다. 잠시만 기다려 주시면 감사하겠습니다. ';
    for (const { turns, spans } of examplesOf('pii.jsonl')) {
      const masked = maskText(`${filler}${turns[0]!} ${filler}`);
      for (const { type, start, end } of spans)
        if (PII_TYPES[type].tier <= 2) expect(masked).not.toContain(turns[0]!.slice(start, end));
    }
  });

  it('writes tokens without numbers', () => {
    expect(maskText('고객님의 번호는 010-1234-5678 이고 계좌는 110-690-197405 입니다.')).toBe(
      '고객님의 번호는 [전화번호] 이고 계좌는 [계좌번호] 입니다.',
    );
  });

  it('leaves what is allowed, which is asked with the value and its place in the stream', () => {
    const prefix = '가나다라마바사 '.repeat(40);
    const asked: string[] = [];
    const whole = `${prefix}댁 번호 02-1234-5678 과 010-1234-5678 입니다`;
    const masked = maskText(whole, {
      allow: ({ start, end }, value) => {
        asked.push(whole.slice(start, end));
        return value === '02-1234-5678';
      },
    });
    expect(masked).toBe(`${prefix}댁 번호 02-1234-5678 과 [전화번호] 입니다`);
    expect(new Set(asked)).toEqual(new Set(['02-1234-5678', '010-1234-5678']));
  });

  it('releases a sentence with the mark behind its predicate, and what was masked in it', () => {
    const masker = new StreamMasker();
    expect(masker.push('이체 수수료는 500원입니다.')).toBe('이체 수수료는 500원입니다.');
    expect(masker.heldCharacters).toBe(0);
    expect(masker.push(' 제 번호는 010-1234-56')).not.toContain('0');
    expect(masker.push('78입니다.')).toMatch(/\[전화번호\]입니다\.$/u);
    expect(masker.heldCharacters).toBe(0);
  });

  it('releases ordinary text while it comes', () => {
    const masker = new StreamMasker();
    expect(
      masker.push('정기예금의 중도해지 이율은 예치 기간에 따라 다르며, 자세한 내용은 상품 설명서에 있습니다.').length,
    ).toBeGreaterThan(20);
  });
});
