import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { shipped } from '../../src/config/package-root.js';
import type { PhoneRegistry } from '../../src/guardrails/index.js';

/** An approved answer as it is shown, with the sheets that it rests on. */
export interface ApprovedAnswer {
  id: string;
  text: string;
  sheets: string[];
}

/** The model answers of data/bank with their cited sheets, telephone numbers filled in. */
export function approvedAnswers(phones: PhoneRegistry): ApprovedAnswer[] {
  const folder = shipped('data', 'bank', 'exemplars');
  return readdirSync(folder)
    .flatMap((file) => parse(readFileSync(join(folder, file), 'utf8')) as { id: string; answer: string; documents?: string[] }[])
    .map(({ id, answer, documents = [] }) => ({
      id,
      text: phones.render(answer.trim()),
      sheets: documents.map((document) => phones.render(sheet(document))),
    }));
}

function sheet(id: string): string {
  return readFileSync(shipped('data', 'bank', 'sheets', `${id}.md`), 'utf8').replace(/^---\n[\s\S]*?\n---\n/, '');
}
