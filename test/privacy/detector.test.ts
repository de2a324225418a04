import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PiiDetector } from '../../src/privacy/detector.js';
import { PII_TYPES, type PiiType } from '../../src/privacy/types.js';
import { agrees, examplesOf } from './labelled-set.js';

const detector = new PiiDetector(() => new Date('2026-11-24T00:00:00Z'));
const found = (text: string, options = {}) =>
  detector.detect(text, options).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);

describe('the labelled sets', () => {
  const examples = [...examplesOf('pii.jsonl'), ...examplesOf('pii-multi-turn.jsonl')];
  const results = examples.map((example) => ({ ...example, findings: detector.detectTurns(example.turns) }));

  it('leak no letter or digit of a value of the tiers 0 to 2', () => {
    const leaks = results.flatMap(({ turns, spans, findings }) =>
      spans
        .filter(({ type }) => PII_TYPES[type].tier <= 2)
        .filter(({ turn, start, end }) =>
          Array.from({ length: end - start }, (_, offset) => start + offset).some(
            (at) =>
              /[\p{L}\p{N}]/u.test(turns[turn]![at]!) &&
              !findings.some((finding) => finding.turn === turn && finding.start <= at && at < finding.end),
          ),
        )
        .map(({ turn }) => turns[turn]),
    );
    expect(leaks).toEqual([]);
  });

  it('are found with precision and recall of .98 and more, and at most 1% of the harmless are touched', () => {
    const hits = results.flatMap(({ spans, findings }) =>
      spans.filter((span) => findings.some((each) => agrees(span, each))),
    );
    const right = results.flatMap(({ spans, findings }) =>
      findings.filter((each) => spans.some((span) => agrees(span, each))),
    );
    const expected = results.flatMap(({ spans }) => spans);
    const predicted = results.flatMap(({ findings }) => findings);
    const harmless = results.filter(({ spans }) => spans.length === 0);
    expect(hits.length / expected.length).toBeGreaterThanOrEqual(0.98);
    expect(right.length / predicted.length).toBeGreaterThanOrEqual(0.98);
    expect(harmless.filter(({ findings }) => findings.length > 0).length / harmless.length).toBeLessThanOrEqual(0.01);
  });
});

describe('what must be found', () => {
  it.each([
    ['주민번호 팔팔공오공오 다시 일구구사사삼삼 이에요', 'RRN 팔팔공오공오 다시 일구구사사삼삼'],
    ['서울 98-123456-11 면허요', 'DRIVER_LICENSE 서울 98-123456-11'],
    ['전화는 +82-10-2345-6789 입니다', 'PHONE +82-10-2345-6789'],
    ['비밀번호는 1234 아니면 5678 이에요', 'SECRET 1234'],
    ['비밀번호는 1234 아니면 5678 이에요', 'SECRET 5678'],
    ['4827이 비밀번호예요', 'SECRET 4827'],
    ['**010-2345-6789** 로 연락', 'PHONE 010-2345-6789'],
    ['5200 1588 1234 5678 이 카드로요', 'CARD 5200 1588 1234 5678'],
    ['계좌 110034530774 건 문의요', 'ACCOUNT 110034530774'],
    ['이메일 kim골뱅이example닷컴', 'EMAIL kim골뱅이example닷컴'],
    ['래미안 101동 1203호로 이사했어요', 'ADDRESS 래미안 101동 1203호'],
    ['이름은 유지은입니다', 'PERSON 유지은'],
    ['이 름 은 홍 길 동 입 니 다', 'PERSON 홍 길 동'],
    ['1990년 3월 5일에 태어났어요', 'DOB 1990년 3월 5일'],
    ['850314199899501012345678 이렇게요', 'PHONE 01012345678'],
  ])('%s', (text, expected) => {
    expect(found(text)).toContain(expected);
  });

  it('a name that was found is masked from there on', () => {
    expect(found('저는 김도윤입니다. 김도윤 앞으로 보내 주세요')).toEqual(['PERSON 김도윤', 'PERSON 김도윤']);
  });

  it('what the assistant asked for counts as the label', () => {
    const answers: [PiiType, string][] = [
      ['SECRET', '4827'],
      ['PERSON', '김도윤이요'],
      ['ACCOUNT', '110034530774'],
      ['DOB', '850630'],
      ['HEALTH_INS', '27581324452'],
      ['CVC', '217'],
    ];
    for (const [asked, text] of answers) {
      expect(detector.detect(text, { asked })).toMatchObject([{ type: asked, start: 0 }]);
      expect(detector.detectTurns(['네 알겠어요', text], { asked })).toMatchObject([
        { type: asked, turn: 1, start: 0 },
      ]);
    }
  });
});

