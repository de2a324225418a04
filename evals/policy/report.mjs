/**
 * What the input rails find and what they leave alone: the labelled messages by category, the labelled lines of guardrails/lines by
 * part, the public sets.
 *
 *   npm run build && node evals/policy/report.mjs [--tiers 1|2] [--misses] [--only policy|lines|public]
 *
 * `--misses` prints the texts behind a figure; of the test part of the lines and of the second half of the comments it never does.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { comments, f1, indirectInjections, jailbreaks, overRefusal } from '../public/sets.ts';
import { labelledLines, openRails, partOf } from '../rails.mjs';

const { values: options } = parseArgs({
  options: { tiers: { type: 'string', default: '1' }, misses: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const rails = await openRails(Number(options.tiers));
console.log(`rails ${rails.version}, tiers: ${options.tiers}${rails.absence ? ` (no second tier: ${rails.absence})` : ''}`);
const parts = { policy, lines, public: publicSets };
for (const [name, report] of Object.entries(parts)) if (!options.only || options.only === name) await report();
await rails.close();

async function policy() {
  const labelled = jsonLines(new URL('policy.jsonl', import.meta.url)).filter(({ category }) => !category.startsWith('OUT_'));
  const judged = [];
  for (const line of labelled) judged.push({ ...line, found: await rails.acting(line.text) });
  const hit = ({ category, found }) => found.includes(category);
  console.log('\npolicy.jsonl: found where it applies; passed where it only looks like it');
  for (const category of [...new Set(labelled.map((line) => line.category))].sort())
    show(category, judged.filter((line) => line.category === category), hit);
  show('all', judged, hit);
  list(judged.filter((line) => hit(line) !== (line.label === 1)), (line) => `${line.category} ${line.label} ${line.found} ${line.text}`);
}

function show(name, lines, hit) {
  const applies = lines.filter(({ label }) => label === 1);
  const looks = lines.filter(({ label }) => label === 0);
  console.log(`  ${name.padEnd(14)} ${share(applies.filter(hit), applies)}  passed ${share(looks.filter((line) => !hit(line)), looks)}`);
}

async function lines() {
  const all = labelledLines();
  const judged = [];
  for (const line of all) judged.push({ ...line, part: partOf(line.family), found: await rails.acting(line.text) });
  const routine = ['NUMERIC_FACT', 'HANDOFF', 'GREETING'];
  const stopped = ({ found }) => found.some((category) => !routine.includes(category));
  console.log('\nguardrails/lines: named = the category found; stopped = any but a mere mark. NONE: passed');
  for (const part of ['train', 'validation', 'test']) {
    console.log(`  ${part}`);
    for (const category of [...new Set(all.map((line) => line.category))].sort()) {
      const some = judged.filter((line) => line.part === part && line.category === category);
      const right = category === 'NONE' ? some.filter((line) => !stopped(line)) : some.filter((line) => line.found.includes(category));
      const also = category === 'NONE' ? '' : `  stopped ${share(some.filter(stopped), some)}`;
      console.log(`    ${category.padEnd(14)} ${share(right, some)}${also}`);
      if (part !== 'test') list(some.filter((line) => !right.includes(line)), (line) => `${category} ${line.family} [${line.found}] ${line.text}`);
    }
  }
}

async function publicSets() {
  console.log('\npublic sets (evals/public)');
  const attack = (found) => ['INJECTION', 'PROMPT_LEAK', 'ILLEGAL'].some((category) => found.includes(category));
  const harmless = (found) => found.every((category) => category === 'OFF_TOPIC');
  await shareOf('jailbreaks-en: stopped', jailbreaks(), attack);
  const instructions = indirectInjections();
  const followed = instructions.filter((text) => !rails.withholds(text));
  console.log(`  indirect-injection-en: withheld as a passage ${share(instructions.slice(followed.length), instructions)}`);
  list(followed, (text) => text);
  const { safe, unsafe } = overRefusal();
  await shareOf('over-refusal-en, safe: passed', safe, harmless);
  await shareOf('over-refusal-en, unsafe: stopped (for information)', unsafe, (found) => !harmless(found), false);
  for (const half of ['first', 'second']) {
    const pairs = [];
    for (const { text, abusive } of comments(half)) pairs.push({ text, is: abusive, found: (await rails.acting(text)).includes('ABUSE') });
    const figures = f1(pairs);
    console.log(
      `  curse-ko, ${half} half: F1 ${figures.f1.toFixed(3)}, precision ${figures.precision.toFixed(3)}, recall ${figures.recall.toFixed(3)}`,
    );
    if (half === 'first') list(pairs.filter(({ is, found }) => is !== found), ({ is, text }) => `${is ? 'missed' : 'false'} ${text}`);
  }
}

async function shareOf(name, texts, right, listed = true) {
  const wrong = [];
  for (const text of texts) {
    const found = await rails.acting(text);
    if (!right(found)) wrong.push({ text, found });
  }
  console.log(`  ${name} ${share(texts.slice(wrong.length), texts)}`);
  if (listed) list(wrong, ({ text, found }) => `[${found}] ${text.slice(0, 400).replaceAll('\n', ' ')}`);
}

function share(some, all) {
  return `${all.length === 0 ? '  -  ' : (some.length / all.length).toFixed(3)} (${some.length}/${all.length})`;
}

function list(some, text) {
  if (options.misses) for (const each of some) console.log(`      ${text(each)}`);
}

function jsonLines(file) {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line));
}
