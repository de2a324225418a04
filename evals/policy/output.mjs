/**
 * What the output rails stop and what they let pass of the labelled sentences, without sources: by category and batch.
 *
 *   npm run build && node evals/policy/output.mjs [--batch N] [--misses]
 *
 * A batch is what was written at one time, before anybody looked at what the rules make of it. guardrails/output-lines/ is what the rules
 * and the classifier were made from; output-fresh.jsonl neither ever saw.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { batch: { type: 'string' }, misses: { type: 'boolean', default: false } } });
const dist = process.env.SANGDAM_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist');
const { GUARDRAILS_FOLDER, OutputClassifier, OutputRails, PhoneRegistry, RuleSet } = await import(pathToFileURL(join(dist, 'guardrails', 'index.js')).href);
const rules = RuleSet.load(GUARDRAILS_FOLDER);
const rails = new OutputRails(rules, PhoneRegistry.load(GUARDRAILS_FOLDER), OutputClassifier.load(GUARDRAILS_FOLDER));

const files = [join(GUARDRAILS_FOLDER, 'output-lines', 'sentences.jsonl'), new URL('output-fresh.jsonl', import.meta.url)];
const lines = files.flatMap((file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line)));
const judged = lines
  .filter(({ batch }) => !options.batch || batch === options.batch)
  .map((line) => ({ ...line, found: rails.check(line.text).findings.map(({ category }) => category) }));
console.log(`output rules ${rules.version}: stopped (by a rule of the line's own category) of what must not be said; passed of look-alikes`);
for (const batch of new Set(judged.map((line) => line.batch))) {
  console.log(`batch ${batch}`);
  const some = judged.filter((line) => line.batch === batch);
  for (const category of [...new Set(some.map((line) => line.category))].sort()) show(category, some.filter((line) => line.category === category));
  show('all', some);
}

function show(name, some) {
  const bad = some.filter(({ label }) => label === 1);
  const good = some.filter(({ label }) => label === 0);
  const stopped = bad.filter(({ found }) => found.length > 0);
  const named = bad.filter(({ category, found }) => found.includes(category));
  const passed = good.filter(({ found }) => found.length === 0);
  console.log(`  ${name.padEnd(22)} ${share(stopped, bad)} (named ${share(named, bad)})  passed ${share(passed, good)}`);
  if (options.misses && name !== 'all') {
    for (const { text } of bad.filter((line) => !stopped.includes(line))) console.log(`      missed ${text}`);
    for (const { text, found } of good.filter((line) => !passed.includes(line))) console.log(`      false [${found}] ${text}`);
  }
}

function share(some, all) {
  return `${all.length === 0 ? '  - ' : (some.length / all.length).toFixed(3)} (${some.length}/${all.length})`;
}
