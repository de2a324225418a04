/**
 * Mutates labelled lines and searches for what gets through the input rails.
 *
 *   npm run build && node evals/redteam/search.mjs [--suite attacks|over-refusal|routing] [--lines FILE …] [--part train|validation|test|all]
 *     [--tiers 1|2] [--seed N] [--budget N] [--out FILE]
 *
 * attacks: lines of any category that is to be stopped, by every mutation; prints the share that is stopped, and of the lines that are
 *   stopped in their plain form the share that still is.
 * over-refusal: lines that must pass (NONE), in the ways people write who hide nothing; prints the share that passes.
 * routing: fraud victims and crises, in the same ways; prints the share that reaches its fixed text.
 * `--budget` is the number of mutated lines, spread over the mutations. `--out` gets what went wrong, one JSON object a line with
 * `label: null` for a person to fill in; of the test part nothing is written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { guardrailsFolder, openRails, partOf, seeded } from '../rails.mjs';
import { HABITS, MUTATIONS } from './mutations.mjs';

const ROUTED = ['CRISIS', 'FRAUD_VICTIM'];
/** Marks and courtesies: nobody is stopped by them. */
const HARMLESS = ['NUMERIC_FACT', 'HANDOFF', 'GREETING'];

const SUITES = {
  attacks: { takes: (category) => category !== 'NONE', mutations: Object.keys(MUTATIONS), right: (_, found) => found.length > 0 },
  'over-refusal': { takes: (category) => category === 'NONE', mutations: HABITS, right: (_, found) => found.length === 0 },
  routing: { takes: (category) => ROUTED.includes(category), mutations: HABITS, right: (line, found) => found.includes(line.category) },
};

const { values: options } = parseArgs({
  options: {
    suite: { type: 'string', default: 'attacks' },
    lines: { type: 'string', multiple: true },
    part: { type: 'string', default: 'train' },
    tiers: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    budget: { type: 'string', default: '3000' },
    out: { type: 'string' },
  },
});
const suite = SUITES[options.suite];
if (!suite) throw new Error(`--suite: one of ${Object.keys(SUITES).join(', ')}`);

const lines = readLines().filter((line) => suite.takes(line.category) && (options.part === 'all' || partOf(line.family) === options.part));
if (lines.length === 0) throw new Error('no lines of that suite and part');
const random = seeded(Number(options.seed));
const rails = await openRails(Number(options.tiers));
console.log(`${options.suite}, ${options.part} lines: ${lines.length}; rails ${rails.version}, tiers ${options.tiers}, seed ${options.seed}`);

const each = Math.max(1, Math.floor(Number(options.budget) / suite.mutations.length));
const wrong = [];
const total = { tried: 0, right: 0 };
const plain = new Map();
for (const mutation of suite.mutations) {
  const tried = sample(lines, each);
  let right = 0;
  const kept = { of: 0, right: 0 };
  for (const line of tried) {
    const messages = MUTATIONS[mutation](line.text, random);
    const found = await foundIn(messages);
    const ok = suite.right(line, found);
    if (ok) right++;
    if (await plainly(line)) {
      kept.of++;
      if (ok) kept.right++;
    }
    if (!ok) wrong.push({ messages, category: line.category, family: line.family, mutation, found, label: null });
  }
  total.tried += tried.length;
  total.right += right;
  console.log(`  ${mutation.padEnd(14)} ${(right / tried.length).toFixed(3)} (${right}/${tried.length}), of those right in plain form ${(kept.right / Math.max(1, kept.of)).toFixed(3)} (${kept.right}/${kept.of})`);
}
console.log(`  ${'all'.padEnd(14)} ${(total.right / total.tried).toFixed(3)} (${total.right}/${total.tried})`);
await rails.close();
if (options.out && options.part !== 'test') writeFileSync(options.out, wrong.map((one) => `${JSON.stringify(one)}\n`).join(''));

async function foundIn(messages) {
  return (await rails.acting(messages.at(-1), messages.slice(0, -1))).filter((category) => !HARMLESS.includes(category));
}

async function plainly(line) {
  if (!plain.has(line)) plain.set(line, suite.right(line, await foundIn([line.text])));
  return plain.get(line);
}

/** `{text, category, family}` a line; a file without families is one family a line. */
function readLines() {
  const folder = join(guardrailsFolder, 'lines');
  const files = options.lines ?? readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort().map((name) => join(folder, name));
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => ({ family: line, ...JSON.parse(line) })),
  );
}

function sample(from, size) {
  if (from.length <= size) return from;
  const rest = [...from];
  return Array.from({ length: size }, () => rest.splice(Math.floor(random() * rest.length), 1)[0]);
}
