import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PiiDetector } from '../../src/privacy/detector.js';
import { PII_TYPES, type PiiType } from '../../src/privacy/types.js';
import { evasions } from '../../evals/pii/evasions.js';
import { agrees, examplesOf, type Example } from './labelled-set.js';

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
    const { precision, recall, touched } = figuresOf(examples);
    expect(precision).toBeGreaterThanOrEqual(0.98);
    expect(recall).toBeGreaterThanOrEqual(0.98);
    expect(touched).toBeLessThanOrEqual(0.01);
  });

  // Floors a little below what evals/pii/report.mjs measured; the fresh sets were mended less.
  it.each([
    ['messages', { precision: 0.98, recall: 0.97 }],
    ['documents', { precision: 0.98, recall: 0.97 }],
    ['dialogues', { precision: 0.98, recall: 0.9 }],
    ['fresh-messages', { precision: 0.97, recall: 0.92 }],
    ['fresh-documents', { precision: 0.97, recall: 0.97 }],
    ['fresh-dialogues', { precision: 0.97, recall: 0.92 }],
    ['chats', { precision: 0.98, recall: 0.98 }],
    ['counsellors', { precision: 0.98, recall: 0.98 }],
    ['codes', { precision: 0.97, recall: 0.97 }],
    ['fresh-chats', { precision: 0.98, recall: 0.95 }],
    ['last-chats', { precision: 0.98, recall: 0.98 }],
    ['blind-chats', { precision: 0.98, recall: 0.94 }],
    ['unseen-chats', { precision: 0.98, recall: 0.95 }],
    ['final-chats', { precision: 0.98, recall: 0.9 }],
    ['last-dialogues', { precision: 0.97, recall: 0.95 }],
    ['last-documents', { precision: 0.97, recall: 0.97 }],
  ])('in natural %s', (set, floor) => {
    const { precision, recall } = figuresOf(examplesOf('sets', `${set}.txt`));
    expect(precision).toBeGreaterThanOrEqual(floor.precision);
    expect(recall).toBeGreaterThanOrEqual(floor.recall);
  });

  it('leave what only looks personal: at most 1% of it is touched', () => {
    const { touched } = figuresOf(['negatives', 'fresh-negatives'].flatMap((set) => examplesOf('sets', `${set}.txt`)));
    expect(touched).toBeLessThanOrEqual(0.01);
  });
});

