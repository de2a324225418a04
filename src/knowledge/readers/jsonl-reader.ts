import { AppError } from '../../config/app-error.js';
import type { Exemplar } from '../exemplar.js';
import { exemplarOf } from './exemplar-record.js';
import { eachRecord, type Records } from './records.js';
import type { TextFile } from './text-file.js';

/**
 * Question–answer pairs, one JSON object a line. A bad line is a fault; so is a last line that ends in the middle
 * (document.truncated).
 */
export function readJsonl(file: TextFile): Records<Exemplar> {
  const lines = file.text.split('\n').map((text, index) => ({ text, line: index + 1 }));
  const last = lines.at(-1)!;
  return eachRecord(
    lines.filter(({ text }) => text.trim() !== ''),
    ({ text, line }) =>
      exemplarOf(parseLine(text, { file: file.name, line }, line === last.line), { file: file.name, line }),
  );
}

function parseLine(text: string, place: { file: string; line: number }, unended: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (unended && text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}'))
      throw AppError.of('document.truncated', place, { cause });
    throw AppError.of('document.invalid', { ...place, expected: 'JSON' }, { cause });
  }
}
