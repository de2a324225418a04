/**
 * Conditions that an answer omits (OUT_OMITTED), over the demo bank's exemplars: what is reported when a condition is cut out of a sentence
 * (the clause alone; what remains is not always good Korean) or an exception is left out, and what is reported for answers that lack nothing.
 *
 *   npm run build && node evals/policy/omitted.mjs [--misses]
 *
 * The cuts are made where `conditionsOf` sees a condition, so the first figure says how often a seen condition is missed when it is left out,
 * not how many conditions there are.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const load = (...path) => import(pathToFileURL(join(root, 'dist', ...path)).href);
const { conditionsOf, omissionsOf } = await load('guardrails', 'omissions.js');
const { splitSentences } = await load('text', 'sentences.js');
const { values: options } = parseArgs({ options: { misses: { type: 'boolean', default: false } } });

const folder = join(root, 'data', 'bank', 'exemplars');
const exemplars = readdirSync(folder).flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')));
const cuts = { clause: [0, 0], exception: [0, 0] };
const misses = [];
let whole = 0;

for (const { id, answer } of exemplars) {
  const sentences = splitSentences(answer);
  const reports = (said) => omissionsOf(said, [answer]).map(({ sentence }) => sentence);
  if (reports(sentences).length > 0) whole++;
  for (const [at, sentence] of sentences.entries()) {
    const others = (instead) => [...sentences.slice(0, at), ...instead, ...sentences.slice(at + 1)];
    for (const condition of conditionsOf(sentence)) {
      const rest = sentence.replace(condition, '').trim();
      if (rest.length < 10) continue;
      cuts.clause[1]++;
      if (reports(others([rest])).includes(sentence)) cuts.clause[0]++;
      else misses.push(`${id}: without "${condition}": ${rest}`);
    }
    if (at > 0 && /^(?:다만|단,)/.test(sentence)) {
      cuts.exception[1]++;
      if (reports(others([])).includes(sentence)) cuts.exception[0]++;
      else misses.push(`${id}: without ${sentence}`);
    }
  }
}

const share = ([some, all]) => `${some}/${all}${all ? ` ${(some / all).toFixed(3)}` : ''}`;
console.log(`conditions cut out of a sentence, reported  ${share(cuts.clause)}`);
console.log(`exceptions left out, reported               ${share(cuts.exception)}`);
console.log(`whole answers with a report                 ${share([whole, exemplars.length])}`);

const paraphrases = new URL('paraphrases.jsonl', import.meta.url);
if (existsSync(paraphrases)) {
  const lines = readFileSync(paraphrases, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const answers = new Map(exemplars.map(({ id, answer }) => [id, answer]));
  const reported = lines.filter(({ source, text }) => omissionsOf(splitSentences(text), [answers.get(source)]).length > 0);
  console.log(`paraphrases with a report                   ${share([reported.length, lines.length])}`);
  misses.push(...reported.map(({ source, text }) => `${source}: reported: ${text}`));
}
if (options.misses) console.log(misses.join('\n'));
