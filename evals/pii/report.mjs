/**
 * Prints precision, recall and F1 of the detector on the labelled sets, per set and per type.
 * `npm run build && node evals/pii/report.mjs [--misses] [--brief] [file …]`; `labelled.ts` says how a set is written and when a
 * prediction is right. `--misses` lists what was missed, wrong or leaked; `--brief` leaves out the types.
 */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { agrees, readExamples } from './labelled.ts';

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.env.SANGDAM_DIST ?? join(here, '..', '..', 'dist');
const { PiiDetector } = await import(pathToFileURL(join(dist, 'privacy', 'detector.js')).href);
const { PII_TYPES } = await import(pathToFileURL(join(dist, 'privacy', 'types.js')).href);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { misses: { type: 'boolean' }, brief: { type: 'boolean' } },
});
const shippedSets = () => [
  ...['pii.jsonl', 'pii-multi-turn.jsonl'].map((name) => join(here, name)),
  ...readdirSync(join(here, 'sets'))
    .sort()
    .map((name) => join(here, 'sets', name)),
];
const detector = new PiiDetector();
for (const file of positionals.length > 0 ? positionals : shippedSets()) print(file, measure(readExamples(file)));

function measure(examples) {
  const types = new Map();
  const misses = [];
  const harmless = { all: 0, touched: 0 };
  let leaks = 0;
  for (const { turns, spans } of examples) {
    const found = detector.detectTurns(turns);
    const wrong = found.filter((finding) => !spans.some((span) => agrees(span, finding)));
    const missed = spans.filter((span) => !found.some((finding) => agrees(span, finding)));
    const leaked = spans.filter((span) => PII_TYPES[span.type].tier <= 2 && !isCovered(span, found, turns[span.turn]));
    for (const { type } of found) rowOf(types, type).found++;
    for (const { type } of wrong) rowOf(types, type).wrong++;
    for (const { type } of spans) rowOf(types, type).expected++;
    for (const { type } of missed) rowOf(types, type).missed++;
    leaks += leaked.length;
    if (spans.length === 0) {
      harmless.all++;
      if (found.length > 0) harmless.touched++;
    }
    if (wrong.length + missed.length + leaked.length > 0)
      misses.push({ text: turns.join('\n'), wrong: show(wrong, turns), missed: show(missed, turns), leaked: show(leaked, turns) });
  }
  return { examples: examples.length, types, misses, harmless, leaks };
}

function print(file, { examples, types, misses, harmless, leaks }) {
  console.log(`\n${basename(file)}: ${examples} examples`);
  const total = { found: 0, wrong: 0, expected: 0, missed: 0 };
  for (const [type, row] of [...types].sort(([a], [b]) => a.localeCompare(b))) {
    for (const key of Object.keys(total)) total[key] += row[key];
    if (!options.brief) console.log(figures(type, row));
  }
  console.log(figures('all', total));
  console.log(`harmless examples touched ${harmless.touched} of ${harmless.all}; T0 to T2 values that leak a character: ${leaks}`);
  if (options.misses) for (const miss of misses) console.log(JSON.stringify(miss));
}

function rowOf(types, type) {
  if (!types.has(type)) types.set(type, { found: 0, wrong: 0, expected: 0, missed: 0 });
  return types.get(type);
}

function isCovered(span, found, text) {
  for (let at = span.start; at < span.end; at++)
    if (/[\p{L}\p{N}]/u.test(text[at]) && !found.some(({ turn, start, end }) => turn === span.turn && start <= at && at < end)) return false;
  return true;
}

function figures(type, { found, wrong, expected, missed }) {
  const precision = found === 0 ? 1 : (found - wrong) / found;
  const recall = expected === 0 ? 1 : (expected - missed) / expected;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  const counts = `${expected} expected, ${missed} missed, ${wrong} wrong`;
  return `${type.padEnd(16)} precision ${precision.toFixed(3)}  recall ${recall.toFixed(3)}  F1 ${f1.toFixed(3)}  (${counts})`;
}

function show(spans, turns) {
  return spans.map(({ type, turn, start, end, score }) => `${type}:${turns[turn].slice(start, end)}${score ? ` ${score.toFixed(2)}` : ''}`);
}
