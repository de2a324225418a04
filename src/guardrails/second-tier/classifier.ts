import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BUCKETS, ngrams } from './features.js';

/** What the file's header says. */
export interface ClassifierHeader {
  /** The embedder whose layers it reads; with those of another it is worthless. */
  embedder: string;
  /** Length of the layers (`QueryReading.layers`). */
  dimensions: number;
  /** `NONE`, a category, or category and variant: `ABUSE/threat`. */
  labels: readonly string[];
  /** Probability from which a category counts. One that is not named here never does. */
  thresholds: Readonly<Record<string, number>>;
  /** Weight of one step of the stored bytes, a label each, for the layers' and the n-grams' part. */
  layerSteps: readonly number[];
  ngramSteps: readonly number[];
  bias: readonly number[];
  /** Mean and spread of the training part's layers: they are read as `(value - mean) / spread`. */
  mean: readonly number[];
  spread: readonly number[];
}

/** Weights of a label: `layers[dimensions]` and `ngrams[BUCKETS]`, one row a label. */
export interface Weights {
  layers: Float32Array;
  ngrams: Float32Array;
}

const MAGIC = 'SDRAILS2';

/**
 * Multinomial logistic regression over the embedder's layers of a message and its hashed character n-grams.
 * File: magic, length of the header (uint32, little-endian), header (JSON), int8 weights of the layers' part, then of the n-grams.
 */
export class Classifier {
  readonly #weights: Weights;

  private constructor(
    readonly header: ClassifierHeader,
    bytes: Int8Array,
    /** First 12 hex digits of the file's SHA-256. */
    readonly version: string,
  ) {
    const { labels, dimensions, layerSteps, ngramSteps } = header;
    const split = labels.length * dimensions;
    this.#weights = {
      layers: Float32Array.from(bytes.subarray(0, split), (step, at) => step * layerSteps[Math.floor(at / dimensions)]!),
      ngrams: Float32Array.from(bytes.subarray(split), (step, at) => step * ngramSteps[Math.floor(at / BUCKETS)]!),
    };
  }

  /** @throws Error where the file is missing or is no classifier. */
  static read(path: string): Classifier {
    return Classifier.parse(readFileSync(path));
  }

  static parse(file: Buffer): Classifier {
    const start = MAGIC.length + 4;
    if (file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC || file.length < start)
      throw new Error('no classifier of the rails');
    const end = start + file.readUInt32LE(MAGIC.length);
    const header = JSON.parse(file.subarray(start, end).toString('utf8')) as ClassifierHeader;
    const bytes = new Int8Array(file.buffer, file.byteOffset + end, file.length - end);
    if (bytes.length !== header.labels.length * (header.dimensions + BUCKETS)) throw new Error('a classifier cut short');
    return new Classifier(header, bytes, createHash('sha256').update(file).digest('hex').slice(0, 12));
  }

  /** The file of trained weights, quantised to one byte each. */
  static serialise(
    header: Omit<ClassifierHeader, 'layerSteps' | 'ngramSteps'>,
    { layers, ngrams: grams }: Weights,
  ): Buffer {
    const layerPart = quantised(layers, header.dimensions);
    const ngramPart = quantised(grams, BUCKETS);
    const full: ClassifierHeader = { ...header, layerSteps: layerPart.steps, ngramSteps: ngramPart.steps };
    const json = Buffer.from(JSON.stringify(full));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    return Buffer.concat([Buffer.from(MAGIC, 'latin1'), length, json, layerPart.bytes, ngramPart.bytes]);
  }

  /**
   * The probability of each label.
   * @param layers what the embedder's layers make of the message, `float32[dimensions]`
   */
  probabilities(text: string, layers: Float32Array): Map<string, number> {
    const { labels, dimensions, mean, spread, bias } = this.header;
    const { places, weights } = ngrams(text);
    const read = layers.map((value, at) => (value - mean[at]!) / spread[at]!);
    const scores = labels.map((_, label) => {
      let score = bias[label]!;
      const row = label * dimensions;
      for (let at = 0; at < dimensions; at++) score += this.#weights.layers[row + at]! * read[at]!;
      const grams = label * BUCKETS;
      for (let at = 0; at < places.length; at++) score += this.#weights.ngrams[grams + places[at]!]! * weights[at]!;
      return score;
    });
    const shares = softmax(scores);
    return new Map(labels.map((label, at) => [label, shares[at]!]));
  }
}

/** Shares that sum to 1. */
export function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function quantised(weights: Float32Array, width: number): { bytes: Buffer; steps: number[] } {
  const steps = Array.from({ length: weights.length / width }, (_, label) => {
    const row = weights.subarray(label * width, (label + 1) * width);
    return row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9) / 127;
  });
  const bytes = Int8Array.from(weights, (weight, at) => Math.round(weight / steps[Math.floor(at / width)]!));
  return { bytes: Buffer.from(bytes.buffer), steps };
}
