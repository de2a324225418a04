import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { BrokenLines } from '../../src/knowledge/readers/extraction/broken-lines.js';
import { layOut } from '../../src/knowledge/readers/extraction/pdf-layout.js';
import type { Page, Piece, Ruling } from '../../src/knowledge/readers/extraction/pdf-page.js';
import { widthOf } from '../../src/knowledge/readers/extraction/pdf-segments.js';

/** A text in 10 points at a place; `y` counts lines of 16 points. */
function at(x: number, line: number, text: string, more: Partial<Piece> = {}): Piece {
  const size = more.size ?? 10;
  return { text, x, right: x + widthOf(text) * size, y: line * 16, size, bold: false, ...more };
}

const page = (number: number, pieces: Piece[], rulings: Ruling[] = []): Page => ({
  number,
  width: 600,
  height: 800,
  pieces,
  rulings,
});

const linesOf = (...pages: Page[]): string[][] => layOut(pages, []).map(({ lines }) => lines.filter((line) => line));

describe('the layout of a page', () => {
  it('reads columns one after the other, also where the file draws across them', () => {
    const left = [
      '가입은 영업점과 앱에서 하며 실명확인증표를',
      '내야 하고 대리인은 위임장도 함께 내야 하며',
      '미성년자는 법정대리인이 대신 신청할 수 있고',
      '외국인은 외국인등록증을 함께 내야 합니다.',
    ];
    const right = [
      '이자는 만기에 한꺼번에 주고 세금은 이자를',
      '줄 때 미리 떼며 세율은 소득세와 지방소득세',
      '합쳐 십오점사퍼센트이고 비과세 한도가 남은',
      '분은 신청서를 내면 세금을 떼지 않습니다.',
    ];
    const across = left.flatMap((text, line) => [at(50, 10 + line, text), at(320, 10 + line, right[line]!)]);
    const [lines] = linesOf(page(1, across));
    const whole = lines!.join(' ').replace(/\s/g, '');
    expect(whole.indexOf('외국인등록증')).toBeLessThan(whole.indexOf('이자는'));
    expect(whole).toBe([...left, ...right].join('').replace(/\s/g, ''));
  });

  it('takes short texts side by side for a table, and a line below a cell for more of it', () => {
    const [lines] = linesOf(
      page(1, [
        at(50, 10, '구분'),
        at(200, 10, '수수료'),
        at(50, 11, '창구'),
        at(200, 11, '건당 500원이며 우수고객은'),
        at(200, 12, '면제'),
        at(50, 13, '앱'),
        at(200, 13, '면제'),
      ]),
    );
    expect(lines).toEqual(['| 구분 | 수수료 |', '| 창구 | 건당 500원이며 우수고객은 면제 |', '| 앱 | 면제 |']);
  });

  it('repeats the head of a table that runs on over a page', () => {
    const row = (line: number, ...cells: string[]): Piece[] => cells.map((cell, n) => at(50 + 150 * n, line, cell));
    const [, second] = linesOf(
      page(1, [...row(40, '기간', '금리'), ...row(41, '1개월', '2.1%')]),
      page(2, [...row(10, '2개월', '2.2%'), ...row(11, '3개월', '2.3%')]),
    );
    expect(second).toEqual(['| 기간 | 금리 |', '| 2개월 | 2.2% |', '| 3개월 | 2.3% |']);
  });

  it('leaves out what each page repeats and its number, but not rows of a table that look alike', () => {
    const pages = [1, 2, 3].map((number) =>
      page(number, [
        at(50, 2, '한결은행 상품설명서'),
        at(50, 4, `${number * 12}개월`),
        at(200, 4, `연 ${2 + number / 10}%`),
        at(50, 5, `${number * 12 + 1}개월`),
        at(200, 5, `연 ${2 + number / 10}5%`),
        at(280, 48, `- ${number} -`),
        at(50, 49, `제${number + 4}권`),
      ]),
    );
    expect(linesOf(...pages)[2]).toEqual(['| 12개월 | 연 2.1% |', '| 36개월 | 연 2.3% |', '| 37개월 | 연 2.35% |']);
  });

  it('finds the cells between lines, merged where a line is missing, open at the sides', () => {
    const horizontal = [160, 180, 200, 220].map((y) => ({ x1: 50, x2: 350, y1: y, y2: y }));
    const rulings = [
      horizontal[0]!,
      { ...horizontal[1]!, x1: 150 },
      horizontal[2]!,
      horizontal[3]!,
      ...[150, 250].map((x) => ({ x1: x, x2: x, y1: x === 250 ? 180 : 160, y2: 220 })),
    ];
    const cell = (x: number, y: number, text: string): Piece => ({ ...at(x, 0, text), y });
    const [lines] = linesOf(
      page(
        1,
        [
          cell(55, 175, '구분'),
          cell(160, 175, '수수료'),
          cell(155, 195, '같은 은행'),
          cell(255, 195, '다른 은행'),
          cell(55, 215, '창구'),
          cell(155, 215, '면제'),
          cell(255, 215, '500원'),
        ],
        rulings,
      ),
    );
    expect(lines).toEqual(['| 구분 | 수수료 · 같은 은행 | 수수료 · 다른 은행 |', '| 창구 | 면제 | 500원 |']);
  });

  it('reads a text that is drawn twice once, and a note behind its word', () => {
    const [lines] = linesOf(
      page(1, [
        at(50, 10, '중요 사항'),
        { ...at(50, 10, '중요 사항'), x: 50.4 },
        at(94, 10, '1)', { y: 156, size: 6 }),
      ]),
    );
    expect(lines).toEqual(['중요 사항1)']);
  });

  it('puts text that is drawn in no order into the order in which it is read', () => {
    const texts = ['첫째 줄입니다.', '둘째 줄입니다.', '셋째 줄입니다.', '넷째 줄입니다.', '다섯째 줄입니다.'];
    const shuffled = [3, 1, 4, 0, 2].map((n) => at(50, 10 + 2 * n, texts[n]!));
    expect(linesOf(page(1, shuffled))[0]).toEqual(texts);
  });

  it('goes on with a sentence over the end of a page, and keeps it where it began', () => {
    const [first, second] = linesOf(
      page(1, [
        at(50, 10, '은행은 예금 종류별 이율표를 영업점에 놓아두거나'),
        at(50, 11, '게시하고 이율을 바꾼 때는 바꾼 내용을 인터넷 홈'),
      ]),
      page(2, [at(50, 10, '페이지에 한 달 동안 게시합니다.')]),
    );
    expect(first!.join('')).toContain('인터넷 홈페이지에 한 달 동안 게시합니다.');
    expect(second).toEqual([]);
  });

  it('takes chapters and articles for headings, but not where a sentence speaks of one', () => {
    const [lines] = linesOf(
      page(1, [
        at(50, 10, '제2장 예금'),
        at(50, 12, '제3조의2(이자) ① 이자는 원을 단위로 셈합니다.'),
        at(50, 15, '제4조(해지)에 따라 해지한 예금은 돌려드립니다.'),
      ]),
    );
    expect(lines).toEqual([
      '### 제2장 예금',
      '##### 제3조의2(이자)',
      '① 이자는 원을 단위로 셈합니다.',
      '제4조(해지)에 따라 해지한 예금은 돌려드립니다.',
    ]);
  });

  it('marks text that looks like a heading or a row', () => {
    expect(linesOf(page(1, [at(50, 10, '# 1588 | 안내'), at(50, 14, '| 안내')]))[0]).toEqual([
      '\\# 1588 | 안내',
      '\\| 안내',
    ]);
  });
});

