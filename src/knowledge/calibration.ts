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

/** The shipped calibration; evals/calibration.mjs fits it. */
export function loadCalibration(path = shipped('data', 'calibration.json')): Calibration {
  return JSON.parse(readFileSync(path, 'utf8')) as Calibration;
}

/** The probability that a hit with these features answers its question. */
export function probability({ intercept, weights }: Logistic, features: Features): number {
  const sum = FEATURE_NAMES.reduce((total, name) => total + weights[name] * features[name], intercept);
  return 1 / (1 + Math.exp(-sum));
}
