import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { sangdam } from '../support/command-line.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { spawnService, type SpawnedService } from '../support/spawned-service.js';
import { tempFolder } from '../support/temp-folder.js';

const FIXTURES = join(packageRoot, 'test', 'fixtures', 'documents');

interface Answer {
  finish: string;
  answer: string;
  sentences: { sources: { title: string; page?: number }[] }[];
}

/** Notes each module that a process loads. */
const HOOK = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => (appendFileSync(process.env.LOADED_MODULES, url + '\\n'), next(url, context)) });`;

describe('documents of a bank, imported into a running service', () => {
  let store: PreparedStore;
  let service: SpawnedService;
  let folder: ReturnType<typeof tempFolder>;
  let loaded: string;

  beforeAll(async () => {
    folder = tempFolder();
    loaded = join(folder.path, 'loaded.log');
    writeFileSync(join(folder.path, 'hook.mjs'), HOOK);
    store = await preparedStore('embedded');
    service = await spawnService({
      ...store.environment,
      NODE_OPTIONS: `--import=${join(folder.path, 'hook.mjs')}`,
      LOADED_MODULES: loaded,
    });
  });
  afterAll(async () => {
    await service?.kill('SIGTERM');
    await store?.remove();
    folder.remove();
  });
  const run = (args: string[], input: object[] = []) => sangdam(args, input, store.environment);

  it('are taken or named with the reason, and again change nothing', { timeout: 120_000 }, async () => {
    const names = [
      'deposit-sheet.pdf',
      'terms.pdf',
      'half-scanned.pdf',
      'scanned.pdf',
      'user-password.pdf',
      'memo.doc',
      'fees.docx',
    ];
    const paths = names.map((name) => join(FIXTURES, name));
    const first = await run(['import', 'documents', ...paths]);
    expect(first.code).toBe(0);
    const skipped = first.lines.filter(({ event }) => event === 'skipped');
    expect(skipped.map(({ file, code }) => [String(file).split('/').at(-1), code])).toEqual([
      ['half-scanned.pdf', 'document.no-text'],
      ['scanned.pdf', 'document.no-text'],
      ['user-password.pdf', 'document.encrypted'],
      ['memo.doc', 'document.save-as'],
    ]);
    expect(skipped[3]!.reason).toContain('PDF 또는 DOCX로 저장해 주세요');
    expect(first.lines.at(-1)).toMatchObject({ event: 'done', imported: 4, skipped: 4 });
    const second = await run(['import', 'documents', ...paths]);
    expect(second.lines.at(-1)).toMatchObject({ imported: 0, unchanged: 4, skipped: 4 });
  });

  it('are found by the row of a table, with its head and its page', async () => {
    const query = '새봄 정기예금 30개월 기본금리가 몇 퍼센트인가요?';
    const { lines } = await run(['retrieve', '-k', '5'], [{ id: 1, query }]);
    const { hits } = lines[0] as { hits: { source: string; text: string; page?: number }[] };
    const hit = hits.find(({ text }) => text.includes('| 30개월 | 연 2.97% | 연 3.17% | 연 3.42% |'));
    expect(hit).toMatchObject({ kind: 'passage', title: '한결 새봄 정기예금 상품설명서 › 기간별 금리', page: 2 });
    expect(hit!.text).toContain('| 가입 기간 | 기본금리 | 우대금리 | 비대면 우대금리 |');
    expect(hits.filter(({ source }) => source.startsWith('exemplar:')).every(({ page }) => page === undefined)).toBe(
      true,
    );
  });

  it('are quoted and cited with their page', async () => {
    const { lines } = await run(
      ['ask'],
      [{ id: 1, text: '예금거래 기본약관에서 예금을 양도하거나 질권설정을 하려면 어떻게 하나요?' }],
    );
    const { finish, answer, sentences } = lines[0] as unknown as Answer;
    const title = '예금거래 기본약관 › 제2장 예금의 이자와 관리 › 제6조(양도와 질권설정)';
    expect(finish).toBe('answered');
    expect(answer).toContain(`「${title} 3쪽」`);
    expect(answer).toContain('사전에 은행에 통지하고 동의를 받아야 합니다.');
    expect(sentences.flatMap(({ sources }) => sources)).toContainEqual(expect.objectContaining({ title, page: 3 }));
  });

  it('are read outside of the service, which loads no library for them', () => {
    expect(existsSync(loaded)).toBe(true);
    const modules = readFileSync(loaded, 'utf8');
    expect(modules).toContain('knowledge/readers/reading.js');
    expect(modules).not.toMatch(
      /node_modules\/(?:@langchain\/community|@langchain\/classic|pdf-parse|pdfjs-dist|mammoth|jszip)\//,
    );
  });
});
