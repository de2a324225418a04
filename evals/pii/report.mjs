/**
 * Prints precision, recall and the misses of the detector on the labelled sets, a type a line.
 * `npm run build && node evals/pii/report.mjs [file.jsonl …]`; a prediction counts when its type and at least half of
 * the union of the spans agree. Files whose lines hold `turns` are read as several messages.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.env.SANGDAM_DIST ?? join(here, '..', '..', 'dist');
const { PiiDetector } = await import(pathToFileURL(join(dist, 'privacy', 'detector.js')).href);
const { PII_TYPES } = await import(pathToFileURL(join(dist, 'privacy', 'types.js')).href);

const detector = new PiiDetector();
const files = process.argv.length > 2 ? process.argv.slice(2) : ['pii.jsonl', 'pii-multi-turn.jsonl'].map((name) => join(here, name));
for (const file of files) report(file);

function report(file) {
  const counts = new Map();
  const misses = [];
  const negatives = { all: 0, touched: 0 };
  let leaks = 0;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const example = JSON.parse(line);
    const turns = example.turns ?? [example.text];
    const found = example.turns ? detector.detectTurns(turns) : detector.detect(example.text).map((each) => ({ ...each, turn: 0 }));
    const expected = example.spans.map((span) => ({ turn: 0, ...span }));
    const open = new Set(expected);
    const wrong = found.filter((finding) => {
      const match = [...open].find((span) => span.type === finding.type && span.turn === finding.turn && overlap(span, finding) >= 0.5);
      if (match) open.delete(match);
      count(counts, finding.type, match ? 'hits' : 'wrong');
      return !match;
    });
    for (const span of open) count(counts, span.type, 'missed');
    const leaked = expected.filter((span) => PII_TYPES[span.type].tier <= 2 && !isCovered(span, found, turns[span.turn]));
    leaks += leaked.length;
    if (expected.length === 0) {
      negatives.all++;
      if (found.length > 0) negatives.touched++;
    }
    if (wrong.length > 0 || open.size > 0 || leaked.length > 0)
      misses.push({ text: turns.join('\n'), wrong: show(wrong, turns), missed: show([...open], turns), leaked: show(leaked, turns) });
  }
  console.log(`\n${file}`);
  const total = { hits: 0, wrong: 0, missed: 0 };
  for (const [type, row] of [...counts].sort(([a], [b]) => a.localeCompare(b))) {
    for (const key of Object.keys(total)) total[key] += row[key];
    console.log(figures(type, row));
  }
  console.log(figures('all', total));
  console.log(`negatives touched ${negatives.touched} of ${negatives.all}; T0 to T2 values that leak a character: ${leaks}`);
  for (const miss of misses) console.log(JSON.stringify(miss));
}

function count(counts, type, key) {
  const row = counts.get(type) ?? { hits: 0, wrong: 0, missed: 0 };
  row[key]++;
  counts.set(type, row);
}

function overlap(a, b) {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return shared <= 0 ? 0 : shared / (Math.max(a.end, b.end) - Math.min(a.start, b.start));
}

function isCovered(span, found, text) {
  for (let at = span.start; at < span.end; at++)
    if (/[\p{L}\p{N}]/u.test(text[at]) && !found.some(({ turn, start, end }) => turn === span.turn && start <= at && at < end)) return false;
  return true;
}

function figures(type, { hits, wrong, missed }) {
  const precision = hits + wrong === 0 ? 1 : hits / (hits + wrong);
  const recall = hits + missed === 0 ? 1 : hits / (hits + missed);
  return `${type.padEnd(16)} precision ${precision.toFixed(3)}  recall ${recall.toFixed(3)}  (${hits} found, ${wrong} wrong, ${missed} missed)`;
}

function show(spans, turns) {
  return spans.map(({ type, turn, start, end, score }) => `${type}:${turns[turn].slice(start, end)}${score ? ` ${score}` : ''}`);
}
