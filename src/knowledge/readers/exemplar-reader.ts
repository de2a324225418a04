import { LineCounter, isSeq, parseDocument } from 'yaml';
import { AppError } from '../../config/app-error.js';
import type { Exemplar } from '../exemplar.js';
import { exemplarOf } from './exemplar-record.js';
import { yamlErrorLine } from './front-matter.js';
import { eachRecord, type Records } from './records.js';
import type { TextFile } from './text-file.js';

/**
 * A YAML list of exemplars (data/bank/README.md). A bad entry is a fault; the others are read.
 * @throws AppError document.invalid where the file is no YAML list.
 */
export function readExemplars(file: TextFile): Records<Exemplar> {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines });
  const [error] = document.errors;
  if (error)
    throw AppError.of(
      'document.invalid',
      { file: file.name, line: yamlErrorLine(error), expected: 'YAML' },
      { cause: error },
    );
  if (!isSeq(document.contents))
    throw AppError.of('document.invalid', { file: file.name, line: 1, expected: '- id: …' });
  const entries = document.contents.items.map((item) => {
    const { range } = item as { range?: [number, number, number] | null };
    return { line: range ? lines.linePos(range[0]).line : 1, value: (item as { toJSON(): unknown }).toJSON() };
  });
  return eachRecord(entries, ({ value, line }) => exemplarOf(value, { file: file.name, line }));
}
