// Questions of the demo bank as harmless lines for the second tier: guardrails/lines/bank-questions.jsonl (after a build).
// Incidents and sensitive topics are left out, and what the rules find something in: a victim's question is not harmless.
// Usage: node scripts/bank-lines.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { GUARDRAILS_FOLDER, InputRails, RuleSet } from '../dist/guardrails/index.js';

const folder = join(import.meta.dirname, '..', 'data', 'bank', 'exemplars');
const rails = new InputRails(RuleSet.load(GUARDRAILS_FOLDER));
const HARMLESS = new Set(['NUMERIC_FACT', 'GREETING', 'HANDOFF']);
const seen = new Set();
const lines = readdirSync(folder)
  .filter((name) => name !== 'incident.yaml')
  .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')))
  .filter(({ sensitive }) => !sensitive)
  .flatMap(({ need, question, phrasings = [] }) => [question, ...phrasings].map((text) => ({ text, need })))
  .filter(({ text }) => !seen.has(text) && seen.add(text))
  .filter(({ text }) => rails.check(text).findings.every(({ category }) => HARMLESS.has(category)))
  .map(({ text, need }) => ({ text, category: 'NONE', family: `bank-${need}`, voice: 'demo bank', by: 'model' }));
writeFileSync(
  join(GUARDRAILS_FOLDER, 'lines', 'bank-questions.jsonl'),
  lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
);
console.log(`${lines.length} lines`);
