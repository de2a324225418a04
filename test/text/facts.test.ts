import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractFacts } from '../../src/text/facts.js';

const facts = (text: string): string[] => extractFacts(text).map((fact) => `${fact.kind}:${fact.value}`);

describe('facts', () => {
  it.each<[string, string[]]>([
    ['한도는 1억5000만 원입니다', ['AMOUNT:150000000 KRW']],
    ['1억 5,000만원까지', ['AMOUNT:150000000 KRW']],
    ['3천5백만원', ['AMOUNT:35000000 KRW']],
    ['삼백만 원을 이체', ['AMOUNT:3000000 KRW']],
    ['백만원과 오천 원, 1천원', ['AMOUNT:1000000 KRW', 'AMOUNT:5000 KRW', 'AMOUNT:1000 KRW']],
    ['2만 5천원', ['AMOUNT:25000 KRW']],
    ['만 원', ['AMOUNT:10000 KRW']],
    ['30조 원', ['AMOUNT:30000000000000 KRW']],
    ['수십만원, 몇 만 원', []],
    ['1.5억원', ['AMOUNT:150000000 KRW']],
    [
      '5,000달러 또는 $100, ₩1,000, USD 300',
      ['AMOUNT:5000 USD', 'AMOUNT:100 USD', 'AMOUNT:1000 KRW', 'AMOUNT:300 USD'],
    ],
    ['100만원 초과 500만원 이하', ['AMOUNT:1000000 KRW', 'AMOUNT:5000000 KRW']],
    ['10~100만원', ['AMOUNT:100000 KRW', 'AMOUNT:1000000 KRW']],
    ['연 3.50%이고 우대 0.25%p입니다', ['RATE:3.5', 'RATE_POINT:0.25']],
    ['25bp 오르면', ['RATE_POINT:0.25']],
    ['0.25%포인트와 3.5퍼센트, 5프로', ['RATE_POINT:0.25', 'RATE:3.5', 'RATE:5']],
    ['3.5~4.2%', ['RATE:3.5', 'RATE:4.2']],
    ['오후 6시까지', ['TIME:18:00']],
    ['평일 09:00~18:00', ['TIME:09:00', 'TIME:18:00']],
    ['오전 9시 30분, 밤 12시, 낮 12시 반', ['TIME:09:30', 'TIME:00:00', 'TIME:12:30']],
    ['9~18시', ['TIME:09:00', 'TIME:18:00']],
    ['24시간', ['PERIOD:PT1440M']],
    ['1년, 12개월', ['PERIOD:P12M', 'PERIOD:P12M']],
    ['1년 6개월', ['PERIOD:P18M']],
    ['1~3년', ['PERIOD:P12M', 'PERIOD:P36M']],
    ['3영업일 이내와 3일 이내', ['PERIOD:P3BD', 'PERIOD:P3D']],
    ['3일부터', ['PERIOD:P3D']],
    ['14일과 2주', ['PERIOD:P14D', 'PERIOD:P14D']],
    ['두 달, 육개월, 한 달', ['PERIOD:P2M', 'PERIOD:P6M', 'PERIOD:P1M']],
    ['1시간 30분, 30분간', ['PERIOD:PT90M', 'PERIOD:PT30M']],
    ['반기마다, 하루, 일주일', ['PERIOD:P6M', 'PERIOD:P1D', 'PERIOD:P7D']],
    ['하반기, 3분기', ['DATE:H2', 'DATE:Q3']],
    ['2026. 11. 24.부터', ['DATE:2026-11-24']],
    ['2026년 3월 5일, 2026-11-24', ['DATE:2026-03-05', 'DATE:2026-11-24']],
    ['2026년 3월, 2026년, 11월 24일, 12월 말', ['DATE:2026-03', 'DATE:2026', 'DATE:--11-24', 'DATE:--12']],
    ['매월 25일에', ['DATE:---25']],
    ['제30조의2 제1항', ['LAW:제30조의2', 'LAW:제1항']],
    ['제17조에 따라', ['LAW:제17조']],
    ['만 60세 이상', ['COUNT:60세']],
    ['만 19세', ['COUNT:19세']],
    ['1인당 1억원', ['COUNT:1명', 'AMOUNT:100000000 KRW']],
    ['두 번까지, 2회', ['COUNT:2회', 'COUNT:2회']],
    ['1등급이고 6자리 숫자 3개', ['COUNT:1등급', 'COUNT:6자리', 'COUNT:3개']],
    ['고객센터 1588-0000', ['PHONE:15880000']],
    ['112나 1394로 신고', ['PHONE:112', 'PHONE:1394']],
    ['금융감독원 1332', ['PHONE:1332']],
    ['010-1234-5678, 02-123-4567, +82-2-1588-0000', ['PHONE:01012345678', 'PHONE:021234567', 'PHONE:+82215880000']],
    ['15000000원', ['AMOUNT:15000000 KRW']],
    ['1. 앱을 엽니다', []],
    ['- 2) 신청\n3. 완료', []],
    ['근거 [1][2]', []],
    ['[전화번호#1]로', []],
    ['A4 용지, 5G, https://a.b/123', []],
    ['한 번 더 확인, 다시 한번', []],
    ['번호 12345', ['NUMBER:12345']],
    ['이 원칙은 사회 일반의 이 일', []],
    ['만기에 만나서 천천히 백화점', []],
  ])('%j', (text, expected) => {
    expect(facts(text)).toEqual(expected);
  });

  it('gives offsets of the text', () => {
    const text = '한도는 1억5000만 원이고 연 3.5%입니다';
    expect(extractFacts(text).map((fact) => text.slice(fact.start, fact.end))).toEqual(['1억5000만 원', '3.5%']);
  });

  it('stays inside the text, in order, without overlap', () => {
    const piece = fc.constantFrom(
      '1',
      '23',
      ',',
      '.',
      ' ',
      '~',
      '-',
      ':',
      '만',
      '억',
      '천',
      '백',
      '원',
      '%',
      'p',
      '년',
      '월',
      '일',
      '시',
      '분',
      '제',
      '조',
      '의',
      '개월',
      '두',
      '번',
      '하루',
      '반기',
      '오후',
      '[',
      ']',
      '\n',
      '삼',
      '십',
      'A',
      '1588-0000',
      '(',
      ')',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        let last = 0;
        for (const fact of extractFacts(text)) {
          expect(fact.start).toBeGreaterThanOrEqual(last);
          expect(fact.end).toBeGreaterThan(fact.start);
          expect(fact.end).toBeLessThanOrEqual(text.length);
          last = fact.end;
        }
      }),
      { numRuns: 500 },
    );
  });
});
