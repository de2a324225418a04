import { BUCKETS, ngrams } from './features.js';
import type { HashedWeights } from './hashed-counts.js';
import { softmax, type Weights } from './classifier.js';

/** A text as the training reads it. */
export interface Example {
  label: string;
  /** What the embedder's layers make of it, `float32[dimensions]`. */
  layers: Float32Array;
  ngrams: HashedWeights;
}

export interface Trained extends Weights {
  labels: string[];
  bias: number[];
  mean: number[];
  spread: number[];
}

// Chosen by folds over the training and validation parts (docs/second-tier.md).
const NGRAM_SCALE = 1.5;
const EPOCHS = 10;
const BATCH = 32;
const LAYER_RATE = 5e-4;
const LAYER_DECAY = 0.3;
const NGRAM_RATE = 0.1;
const NGRAM_DECAY = 1e-4;
const BIAS_RATE = 0.01;
/** Share of the target that is spread over the other labels: keeps probabilities away from 0 and 1. */
const SMOOTHING = 0.03;
/** A slope below moves nothing that a byte could hold. */
const LEAST_SLOPE = 1e-4;

export function exampleOf(label: string, text: string, layers: Float32Array): Example {
  return { label, layers: rounded(layers), ngrams: ngrams(text) };
}

/** Layers may differ in their last bits from machine to machine; three decimals do not. */
function rounded(layers: Float32Array): Float32Array {
  return layers.map((value) => Math.round(value * 1_000) / 1_000);
}

/**
 * Trains the weights of the layers by AdamW (Loshchilov and Hutter 2019) in small batches, those of the n-grams, which are sparse, by AdaGrad
 * (Duchi et al. 2011), in an order that a fixed seed decides: the same examples give the same weights to the last bit.
 */
export function train(examples: readonly Example[], signal?: AbortSignal): Trained {
  const labels = [...new Set(examples.map(({ label }) => label))].sort();
  const dimensions = examples[0]!.layers.length;
  const { mean, spread } = distribution(examples, dimensions);
  const inputs = examples.map(({ label, layers, ngrams: { places, weights } }) => ({
    target: labels.indexOf(label),
    layers: layers.map((value, at) => (value - mean[at]!) / spread[at]!),
    places,
    weights: weights.map((weight) => weight * NGRAM_SCALE),
  }));
  const batches = EPOCHS * Math.ceil(inputs.length / BATCH);
  const dense = new AdamW(labels.length * dimensions, batches);
  const grams = new AdaGrad(labels.length * BUCKETS);
  const bias = new Float32Array(labels.length);
  const random = seeded(1);
  const order = inputs.map((_, at) => at);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    signal?.throwIfAborted();
    shuffle(order, random);
    for (let from = 0; from < order.length; from += BATCH) {
      const batch = order.slice(from, from + BATCH);
      for (const at of batch) {
        const { target, layers, places, weights } = inputs[at]!;
        const scores = labels.map((_, label) => {
          let score = bias[label]! + dot(dense.weights, label * dimensions, layers);
          for (let g = 0; g < places.length; g++) score += grams.weights[label * BUCKETS + places[g]!]! * weights[g]!;
          return score;
        });
        for (const [label, share] of softmax(scores).entries()) {
          const slope = share - (label === target ? 1 - SMOOTHING : SMOOTHING / (labels.length - 1));
          bias[label]! -= BIAS_RATE * slope;
          if (Math.abs(slope) < LEAST_SLOPE) continue;
          dense.collect(label * dimensions, slope, layers);
          for (let g = 0; g < places.length; g++) grams.step(label * BUCKETS + places[g]!, slope * weights[g]!);
        }
      }
      dense.step(batch.length);
    }
  }
  return {
    labels,
    mean,
    spread,
    bias: [...bias],
    layers: dense.weights,
    ngrams: grams.weights.map((weight) => weight * NGRAM_SCALE),
  };
}

class AdamW {
  readonly weights: Float32Array;
  readonly #slopes: Float32Array;
  readonly #means: Float32Array;
  readonly #squares: Float32Array;
  #steps = 0;

  /** @param total of steps: the rate stays over the first tenth of them and falls to 0 over the rest */
  constructor(
    size: number,
    private readonly total: number,
  ) {
    this.weights = new Float32Array(size);
    this.#slopes = new Float32Array(size);
    this.#means = new Float32Array(size);
    this.#squares = new Float32Array(size);
  }

  collect(from: number, slope: number, input: Float32Array): void {
    const slopes = this.#slopes;
    for (let at = 0; at < input.length; at++) slopes[from + at]! += slope * input[at]!;
  }

  step(examples: number): void {
    this.#steps++;
    const rate = LAYER_RATE * Math.min(1, (this.total - this.#steps) / (0.9 * this.total));
    const meanShare = 1 - 0.9 ** this.#steps;
    const squareShare = 1 - 0.999 ** this.#steps;
    const [weights, slopes, means, squares] = [this.weights, this.#slopes, this.#means, this.#squares];
    for (let at = 0; at < weights.length; at++) {
      const slope = slopes[at]! / examples;
      const mean = (means[at] = 0.9 * means[at]! + 0.1 * slope);
      const square = (squares[at] = 0.999 * squares[at]! + 0.001 * slope * slope);
      const move = mean / meanShare / (Math.sqrt(square / squareShare) + 1e-8);
      weights[at]! -= rate * (move + LAYER_DECAY * weights[at]!);
    }
    slopes.fill(0);
  }
}

class AdaGrad {
  readonly weights: Float32Array;
  readonly #squares: Float32Array;

  constructor(size: number) {
    this.weights = new Float32Array(size);
    this.#squares = new Float32Array(size).fill(0.01);
  }

  step(at: number, slope: number): void {
    const decayed = slope + NGRAM_DECAY * this.weights[at]!;
    this.#squares[at]! += decayed * decayed;
    this.weights[at]! -= (NGRAM_RATE * decayed) / Math.sqrt(this.#squares[at]!);
  }
}

function dot(weights: Float32Array, from: number, input: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < input.length; at++) sum += weights[from + at]! * input[at]!;
  return sum;
}

/** Mean and standard deviation of each number of the layers, rounded as the file holds them. */
function distribution(examples: readonly Example[], dimensions: number): { mean: number[]; spread: number[] } {
  const sum = new Float64Array(dimensions);
  const squares = new Float64Array(dimensions);
  for (const { layers } of examples)
    for (let at = 0; at < dimensions; at++) {
      sum[at]! += layers[at]!;
      squares[at]! += layers[at]! ** 2;
    }
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  const mean = Array.from(sum, (total) => round(total / examples.length));
  const spread = Array.from(squares, (total, at) =>
    Math.max(1e-3, round(Math.sqrt(Math.max(0, total / examples.length - (sum[at]! / examples.length) ** 2)))),
  );
  return { mean, spread };
}

/** In place (Fisher and Yates). */
export function shuffle<T>(order: T[], random: () => number): void {
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
