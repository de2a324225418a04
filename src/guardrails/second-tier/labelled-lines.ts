import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../config/app-error.js';
import { INPUT_CATEGORIES, type InputCategory } from '../policy.js';

/** One line of guardrails/lines/: what somebody could write, and what it is. */
export interface LabelledLine {
  text: string;
  /** `NONE` for a message that must simply pass. */
  category: InputCategory | 'NONE';
  /** The idea behind the line. Lines of one family are never in two parts. */
  family: string;
  /** `threat`, `sexual`, `cash` … */
  variant?: string;
}

export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

/**
 * Every line of a folder's *.jsonl, in the order of the file names.
 * @throws AppError `rules.invalid` with file and line of what cannot be read.
 */
export function readLabelledLines(folder: string): LabelledLine[] {
  const seen = new Set<string>();
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .flatMap((line, index) => (line.trim() === '' ? [] : [parse(line, `${name}:${index + 1}`, seen)])),
    );
}

/**
 * The part of a family: 70% training, 12% validation, 18% test, by a hash of its name, so that a new line never moves another.
 * Twins in two languages (`en-`, `enl-`) have their own names and may be parted: what is measured is said so in the card.
 */
export function partOf(family: string): Part {
  const place = createHash('sha256').update(family).digest().readUInt16BE(0) / 0x10000;
  return place < 0.7 ? 'train' : place < 0.82 ? 'validation' : 'test';
}

function parse(line: string, place: string, seen: Set<string>): LabelledLine {
  const fail = (expected: string): never => {
    throw AppError.of('rules.invalid', { file: place, expected });
  };
  let value: Partial<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return fail('a JSON object');
  }
  const { text, category, family, variant } = value;
  if (typeof text !== 'string' || text.trim() === '') return fail('a text');
  if (seen.has(text)) return fail('a text that no other line has');
  seen.add(text);
  const known = [...INPUT_CATEGORIES, 'NONE' as const].find((name) => name === category);
  if (known === undefined) return fail(`NONE or one of ${INPUT_CATEGORIES.join(', ')} as category`);
  if (typeof family !== 'string' || family === '') return fail('a family');
  return { text, category: known, family, ...(typeof variant === 'string' ? { variant } : {}) };
}
