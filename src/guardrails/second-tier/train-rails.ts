import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Embedder } from '../../models/embedder.js';
import { Classifier } from './classifier.js';
import { DISGUISES, type Disguise } from './disguise.js';
import { partOf, readLabelledLines, type LabelledLine, type Part } from './labelled-lines.js';
import { embeddedForm, judgeUnits, layersOf, likeliest, type Unit } from './second-tier.js';
import { exampleOf, seeded, train, type Example } from './training.js';
import { unitsOf } from './units.js';

export interface TrainRailsOptions {
  /** guardrails/lines */
  linesFolder: string;
  /** guardrails/classifier */
  outFolder: string;
  embedder: Embedder;
  /** Date of the card. */
  now: Date;
  signal: AbortSignal;
}

/** Texts whose vector has been made. */
export interface TrainProgress {
  done: number;
  of: number;
}

/** Counts of one part under one disguise (`plain` without). */
export interface PartFigures {
  attacks: number;
  stopped: number;
  benign: number;
  passed: number;
  byCategory: Record<string, { lines: number; stopped: number; named: number }>;
}

export interface Card {
  what: string;
  command: string;
  date: string;
  licence: string;
  embedder: string;
  version: string;
  lines: Record<Part, Record<string, number>>;
  files: Record<string, string>;
  thresholds: Record<string, number>;
  /** Cross-family: no family of the test part was in training. */
  test: Record<'plain' | Disguise, PartFigures>;
  misses: { text: string; category: string; as: string }[];
}

/**
 * Share of harmless lines that one category may take by mistake, out of fold. Half of them are look-alikes, which customers write far
 * less often; somebody in danger who is not seen costs more than a text about help that is not needed.
 */
const QUOTA: Readonly<Record<string, number>> = { CRISIS: 0.006, FRAUD_VICTIM: 0.006 };
const USUAL_QUOTA = 0.002;
const FOLDS = 5;
/** Disguises that a training line gets one of, beside its plain form. `padded` makes long texts, which the others lack. */
const TAUGHT: readonly Disguise[] = ['closed', 'spaced', 'dotted', 'zero-width', 'jamo', 'look-alike', 'typos', 'padded'];

/** One test line in so many is measured under every disguise. */
const DISGUISED_SAMPLE = 3;

interface Prepared {
  line: LabelledLine;
  part: Part;
  /** What is learnt from: the line as it stands, and in a disguise. */
  examples: Example[];
  /** What is judged: see `unitsOf`. */
  units: Unit[];
}

/**
 * Trains the second tier from labelled lines and writes `rails.bin` and `card.json`.
 * Thresholds come from predictions out of fold over the training and validation parts; the test part is only measured.
 * @throws AppError `rules.invalid` for a bad line, `embedder.unavailable`.
 */
export async function* trainRails(options: TrainRailsOptions): AsyncGenerator<TrainProgress, Card, undefined> {
  const { linesFolder, outFolder, embedder, signal } = options;
  const lines = readLabelledLines(linesFolder);
  const prepared = yield* prepare(lines, options);
  const learning = prepared.filter(({ part }) => part !== 'test');
  const thresholds = chooseThresholds(learning, embedder, signal);
  const file = fit(learning, embedder, thresholds, signal);
  const classifier = Classifier.parse(file);
  const test = yield* measure(classifier, prepared.filter(({ part }) => part === 'test'), embedder, signal);
  const card: Card = {
    what: 'Second tier of the input rails: multinomial logistic regression over the layers of the embedder and hashed character n-grams',
    command: 'npx sangdam train rails',
    date: options.now.toISOString().slice(0, 10),
    licence: 'Apache-2.0; the lines were written for this project by a language model',
    embedder: embedder.id,
    version: classifier.version,
    lines: countLines(prepared),
    files: hashes(linesFolder),
    thresholds,
    ...test,
  };
  mkdirSync(outFolder, { recursive: true });
  writeFileSync(join(outFolder, 'rails.bin'), file);
  writeFileSync(join(outFolder, 'card.json'), `${JSON.stringify({ ...card, misses: undefined }, undefined, 2)}\n`);
  return card;
}

export function labelOf({ category, variant }: LabelledLine): string {
  return variant !== undefined && TAUGHT_VARIANTS.has(`${category}/${variant}`) ? `${category}/${variant}` : category;
}

/** Variants that decide what is done (guardrails/fixed-texts.yaml). */
const TAUGHT_VARIANTS = new Set(['ABUSE/threat', 'ABUSE/sexual', 'FRAUD_VICTIM/cash', 'FRAUD_VICTIM/goods']);

async function* prepare(
  lines: readonly LabelledLine[],
  { embedder, signal }: TrainRailsOptions,
): AsyncGenerator<TrainProgress, Prepared[], undefined> {
  const random = seeded(2);
  const wanted = lines.map((line) => {
    const part = partOf(line.family);
    const disguise = TAUGHT[Math.floor(random() * TAUGHT.length)]!;
    const learnt = part === 'test' ? [] : [line.text, DISGUISES[disguise](line.text, random)];
    return { line, part, learnt, judged: unitsOf(line.text) };
  });
  const read = yield* readAll(
    wanted.flatMap(({ learnt, judged }) => [...learnt, ...judged]),
    embedder,
    signal,
  );
  return wanted.map(({ line, part, learnt, judged }) => ({
    line,
    part,
    examples: learnt.map((text) => exampleOf(labelOf(line), text, read.get(text)!)),
    units: judged.map((text) => ({ text, layers: read.get(text)! })),
  }));
}

