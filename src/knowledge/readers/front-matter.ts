import { parse } from 'yaml';
import { AppError } from '../../config/app-error.js';
import type { IsoDate } from '../document.js';
import type { TextFile } from './text-file.js';

export interface FrontMatter {
  fields: Record<string, unknown>;
  body: string;
  /** Line of the file, from 1, on which the body starts. */
  bodyLine: number;
}

/**
 * The YAML between two `---` lines at the top, or none.
 * @throws AppError document.truncated where the second line is missing, document.invalid where the YAML is broken.
 */
export function frontMatter(file: TextFile): FrontMatter {
  const lines = file.text.split('\n');
  if (lines[0]?.trim() !== '---') return { fields: {}, body: file.text, bodyLine: 1 };
  const end = lines.indexOf('---', 1);
  if (end < 0) throw AppError.of('document.truncated', { file: file.name, line: lines.length });
  return {
    fields: parseFields(lines.slice(1, end).join('\n'), file.name),
    body: lines.slice(end + 1).join('\n'),
    bodyLine: end + 2,
  };
}

function parseFields(yaml: string, name: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = parse(yaml) ?? {};
  } catch (cause) {
    throw AppError.of('document.invalid', { file: name, line: yamlErrorLine(cause) + 1, expected: 'YAML' }, { cause });
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw AppError.of('document.invalid', { file: name, line: 2, expected: 'key: value' });
  return fields as Record<string, unknown>;
}

/** Line, from 1, at which the YAML parser gave up. */
export function yamlErrorLine(error: unknown): number {
  const position = (error as { linePos?: [{ line: number }] }).linePos;
  return position?.[0].line ?? 1;
}

/** A field as text; dates and numbers as they were written. */
export function textField(fields: Record<string, unknown>, key: string): string {
  const value = fields[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

export function textList(value: unknown): string[] {
  const list = Array.isArray(value) ? value : typeof value === 'string' && value.trim() !== '' ? [value] : [];
  return list
    .filter((item): item is string | number => typeof item === 'string' || typeof item === 'number')
    .map(String);
}

const ISO_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

export function isIsoDate(text: string): text is IsoDate {
  return ISO_DATE.test(text) && !Number.isNaN(Date.parse(text));
}

/**
 * A date field, undefined where it is absent.
 * @throws AppError document.invalid where it is no date.
 */
export function dateField(
  fields: Record<string, unknown>,
  key: string,
  at: { file: string; line: number },
): IsoDate | undefined {
  const written = textField(fields, key);
  if (written === '') return undefined;
  if (!isIsoDate(written)) throw AppError.of('document.invalid', { ...at, expected: `${key}: YYYY-MM-DD` });
  return written;
}
