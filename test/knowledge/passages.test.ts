import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shipped } from '../../src/config/package-root.js';
import type { KnowledgeDocument, Section } from '../../src/knowledge/document.js';
import { indexedText, PASSAGE_LENGTH, passagesOf } from '../../src/knowledge/passages.js';
import { readKnowledge } from '../../src/knowledge/readers/reading.js';

const document = (sections: Section[], kind: KnowledgeDocument['kind'] = 'text'): KnowledgeDocument => ({
  id: 'a',
  kind,
  title: '안내',
  category: '',
  aliases: [],
  source: 'a.md',
  sections,
});

const plain = (text: string): string => text.replace(/\s+/g, '');

describe('passages', () => {
  it('join short neighbouring sections under their headings', async () => {
    const passages = await passagesOf(
      document([
        { path: ['금리'], text: '연 3%' },
        { path: ['한도'], text: '1억원' },
      ]),
    );
    expect(passages).toEqual([{ n: 1, heading: '금리, 한도', text: '금리\n연 3%\n\n한도\n1억원' }]);
  });

  it('never join articles, and name law and article', async () => {
    const law = document(
      [
        { path: ['제1장', '제1조(목적)'], text: '목적', article: '제1조' },
        { path: ['제1장', '제2조'], text: '정의', article: '제2조' },
      ],
      'statute',
    );
    const passages = await passagesOf(law);
    expect(passages.map(({ article }) => article)).toEqual(['제1조', '제2조']);
    expect(indexedText(law, passages[0]!)).toBe('안내 제1조(목적) 목적');
  });

  it('of a long list repeat its opening, those of a long table its head row', async () => {
    const items = Array.from({ length: 20 }, (_, i) => `${i + 1}. ${'가나다라마바사 '.repeat(8)}`);
    const rows = Array.from({ length: 40 }, (_, i) => `| ${i} | ${'값'.repeat(30)} |`);
    const [list, table] = [
      await passagesOf(document([{ path: [], text: ['다음 각 호와 같다.', ...items].join('\n') }])),
      await passagesOf(document([{ path: [], text: ['| 번호 | 값 |', '|---|---|', ...rows].join('\n') }])),
    ];
    expect(list.length).toBeGreaterThan(2);
    for (const { text } of list) expect(text.startsWith('다음 각 호와 같다.\n')).toBe(true);
    expect(table.length).toBeGreaterThan(2);
    for (const { text } of table) {
      expect(text.startsWith('| 번호 | 값 |\n|---|---|\n')).toBe(true);
      for (const row of text.split('\n')) expect(row).toMatch(/^\|.*\|$/);
    }
  });

  it('are never too long and lose no text', async () => {
    const words = fc.stringMatching(/^[가-힣]{1,9}$/);
    const sentence = fc.array(words, { minLength: 1, maxLength: 60 }).map((list) => `${list.join(' ')}다. `);
    const paragraphs = fc.array(
      fc.array(sentence, { minLength: 1, maxLength: 6 }).map((list) => list.join('')),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(paragraphs, async (list) => {
        const passages = await passagesOf(document([{ path: [], text: list.join('\n') }]));
        for (const { text } of passages) expect(text.length).toBeLessThanOrEqual(PASSAGE_LENGTH.max);
        expect(plain(passages.map(({ text }) => text).join(''))).toBe(plain(list.join('')));
      }),
      { numRuns: 50 },
    );
  });

  it('of the shipped sheets and statutes stay within the 512 tokens of the embedder', async () => {
    const tokenizer = new Tokenizer(
      JSON.parse(readFileSync(shipped('data', 'models', 'e5-small-ko', 'tokenizer.json'), 'utf8')),
      {},
    );
    const folders = [
      shipped('data', 'bank', 'sheets'),
      shipped('data', 'statutes', 'laws-kr', '은행법'),
      shipped('data', 'statutes', 'laws-kr', '보험업법'),
    ];
    let longest = 0;
    for (const path of folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))))
      for (const read of (await readKnowledge(path)).documents)
        for (const passage of await passagesOf(read))
          longest = Math.max(longest, tokenizer.encode(`passage: ${indexedText(read, passage)}`).ids.length);
    expect(longest).toBeGreaterThan(200);
    expect(longest).toBeLessThanOrEqual(512);
  });
});