/** Shares of the findings that are right, of the expected spans that are found, of the harmless examples with a finding. */
function figuresOf(examples: readonly Example[]): { precision: number; recall: number; touched: number } {
  const results = examples.map(({ turns, spans }) => ({ spans, findings: detector.detectTurns(turns) }));
  const expected = results.flatMap(({ spans }) => spans);
  const found = results.flatMap(({ findings }) => findings);
  const right = results.flatMap(({ spans, findings }) =>
    findings.filter((each) => spans.some((span) => agrees(span, each))),
  );
  const hit = results.flatMap(({ spans, findings }) =>
    spans.filter((span) => findings.some((each) => agrees(span, each))),
  );
  const harmless = results.filter(({ spans }) => spans.length === 0);
  return {
    precision: right.length / found.length,
    recall: hit.length / expected.length,
    touched: harmless.filter(({ findings }) => findings.length > 0).length / harmless.length,
  };
}

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
    ['민수야 너 어디야', 'PERSON 민수'],
    ['지영이가 그러던데요', 'PERSON 지영'],
    ['지원이가 보냈어요', 'PERSON 지원'],
    ['혜리는 오후에 나와요', 'PERSON 혜리'],
    ['가영 선배한테 물어봐', 'PERSON 가영'],
    ['정 과장님한테도 알려 주세요', 'PERSON 정'],
    ['네 엄태구입니다', 'PERSON 엄태구'],
    ['임차인 홍진경 외 1명', 'PERSON 홍진경'],
    ['김광규 부장, 오달수 차장', 'PERSON 오달수'],
    ['영문성명: PARK JI HOON', 'PERSON PARK JI HOON'],
    ['Kim Do-yun, 010-2345-6789', 'PERSON Kim Do-yun'],
    ['이름은 리 메이린이에요', 'PERSON 리 메이린'],
    ['성명\t은행\t계좌번호\n최불암\t국민\t482104-01-293847', 'PERSON 최불암'],
    ['성명|생년월일\n류진|1972-07-15', 'DOB 1972-07-15'],
    ['생년월일이 어떻게 되세요?\n손님: 구십삼년 오월 이십일일이요', 'DOB 구십삼년 오월 이십일일'],
    ['비밀번호가 뭐예요?\n손님: cafe2938!예요', 'SECRET cafe2938!'],
    ['입금자명을 문채린이 아니라 회사로 했어요', 'PERSON 문채린'],
    ['받는분 안드레이 로 되어 있어요', 'PERSON 안드레이'],
    ['아버지 성함은 은종필이시고요', 'PERSON 은종필'],
    ['나 염순덕인디', 'PERSON 염순덕'],
    ['정지훈 계좌로 보냈어요', 'PERSON 정지훈'],
    ['예금주 이상일, 신한은행', 'PERSON 이상일'],
    ['이름은 윤슬이고 여섯 살이에요', 'PERSON 윤슬'],
    ['나은채/990817/010-2285-9304', 'PHONE 010-2285-9304'],
    ['연락처 010ㅣ7738ㅣ2201 입니다', 'PHONE 010ㅣ7738ㅣ2201'],
    ['4579738820193847 이거 분실한 카드', 'CARD 4579738820193847'],
    ['집은 안동시 옥동 칠백팔십번지여', 'ADDRESS 안동시 옥동 칠백팔십번지'],
    ['6620 이게 제 통장 비밀번호인데요', 'SECRET 6620'],
    ['비번 원래 3391이었고 지금은 4402에요', 'SECRET 4402'],
    ['아이디/비번 minho77 / min7788@', 'SECRET min7788@'],
    ['보안카드 1번 3829 2번 1107', 'SECRET 1107'],
    ['cvc 330 03/28 이렇게 묻는 문자', 'CARD_EXPIRY 03/28'],
    ['보안카드 앞에 두 자리 38 뒤에 두 자리 91', 'SECRET 38'],
    ['A: 오세라예요.\nB: 아 세라! 오랜만', 'PERSON 세라'],
    ['비밀번호 바꿨어.\nA: 뭘로?\nB: dragon0911!', 'SECRET dragon0911!'],
    ['생년월일은 도형이는 2003년 4월 2일, 아름이는 2004년 11월 30일', 'DOB 2004년 11월 30일'],
    ['093847 이 번호가 문자로 왔어요', 'SECRET 093847'],
    ['제 폰 010-5555-0123, 302-0541-2830-11', 'ACCOUNT 302-0541-2830-11'],
    ['여권 보여 주시겠어요? M771D2204요', 'PASSPORT M771D2204'],
    ['법인카드 뒤에 세 자리는?\n주임: 482요', 'CVC 482'],
    ['사는 곳은요?\n시흥시 정왕동이요', 'ADDRESS 시흥시 정왕동'],
    ['주소가 평촌대로 210이요. 아, 105동 903호예요', 'ADDRESS 105동 903호'],
    ['ㄱㅗㅇㅇㅣㄹㄱㅗㅇ 이이사오 칠칠삼구', 'PHONE ㄱㅗㅇㅇㅣㄹㄱㅗㅇ 이이사오 칠칠삼구'],
    ['신하균|국민|482104-01-293847|3,200,000', 'ACCOUNT 482104-01-293847'],
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
    '이 대리님 계신가요',
    '담당 과장님 연결해 주세요',
    '리볼빙이 나은지 할부가 나은지요',
    '대표자 신분증 사본',
    '지원이 되나요',
    '서울 강남구 역삼동 지점',
    '유재석이 광고하는 상품이요',
    '배송조회 6075-2219-3381 우체국',
    '2026-03-02 홍보 문자',
    '생일 쿠폰이 3월 5일까지예요',
    '환급금 및 계약자배당금을 지급합니다',
    '발행인, 인수인, 배서인 및 보증인',
    '양도자, 양수자 및 거래일',
    '현금의 지급 또는 영수가 이루어진 일자',
    '그 지정일부터 2년 이상',
    '배경은 2090년입니다',
    '저는 예금자입니다',
    '비밀번호 1234 같은 건 못 쓰게 막아야죠',
    '02-2073-7000 국민은행 본점 번호 맞나요',
    '이순신 백원짜리 동전',
  ])('%s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('evasions', () => {
  const cells = Object.entries(
    Object.groupBy(
      evasions(15),
      ({ cell, type, isLabelled }) => `${type} ${cell}${isLabelled ? '' : ' without a label'}`,
    ),
  );

  it.each(cells)('%s', (_, disguised) => {
    const missed = disguised!.filter(
      ({ text, span }) => !detector.detectTurns([text]).some((finding) => agrees(span, finding)),
    );
    expect(1 - missed.length / disguised!.length, missed[0]?.text).toBeGreaterThanOrEqual(0.94);
  });

  it('jamo of a name and of a label', () => {
    expect(found('이름은 김도윤입니다'.normalize('NFD'))).toHaveLength(1);
    expect(found('ㅈㅜㅁㅣㄴ번호 8503141998995')).toEqual(['RRN 8503141998995']);
  });
});

describe('any text', () => {
  it('of any characters is read without an error', () => {
    const characters = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
    );
    const code = fc.array(fc.nat(0xffff), { maxLength: 400 }).map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(fc.oneof(characters, code), (text) => {
        for (const { start, end } of detector.detect(text)) expect(text.slice(start, end)).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });

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
        for (const finding of detector.detect(text)) {
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
