import { Injectable } from '@nestjs/common';
import type { Hit } from '../knowledge/index.js';

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
 * Chooses how to answer, by confidence: the calibrated probability that a source answers the question
 * (data/calibration.json; its reliability is printed by evals/calibration.mjs).
 */
@Injectable()
export class Planner {
  /** From here on an exemplar is given as approved: the words of a bank's people beat a small model's (docs/models.md). */
  readonly exemplar: number = 0.8;
  /** Below, what was found is more likely beside the point than not. */
  readonly answer: number = 0.5;
  /** Below, not even a question back would name the right topic. */
  readonly ask: number = 0.15;

  /** @param hits sorted by falling confidence */
  choose(hits: readonly Hit[], modelReady: boolean): Plan {
    const [best] = hits;
    if (!best || best.confidence < this.ask) return { kind: 'abstain' };
    if (best.confidence < this.answer) return this.#askBack(hits);
    if (best.kind === 'exemplar' && best.confidence >= this.exemplar) return { kind: 'exemplar', hit: best };
    const fallback = hits.find((hit) => hit.kind === 'exemplar' && hit.confidence >= this.answer);
    if (modelReady) {
      const sources = hits.filter((hit) => hit.confidence >= best.confidence / 2).slice(0, MAX_SOURCES);
      return { kind: 'write', sources, fallback };
    }
    return fallback === best ? { kind: 'exemplar', hit: best } : { kind: 'quote', hit: best };
  }

  #askBack(hits: readonly Hit[]): Plan {
    const choices = hits
      .filter((hit) => hit.exemplar && hit.confidence >= this.ask)
      .slice(0, MAX_CHOICES)
      .map((hit) => hit.exemplar!.question);
    return choices.length > 0 ? { kind: 'ask', choices } : { kind: 'abstain' };
  }
}

/** Has the model write wherever an answer is given at all: for measuring it, not for customers. */
export class AlwaysWrite extends Planner {
  override readonly exemplar = 2;
}
