import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { shipped } from '../config/package-root.js';

/** A list of words or of fragments of regular expressions from `guardrails/pii/<file>.yaml`. */
export function wordsOf(file: PiiTable, key: string): readonly string[] {
  const list = tableOf(file)[key];
  if (!isStringList(list)) throw new Error(`guardrails/pii/${file}.yaml: ${key} must be a list of strings`);
  return list;
}

/** A list of records, each with the given fields of the given types. */
export function recordsOf<T extends object>(
  file: PiiTable,
  key: string,
  fields: Readonly<Record<keyof T & string, string>>,
): readonly T[] {
  const list = tableOf(file)[key];
  const names = Object.keys(fields) as (keyof T & string)[];
  const isRecord = (item: unknown): item is T =>
    typeof item === 'object' && item !== null && names.every((name) => typeof (item as T)[name] === fields[name]);
  if (!Array.isArray(list) || !list.every(isRecord))
    throw new Error(`guardrails/pii/${file}.yaml: each of ${key} needs ${names.join(', ')}`);
  return list;
}

/** A string of characters that are meant one by one. */
export function charactersOf(file: PiiTable, key: string): string {
  const value = tableOf(file)[key];
  if (typeof value !== 'string') throw new Error(`guardrails/pii/${file}.yaml: ${key} must be a string`);
  return value.replace(/\s/g, '');
}

/** The map of lists that names the words of each type. */
export function wordMapOf(file: PiiTable, key: string): Readonly<Record<string, readonly string[]>> {
  const map = tableOf(file)[key];
  if (typeof map !== 'object' || map === null || !Object.values(map).every(isStringList))
    throw new Error(`guardrails/pii/${file}.yaml: ${key} must be a map of lists of strings`);
  return map as Record<string, string[]>;
}

/** The lists as one alternation; plain words go longest first, so that a short one never hides a long one. */
export function alternatives(...lists: readonly (readonly string[])[]): string {
  return `(?:${lists
    .flat()
    .sort((a, b) => b.length - a.length)
    .join('|')})`;
}

type PiiTable = 'labels' | 'banks' | 'phones' | 'names' | 'addresses' | 'secrets' | 'common-words';

const tables = new Map<PiiTable, Readonly<Record<string, unknown>>>();

function tableOf(file: PiiTable): Readonly<Record<string, unknown>> {
  let table = tables.get(file);
  if (!table) {
    table = parse(readFileSync(shipped('guardrails', 'pii', `${file}.yaml`), 'utf8')) as Record<string, unknown>;
    tables.set(file, table);
  }
  return table;
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
