import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import iconv from 'iconv-lite';
import JSZip from 'jszip';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/config/app-error.js';
import { packageRoot } from '../../src/config/package-root.js';
import type { Section } from '../../src/knowledge/document.js';
import { passagesOf } from '../../src/knowledge/passages.js';
import { extract, EXTRACTION_LIMITS } from '../../src/knowledge/readers/extraction/extract.js';
import type { ExtractionLimits } from '../../src/knowledge/readers/extraction/protocol.js';
import { readKnowledge, type Reading } from '../../src/knowledge/readers/reading.js';
import { bigrams } from '../../src/text/bigrams.js';
import { testFolder } from '../support/temp-folder.js';
import { handWrittenPdf, stream } from './hand-written-pdf.js';

const fixture = (name: string): string => join(packageRoot, 'test', 'fixtures', 'documents', name);
const bytesOf = (name: string): Buffer => readFileSync(fixture(name));

function read(name: string, content: string | Uint8Array = bytesOf(name)): Promise<Reading> {
  const path = join(testFolder(), name);
  writeFileSync(path, content);
  return readKnowledge(path, { name });
}

/** Code and parameters of the error with which reading fails. */
async function fault(name: string, content?: string | Uint8Array): Promise<unknown> {
  const error = await read(name, content).catch((thrown: unknown) => thrown);
  return error instanceof AppError ? { code: error.code, ...error.params } : error;
}

async function sectionsOf(name: string): Promise<Section[]> {
  const { documents } = await read(name);
  return documents[0]!.sections;
}

