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
    // amounts
    ['102만 7,290원과 1만 500원', ['AMOUNT:1027290 KRW', 'AMOUNT:10500 KRW']],
    ['1만 3명, 1억 2026년', ['AMOUNT:10000 KRW', 'COUNT:3명', 'AMOUNT:100000000 KRW', 'DATE:2026']],
    ['30 만원, 1 억 원, 5 천만 원', ['AMOUNT:300000 KRW', 'AMOUNT:100000000 KRW', 'AMOUNT:50000000 KRW']],
    ['최대 3,000만까지, 2억 8천', ['AMOUNT:30000000 KRW', 'AMOUNT:280000000 KRW']],
    ['300만~500만원', ['AMOUNT:3000000 KRW', 'AMOUNT:5000000 KRW']],
    [
      '3~4천만원, 1~2억',
      ['AMOUNT:30000000 KRW', 'AMOUNT:40000000 KRW', 'AMOUNT:100000000 KRW', 'AMOUNT:200000000 KRW'],
    ],
    ['1억원~1억 5천만원', ['AMOUNT:100000000 KRW', 'AMOUNT:150000000 KRW']],
    ['한 사람당 5천만 원', ['COUNT:1명', 'AMOUNT:50000000 KRW']],
    // rates and fractions
    ['±0.5%pt, 연3.5 %, ３．５％', ['RATE_POINT:0.5', 'RATE:3.5', 'RATE:3.5']],
    ['1,000분의 5와 100분의 20', ['RATE:0.5', 'RATE:20']],
    ['3분의 1 이상', ['NUMBER:1/3']],
    ['3%에서 5%, 10%~100%', ['RATE:3', 'RATE:5', 'RATE:10', 'RATE:100']],
    // dates and times
    ["'26년 11월 24일, 26.11.24, 20261124", ['DATE:2026-11-24', 'DATE:2026-11-24', 'DATE:2026-11-24']],
    ['2026학년도, 2026. 3.', ['DATE:2026', 'DATE:2026-03']],
    ['3·6·9·12월', ['DATE:--03', 'DATE:--06', 'DATE:--09', 'DATE:--12']],
    ['매월 1일~5일, 11월 24일~26일', ['DATE:---01', 'DATE:---05', 'DATE:--11-24', 'DATE:--11-26']],
    ['2026년 11월 24일부터 26일까지', ['DATE:2026-11-24', 'DATE:2026-11-26']],
    ['PM 6:00, 6:30 pm, 오후 여섯 시', ['TIME:18:00', 'TIME:18:30', 'TIME:18:00']],
    ['18시 00분, 24시, 0시', ['TIME:18:00', 'TIME:00:00', 'TIME:00:00']],
    // periods
    ['1년반, 1년 반의, 1시간 반', ['PERIOD:P18M', 'PERIOD:P18M', 'PERIOD:PT90M']],
    ['1년 반기 결산', ['PERIOD:P12M', 'PERIOD:P6M']],
    ['영업일 기준 3일, 영업일 기준 약 2~3일', ['PERIOD:P3BD', 'PERIOD:P2BD', 'PERIOD:P3BD']],
    ['2∼3영업일, 3에서 5영업일', ['PERIOD:P2BD', 'PERIOD:P3BD', 'PERIOD:P3BD', 'PERIOD:P5BD']],
    ['한두 달, 두세 번', ['PERIOD:P1M', 'PERIOD:P2M', 'COUNT:2회', 'COUNT:3회']],
    ['삼 년, 삼십 분, 십분 활용', ['PERIOD:P36M', 'PERIOD:PT30M']],
    ['하루에 한 번, 한 달에 한 번', ['PERIOD:P1D', 'COUNT:1회', 'PERIOD:P1M', 'COUNT:1회']],
    // statutes
    ['30조의2, 전자금융거래법 9조', ['LAW:제30조의2', 'LAW:제9조']],
    ['제17조·18조 및 제19조 제2항', ['LAW:제17조', 'LAW:제18조', 'LAW:제19조', 'LAW:제2항']],
    ['제3조제1항제2호', ['LAW:제3조', 'LAW:제1항', 'LAW:제2호']],
    ['제3자에게 제공', []],
    // counts
    ['만30세, 만 19~34세', ['COUNT:30세', 'COUNT:19세', 'COUNT:34세']],
    ['열네 살, 스물다섯 명', ['COUNT:14세', 'COUNT:25명']],
    ['84㎡, 84제곱미터, 84m2', ['COUNT:84㎡', 'COUNT:84㎡', 'COUNT:84㎡']],
    ['제2금융권과 2금융권, 1순위', ['COUNT:2금융권', 'COUNT:2금융권', 'COUNT:1순위']],
    ['무주택 세대의 세대주', []],
    // telephone numbers
    ['112 또는 119', ['PHONE:112', 'PHONE:119']],
    ['112번으로, 1394(24시간)', ['PHONE:112', 'PHONE:1394', 'PERIOD:PT1440M']],
    ['1588–0000, 1588 - 0000, 1588.0000', ['PHONE:15880000', 'PHONE:15880000', 'PHONE:15880000']],
    ['02)123-4567, 0505-123-4567, 080-123-4567', ['PHONE:021234567', 'PHONE:05051234567', 'PHONE:0801234567']],
    ['365로 나누고 102㎡, 120일, 130명', ['NUMBER:365', 'COUNT:102㎡', 'PERIOD:P120D', 'COUNT:130명']],
    // names
    ['정부24, 코로나19, 1:1 문의', []],
  ])('%j', (text, expected) => {
    expect(facts(text)).toEqual(expected);
  });

  it.each<[string, string[]]>([
    [
      'an amount',
      [
        '1억5000만 원',
        '150,000,000원',
        '1억 5천만원',
        '1억 5,000만원',
        '1.5억 원',
        '일억 오천만 원',
        '₩150,000,000',
        '1억 5천',
      ],
    ],
    ['a small amount', ['3천만원', '3,000만 원', '30,000,000원', '삼천만 원', '3000만']],
    ['dollars', ['3,000달러', 'USD 3,000', '$3,000', '3천 달러', '미화 3,000불', 'US$3,000']],
    ['a rate', ['3.5%', '3.50 %', '3.5퍼센트', '3.5프로', '３．５％']],
    ['percentage points', ['0.25%p', '0.25%P', '0.25%포인트', '0.25퍼센트포인트', '25bp', '25bps']],
    ['a date', ['2026년 11월 24일', '2026.11.24', '2026. 11. 24.', '2026-11-24', '2026/11/24', "'26.11.24"]],
    ['a time', ['오후 6시', '18:00', '18시', '18시 00분', '저녁 6시', '오후 6:00', '오후 여섯 시', '6:00 PM']],
    ['a year', ['1년', '12개월', '열두 달', '일 년', '1년간']],
    ['a year and a half', ['1년 6개월', '18개월', '1년 반', '1.5년']],
    ['business days', ['3영업일', '3 영업일', '영업일 기준 3일', '삼 영업일']],
    ['a fortnight', ['14일', '2주', '2주일', '두 주', '14일간']],
    ['hours', ['3시간', '세 시간', '180분']],
    ['times', ['5회', '5번', '다섯 번', '다섯 차례']],
    ['an article', ['제30조의2', '제30조의 2', '제 30조의2', '30조의2']],
    ['an age', ['14세', '14살', '만 14세', '만14세', '열네 살']],
    ['a telephone number', ['1588-0000', '15880000', '1588 0000', '1588–0000']],
  ])('reads every spelling of %s alike', (_, spellings) => {
    for (const spelling of spellings) expect([spelling, facts(spelling)]).toEqual([spelling, facts(spellings[0]!)]);
    expect(facts(spellings[0]!)).toHaveLength(1);
  });

  it.each([
    ['3.5%', '3.5%p'],
    ['3일', '3영업일'],
    ['1만원', '1만달러'],
    ['1년', '2026년'],
    ['1394로 신고', '1393으로 신고'],
    ['제17조', '제17조의2'],
    ['3개', '3개월'],
    ['6시', '6시간'],
    ['30분', '30분의 1'],
    ['매월 14일', '14일'],
  ])('tells %s from %s', (one, other) => {
    expect(facts(one)).not.toEqual(facts(other));
  });

  it('reads a figure alike whatever particle follows it', () => {
    const units = [
      '%',
      '원',
      '달러',
      '영업일',
      '개월',
      '년',
      '주',
      '일',
      '시간',
      '분',
      '초',
      '시',
      '등급',
      '자리',
      '세',
      '살',
      '회',
      '번',
      '명',
      '인',
      '건',
      '개',
      '장',
      '통',
      '대',
      '매',
      '차',
      '배',
      '점',
      '종',
    ];
    const particles = [
      '은',
      '는',
      '이',
      '가',
      '을',
      '를',
      '의',
      '에',
      '에서',
      '로',
      '으로',
      '도',
      '만',
      '까지',
      '부터',
      '과',
      '이나',
      '이며',
      '이고',
      '입니다',
      '이상',
      '미만',
      '이하',
      '이내',
      '마다',
      '씩',
      '보다',
      '라도',
      '이면',
      '짜리',
      '정도',
      '전에',
      '이 지나면',
    ];
    for (const unit of units)
      for (const particle of particles)
        expect([unit + particle, facts(`3${unit}${particle}`)]).toEqual([unit + particle, facts(`3${unit}`)]);
  });

  it.each(['3 세금', '3 대출', '3 개인', '3 자동이체', '3 번호', '3 인증', '3 시작', '3 초과', '3 주택'])(
    'reads no unit into %j',
    (text) => {
      expect(facts(text)).toEqual(['NUMBER:3']);
    },
  );

  it('reads an amount alike in digits, in groups and in 만 and 억', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999_999 }), (won) => {
        const [eok, man, rest] = [Math.floor(won / 1e8), Math.floor((won % 1e8) / 1e4), won % 1e4];
        const korean = [eok && `${eok}억`, man && `${man}만`, rest && `${rest}`].filter(Boolean);
        const spellings = [
          `${won}원`,
          `${won.toLocaleString('en')}원`,
          `${korean.join('')}원`,
          `${korean.join(' ')} 원`,
        ];
        for (const spelling of spellings)
          expect([spelling, facts(spelling)]).toEqual([spelling, [`AMOUNT:${won} KRW`]]);
      }),
    );
  });

  it('reads every rate, time and date as it was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.date({ min: new Date('2000-01-01'), max: new Date('2049-12-31'), noInvalidDate: true }),
        (hundredths, at) => {
          const rate = hundredths / 100;
          const [date, time] = [at.toISOString().slice(0, 10), at.toISOString().slice(11, 16)];
          const [year, month, day] = date.split('-').map(Number);
          expect(facts(`연 ${rate.toFixed(2)}%`)).toEqual([`RATE:${rate}`]);
          expect(facts(`${rate}%p 우대`)).toEqual([`RATE_POINT:${rate}`]);
          expect(facts(`${year}년 ${month}월 ${day}일 ${time}`)).toEqual([`DATE:${date}`, `TIME:${time}`]);
          expect(facts(`${year}. ${month}. ${day}. 시행`)).toEqual([`DATE:${date}`]);
        },
      ),
    );
  });

  it('finds the same facts whatever stands around them', () => {
    const figure = fc.constantFrom(
      '1억 5천만원',
      '0.25%p',
      '2026-11-24',
      '18:00',
      '3영업일',
      '1588-0000',
      '제30조의2',
      '만 14세',
      '다섯 번',
    );
    const words = fc.constantFrom(
      '한도는 ',
      '이고 ',
      '(',
      '), ',
      '까지입니다. ',
      '\n- ',
      ' | ',
      '"',
      '고객님은 ',
      '에 따라 ',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(words, figure), { maxLength: 8 }), (pairs) => {
        const text = pairs.map(([word, value]) => `${word}${value} `).join('');
        expect(facts(text)).toEqual(pairs.flatMap(([, value]) => facts(value)));
      }),
    );
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
