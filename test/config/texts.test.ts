import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError, ERRORS, type ErrorCode } from '../../src/config/app-error.js';
import { shipped } from '../../src/config/package-root.js';
import { LOCALES, localeOf, text, textKeys } from '../../src/config/texts.js';
import { MODEL_REASONS } from '../../src/models/model-reason.js';

const sources = readdirSync(shipped('src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('web'))
  .map((name) => ({ name, content: readFileSync(shipped('src', name), 'utf8') }));
const catalogue = new Set(textKeys('ko'));

/** Keys in the code: `text('turn.asked', …)`, and the beginning of a composed one, `text(\`errors.${code}\`)`. */
const literalKeys = sources.flatMap(({ name, content }) =>
  [...content.matchAll(/(?<![.\w])text\(\s*'([^']+)'/g)].map(([, key]) => ({ name, key: key! })),
);
const composedKeys = sources.flatMap(({ name, content }) =>
  [...content.matchAll(/`([a-z][\w-]*(?:\.[\w-]+)*\.)\$\{/g)].map(([, beginning]) => ({ name, beginning: beginning! })),
);
const quoted = new Set(
  sources.flatMap(({ content }) => [...content.matchAll(/'([a-z][\w-]*\.[\w.-]+)'/g)].map(([, key]) => key!)),
);

describe('the catalogue of texts', () => {
  it('has the same keys in every language', () => {
    for (const locale of LOCALES) expect(textKeys(locale).toSorted()).toEqual([...catalogue].toSorted());
  });

  it('has the same placeholders in every language', () => {
    const placeholders = (template: string): string[] => [...new Set(template.match(/\{\w+\}/g))].toSorted();
    for (const key of catalogue)
      expect({ key, placeholders: placeholders(text(key, {}, 'en')) }).toEqual({
        key,
        placeholders: placeholders(text(key, {}, 'ko')),
      });
  });

  it('has every key that the code uses', () => {
    expect(literalKeys.length).toBeGreaterThan(0);
    expect(literalKeys.filter(({ key }) => !catalogue.has(key))).toEqual([]);
  });

  it('has a message for every error, and none besides', () => {
    const messages = [...catalogue]
      .filter((key) => key.startsWith('errors.'))
      .map((key) => key.slice('errors.'.length));
    expect(messages.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  });

  it('has a text for every reason why a model is not ready', () => {
    expect(MODEL_REASONS.filter((reason) => !catalogue.has(`model.reason.${reason}`))).toEqual([]);
  });

  it('has no text that nobody uses', () => {
    const unused = [...catalogue].filter(
      (key) => !quoted.has(key) && !composedKeys.some(({ beginning }) => key.startsWith(beginning)),
    );
    expect(unused).toEqual([]);
  });
});

describe('an error of the catalogue', () => {
  it.each(LOCALES)('speaks %s, and fills in what it knows', (locale) => {
    const { code, message, field } = AppError.of('input.invalid', { field: 'text', expected: 'X' }).body(locale);
    expect({ code, message, field }).toEqual({ code: 'input.invalid', message: 'text: X', field: 'text' });
  });

  it('is thrown with every placeholder of its message filled in', () => {
    const thrown = sources.flatMap(({ name, content }) =>
      // The parameters as an object literal; where they are a variable or spread another object, the types have to do.
      [...content.matchAll(/AppError\.of\(\s*'([^']+)'\s*(?:,\s*(\{(?:[^{}]|\{[^{}]*\})*\}|\w+))?/g)].map(
        ([, code, params = '{}']) => ({ name, code: code as ErrorCode, params }),
      ),
    );
    const missing = thrown
      .filter(({ params }) => params.startsWith('{') && !params.includes('...'))
      .flatMap(({ name, code, params }) =>
        [...text(`errors.${code}`).matchAll(/\{(\w+)\}/g)]
          .filter(([, placeholder]) => !new RegExp(`\\b${placeholder}\\b`).test(params))
          .map(([placeholder]) => `${name}: ${code} without ${placeholder}`),
      );
    expect(thrown.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  it('hides what it did not expect, and keeps it for the log', () => {
    const cause = new Error('SELECT * FROM customers');
    const error = AppError.from(cause);
    expect(error).toMatchObject({ code: 'internal', status: 500, cause });
    expect(error.body('ko').message).not.toContain('customers');
    expect(AppError.from(error)).toBe(error);
  });
});

describe('the language of a tag', () => {
  it.each([
    ['en', 'en'],
    ['en-US', 'en'],
    ['en_GB.UTF-8', 'en'],
    ['ko-KR', 'ko'],
    ['C.UTF-8', 'ko'],
    [undefined, 'ko'],
  ])('%s is %s', (tag, locale) => expect(localeOf(tag)).toBe(locale));
});