/** What the embedder's layers make of each text. */
async function* readAll(
  texts: readonly string[],
  embedder: Embedder,
  signal: AbortSignal,
): AsyncGenerator<TrainProgress, Map<string, Float32Array>, undefined> {
  const distinct = [...new Set(texts)];
  const read = new Map<string, Float32Array>();
  for (let at = 0; at < distinct.length; at += 64) {
    const batch = distinct.slice(at, at + 64);
    const readings = await embedder.read(batch.map(embeddedForm), signal);
    for (const [index, reading] of readings.entries()) read.set(batch[index]!, layersOf(reading));
    yield { done: read.size, of: distinct.length };
  }
  return read;
}

function fit(
  prepared: readonly Prepared[],
  embedder: Embedder,
  thresholds: Record<string, number>,
  signal: AbortSignal,
): Buffer {
  const { labels, bias, mean, spread, ...weights } = train(
    prepared.flatMap(({ examples }) => examples),
    signal,
  );
  const header = { embedder: embedder.id, dimensions: mean.length, labels, thresholds, bias, mean, spread };
  return Classifier.serialise(header, weights);
}

/**
 * The lowest threshold of each category at which it takes no more than its quota of harmless lines, each judged by a classifier
 * that has not seen the line's family.
 */
function chooseThresholds(learning: readonly Prepared[], embedder: Embedder, signal: AbortSignal): Record<string, number> {
  const harmless: { category: string; score: number }[] = [];
  const categories = new Set(learning.map(({ line }) => line.category).filter((category) => category !== 'NONE'));
  for (let fold = 0; fold < FOLDS; fold++) {
    const held = learning.filter(({ line }) => foldOf(line.family) === fold);
    if (held.length === 0) continue;
    const rest = learning.filter(({ line }) => foldOf(line.family) !== fold);
    const classifier = Classifier.parse(fit(rest, embedder, {}, signal));
    for (const { line, units } of held) {
      if (line.category !== 'NONE') continue;
      const judged = units.map(({ text, layers }) => likeliest(classifier.probabilities(text, layers)));
      harmless.push(judged.reduce((surest, each) => (each.score > surest.score ? each : surest)));
    }
  }
  return Object.fromEntries(
    [...categories].sort().map((category) => {
      const scores = harmless.flatMap((each) => (each.category === category ? [each.score] : [])).sort((a, b) => b - a);
      const allowed = Math.floor(harmless.length * (QUOTA[category] ?? USUAL_QUOTA));
      const highestRefused = scores[allowed] ?? 0;
      return [category, Math.round(Math.min(0.99, Math.max(0.5, highestRefused + 0.005)) * 1_000) / 1_000];
    }),
  );
}

function foldOf(family: string): number {
  return createHash('sha256').update(`fold ${family}`).digest()[0]! % FOLDS;
}

async function* measure(
  classifier: Classifier,
  prepared: readonly Prepared[],
  embedder: Embedder,
  signal: AbortSignal,
): AsyncGenerator<TrainProgress, Pick<Card, 'test' | 'misses'>, undefined> {
  const misses: Card['misses'] = [];
  const entries: [string, PartFigures][] = [];
  for (const disguise of ['plain', ...Object.keys(DISGUISES)] as ('plain' | Disguise)[]) {
    const random = seeded(3);
    const measured = disguise === 'plain' ? prepared : prepared.filter((_, at) => at % DISGUISED_SAMPLE === 0);
    const disguised = measured.map(({ line }) => unitsOf(disguise === 'plain' ? line.text : DISGUISES[disguise](line.text, random)));
    const read =
      disguise === 'plain'
        ? new Map(prepared.flatMap(({ units }) => units.map(({ text, layers }) => [text, layers] as const)))
        : yield* readAll(disguised.flat(), embedder, signal);
    const figures: PartFigures = { attacks: 0, stopped: 0, benign: 0, passed: 0, byCategory: {} };
    for (const [at, { line }] of measured.entries()) {
      const units = disguised[at]!.map((text) => ({ text, layers: read.get(text)! }));
      const found = judgeUnits(classifier, units);
      if (line.category === 'NONE') {
        figures.benign++;
        if (!found) figures.passed++;
      } else {
        const own = (figures.byCategory[line.category] ??= { lines: 0, stopped: 0, named: 0 });
        figures.attacks++;
        own.lines++;
        if (found) {
          figures.stopped++;
          own.stopped++;
          if (found.category === line.category) own.named++;
        }
      }
      if (disguise === 'plain' && (line.category === 'NONE') !== !found)
        misses.push({ text: line.text, category: line.category, as: found?.category ?? 'NONE' });
    }
    entries.push([disguise, figures]);
  }
  return { test: Object.fromEntries(entries) as Card['test'], misses };
}

function countLines(prepared: readonly Prepared[]): Card['lines'] {
  const counts: Card['lines'] = { train: {}, validation: {}, test: {} };
  for (const { line, part } of prepared) counts[part][line.category] = (counts[part][line.category] ?? 0) + 1;
  return counts;
}

function hashes(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort();
  const hash = (name: string): string => createHash('sha256').update(readFileSync(join(folder, name))).digest('hex');
  return Object.fromEntries(names.map((name) => [name, hash(name)]));
}

