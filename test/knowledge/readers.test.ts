import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/config/app-error.js';
import { readKnowledge, type Reading } from '../../src/knowledge/readers/reading.js';
import { testFolder } from '../support/temp-folder.js';
import { sheet, statute } from './room.js';

function read(name: string, content: string | Uint8Array): Promise<Reading> {
  const path = join(testFolder(), name);
  writeFileSync(path, content);
  return readKnowledge(path, { name });
}

/** Code and parameters of the error with which reading fails. */
async function fault(name: string, content: string | Uint8Array): Promise<unknown> {
  const error = await read(name, content).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof AppError ? { code: error.code, ...error.params } : error;
}

const faultsOf = ({ faults }: Reading): unknown[] => faults.map(({ code, params }) => ({ code, line: params.line }));

describe('a text file', () => {
  it('is read as UTF-8 with a byte order mark and as CP949', async () => {
    const text = '예금 안내\n\n만기가 지난 예금의 이자는 낮아집니다.';
    for (const bytes of [Buffer.from(`\ufeff${text}`), Buffer.from(text), iconv.encode(text, 'cp949')]) {
      const { documents } = await read('guide.txt', bytes);
      expect(documents).toMatchObject([{ id: 'guide', kind: 'text', title: '예금 안내' }]);
      expect(documents[0]!.sections).toEqual([{ path: [], text: '만기가 지난 예금의 이자는 낮아집니다.' }]);
    }
  });

  it('is composed, and its lines end in one way', async () => {
    const { documents } = await read('nfd.txt', '예금\r\n이자'.normalize('NFD'));
    expect(documents[0]!.sections[0]!.text).toBe('예금\n이자');
  });

  it.each([
    ['nothing', '', 'document.empty'],
    ['white space', ' \n\t\n', 'document.empty'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'document.binary'],
    ['UTF-16', Buffer.from('\ufeff예금', 'utf16le'), 'document.encoding'],
    ['Latin-1', Buffer.from('caf\u00e9', 'latin1'), 'document.encoding'],
  ])('that holds %s is refused', async (_, content, code) => {
    expect(await fault('a.txt', content)).toMatchObject({ code, file: 'a.txt' });
  });

  it('that ends inside a character is cut off', async () => {
    const bytes = Buffer.from('예금은\n만기까지 둡니다');
    expect(await fault('a.txt', bytes.subarray(0, -1))).toMatchObject({
      code: 'document.truncated',
      file: 'a.txt',
      line: 2,
    });
  });

  it('of an unknown ending is refused with the endings that are known', async () => {
    expect(await fault('a.jpg', 'x')).toMatchObject({ code: 'document.unsupported', file: 'a.jpg' });
  });

  it('never fails but with an error of the catalogue', async () => {
    const endings = fc.constantFrom('md', 'html', 'txt', 'csv', 'jsonl', 'yaml');
    await fc.assert(
      fc.asyncProperty(endings, fc.uint8Array({ maxLength: 200 }), async (ending, bytes) => {
        const error = await fault(`any.${ending}`, bytes);
        expect(error === undefined || typeof (error as { code?: unknown }).code === 'string').toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Markdown', () => {
  it('with the front matter of a sheet becomes a sheet, cut at its headings', async () => {
    const text = sheet(
      'deposit-a',
      '가 예금',
      '## 금리\n연 **3.0%**입니다.\n### 우대\n- 급여 이체 0.2%p\n## 문의\n{{phone:bank-centre}}',
    );
    const { documents } = await read('deposit-a.md', text);
    expect(documents).toEqual([
      {
        id: 'deposit-a',
        kind: 'sheet',
        title: '가 예금',
        category: '예적금',
        aliases: ['예금'],
        validFrom: '2026-09-01',
        source: 'deposit-a.md',
        sections: [
          { path: ['금리'], text: '연 3.0%입니다.' },
          { path: ['금리', '우대'], text: '- 급여 이체 0.2%p' },
          { path: ['문의'], text: '{{phone:bank-centre}}' },
        ],
      },
    ]);
  });

  it('without front matter is a text named by its first heading', async () => {
    const { documents } = await read('안내 문서.md', '# 인터넷뱅킹 안내\n\n가입은 영업점에서 합니다.');
    expect(documents).toMatchObject([{ id: '안내-문서', kind: 'text', title: '인터넷뱅킹 안내' }]);
  });

  it('takes no heading from inside a code fence', async () => {
    const { documents } = await read('a.md', '# 제목\n```\n# not a heading\n```\n본문');
    expect(documents[0]!.sections).toEqual([{ path: [], text: '# not a heading\n\n본문' }]);
  });

  it.each([
    ['front matter', '---\nid: a\ntitle: b\n', 3],
    ['a code fence', '# 제목\n\n```\n코드', 3],
  ])('whose %s never ends is cut off', async (_, text, line) => {
    expect(await fault('a.md', text.trimEnd())).toMatchObject({ code: 'document.truncated', line });
  });

  it('with a date that is none is refused', async () => {
    const text = sheet('a', '가', '본문').replace('2026-09-01', '2026-13-01');
    expect(await fault('a.md', text)).toMatchObject({ code: 'document.invalid', expected: 'valid_from: YYYY-MM-DD' });
  });
});

describe('HTML', () => {
  const page = `<!doctype html><html><head><title>외화 &amp; 환전</title><style>p{}</style></head><body>
    <nav>메뉴</nav><h1>환전 안내</h1><p>영업점에서 <b>환전</b>합니다.</p><h2>우대율</h2>
    <table><tr><th>통화</th><th>우대</th></tr><tr><td>달러</td><td>90%</td></tr></table>
    <ul><li>앱 신청</li></ul><script>alert(1)</script></body></html>`;

  it('is cut at its headings, tables as rows, without what is not text', async () => {
    const { documents } = await read('fx.html', page);
    expect(documents[0]).toMatchObject({ id: 'fx', title: '외화 & 환전' });
    expect(documents[0]!.sections).toEqual([
      { path: [], text: '영업점에서 환전합니다.' },
      { path: ['우대율'], text: '| 통화 | 우대 |\n| 달러 | 90% |\n\n- 앱 신청' },
    ]);
  });

  it.each([
    ['before the end of the page', page.replace(/<\/body>.*/s, '')],
    ['inside a tag', `${page.slice(0, page.indexOf('</table>'))}</tab`],
  ])('that ends %s is cut off', async (_, text) => {
    expect(await fault('fx.html', text)).toMatchObject({ code: 'document.truncated', line: text.split('\n').length });
  });
});

describe('question–answer pairs', () => {
  it('are read from CSV with Korean or English names, commas, tabs or semicolons', async () => {
    for (const mark of [',', '\t', ';']) {
      const rows = [
        ['질문', '답변', '다른 질문'],
        ['"수수료가 ""얼마""예요?"', '"면제\n입니다."', '수수료?|얼마'],
      ];
      const { exemplars, faults } = await read('faq.csv', rows.map((row) => row.join(mark)).join('\r\n'));
      expect(faults).toEqual([]);
      expect(exemplars).toMatchObject([
        {
          question: '수수료가 "얼마"예요?',
          answer: '면제\n입니다.',
          phrasings: ['수수료?', '얼마'],
          status: 'approved',
        },
      ]);
    }
  });

  it('of bad CSV rows are reported with their lines, and the others are read', async () => {
    const { exemplars, faults } = await read('faq.csv', 'question,answer\n하나,일\n"두\n줄",\n셋,삼,많음\n넷,사\n');
    expect(exemplars.map(({ question }) => question)).toEqual(['하나', '넷']);
    expect(faults.map(({ code, params }) => [code, params.line])).toEqual(
      expect.arrayContaining([
        ['document.invalid', 3],
        ['document.invalid', 5],
      ]),
    );
  });

  it('of a CSV row whose quotation never ends are cut off', async () => {
    const reading = await read('faq.csv', 'question,answer\n하나,일\n둘,"이');
    expect(reading.exemplars).toHaveLength(1);
    expect(faultsOf(reading)).toEqual([{ code: 'document.truncated', line: 3 }]);
  });

  it('need a head row that names both columns', async () => {
    expect(await fault('faq.csv', 'a,b\n1,2')).toMatchObject({
      code: 'document.invalid',
      line: 1,
      expected: 'question, answer',
    });
  });

  it('are read from JSON Lines; bad lines are reported, a cut last one as such', async () => {
    const lines = ['{"question":"하나","answer":"일"}', '', '{"question":"둘"}', 'not json', '{"question":"셋","ans'];
    const reading = await read('faq.jsonl', lines.join('\n'));
    expect(reading.exemplars).toMatchObject([{ question: '하나', answer: '일', source: 'faq.jsonl' }]);
    expect(faultsOf(reading)).toEqual([
      { code: 'document.invalid', line: 3 },
      { code: 'document.invalid', line: 4 },
      { code: 'document.truncated', line: 5 },
    ]);
  });

  it('without an id have the same one in every reading', async () => {
    const line = '{"question":"하나","answer":"일"}';
    const [first, second] = [await read('a.jsonl', line), await read('b.jsonl', line)];
    expect(first.exemplars[0]!.id).toBe(second.exemplars[0]!.id);
  });

  it('are read from YAML with the lines of bad entries', async () => {
    const yaml = '- id: a\n  question: 하나\n  answer: >-\n    일\n  sensitive: true\n- id: b\n  question: 둘\n';
    const reading = await read('group.yaml', yaml);
    expect(reading.exemplars).toMatchObject([{ id: 'a', answer: '일', sensitive: true }]);
    expect(faultsOf(reading)).toEqual([{ code: 'document.invalid', line: 6 }]);
  });
});

describe('a statute', () => {
  const articles = `##### 제1조 (목적)

이 법은 예금을 보호한다. <개정 2014.3.24, 2020.2.4>

##### 제2조

삭제 <2016.5.29>

## 제2장의2 보호 <신설 2010.3.12>

### 제1절 한도

##### 제3조의2 (한도)

**①** 한도는 다음 각 호와 같다.

  1\\. 예금: 1억원
  2\\. 삭제 <2020.1.1>

**②** 삭제 <2018.4.18>`;

  it('is cut by article; deleted parts, notes and supplementary provisions are left out', async () => {
    const { documents } = await read('법률.md', statute('예금법', '2026-01-01', articles, '77'));
    expect(documents).toEqual([
      {
        id: 'law-77',
        kind: 'statute',
        title: '예금법',
        category: '법률',
        aliases: [],
        validFrom: '2026-01-01',
        source: '법률.md',
        sections: [
          { path: ['제1장', '제1조(목적)'], text: '이 법은 예금을 보호한다.', article: '제1조' },
          {
            path: ['제2장의2', '제1절', '제3조의2(한도)'],
            text: '① 한도는 다음 각 호와 같다.\n1. 예금: 1억원',
            article: '제3조의2',
          },
        ],
      },
    ]);
  });

  it('that ends before its supplementary provisions is cut off', async () => {
    const text = statute('예금법', '2026-01-01', articles);
    expect(await fault('법률.md', text.slice(0, text.indexOf('## 부칙')))).toMatchObject({
      code: 'document.truncated',
    });
  });

  it('without the day on which it comes into force is refused', async () => {
    const text = statute('예금법', '2026-01-01', articles).replace(/시행일자.*\n/, '');
    expect(await fault('법률.md', text)).toMatchObject({ code: 'document.invalid', expected: '시행일자: YYYY-MM-DD' });
  });
});
