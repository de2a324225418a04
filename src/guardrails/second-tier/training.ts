import { BUCKETS, ngrams, type Ngrams } from './features.js';
import { softmax, type Weights } from './classifier.js';

/** A text as the training reads it. */
export interface Example {
  label: string;
  /** The embedder's query vector, `float32[dimensions]`. */
  vector: Float32Array;
  ngrams: Ngrams;
}

export interface Trained extends Weights {
  labels: string[];
  bias: number[];
  mean: number[];
}

/** Chosen on the validation part (docs/second-tier.md). Scales put both parts of the features at the same reach. */
const VECTOR_SCALE = 6;
const NGRAM_SCALE = 3;
const EPOCHS = 25;
const RATE = 0.1;
/** Weight decay. */
const L2 = 1e-4;
/** Share of the target that is spread over the other labels: keeps probabilities away from 0 and 1. */
const SMOOTHING = 0.03;

export function exampleOf(label: string, text: string, vector: Float32Array): Example {
  return { label, vector: rounded(vector), ngrams: ngrams(text) };
}

/** Vectors may differ in their last bits from machine to machine; three decimals do not. */
function rounded(vector: Float32Array): Float32Array {
  return vector.map((value) => Math.round(value * 1_000) / 1_000);
}

/**
 * Trains by AdaGrad (Duchi et al. 2011), one example a step, in an order that a fixed seed decides: the same examples give the
 * same weights to the last bit.
 */
export function train(examples: readonly Example[], signal?: AbortSignal): Trained {
  const labels = [...new Set(examples.map(({ label }) => label))].sort();
  const dimensions = examples[0]!.vector.length;
  const mean = meanOf(examples, dimensions);
  const inputs = examples.map(({ label, vector, ngrams: { places, weights } }) => ({
    target: labels.indexOf(label),
    vector: vector.map((value, at) => (value - mean[at]!) * VECTOR_SCALE),
    places,
    weights: weights.map((weight) => weight * NGRAM_SCALE),
  }));
  const vectors = new Learner(labels.length * dimensions);
  const grams = new Learner(labels.length * BUCKETS);
  const bias = new Learner(labels.length);
  const random = seeded(1);
  const order = inputs.map((_, at) => at);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    signal?.throwIfAborted();
    shuffle(order, random);
    for (const at of order) {
      const { target, vector, places, weights } = inputs[at]!;
      const scores = labels.map((_, label) => {
        let score = bias.weights[label]!;
        for (let d = 0; d < dimensions; d++) score += vectors.weights[label * dimensions + d]! * vector[d]!;
        for (let g = 0; g < places.length; g++) score += grams.weights[label * BUCKETS + places[g]!]! * weights[g]!;
        return score;
      });
      for (const [label, share] of softmax(scores).entries()) {
        const slope = share - (label === target ? 1 - SMOOTHING : SMOOTHING / (labels.length - 1));
        bias.step(label, slope);
        for (let d = 0; d < dimensions; d++) vectors.step(label * dimensions + d, slope * vector[d]!);
        for (let g = 0; g < places.length; g++) grams.step(label * BUCKETS + places[g]!, slope * weights[g]!);
      }
    }
  }
  return {
    labels,
    mean: [...mean].map((value) => Math.round(value * 1e6) / 1e6),
    bias: [...bias.weights],
    vector: vectors.weights.map((weight) => weight * VECTOR_SCALE),
    ngrams: grams.weights.map((weight) => weight * NGRAM_SCALE),
  };
}

class Learner {
  readonly weights: Float32Array;
  readonly #squares: Float32Array;

  constructor(size: number) {
    this.weights = new Float32Array(size);
    this.#squares = new Float32Array(size).fill(0.01);
  }

  step(at: number, slope: number): void {
    const decayed = slope + L2 * this.weights[at]!;
    this.#squares[at]! += decayed * decayed;
    this.weights[at]! -= (RATE * decayed) / Math.sqrt(this.#squares[at]!);
  }
}

function meanOf(examples: readonly Example[], dimensions: number): Float32Array {
  const sum = new Float64Array(dimensions);
  for (const { vector } of examples) for (let at = 0; at < dimensions; at++) sum[at]! += vector[at]!;
  return Float32Array.from(sum, (value) => Math.round((value / examples.length) * 1e6) / 1e6);
}

function shuffle(order: number[], random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
