import { describe, expect, it } from 'vitest';
import { shipped } from '../../src/config/package-root.js';
import { GUARDRAILS_FOLDER, PhoneRegistry } from '../../src/guardrails/index.js';
import { ImportMasking } from '../../src/knowledge/import-masking.js';
import { filesUnder } from '../../src/knowledge/importer.js';
import { readKnowledge } from '../../src/knowledge/readers/reading.js';
import { SHIPPED_FOLDERS } from '../../src/knowledge/shipped-knowledge.js';

const masking = new ImportMasking(PhoneRegistry.load(GUARDRAILS_FOLDER));

describe('the masking of imports', () => {
  it('takes personal data out of every text of an entry, and leaves numbers of businesses', () => {
    expect(masking.text('담당 홍길동 과장님 010-2345-6789')).toBe('담당 [이름] 과장님 [전화번호]');
    expect(masking.text('담당자 연락처 010-2345-6789')).toBe('담당자 연락처 [전화번호]');
    expect(masking.text('고객센터 1588-0000, 사업자번호 124-81-00998')).toContain('124-81-00998');
  });

  it('finds nobody in what ships: none of 7,900 texts of statutes and of the made-up bank changes', async () => {
    const changed: string[] = [];
    const look = (text: string): void => {
      if (masking.text(text) !== text) changed.push(text.slice(0, 80));
    };
    for (const file of await filesUnder(SHIPPED_FOLDERS.map((parts) => shipped(...parts)))) {
      const { documents, exemplars } = await readKnowledge(file, { name: file });
      for (const { title, sections } of documents) [title, ...sections.map(({ text }) => text)].forEach(look);
      for (const { question, phrasings, answer } of exemplars) [question, ...phrasings, answer].forEach(look);
    }
    expect(changed).toEqual([]);
  }, 120_000);
});
