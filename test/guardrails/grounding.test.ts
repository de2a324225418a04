import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GUARDRAILS_FOLDER, PhoneRegistry, standsVerbatim, ungroundedFacts } from '../../src/guardrails/index.js';
import { splitSentences } from '../../src/text/sentences.js';
import { approvedAnswers } from './approved-answers.js';

const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);

function missing(sentence: string, sources: readonly string[], question?: string): string[] {
  return ungroundedFacts(sentence, sources, phones, question).map(({ kind, value }) => `${kind}:${value}`);
}

describe('grounding', () => {
  it.each([
    ['한도는 1억5000만 원입니다.', '한도 150,000,000원'],
    ['한도는 1억 5천만원입니다.', '최고 1억 5,000만원'],
    ['12개월 기준입니다.', '1년 기준'],
    ['오후 6시까지입니다.', '09:00~18:00'],
    ['연 2.7퍼센트입니다.', '연 2.70%'],
    ['우대는 0.25%p입니다.', '25bp 우대'],
    ['두 번까지입니다.', '2회까지'],
    ['2026. 9. 1.부터입니다.', '2026-09-01 시행'],
    ['영업일 기준 3일 안에 됩니다.', '3영업일 이내'],
  ])('knows a figure in another spelling: %s', (sentence, source) => {
    expect(missing(sentence, [source])).toEqual([]);
  });

  it.each([
    ['연 2.5%입니다.', '연 2.54%', 'RATE:2.5'],
    ['0.25%입니다.', '0.25%p', 'RATE:0.25'],
    ['3일 안에 됩니다.', '3영업일 안에', 'PERIOD:P3D'],
    ['약 100만원입니다.', '998,000원', 'AMOUNT:1000000 KRW'],
    ['3,000원입니다.', '1,000원과 2,000원', 'AMOUNT:3000 KRW'],
    ['5,000달러까지입니다.', '5,000원', 'AMOUNT:5000 USD'],
    ['제17조입니다.', '제17조의2', 'LAW:제17조'],
    ['14세부터입니다.', '14일', 'COUNT:14세'],
  ])('neither rounds nor adds up nor mixes kinds: %s', (sentence, source, fact) => {
    expect(missing(sentence, [source])).toEqual([fact]);
  });

  it('takes each figure from whichever source carries it', () => {
    expect(missing('12개월에 연 2.7%입니다.', ['12개월', '연 2.70%'])).toEqual([]);
    expect(missing('12개월에 연 2.7%입니다.', ['12개월'])).toEqual(['RATE:2.7']);
  });

  it('does not count list markers, citations and masked values', () => {
    expect(missing('1. [전화번호#1]로 안내합니다 [2].', [])).toEqual([]);
  });

  it('takes telephone numbers from the registry alone', () => {
    expect(missing('1588-0000 또는 +82-2-1588-0000, 112, 1394로 전화해 주세요.', [])).toEqual([]);
    expect(missing('1588-9999로 전화해 주세요.', ['1588-9999로 전화해 주세요.'])).toEqual(['PHONE:15889999']);
    expect(missing('1393으로 전화해 주세요.', ['자살예방 상담전화 1393'])).toEqual(['PHONE:1393']);
  });

  it('takes an amount, period or date of the question only where the sentence says that it is the customer’s', () => {
    const question = '3천만원을 6개월 맡기면 금리가 5% 맞나요? 1588-9999로 물어봤어요';
    expect(missing('말씀하신 3,000만원과 6개월은 가능합니다.', [], question)).toEqual([]);
    expect(missing('문의하신 3,000만원은 가능합니다.', [], question)).toEqual([]);
    expect(missing('3,000만원은 가능합니다.', [], question)).toEqual(['AMOUNT:30000000 KRW']);
    expect(missing('말씀하신 5%가 맞습니다.', [], question)).toEqual(['RATE:5']);
    expect(missing('말씀하신 1588-9999로 전화해 주세요.', [], question)).toEqual(['PHONE:15889999']);
    expect(missing('말씀하신 4천만원은 가능합니다.', [], question)).toEqual(['AMOUNT:40000000 KRW']);
  });

  it('finds every fact of an approved answer in the answer itself', () => {
    for (const { text } of approvedAnswers(phones))
      for (const sentence of splitSentences(text)) expect([sentence, missing(sentence, [text])]).toEqual([sentence, []]);
  });

  it('notices a rate in an approved answer that was changed', () => {
    const rated = approvedAnswers(phones).filter(({ text }) => /\d\.\d{2}%/.test(text));
    fc.assert(
      fc.property(fc.constantFrom(...rated), fc.integer({ min: 20_01, max: 99_99 }), ({ text }, hundredths) => {
        const changed = text.replace(/\d+\.\d{2}%/, `${(hundredths / 100).toFixed(2)}%`);
        expect(missing(changed, [text])).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });
});

describe('standsVerbatim', () => {
  const source = '통장을 잃어버리셨다면 바로 신고해 주세요. 새 통장은 영업점에서 받으실 수 있습니다!';

  it.each(['통장을 잃어버리셨다면 바로 신고해 주세요.', '  새 통장은\n영업점에서 받으실 수 있습니다', '"새 통장은 영업점에서 받으실 수 있습니다."'])(
    'takes white space and end marks lightly: %j',
    (sentence) => expect(standsVerbatim(sentence, source)).toBe(true),
  );

  it.each(['바로 신고해 주세요.', '통장을 잃어버리셨다면 바로 신고해 주십시오.', source, ''])('asks for one whole sentence: %j', (sentence) =>
    expect(standsVerbatim(sentence, source)).toBe(false),
  );
});
