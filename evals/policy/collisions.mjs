/**
 * Searches for false words that two neighbours make (삼성전자 살까 holds 자살, 대출시 발급 holds 시발): puts words of the bank's own texts side
 * by side, with and without a space, and lists what the rules find in such a pair and in neither word alone.
 *
 *   npm run build && node evals/policy/collisions.mjs [--pairs 100000] [--seed 1]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openRails } from '../rails.mjs';
import { seeded } from '../rails.mjs';

const { values: options } = parseArgs({ options: { pairs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } } });
/** What is looked for by short words. A longer find in two words is what they say. */
const SUBJECTS = ['CRISIS', 'ABUSE', 'INJECTION', 'PROMPT_LEAK', 'ILLEGAL', 'FRAUD_VICTIM'];

const words = [...new Set(bankTexts().flatMap((text) => text.match(/[가-힣]{1,8}/g) ?? []))];
const rails = await openRails(1);
const random = seeded(Number(options.seed));
const pick = () => words[Math.floor(random() * words.length)];
const found = async (text) => (await rails.acting(text)).filter((category) => SUBJECTS.includes(category));
let pairs = 0;
let collisions = 0;
for (; pairs < Number(options.pairs); pairs++) {
  const [left, right] = [pick(), pick()];
  const together = await found(`${left} ${right}`);
  if (together.length === 0 || (await found(left)).length > 0 || (await found(right)).length > 0) continue;
  collisions++;
  const { findings } = await rails.judge(`${left} ${right}`);
  console.log(`${left} ${right}: ${findings.map(({ rule }) => rule).join(', ')}`);
}
console.log(`${collisions} in ${pairs} pairs of ${words.length} words`);
await rails.close();

function bankTexts() {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'data', 'bank');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:md|yaml)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}
