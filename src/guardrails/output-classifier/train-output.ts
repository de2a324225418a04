import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../config/app-error.js';
import { softmax } from '../second-tier/classifier.js';
import type { HashedWeights } from '../second-tier/hashed-counts.js';
import { seeded, shuffle } from '../second-tier/training.js';
import { HARMLESS, LABELS, OUTPUT_CLASSIFIER_FILE, OutputClassifier, SENTENCE_CATEGORIES, type SentenceCategory } from './output-classifier.js';
import { statementsOf } from './statements.js';
import { PLACES, sentenceFeatures } from './sentence-features.js';

/** One line of guardrails/output-lines/: a sentence of an answer; `label` 1 where the category applies, 0 where it only looks like it. */
export interface LabelledSentence {
  text: string;
  category: SentenceCategory;
  label: 0 | 1;
}

export interface TrainOutputOptions {
  /** guardrails/output-lines */
  linesFolder: string;
  /** Sentences that the bank approved: harmless, every one. */
  approved: readonly string[];
  /** guardrails */
  outFolder: string;
  /** Date of the card. */
  now: Date;
  signal: AbortSignal;
}

export interface OutputCard {
  what: string;
  command: string;
  date: string;
  licence: string;
  version: string;
  /** Sentences that must not be said, look-alikes of them, and approved sentences. */
  sentences: { bad: number; lookAlike: number; approved: number };
  files: Record<string, string>;
  threshold: number;
  /** Out of fold, by the classifier alone. Folds share their authors: on others' sentences it is less (docs/output-rails.md). */
  folds: { stopped: number; named: number; lookAlikesPassed: number; approvedPassed: number };
}

/** Share of look-alikes that may be stopped, out of fold. They are far denser here than in answers. */
const LOOK_ALIKES = 0.02;
/** Share of approved sentences that may be, out of fold: of what the classifier has not seen, a paraphrase is no further away. */
const APPROVED = 0.001;
const FOLDS = 5;
const EPOCHS = 10;
const RATE = 0.1;
/** Weight decay. */
const L2 = 1e-4;
/** Puts features of length 1 at the reach of the rate. */
const SCALE = 3;
/** Share of the target that is spread over the other labels: keeps probabilities away from 0 and 1. */
const SMOOTHING = 0.03;
/** A labelled sentence counts as several approved ones, of which there are more. */
const EMPHASIS = 3;

interface Example {
  text: string;
  label: (typeof LABELS)[number];
  kind: 'bad' | 'look-alike' | 'approved';
  features: HashedWeights;
}

/**
 * Trains the second opinion on generated sentences; writes classifier/output.bin and classifier/output-card.json. The same lines give the
 * same file to the byte.
 * @throws AppError `rules.invalid` for a bad line.
 */
export function trainOutput(options: TrainOutputOptions): OutputCard {
  const { linesFolder, approved, outFolder, now, signal } = options;
  const lines = readSentences(linesFolder);
  const labelled = new Set(lines.map(({ text }) => text));
  const examples = [
    ...lines.map(({ text, category, label }) => example(text, label === 1 ? category : HARMLESS, label === 1 ? 'bad' : 'look-alike')),
    ...[...new Set(approved.flatMap(statementsOf))].filter((text) => !labelled.has(text)).map((text) => example(text, HARMLESS, 'approved')),
  ];
  const judged = outOfFold(examples, signal);
  const threshold = chooseThreshold(judged);
  const file = fit(examples, threshold, signal);
  const of = (kind: Example['kind']): Judged[] => judged.filter((each) => each.kind === kind);
  const share = (some: readonly Judged[], right: (each: Judged) => boolean): number =>
    Math.round((some.filter(right).length / Math.max(1, some.length)) * 1_000) / 1_000;
  const stopped = ({ score }: Judged): boolean => score >= threshold;
  const card: OutputCard = {
    what: 'Second opinion on generated sentences: multinomial logistic regression over hashed character n-grams, words and pairs of stems',
    command: 'npx sangdam train output',
    date: now.toISOString().slice(0, 10),
    licence: 'Apache-2.0; the lines were written for this project by a language model',
    version: OutputClassifier.parse(file).version,
    sentences: { bad: of('bad').length, lookAlike: of('look-alike').length, approved: of('approved').length },
    files: hashes(linesFolder),
    threshold,
    folds: {
      stopped: share(of('bad'), stopped),
      named: share(of('bad'), (each) => stopped(each) && each.as === each.label),
      lookAlikesPassed: share(of('look-alike'), (each) => !stopped(each)),
      approvedPassed: share(of('approved'), (each) => !stopped(each)),
    },
  };
  const path = join(outFolder, OUTPUT_CLASSIFIER_FILE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file);
  writeFileSync(join(dirname(path), 'output-card.json'), `${JSON.stringify(card, undefined, 2)}\n`);
  return card;
}