describe('what must not be touched', () => {
  it.each([
    '010-****-5678 로 보냈대요',
    '홍*동 님 명의로 나와요',
    '받는 사람이 동의해야 하나요',
    '명의도용이 의심되면 어떻게 하나요',
    '상담사가 앱 설치하라고 해서요',
    '1일 5,000만원을 보내시려면 1등급 매체가 필요해요',
    '다시 우리동 3번 창구로 갈까요',
    '계좌 1,234,567원 입금',
    '강남구 테헤란로 152 강남지점 영업시간',
    '인증번호 15881234에서 왔어요',
    '비밀번호 8~16자 영문+숫자인가요',
    '[전화번호#1] 로 연락주세요',
  ])('%s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('evasions', () => {
  const values: Readonly<Record<string, readonly [label: string, ...values: string[]]>> = {
    RRN: ['주민번호는 ', '850314-1998995', '900117-2345678', '781225-1990921'],
    FRN: ['외국인등록번호 ', '910412-5995717', '930227-6999276', '800819-6993855'],
    DRIVER_LICENSE: ['운전면허번호 ', '11-09-462787-31', '13-15-396863-44', '16-03-711570-10'],
    PHONE: ['연락처는 ', '010-0210-8072', '010-1234-5678', '010-9926-5518'],
    CARD: ['카드번호 ', '4000-3372-9450-2222', '5200-2263-8570-1386', '9410-1234-5678-9012'],
    ACCOUNT: ['계좌번호 ', '110-690-197405', '3333-55-7280209', '302-9971-2258-75'],
    BRN: ['사업자등록번호 ', '124-81-00998', '933-36-38239', '101-22-33445'],
    CORP_REG: ['법인등록번호 ', '130111-0006246', '990099-4193592', '990099-7327825'],
    HEALTH_INS: ['건강보험증 번호 ', '43725980422', '27581324452', '1-8608398358'],
    SECRET: ['비밀번호는 ', '4827', '592013', '0731'],
    CVC: ['CVC는 ', '217', '904', '552'],
    DOB: ['생년월일은 ', '850630', '19790109', '880314'],
    PASSPORT: ['여권번호 ', 'M57709404', 'M106A8066', 'S57764289'],
  };
  const spoken = '공일이삼사오육칠팔구';
  const disguises: Readonly<Record<string, (value: string) => string>> = {
    'zero-width': (value) => value.split('').join('\u200b'),
    'full-width': (value) => value.replace(/[!-~]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
    spaced: (value) => value.split('').join(' '),
    dotted: (value) => value.replaceAll('-', '.'),
    spoken: (value) => value.replace(/\d/g, (digit) => spoken[Number(digit)]!).replaceAll('-', ' 다시 '),
    circled: (value) =>
      value.replace(/\d/g, (digit) => (digit === '0' ? '⓪' : String.fromCharCode(0x245f + Number(digit)))),
    keycap: (value) => value.replace(/\d/g, '$&\ufe0f\u20e3'),
    newline: (value) => `${value.slice(0, value.length >> 1)}\n${value.slice(value.length >> 1)}`,
  };
  const bare = ['RRN', 'FRN', 'DRIVER_LICENSE', 'PHONE', 'CARD', 'ACCOUNT'];

  describe.each(Object.entries(disguises))('%s', (_, disguise) => {
    it.each(Object.entries(values))('%s with its label', (type, [label, ...examples]) => {
      for (const example of examples) {
        const text = `${label}${disguise(example)} 입니다`;
        expect(
          detector.detectTurns([text]).map((each) => each.type),
          text,
        ).toContain(type);
      }
    });

    it.each(bare)('%s without a label', (type) => {
      for (const example of values[type]!.slice(1)) {
        const text = `${disguise(example)} 확인해 주세요`;
        expect(
          detector.detect(text).map((each) => each.type),
          text,
        ).toContain(type);
      }
    });
  });

  it('jamo of a name and of a label', () => {
    expect(found('이름은 김도윤입니다'.normalize('NFD'))).toHaveLength(1);
    expect(found('ㅈㅜㅁㅣㄴ번호 8503141998995')).toEqual(['RRN 8503141998995']);
  });
});

describe('any text', () => {
  const pieces = [
    '010',
    '-',
    ' ',
    '1234',
    '5678',
    '\n',
    '비밀번호 ',
    '공일',
    '\u200b',
    '*',
    '주민번호 ',
    '김도윤',
    '님',
    '@',
    'a.com',
    '서울시 ',
    '강남구 ',
    '로 1',
    '😀',
    '[이름#1]',
  ];

  it('has findings inside it, in order, not overlapping, each with something to mask', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        let end = 0;
        for (const finding of detector.detect(text, { minScore: 0.35 })) {
          expect(finding.start).toBeGreaterThanOrEqual(end);
          expect(finding.end).toBeGreaterThan(finding.start);
          end = finding.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 500 },
    );
  });
});
