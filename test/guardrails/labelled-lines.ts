import { readFileSync } from 'node:fs';
import { shipped } from '../../src/config/package-root.js';
import type { PolicyCategory } from '../../src/guardrails/index.js';

/** A message with a category that applies to it (`applies`), or that it only looks like. */
export interface LabelledLine {
  text: string;
  category: PolicyCategory;
  applies: boolean;
}

/** The labelled messages of evals/policy; the categories of answers (OUT_…) are left out. */
export function labelledMessages(): LabelledLine[] {
  return readFileSync(shipped('evals', 'policy', 'policy.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; category: PolicyCategory; label: 0 | 1 })
    .filter(({ category }) => !category.startsWith('OUT_'))
    .map(({ text, category, label }) => ({ text, category, applies: label === 1 }));
}

/** Lines of customers in many voices (customer-lines.tsv). */
export function customerLines(): LabelledLine[] {
  return readFileSync(new URL('customer-lines.tsv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const [category = '', label = '', text = ''] = line.split('\t');
      return { text, category: category as PolicyCategory, applies: label === '1' };
    });
}