/**
 * Every line of a folder's *.jsonl, in the order of the file names.
 * @throws AppError `rules.invalid` with file and line of what cannot be read.
 */
export function readSentences(folder: string): LabelledSentence[] {
  return filesOf(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .flatMap((line, index) => (line.trim() === '' ? [] : [parse(line, `${name}:${index + 1}`)])),
  );
}

function parse(line: string, file: string): LabelledSentence {
  const fail = (expected: string): never => {
    throw AppError.of('rules.invalid', { file, expected });
  };
  let value: Partial<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return fail('a JSON object');
  }
  const { text, category, label } = value;
  if (typeof text !== 'string' || text.trim() === '') return fail('a text');
  const known = SENTENCE_CATEGORIES.find((name) => name === category) ?? fail(`one of ${SENTENCE_CATEGORIES.join(', ')} as category`);
  if (label !== 0 && label !== 1) return fail('0 or 1 as label');
  return { text, category: known, label };
}

function example(text: string, label: Example['label'], kind: Example['kind']): Example {
  return { text, label, kind, features: sentenceFeatures(text) };
}

interface Judged extends Example {
  score: number;
  as: SentenceCategory;
}

/** Every example as a classifier judges it that was trained without it. */
function outOfFold(examples: readonly Example[], signal: AbortSignal): Judged[] {
  return Array.from({ length: FOLDS }, (_, fold) => {
    const classifier = OutputClassifier.parse(fit(examples.filter(({ text }) => foldOf(text) !== fold), 1, signal));
    return examples
      .filter(({ text }) => foldOf(text) === fold)
      .map((each): Judged => {
        const { category, score } = classifier.likeliest(each.text);
        return { ...each, score, as: category };
      });
  }).flat();
}

function foldOf(text: string): number {
  return createHash('sha256').update(`fold ${text}`).digest()[0]! % FOLDS;
}

/** The lowest threshold at which no more than their share of look-alikes and of approved sentences is stopped. */
function chooseThreshold(judged: readonly Judged[]): number {
  const highestPassed = (kind: Example['kind'], share: number): number => {
    const scores = judged.flatMap((each) => (each.kind === kind ? [each.score] : [])).sort((a, b) => b - a);
    return scores[Math.floor(scores.length * share)] ?? 0;
  };
  const lowest = Math.max(highestPassed('look-alike', LOOK_ALIKES), highestPassed('approved', APPROVED));
  return Math.ceil((lowest + 0.001) * 1_000) / 1_000;
}

/** Trains by AdaGrad (Duchi et al. 2011), one example a step, in an order that a fixed seed decides. */
function fit(examples: readonly Example[], threshold: number, signal: AbortSignal): Buffer {
  const weights = new Float32Array(LABELS.length * PLACES);
  const squares = new Float32Array(weights.length).fill(0.01);
  const bias = new Float64Array(LABELS.length);
  const biasSquares = new Float64Array(LABELS.length).fill(0.01);
  const random = seeded(1);
  const order = [...examples];
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    signal.throwIfAborted();
    shuffle(order, random);
    for (const { label, kind, features } of order) {
      const target = LABELS.indexOf(label);
      const { places, weights: values } = features;
      const scores = LABELS.map((_, row) => {
        let score = bias[row]!;
        for (let at = 0; at < places.length; at++) score += weights[row * PLACES + places[at]!]! * values[at]! * SCALE;
        return score;
      });
      for (const [row, share] of softmax(scores).entries()) {
        const wanted = row === target ? 1 - SMOOTHING : SMOOTHING / (LABELS.length - 1);
        const slope = (share - wanted) * (kind === 'approved' ? 1 : EMPHASIS);
        biasSquares[row]! += slope * slope;
        bias[row]! -= (RATE * slope) / Math.sqrt(biasSquares[row]!);
        for (let at = 0; at < places.length; at++) {
          const place = row * PLACES + places[at]!;
          const step = slope * values[at]! * SCALE + L2 * weights[place]!;
          squares[place]! += step * step;
          weights[place]! -= (RATE * step) / Math.sqrt(squares[place]!);
        }
      }
    }
  }
  return OutputClassifier.serialise(
    { threshold, bias: [...bias] },
    weights.map((weight) => weight * SCALE),
  );
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort();
}

function hashes(folder: string): Record<string, string> {
  const hash = (name: string): string => createHash('sha256').update(readFileSync(join(folder, name))).digest('hex');
  return Object.fromEntries(filesOf(folder).map((name) => [name, hash(name)]));
}
