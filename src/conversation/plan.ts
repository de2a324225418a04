import type { Hit } from '../knowledge/retriever.js';

/** How a question will be answered. */
export type Plan =
  /** The approved answer, word for word. */
  | { kind: 'exemplar'; hit: Hit }
  /** The model writes from the sources; `fallback` is given where nothing it writes can be released. */
  | { kind: 'write'; sources: Hit[]; fallback: Hit | undefined }
  /** The passage is quoted: a statute or a sheet answers and no model is there to write. */
  | { kind: 'quote'; hit: Hit }
  | { kind: 'ask'; choices: string[] }
  | { kind: 'abstain' };

/**
 * Confidence is the calibrated probability that a source answers the question (data/calibration.json; reliability is
 * printed by evals/calibration.mjs).
 */
export const THRESHOLDS = {
  /** From here on an exemplar is given as approved: the words of a bank's people beat a small model's (docs/models.md). */
  exemplar: 0.8,
  /** Below, what was found is more likely beside the point than not. */
  answer: 0.5,
  /** Below, not even a question back would name the right topic. */
  ask: 0.15,
} as const;

/** Passages and exemplars that are given to the model: more only confuse a small one. */
const MAX_SOURCES = 4;
/** Buttons of a question back (design: at most three). */
const MAX_CHOICES = 3;

/** Chooses by confidence and by whether a model is there to write. `hits` are sorted by confidence. */
export function choosePlan(hits: readonly Hit[], modelReady: boolean): Plan {
  const [best] = hits;
  if (!best || best.confidence < THRESHOLDS.ask) return { kind: 'abstain' };
  const exemplars = hits.filter((hit) => hit.kind === 'exemplar');
  if (best.kind === 'exemplar' && best.confidence >= THRESHOLDS.exemplar) return { kind: 'exemplar', hit: best };
  if (best.confidence >= THRESHOLDS.answer) {
    const fallback = exemplars.find((hit) => hit.confidence >= THRESHOLDS.answer);
    if (modelReady) {
      const sources = hits.filter((hit) => hit.confidence >= best.confidence / 2).slice(0, MAX_SOURCES);
      return { kind: 'write', sources, fallback };
    }
    return fallback === best ? { kind: 'exemplar', hit: best } : { kind: 'quote', hit: best };
  }
  const choices = exemplars
    .filter((hit) => hit.confidence >= THRESHOLDS.ask)
    .slice(0, MAX_CHOICES)
    .map((hit) => hit.title);
  return choices.length > 0 ? { kind: 'ask', choices } : { kind: 'abstain' };
}
