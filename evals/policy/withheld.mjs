/**
 * Correct sentences that the checks of answers withhold or rewrite: the demo bank's approved answers (each sentence with its answer as the source,
 * and with one further mark so that it does not stand there word for word) and paraphrases of them that were written by hand.
 *
 *   npm run build && node evals/policy/withheld.mjs
 *
 * Prints shares, and each sentence that is lost by the rules that took it. Exit 1 above 1%.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ANSWER_INSTRUCTIONS } from '../../dist/conversation/answer-prompt.js';
import { GUARDRAILS_FOLDER, OutputClassifier, OutputRails, PhoneRegistry, RuleSet } from '../../dist/guardrails/index.js';
import { splitSentences } from '../../dist/text/sentences.js';

/** Issue 5. */
const MOST = 0.01;

const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
const rails = new OutputRails(RuleSet.load(GUARDRAILS_FOLDER), phones, OutputClassifier.load(GUARDRAILS_FOLDER));
const folder = join(import.meta.dirname, '..', '..', 'data', 'bank', 'exemplars');
const answers = new Map(
  readdirSync(folder)
    .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')))
    .map(({ id, answer }) => [id, phones.render(answer.trim())]),
);
const paraphrases = readFileSync(new URL('paraphrases.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line));

console.log(`output rails ${rails.version}`);
const own = [...answers].flatMap(([source, text]) => splitSentences(text).map((sentence) => ({ source, text: sentence })));
report('approved sentences', own);
// Not word for word: as a model retells it, so that nothing excuses it.
report('approved sentences, not word for word', own.map(({ source, text }) => ({ source, text: `네, ${text}` })));
report('paraphrases', paraphrases.map(({ source, text }) => ({ source, text: phones.render(text) })));

function report(name, sentences) {
  const lost = sentences.flatMap(({ source, text }) => {
    const answer = answers.get(source);
    if (answer === undefined) throw new Error(`no exemplar ${source}`);
    const { action, findings } = rails.check(text, { sources: [answer], promptText: ANSWER_INSTRUCTIONS });
    return action === 'pass' ? [] : [{ source, text, rules: findings.map(({ rule }) => rule).join(', ') }];
  });
  const share = lost.length / sentences.length;
  console.log(`${name}: ${lost.length} of ${sentences.length} lost (${(share * 100).toFixed(2)}%)`);
  for (const rules of [...new Set(lost.map((each) => each.rules))].sort())
    for (const { source, text } of lost.filter((each) => each.rules === rules)) console.log(`  [${rules}] ${source}: ${text}`);
  if (share > MOST) process.exitCode = 1;
}
