import { readFileSync } from 'node:fs';
import { shipped } from '../config/package-root.js';

/** What a hit's confidence is computed from. */
export interface Features {
  score: number;
  /** Score less the best other score of the same kind for the same question: below 0 for all hits but the first. */
  margin: number;
  cosine: number;
  lexical: number;
}

export const FEATURE_NAMES = ['score', 'margin', 'cosine', 'lexical'] as const satisfies readonly (keyof Features)[];

/** A logistic regression: `1 / (1 + exp(−(intercept + Σ weight·feature)))`. */
export interface Logistic {
  intercept: number;
  weights: Features;
}

/** What answers differently often at the same scores: statutes answer questions about law and hardly any other. */
export type SourceClass = 'exemplar' | 'document' | 'statute';

export interface Calibration {
  /** The embedder whose cosines it was fitted on. */
  embedder: string;
  dense: Record<SourceClass, Logistic>;
  /** For retrieval without an embedder. */
  lexical: Record<SourceClass, Logistic>;
}

/** Reads the shipped calibration or one of the operator's own; evals/calibration.mjs fits them. */
export function loadCalibration(path = shipped('data', 'calibration.json')): Calibration {
  return JSON.parse(readFileSync(path, 'utf8')) as Calibration;
}

/**
 * What the confidences of one kind's ranking are computed from. Cosines of another embedder than the calibration was fitted on
 * mean something else, so the confidence comes from the words alone then, whatever the order.
 * @param embedder whose cosines the ranking has; undefined where it has none
 */
export function basisOf(
  calibration: Calibration,
  kind: SourceClass,
  ranking: readonly Features[],
  embedder: string | undefined,
): { model: Logistic; features: readonly Features[] } {
  if (embedder === calibration.embedder) return { model: calibration.dense[kind], features: ranking };
  return { model: calibration.lexical[kind], features: wordsAlone(ranking) };
}

function wordsAlone(ranking: readonly Features[]): Features[] {
  const [first = 0, second = 0] = ranking.map(({ lexical }) => lexical).sort((a, b) => b - a);
  return ranking.map(({ lexical }) => ({
    score: lexical,
    margin: lexical - (lexical === first ? second : first),
    cosine: 0,
    lexical,
  }));
}

/** The probability that a hit with these features answers its question. */
export function probability({ intercept, weights }: Logistic, features: Features): number {
  const sum = FEATURE_NAMES.reduce((total, name) => total + weights[name] * features[name], intercept);
  return 1 / (1 + Math.exp(-sum));
}