describe('lines that break inside words', () => {
  const terms = new BrokenLines([
    '거래처는 사업자등록증을 내야 합니다. 사업자는',
    '영업점에서 예금계좌를 개설하고 계좌의 이자를',
  ]);

  it.each([
    ['실명확인을 위하여 사', '업자등록증을', '실명확인을 위하여 사업자등록증을'],
    ['출금계', '좌에서', '출금계좌에서'],
    ['신청할 수 있습니', '다. 다만', '신청할 수 있습니다. 다만'],
    ['거래처는', '예금계좌를', '거래처는 예금계좌를'],
    ['바꾼 내용을', '홈페이지에', '바꾼 내용을 홈페이지에'],
    ['한 통에 2,000', '원입니다', '한 통에 2,000원입니다'],
    ['한결은행(이하 “은행”', '이라 합니다)', '한결은행(이하 “은행”이라 합니다)'],
    ['은행', '(이하', '은행(이하'],
    ['open', 'banking', 'open banking'],
  ])('%s ⏎ %s', (first, second, whole) => {
    expect(terms.join(first, second)).toBe(whole);
  });

  it('are put together right in seven of eight cases, on the sheets of the bank broken after every 38 characters', () => {
    const sheets = join(packageRoot, 'data', 'bank', 'sheets');
    const judged = readdirSync(sheets).flatMap((name) => {
      const paragraphs = paragraphsOf(readFileSync(join(sheets, name), 'utf8'));
      const lines = new BrokenLines(paragraphs.flatMap((paragraph) => paragraph.match(/.{1,38}/gs)!));
      return paragraphs.flatMap((paragraph) =>
        breaksBetweenHangul(paragraph, 38).map(
          ([first, second, whole]) => lines.join(first.trimEnd(), second.trimStart()) === whole,
        ),
      );
    });
    expect(judged.length).toBeGreaterThan(500);
    expect(judged.filter(Boolean).length / judged.length).toBeGreaterThan(0.875);
  });
});

function paragraphsOf(sheet: string): string[] {
  const lines = sheet.replace(/^---[\s\S]*?\n---\n/, '').split('\n');
  return lines
    .filter((line) => line.length > 60 && !/^[|#]/.test(line))
    .map((line) => line.replace(/[*`]/g, '').trim());
}

/** Both sides of each break, and what stood there. */
function breaksBetweenHangul(paragraph: string, length: number): [string, string, string][] {
  const breaks: [string, string, string][] = [];
  for (let at = length; at < paragraph.length; at += length) {
    const [first, second] = [paragraph.slice(at - length, at), paragraph.slice(at, at + length)];
    if (/[가-힣] ?$/.test(first) && /^ ?[가-힣]/.test(second)) breaks.push([first, second, first + second]);
  }
  return breaks;
}
