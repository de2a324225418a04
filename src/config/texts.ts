import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { shipped } from './package-root.js';

export const LOCALES = ['ko', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

type Catalogue = ReadonlyMap<string, string>;

function flatten(node: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (typeof node === 'string') into.set(path, node.trim());
  else if (node !== null && typeof node === 'object')
    for (const [key, child] of Object.entries(node)) flatten(child, path ? `${path}.${key}` : key, into);
  else throw new Error(`texts: ${path} must be a string or a map of strings`);
  return into;
}

const catalogues = new Map<Locale, Catalogue>(
  LOCALES.map((locale) => [
    locale,
    flatten(parse(readFileSync(shipped('texts', `${locale}.yaml`), 'utf8')), '', new Map()),
  ]),
);

/** Every key of one language's catalogue, dotted (`errors.message.empty`). */
export function textKeys(locale: Locale): string[] {
  return [...catalogues.get(locale)!.keys()];
}

export function hasText(key: string): boolean {
  return catalogues.get('ko')!.has(key);
}

/**
 * A text that people read, from `texts/<locale>.yaml`; `{name}` is replaced by `params.name`.
 * @throws Error where the key is missing: a programming error, found by the test that compares keys with the code.
 */
export function text(
  key: string,
  params: Readonly<Record<string, string | number>> = {},
  locale: Locale = 'ko',
): string {
  const template = catalogues.get(locale)?.get(key) ?? catalogues.get('ko')?.get(key);
  if (template === undefined) throw new Error(`texts: no text ${key}`);
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

/** The catalogue's language for a tag such as `en-US` or `ko_KR.UTF-8`; Korean where it is neither. */
export function localeOf(tag: string | undefined): Locale {
  return tag?.toLowerCase().startsWith('en') ? 'en' : 'ko';
}
