// The second tier of the input rails: time for a message with the run of the embedder that the retrieval shares, beside the embedder alone,
// which the retrieval needs anyway. Messages come one after the other, each once.
// Usage: npm run build && node bench/second-tier.mjs
import { labelledLines, guardrailsFolder, seeded, DISGUISES } from '../evals/rails.mjs';
import { SecondTier } from '../dist/guardrails/index.js';
import { OnnxEmbedder } from '../dist/models/onnx-embedder.js';
import { distribution, printMachine } from './support/machine.mjs';

const MESSAGES = 300;

printMachine();
const embedder = await OnnxEmbedder.openShipped();
const tier = await SecondTier.load(guardrailsFolder, embedder, { open: async () => undefined });
if (tier.absence) throw new Error(tier.absence);
const story = labelledLines().flatMap(({ text, category }) => (category === 'NONE' && text.length > 30 ? [text] : []));
const messages = (length) => Array.from({ length: MESSAGES }, (_, at) => cut(at * 7, length));
const random = seeded(1);

await report('100 characters', messages(100));
await report(
  '100 characters, disguised',
  messages(100).map((text) => DISGUISES['zero-width'](text, random)),
);
await report('400 characters', messages(400).slice(0, 100));
await report('4,000 characters', messages(4_000).slice(0, 20));
await embedder.close();

async function report(name, texts) {
  for (const text of texts.slice(0, 20)) await tier.findings(text);
  const alone = await timed(texts, (text) => embedder.embed([text], 'query'));
  const whole = await timed(texts, (text) => tier.findings(text));
  console.log(`${name}: second tier ${distribution(whole)}; embedding alone ${distribution(alone)}`);
}

async function timed(texts, work) {
  const times = [];
  for (const text of texts) {
    const start = performance.now();
    await work(text);
    times.push(performance.now() - start);
  }
  return times;
}

/** A message of exactly that length out of harmless lines. */
function cut(from, length) {
  let text = '';
  for (let at = from; text.length < length; at++) text += `${story[at % story.length]} `;
  return text.slice(0, length);
}
