import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shipped } from '../../src/config/package-root.js';
import { GUARDRAILS_FOLDER, PhoneRegistry } from '../../src/guardrails/index.js';
import { ImportMasking } from '../../src/knowledge/import-masking.js';
import { readKnowledge } from '../../src/knowledge/readers/reading.js';
import { SHIPPED_FOLDERS } from '../../src/knowledge/shipped-knowledge.js';

const masking = new ImportMasking(PhoneRegistry.load(GUARDRAILS_FOLDER));

describe('the masking of imports', () => {
  it('takes personal data out of every text of an entry, and leaves the bank’s numbers', () => {
    expect(masking.text('담당 홍길동 과장님 010-2345-6789')).toBe('담당 [이름] 과장님 [전화번호]');
    expect(masking.text('고객센터 1588-0000, 사업자번호 124-81-00998')).toContain('124-81-00998');
  });

  it('has nothing to do in what ships, which is why that is imported without it', async () => {
    const files = SHIPPED_FOLDERS.flatMap((parts) =>
      readdirSync(shipped(...parts), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(md|ya?ml)$/.test(name) && !/README|LICENSE|needs|replaced/.test(name))
        .map((name) => join(shipped(...parts), name)),
    );
    const changed: string[] = [];
    const look = (text: string): void => {
      if (masking.text(text) !== text) changed.push(text.slice(0, 80));
    };
    for (const file of files) {
      const { documents, exemplars } = await readKnowledge(file, { name: file });
      for (const { title, sections } of documents) [title, ...sections.map(({ text }) => text)].forEach(look);
      for (const { question, phrasings, answer } of exemplars) [question, ...phrasings, answer].forEach(look);
    }
    expect(changed).toEqual([]);
  }, 120_000);
});
