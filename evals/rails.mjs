/**
 * The input rails of the build in dist/ (or $SANGDAM_DIST), for reports and searches. Personal data is not masked here: what is
 * measured is the rules.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = process.env.SANGDAM_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const load = (...path) => import(pathToFileURL(join(dist, ...path)).href);

const { GUARDRAILS_FOLDER, InputRails, PassageRails, RuleSet, SecondTier } = await load('guardrails', 'index.js');
const { partOf, readLabelledLines } = await load('guardrails', 'second-tier', 'labelled-lines.js');
const { DISGUISES } = await load('guardrails', 'second-tier', 'disguise.js');
const { seeded } = await load('guardrails', 'second-tier', 'training.js');

export { DISGUISES, partOf, seeded };
export const guardrailsFolder = GUARDRAILS_FOLDER;

/** All of guardrails/lines. */
export const labelledLines = () => readLabelledLines(join(GUARDRAILS_FOLDER, 'lines'));

/** No message is judged later than this: a report is not in a hurry. */
const NO_HURRY = 60_000;

/**
 * @param {1 | 2} tiers 1 for the rules alone, 2 with the classifier (`absence` says why there is none)
 * @returns `judge(text, earlier?)` → verdict, `acting(text, earlier?)` → the categories that decide something, each once, `close()`
 */
export async function openRails(tiers) {
  const rules = RuleSet.load(GUARDRAILS_FOLDER);
  const second = tiers === 2 ? await openSecondTier() : undefined;
  const rails = new InputRails(rules, second?.tier, NO_HURRY);
  const passages = new PassageRails(rules);
  const judge = (text, earlier = []) => rails.judge(text, earlier);
  // The classifier has thresholds of its own; a finding of a rule acts from `settings.act` on.
  const acts = ({ rule, score }) => rules.rule(rule) === undefined || score >= rules.settings.act;
  const categories = (findings) => [...new Set(findings.filter(acts).map(({ category }) => category))];
  return {
    version: rails.version,
    absence: second?.tier.absence,
    judge,
    acting: async (text, earlier) => categories((await judge(text, earlier)).findings),
    /** Whether a retrieved passage is kept from the model. */
    withholds: (text) => passages.check(text).action === 'withhold',
    /** The first tier alone, without a promise: for measuring its time. */
    first: (text) => ({ acting: categories(rails.check(text).findings) }),
    close: async () => second?.embedder.close(),
  };
}

async function openSecondTier() {
  const { OnnxEmbedder } = await load('models', 'onnx-embedder.js');
  const embedder = await OnnxEmbedder.openShipped();
  const others = { open: async () => undefined };
  return { embedder, tier: await SecondTier.load(GUARDRAILS_FOLDER, embedder, others) };
}