describe('a PDF', { timeout: 60_000 }, () => {
  it('of a product sheet has its headings, pages and the whole table, whose head stands on both pages', async () => {
    const { documents, faults } = await read('deposit-sheet.pdf');
    expect(faults).toEqual([]);
    expect(documents[0]).toMatchObject({ id: 'deposit-sheet', kind: 'text', title: '한결 새봄 정기예금 상품설명서' });
    const { sections } = documents[0]!;
    expect(sections.map(({ path, page }) => [path.join(), page])).toEqual([
      ['', 1],
      ['상품 개요', 1],
      ['기간별 금리', 1],
      ['기간별 금리', 2],
      ['중도해지', 2],
    ]);
    const tables = sections.filter(({ path }) => path[0] === '기간별 금리').map(({ text }) => rowsOf(text));
    expect(tables.map(([head]) => head)).toEqual(
      Array(2).fill('| 가입 기간 | 기본금리 | 우대금리 | 비대면 우대금리 |'),
    );
    expect(tables.flatMap(([, ...rows]) => rows)).toEqual(
      Array.from({ length: 36 }, (_, n) => {
        const rate = (base: number): string => `연 ${(base + n * 0.03).toFixed(2)}%`;
        return `| ${n + 1}개월 | ${rate(2.1)} | ${rate(2.3)} | ${rate(2.55)} |`;
      }),
    );
    const whole = sections.map(({ text }) => text).join('\n');
    expect(whole).toContain('만든 자료입니다.');
    expect(whole).toContain('합해 1인당 1억원까지 예금자보호법에 따라');
    expect(whole).toContain('• 가입 기간: 1개월 이상 36개월 이하(월 단위)');
    expect(whole).not.toContain('심의필');
    expect(whole).not.toMatch(/한결은행 상품설명서 \d/);
  });

  it('gives passages of one page each, in which every row has its head', async () => {
    const { documents } = await read('deposit-sheet.pdf');
    const passages = await passagesOf(documents[0]!);
    const withRows = passages.filter(({ text }) => text.includes('개월 | 연'));
    expect(withRows.length).toBeGreaterThan(3);
    for (const { text } of withRows) expect(text).toContain('| 가입 기간 | 기본금리 |');
    expect(passages.find(({ text }) => text.includes('| 30개월 |'))).toMatchObject({ page: 2, heading: '기간별 금리' });
    expect(passages.every(({ page }) => page === 1 || page === 2)).toBe(true);
  });

  it('of terms has its articles under their chapters, words whole, and nothing of the margins', async () => {
    const sections = await sectionsOf('terms.pdf');
    expect(sections.map(({ path, page }) => [...path, page])).toEqual([
      ['제1장 총칙', '제1조(목적)', 1],
      ['제1장 총칙', '제2조(실명거래)', 1],
      ['제1장 총칙', '제3조(거래장소)', 1],
      ['제2장 예금의 이자와 관리', '제4조(이자)', 2],
      ['제2장 예금의 이자와 관리', '제4조의2(휴면예금)', 2],
      ['제2장 예금의 이자와 관리', '제5조(비밀번호의 신고)', 2],
      ['제2장 예금의 이자와 관리', '제6조(양도와 질권설정)', 3],
    ]);
    const whole = sections.map(({ text }) => text).join('\n');
    for (const broken of ['의무를 정하고, 거래를', '사업자등록증 같은', '인터넷 홈페이지에', '사전에 은행에'])
      expect(whole).toContain(broken);
    for (const margin of ['시행일', '- 1 -', '내부 보관용']) expect(whole).not.toContain(margin);
  });

  it('of two columns is read column by column, and its table without lines is one', async () => {
    const sections = await sectionsOf('leaflet.pdf');
    expect(sections.map(({ path }) => path[0])).toEqual([
      '누가 가입하나요',
      '얼마까지 넣나요',
      '언제 찾나요',
      '미리 해지하면',
      '우대금리',
    ]);
    expect(sections[0]!.text).toBe(
      '만 19세 이상 34세 이하의 개인이 가입할 수 있습니다. 군 복무 기간은 최대 6년까지 나이에서 빼고 계산하므로, 병역을 마친 분은 ' +
        '만 40세까지도 가입할 수 있는 경우가 있습니다. 가입할 때 병적증명서를 내야 합니다.',
    );
    expect(rowsOf(sections.at(-1)!.text)).toEqual([
      '| 조건 | 우대 | 확인하는 때 |',
      '| 급여 이체 6개월 이상 | 연 0.5%p | 만기일 전전월 말 |',
      '| 한결카드 월 20만원 이상 사용 | 연 0.3%p | 매월 말일 |',
      '| 마케팅 활용 동의 | 연 0.1%p | 가입일 |',
    ]);
  });

  it('is read where only some pages are pictures, and those are named', async () => {
    const { documents, faults } = await read('half-scanned.pdf');
    expect(documents[0]!.sections[0]!.text).toContain('달러는 환전 수수료를 90% 깎아 드립니다.');
    expect(faults.map(({ code, params }) => [code, params])).toEqual([
      ['document.no-text', { file: 'half-scanned.pdf', pages: '2' }],
    ]);
  });

  it('may be locked against copying, but not against reading', async () => {
    expect((await sectionsOf('owner-password.pdf'))[0]!.text).toContain('유로와 엔은 80% 깎아 드립니다.');
  });

  it('of a Korean font that is not embedded, as in older files, is read', async () => {
    const text = iconv.encode('보통예금의 금리는 연 0.1%입니다.', 'cp949').toString('hex');
    const bytes = handWrittenPdf([
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
      stream(`BT /F1 12 Tf 50 700 Td <${text}> Tj ET`),
      '<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /KSCms-UHC-H /DescendantFonts [6 0 R] >>',
      '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /FontDescriptor 7 0 R ' +
        '/CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >> >>',
      '<< /Type /FontDescriptor /FontName /HYSMyeongJo-Medium /Flags 6 /FontBBox [0 -148 1001 880] /ItalicAngle 0 ' +
        '/Ascent 880 /Descent -120 /CapHeight 720 /StemV 60 >>',
    ]);
    const { documents } = await read('older.pdf', bytes);
    expect(documents[0]!.sections).toEqual([{ path: [], text: '보통예금의 금리는 연 0.1%입니다.', page: 1 }]);
  });

  it.each([
    ['needs a password', 'user-password.pdf', undefined, { code: 'document.encrypted' }],
    ['is a picture', 'scanned.pdf', undefined, { code: 'document.no-text', pages: '1' }],
    ['is a web page', 'login.pdf', '<html><body>로그인</body></html>', { code: 'document.mismatch', expected: 'PDF' }],
    ['holds nothing', 'nothing.pdf', '', { code: 'document.empty' }],
    ['has no pages', 'zero.pdf', handWrittenPdf(['<< /Type /Pages /Kids [] /Count 0 >>']), { code: 'document.empty' }],
    ['has blank pages', 'blank.pdf', pageOf(stream('')), { code: 'document.empty' }],
    [
      'is a loop',
      'loop.pdf',
      handWrittenPdf(['<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>']),
      { code: 'document.damaged' },
    ],
    ['unpacks to a gigabyte', 'bomb.pdf', bomb(1), { code: 'document.too-large', limit: '128 MB' }],
  ])('that %s is refused by name', async (_, name, content, expected) => {
    expect(await fault(name, content)).toMatchObject({ file: name, ...expected });
  });

  it('that is cut off is refused, wherever it was cut', async () => {
    for (const [name, share] of [
      ['deposit-sheet.pdf', 0.3],
      ['terms.pdf', 0.6],
      ['leaflet.pdf', 0.97],
    ] as const) {
      const bytes = bytesOf(name);
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      expect(await fault(name, cut)).toMatchObject({ code: 'document.damaged', file: name });
    }
  });

  it('in which one bit of a page is wrong is refused: the rest of the page would be missing', async () => {
    const bytes = Buffer.from(bytesOf('deposit-sheet.pdf'));
    const start = bytes.indexOf('stream\n') + 'stream\n'.length;
    bytes[start + 500]! ^= 1;
    expect(await fault('flipped.pdf', bytes)).toMatchObject({ code: 'document.damaged' });
  });
});

