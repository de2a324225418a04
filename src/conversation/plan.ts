import type { Hit } from '../knowledge/index.js';
import type { ModelCapability } from '../models/chat-model.js';

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

/** Passages and exemplars that are given to the model: more only confuse a small one. */
const MAX_SOURCES = 4;
/** Buttons of a question back (design: at most three). */
const MAX_CHOICES = 3;

/**
 * How sure the retrieval must be: the calibrated probability that a source answers the question (data/calibration.json; its
 * reliability is printed by evals/calibration.mjs).
 */
export const THRESHOLDS = {
  /** From here on a model that writes leaves the word to the approved answer. */
  exemplar: 0.8,
  /** Below, what was found is more likely beside the point than not. */
  answer: 0.5,
  /** Below, not even a question back would name the right topic. */
  ask: 0.15,
  /** From here on an exemplar may stand among the choices of a question back. */
  choice: 0.05,
} as const;

/**
 * Chooses how to answer. An approved answer is given whole, not picked apart by a small model: of 14 answers that the default
 * model chose from the right exemplar, 7 missed the point that the whole one makes (docs/models.md).
 * @param hits sorted by falling confidence
 * @param model what the model may do; undefined where none is ready
 */
export function choosePlan(hits: readonly Hit[], model: ModelCapability | undefined): Plan {
  const [best] = hits;
  if (!best || best.confidence < THRESHOLDS.ask) return { kind: 'abstain' };
  if (best.confidence < THRESHOLDS.answer) return askBack(hits);
  const givenWhole = model === 'write' ? THRESHOLDS.exemplar : THRESHOLDS.answer;
  if (best.kind === 'exemplar' && best.confidence >= givenWhole) return { kind: 'exemplar', hit: best };
  if (model === undefined) return { kind: 'quote', hit: best };
  return {
    kind: 'write',
    sources: hits.filter((hit) => hit.confidence >= best.confidence / 2).slice(0, MAX_SOURCES),
    fallback: hits.find((hit) => hit.kind === 'exemplar' && hit.confidence >= THRESHOLDS.answer),
  };
}

function askBack(hits: readonly Hit[]): Plan {
  const choices = hits
    .filter((hit) => hit.exemplar && hit.confidence >= THRESHOLDS.choice)
    .slice(0, MAX_CHOICES)
    .map((hit) => hit.exemplar!.question);
  return choices.length > 0 ? { kind: 'ask', choices } : { kind: 'abstain' };
}
