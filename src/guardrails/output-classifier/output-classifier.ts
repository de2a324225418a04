import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../config/app-error.js';
import type { PolicyFinding } from '../policy.js';
import { softmax } from '../second-tier/classifier.js';
import { PLACES, sentenceFeatures } from './sentence-features.js';

export const HARMLESS = 'NONE';
/** What the classifier knows; the other categories of answers are found by comparison, not by their words. */
export const SENTENCE_CATEGORIES = ['OUT_COMPETITOR', 'OUT_DEFINITIVE_RETURN', 'OUT_LEAK', 'OUT_PROFANITY', 'OUT_PROMISE'] as const;
export type SentenceCategory = (typeof SENTENCE_CATEGORIES)[number];
export const LABELS = [HARMLESS, ...SENTENCE_CATEGORIES] as const;

/** What the file's header says. */
export interface OutputClassifierHeader {
  /** Probability of being anything but harmless from which a sentence is withheld. */
  threshold: number;
  bias: readonly number[];
  /** Weight of one step of the stored bytes, one a label. */
  steps: readonly number[];
}

export const OUTPUT_CLASSIFIER_FILE = join('classifier', 'output.bin');
const MAGIC = 'SDOUTPT1';

/**
 * A second opinion on a generated sentence, for what no rule foresaw: multinomial logistic regression over hashed features.
 * File: magic, length of the header (uint32, little-endian), header (JSON), int8 weights, `PLACES` a label.
 */
export class OutputClassifier {
  private constructor(
    readonly header: OutputClassifierHeader,
    private readonly weights: Int8Array,
    /** First 12 hex digits of the file's SHA-256. */
    readonly version: string,
  ) {}

  /** @throws AppError `rules.invalid` where the file is missing or is no classifier of sentences. */
  static load(folder: string): OutputClassifier {
    try {
      return OutputClassifier.parse(readFileSync(join(folder, OUTPUT_CLASSIFIER_FILE)));
    } catch (error) {
      const expected = 'the file that `sangdam train output` writes';
      throw AppError.of('rules.invalid', { file: OUTPUT_CLASSIFIER_FILE, expected }, { cause: error });
    }
  }

  static parse(file: Buffer): OutputClassifier {
    const start = MAGIC.length + 4;
    if (file.length < start || file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw new Error('no classifier of sentences');
    const end = start + file.readUInt32LE(MAGIC.length);
    const header = JSON.parse(file.subarray(start, end).toString('utf8')) as OutputClassifierHeader;
    const weights = new Int8Array(file.buffer, file.byteOffset + end, file.length - end);
    if (weights.length !== LABELS.length * PLACES) throw new Error('a classifier cut short');
    return new OutputClassifier(header, weights, createHash('sha256').update(file).digest('hex').slice(0, 12));
  }

  /** The file of trained weights (`PLACES` a label), quantised to one byte each. */
  static serialise(header: Omit<OutputClassifierHeader, 'steps'>, weights: Float32Array): Buffer {
    const steps = LABELS.map((_, label) => {
      const row = weights.subarray(label * PLACES, (label + 1) * PLACES);
      return row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9) / 127;
    });
    const bytes = Int8Array.from(weights, (weight, at) => Math.round(weight / steps[Math.floor(at / PLACES)]!));
    const json = Buffer.from(JSON.stringify({ ...header, steps } satisfies OutputClassifierHeader));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    return Buffer.concat([Buffer.from(MAGIC, 'latin1'), length, json, Buffer.from(bytes.buffer)]);
  }

  /** The likeliest category of a sentence that is probably not harmless. */
  finding(sentence: string): PolicyFinding | undefined {
    const { category, score } = this.likeliest(sentence);
    if (score < this.header.threshold) return undefined;
    return { category, rule: 'second-opinion', score: Math.round(score * 100) / 100, start: 0, end: sentence.length };
  }

  /** `score`: the probability that the sentence is not harmless. */
  likeliest(sentence: string): { category: SentenceCategory; score: number } {
    const [harmless = 1, ...shares] = this.#probabilities(sentence);
    const best = shares.indexOf(Math.max(...shares));
    return { category: SENTENCE_CATEGORIES[best]!, score: 1 - harmless };
  }

  #probabilities(sentence: string): number[] {
    const { places, weights } = sentenceFeatures(sentence);
    return softmax(
      this.header.bias.map((bias, label) => {
        let sum = 0;
        for (let at = 0; at < places.length; at++) sum += this.weights[label * PLACES + places[at]!]! * weights[at]!;
        return bias + sum * this.header.steps[label]!;
      }),
    );
  }
}