describe('a Word document', { timeout: 60_000 }, () => {
  it('of Korean style names has its headings, and a table of merged cells whose rows can be read alone', async () => {
    for (const name of ['fees.docx', 'fees.pdf']) {
      const { documents } = await read(name);
      expect(documents[0]!.title).toBe('한결은행 수수료 안내');
      const [fees, certificates] = documents[0]!.sections;
      expect(fees!.path).toEqual(['전자금융 수수료', '이체 수수료']);
      expect(rowsOf(fees!.text)).toEqual([
        '| 구분 | 이체 금액 | 수수료 · 한결은행으로 | 수수료 · 다른 은행으로 |',
        '| 영업점 창구 | 10만원 이하 | 면제 | 500원 |',
        '| 영업점 창구 | 10만원 초과 | 면제 | 1,500원 |',
        '| 자동화기기 | 10만원 이하 | 면제 | 400원 |',
        '| 자동화기기 | 10만원 초과 | 면제 | 800원 |',
      ]);
      expect(certificates).toMatchObject({
        path: ['전자금융 수수료', '증명서 발급 수수료'],
        text: '잔액증명서[본인](대리인 포함)는 한 통에 2,000원입니다.',
      });
    }
  });

  it('has its lists, and no pages', async () => {
    const { documents } = await read('deposit-sheet.docx');
    const overview = documents[0]!.sections.find(({ path }) => path[0] === '상품 개요')!;
    expect(overview.text).toContain('- 가입 방법: 영업점 또는 한결앱\n- 가입 기간');
    expect(overview.page).toBeUndefined();
  });

  it('takes an article for a heading that is set as text', async () => {
    const bytes = await changed('fees.docx', (xml) =>
      xml.replace('한결앱에서 이체하면', '제7조(면제) ① 한결앱에서 이체하면'),
    );
    const { documents } = await read('terms.docx', bytes);
    expect(documents[0]!.sections[1]).toMatchObject({
      path: ['전자금융 수수료', '이체 수수료', '제7조(면제)'],
      text: expect.stringMatching(/^① 한결앱에서/) as string,
    });
  });

  it('does not make the reader fetch what it links to', async () => {
    let asked = 0;
    const server = createServer((_, response) => void (asked++, response.end()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/secret`;
    const archive = await JSZip.loadAsync(bytesOf('fees.docx'));
    const relations = await archive.file('word/_rels/document.xml.rels')!.async('string');
    const type = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/';
    archive.file(
      'word/_rels/document.xml.rels',
      relations.replace(
        '</Relationships>',
        ['image', 'attachedTemplate', 'aFChunk']
          .map((kind, n) => `<Relationship Id="x${n}" Type="${type}${kind}" Target="${url}" TargetMode="External"/>`)
          .join('') + '</Relationships>',
      ),
    );
    const body = await archive.file('word/document.xml')!.async('string');
    const picture =
      '<w:p><w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ' +
      'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:link="x0"/></w:drawing></w:r></w:p>';
    archive.file('word/document.xml', body.replace('<w:body>', `<w:body>${picture}`));
    const { documents } = await read('links.docx', await archive.generateAsync({ type: 'uint8array' }));
    server.close();
    expect(documents[0]!.sections.length).toBeGreaterThan(0);
    expect(asked).toBe(0);
  });

  it.each([
    ['has a password', 'password.docx', { code: 'document.encrypted' }],
    ['is older than 2007', 'memo.doc', { code: 'document.save-as', form: 'DOC' }],
  ])('that %s is refused by name', async (_, name, expected) => {
    expect(await fault(name)).toMatchObject({ file: name, ...expected });
  });

  it('that is cut off, or in which a checksum is wrong, is damaged', async () => {
    const bytes = Buffer.from(bytesOf('fees.docx'));
    expect(await fault('cut.docx', bytes.subarray(0, -2_000))).toMatchObject({ code: 'document.damaged' });
    const archive = await JSZip.loadAsync(bytes);
    const stored = Buffer.from(await archive.generateAsync({ type: 'uint8array', compression: 'STORE' }));
    stored[stored.indexOf('면제')]! ^= 1;
    expect(await fault('flipped.docx', stored)).toMatchObject({ code: 'document.damaged' });
  });
});

describe('what a file is', { timeout: 60_000 }, () => {
  it('its content says, whatever its name', async () => {
    for (const name of ['수수료', '수수료.txt', '수수료.pdf', '수수료.docx'.normalize('NFD')]) {
      const { documents } = await read(name, bytesOf('fees.docx'));
      expect(documents).toMatchObject([{ id: '수수료', title: '한결은행 수수료 안내' }]);
    }
  });

  it.each([
    ['HWP', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('HwpSummaryInformation', 'utf16le')])],
    ['HWP', Buffer.from('HWP Document File V3.00 \x1a\x01\x02')],
    ['XLS', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('Workbook', 'utf16le')])],
    ['RTF', Buffer.from('{\\rtf1\\ansi}')],
  ])('%s is told to be saved as PDF or DOCX', async (form, content) => {
    expect(await fault('product.hwp', content)).toMatchObject({ code: 'document.save-as', file: 'product.hwp', form });
  });

  it.each([
    ['HWPX', 'mimetype', 'application/hwp+zip'],
    ['XLSX', 'xl/workbook.xml', '<workbook/>'],
  ])('%s is told to be saved as PDF or DOCX', async (form, part, content) => {
    const archive = await new JSZip().file(part, content).generateAsync({ type: 'uint8array' });
    expect(await fault('product.docx', archive)).toMatchObject({ code: 'document.save-as', form });
  });

  it('an archive of other files is not', async () => {
    const archive = await new JSZip().file('a.txt', 'a').generateAsync({ type: 'uint8array' });
    expect(await fault('a.docx', archive)).toEqual({ code: 'document.mismatch', file: 'a.docx', expected: 'DOCX' });
  });
});

describe('a hostile file', { timeout: 120_000 }, () => {
  const refusal = (
    bytes: Uint8Array,
    limits: Partial<ExtractionLimits>,
    form: 'pdf' | 'docx' = 'pdf',
  ): Promise<unknown> =>
    extract(form, bytes, 'a', { ...EXTRACTION_LIMITS, ...limits }).catch((error: unknown) => error);

  it('is stopped when its time is over', async () => {
    expect(await refusal(bytesOf('terms.pdf'), { ms: 1 })).toMatchObject({
      code: 'document.too-large',
      params: { file: 'a', limit: '0.001 s' },
    });
  });

  it('is stopped when it takes too much memory', async () => {
    const limited = { memoryBytes: 300 * 1024 ** 2 };
    expect(await refusal(bomb(2), limited)).toMatchObject({ params: { limit: '300 MB RAM' } });
    const paragraphs = await changed('fees.docx', (xml) =>
      xml.replace('<w:body>', `<w:body>${'<w:p><w:r><w:t>가</w:t></w:r></w:p>'.repeat(1_000_000)}`),
    );
    expect(await refusal(paragraphs, limited, 'docx')).toMatchObject({ params: { limit: '300 MB RAM' } });
  });

  it('of too many pages is refused', async () => {
    expect(await refusal(bytesOf('terms.pdf'), { pages: 2 })).toMatchObject({ params: { limit: '2 p.' } });
  });

  it('is given up when the import is stopped', async () => {
    const stop = new AbortController();
    const reading = extract('pdf', bytesOf('terms.pdf'), 'a', EXTRACTION_LIMITS, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
  });

  it('draws what it likes: lines without end are no table', async () => {
    const lines = Array.from({ length: 300 }, (_, n) => `${n * 2} 0 m ${n * 2} 792 l S 0 ${n * 2} m 612 ${n * 2} l S`);
    const text = 'BT /F1 12 Tf 50 700 Td (Rates of interest) Tj ET';
    const { parts } = await extract('pdf', pageOf(stream(`${lines.join(' ')} ${text}`)), 'a');
    expect(parts).toEqual([{ page: 1, text: 'Rates of interest' }]);
  });

  // The bytes of an encrypted file cannot be checked before they are decrypted, so that one is left out.
  const FIXTURES = [
    'deposit-sheet.pdf',
    'fees.pdf',
    'terms.pdf',
    'leaflet.pdf',
    'half-scanned.pdf',
    'fees.docx',
    'deposit-sheet.docx',
  ];

  it.each(FIXTURES)(
    'made from %s by cuts and wrong bits is refused or says nothing that did not stand there',
    async (name) => {
      const random = numbers(FIXTURES.indexOf(name) + 1);
      const known = new Set(bigrams(textOf(await read(name))));
      const spoilt = Array.from({ length: 6 }, (_, n) => spoil(bytesOf(name), random, n % 3 === 0));
      for (const [n, bytes] of spoilt.entries()) {
        const reading = await read(`${n}-${name}`, bytes).catch((error: unknown) => error);
        if (reading instanceof AppError) expect(reading.code).toMatch(/^document\./);
        else {
          const said = bigrams(textOf(reading as Reading).replace(`${n}-`, ''));
          expect(said.filter((pair) => !known.has(pair)).length).toBeLessThan(said.length * 0.02);
        }
      }
    },
  );
});

function rowsOf(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('|'));
}

function textOf({ documents }: Reading): string {
  return documents
    .flatMap(({ title, sections }) => [title, ...sections.flatMap(({ path, text }) => [...path, text])])
    .join('\n');
}

/** A file with one page of the given content. */
function pageOf(content: Buffer): Buffer {
  return handWrittenPdf([
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    content,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]);
}

/** A page that unpacks to 900 MB; packed twice it looks small to a check of the outer packing. */
function bomb(times: 1 | 2): Buffer {
  const filter = `/Filter [${'/FlateDecode '.repeat(times)}]`;
  const once = deflateSync(Buffer.alloc(900 * 1024 ** 2, ' '), { level: 1 });
  return pageOf(stream(times === 1 ? once : deflateSync(once), filter));
}

async function changed(name: string, change: (xml: string) => string): Promise<Buffer> {
  const archive = await JSZip.loadAsync(bytesOf(name));
  archive.file('word/document.xml', change(await archive.file('word/document.xml')!.async('string')));
  return archive.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' });
}

/** mulberry32: the same numbers from 0 to 1 for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function spoil(bytes: Buffer, random: () => number, cut: boolean): Buffer {
  if (cut) return bytes.subarray(0, Math.floor(random() * bytes.length));
  for (let n = 0; n < 3; n++) bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
  return bytes;
}
