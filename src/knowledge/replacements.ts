import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { AppError } from '../config/app-error.js';
import { shipped } from '../config/package-root.js';
import type { IsoDate, KnowledgeDocument } from './document.js';
import { isIsoDate } from './readers/front-matter.js';

/**
 * Statutes that ended because another act, of another title, took their place: their own texts do not say so.
 * (Where a new text has the same title, the newest one in force wins without a word here.)
 */
export class Replacements {
  private constructor(private readonly ends: ReadonlyMap<string, IsoDate>) {}

  static none(): Replacements {
    return new Replacements(new Map());
  }

  /** The list that ships with the statutes: entries `{title, until, by, reason}`. */
  static load(path = shipped('data', 'statutes', 'replaced.yaml')): Replacements {
    const ends = new Map<string, IsoDate>();
    for (const entry of parse(readFileSync(path, 'utf8')) as { title: unknown; until: unknown }[]) {
      const { title, until } = entry;
      if (typeof title !== 'string' || typeof until !== 'string' || !isIsoDate(until))
        throw AppError.of('rules.invalid', { file: path, expected: '- { title: …, until: YYYY-MM-DD }' });
      ends.set(title, until);
    }
    return new Replacements(ends);
  }

  /** The document with the day on which it ended, where another one took its place. */
  applyTo(document: KnowledgeDocument): KnowledgeDocument {
    const until = document.kind === 'statute' ? this.ends.get(document.title) : undefined;
    return until === undefined ? document : { ...document, validUntil: until };
  }
}
