/**
 * Prints how many disguised values the detector finds, per disguise and type, with the label and without.
 * `npm run build && node evals/pii/evasions.mjs [values per cell, 20] [--misses]`
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { evasions } from './evasions.ts';
import { agrees } from './labelled.ts';

const dist = process.env.SANGDAM_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist');
const { PiiDetector } = await import(pathToFileURL(join(dist, 'privacy', 'detector.js')).href);
const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { misses: { type: 'boolean' } } });

const detector = new PiiDetector();
const cells = new Map();
for (const { type, cell, isLabelled, text, span } of evasions(Number(positionals[0] ?? 20))) {
  const name = `${cell.padEnd(18)} ${type.padEnd(15)} ${isLabelled ? 'with its label' : 'without a label'}`;
  const row = cells.get(name) ?? { all: 0, found: 0, misses: [] };
  cells.set(name, row);
  row.all++;
  if (detector.detectTurns([text]).some((finding) => agrees(span, finding))) row.found++;
  else row.misses.push(text);
}
const rates = [...cells].map(([name, row]) => ({ name, ...row, rate: row.found / row.all }));
for (const { name, all, found, rate, misses } of rates.sort((a, b) => a.rate - b.rate)) {
  console.log(`${rate.toFixed(3)}  ${name}  (${found} of ${all})`);
  if (options.misses) for (const text of misses.slice(0, 3)) console.log(`       ${JSON.stringify(text)}`);
}
console.log(`${rates.filter(({ rate }) => rate < 0.94).length} of ${rates.length} cells below .94`);
