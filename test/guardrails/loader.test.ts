import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/config/app-error.js';
import { FixedTexts, PhoneRegistry, RuleSet } from '../../src/guardrails/index.js';

const folder = mkdtempSync(join(tmpdir(), 'guardrails-'));

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'rules'), { recursive: true });
  write('lexicon.yaml', 'greeting: [안녕, 반가]\n');
  write('settings.yaml', 'act: 0.6\nhard: 0.9\nleakLength: 30\ntimeouts: { input: 50, passage: 10, output: 20 }\n');
  write('phones.yaml', "phones:\n  police: { number: '112' }\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

interface RuleParts {
  category?: string;
  stages?: string;
  any?: string;
  match?: string;
  pass?: string;
  extra?: string;
}

/** A rule file of one rule; its `any` stands in line 6, `match` in line 7, `pass` in line 8. */
function writeRule({ category = 'OFF_TOPIC', stages = '[input]', any = "['{greeting}']", match = '[안녕하세요]', pass = '[여보세요]', extra = '' }: RuleParts): void {
  write(
    join('rules', 'one.yaml'),
    `category: ${category}\nstages: ${stages}\nrules:\n  - id: hello\n    score: 0.7\n    any: ${any}\n    match: ${match}\n    pass: ${pass}\n${extra}`,
  );
}

/** Place and reason of the error that a load throws. */
function failure(load: () => unknown): { file: string; expected: string } {
  try {
    load();
  } catch (error) {
    if (error instanceof AppError && error.code === 'rules.invalid') return error.params as { file: string; expected: string };
    throw error;
  }
  throw new Error('it loaded');
}

const failureOfRule = (parts: RuleParts): { file: string; expected: string } => {
  writeRule(parts);
  return failure(() => RuleSet.load(folder));
};

describe('a rule file that fits', () => {
  it('fires where its words stand, spaced or not', () => {
    writeRule({});
    const findings = RuleSet.load(folder).findings('input', '아, 안 녕 하세요');
    expect(findings).toEqual([{ category: 'OFF_TOPIC', rule: 'hello', score: 0.7, start: 3, end: 6 }]);
  });

  it('gives a version that changes with any of its files', () => {
    writeRule({});
    const before = RuleSet.load(folder).version;
    expect(before).toMatch(/^[0-9a-f]{12}$/);
    expect(RuleSet.load(folder).version).toBe(before);
    write('settings.yaml', 'act: 0.7\nhard: 0.9\nleakLength: 30\ntimeouts: { input: 50, passage: 10, output: 20 }\n');
    expect(RuleSet.load(folder).version).not.toBe(before);
  });

  it('keeps a gap inside one sentence', () => {
    writeRule({ any: "['안녕.{0,30}여러분']", match: '[안녕하세요 여러분]', pass: '["안녕하세요. 여러분"]' });
    expect(RuleSet.load(folder).rules).toHaveLength(1);
  });
});

describe('an error in a rule file names the file and the line', () => {
  const place = expect.stringMatching(/^guardrails-.*\/rules\/one\.yaml:\d+$/);

  it.each<[string, RuleParts, number, RegExp]>([
    ['an unknown category', { category: 'GOSSIP' }, 1, /CRISIS.*instead of GOSSIP/],
    ['an unknown stage', { stages: '[dream]' }, 2, /input, passage, output/],
    ['a pattern that is no expression', { any: "['(안녕']" }, 6, /balanced brackets/],
    ['an unknown word list', { any: "['{farewell}']" }, 6, /\{farewell\}/],
    ['no pattern at all', { any: '[]' }, 6, /at least one/],
    ['a missing example', { match: '[]' }, 7, /at least one/],
    ['a missing example of silence', { pass: '' }, 8, /at least one|list/],
    ['an example that does not fire', { match: '[안녕하세요, 여보세요]' }, 7, /hello to fire/],
    ['an example that fires', { pass: '[안녕]' }, 8, /hello to stay silent/],
    ['a key that no rule has', { extra: '    macth: [안녕]\n' }, 9, /instead of macth/],
  ])('%s', (_, parts, line, expected) => {
    const error = failureOfRule(parts);
    expect(error.file).toEqual(place);
    expect(error.file).toMatch(new RegExp(`:${line}$`));
    expect(error.expected).toMatch(expected);
  });

  it.each([
    ['inside itself', 'greeting: [안녕]\nloop:\n  - 반가\n  - "{loop}"\n', 4, /contain themselves/],
    ['with a word that is no expression', 'greeting:\n  - 안녕\n  - (반가\n', 3, /balanced brackets/],
    ['with a word that could be slow', 'greeting:\n  - 안녕.{0,500}\n', 2, /at most 60/],
    ['without words', 'greeting: [안녕]\nfarewell: []\n', 2, /at least one/],
  ])('a word list %s', (_, yaml, line, expected) => {
    writeRule({});
    write('lexicon.yaml', yaml);
    const error = failure(() => RuleSet.load(folder));
    expect(error.file).toMatch(new RegExp(`lexicon\\.yaml:${line}$`));
    expect(error.expected).toMatch(expected);
  });

  it('YAML that cannot be read', () => {
    write(join('rules', 'one.yaml'), 'category: [\n');
    expect(failure(() => RuleSet.load(folder)).file).toMatch(/one\.yaml:\d+$/);
  });

  it('an id that stands twice', () => {
    writeRule({});
    write(join('rules', 'two.yaml'), 'category: ABUSE\nstages: [input]\nrules:\n  - id: hello\n    score: 1\n    any: [a]\n    match: [a]\n    pass: [b]\n');
    expect(failure(() => RuleSet.load(folder))).toMatchObject({ file: expect.stringMatching(/two\.yaml:4$/), expected: expect.stringMatching(/no other rule/) });
  });

  it('a missing file and a threshold out of range', () => {
    writeRule({});
    write('settings.yaml', 'act: 6\nhard: 0.9\nleakLength: 30\ntimeouts: { input: 50, passage: 10, output: 20 }\n');
    expect(failure(() => RuleSet.load(folder))).toMatchObject({ file: expect.stringMatching(/settings\.yaml:1$/), expected: 'a number from 0 to 1' });
    rmSync(join(folder, 'settings.yaml'));
    expect(failure(() => RuleSet.load(folder)).expected).toBe('a file that can be read');
  });
});

describe('a pattern that could be slow is refused', () => {
  it.each([
    '(a{1,9}){1,9}',
    'a*b',
    'a+b',
    'a{2,}',
    'a{1,500}',
    '.{0,20}안녕',
    '안녕.{0,60}나.{0,60}다',
    '(안)\\1',
    '(?:a|b*)c',
    '안녕 ?나',
    '[안 녕]',
  ])('%s', (pattern) => {
    expect(failureOfRule({ any: `['${pattern}']` }).file).toMatch(/one\.yaml:6$/);
  });

  it.each(['안녕.{0,40}나.{0,40}', '안녕(?! 나)', '(?<!다)안녕하', '안녕[가-힣]{0,4}', '\\p{L}안녕'])('but not %s', (pattern) => {
    writeRule({ any: `['${pattern}', 안녕]` });
    expect(RuleSet.load(folder).rules).toHaveLength(1);
  });
});

describe('fixed texts and telephones', () => {
  const load = (): FixedTexts => FixedTexts.load(folder, PhoneRegistry.load(folder));

  it.each([
    ['an unknown category', 'texts:\n  GOSSIP:\n    default: { ko: 가, en: a }\n', 3, /GOSSIP/],
    ['a missing default', 'texts:\n  ABUSE:\n    first: { ko: 가, en: a }\n', 3, /default/],
    ['a missing language', 'texts:\n  ABUSE:\n    default:\n      ko: 가\n', 4, /en/],
    ['an unknown phone', "texts:\n  ABUSE:\n    default:\n      ko: '{{phone:nobody}}'\n      en: a\n", 4, /nobody/],
  ])('%s', (_, yaml, line, expected) => {
    write('fixed-texts.yaml', yaml);
    const error = failure(load);
    expect(error.file).toMatch(new RegExp(`fixed-texts\\.yaml:${line}$`));
    expect(error.expected).toMatch(expected);
  });

  it('a number with letters', () => {
    write('phones.yaml', "phones:\n  police:\n    number: 'call 112'\n");
    expect(failure(load)).toMatchObject({ file: expect.stringMatching(/phones\.yaml:3$/), expected: 'digits and hyphens' });
  });

  it('urgent lines of a category or to a phone that there is not', () => {
    write('phones.yaml', "phones:\n  police: { number: '112' }\nurgent:\n  NOBODY:\n    - { phone: police, ko: 가, en: a }\n");
    expect(failure(load).expected).toBe('a known category instead of NOBODY');
    write('phones.yaml', "phones:\n  police: { number: '112' }\nurgent:\n  CRISIS:\n    - { phone: nobody, ko: 가, en: a }\n");
    expect(failure(load)).toMatchObject({
      file: expect.stringMatching(/phones\.yaml:5$/),
      expected: 'a phone of this file instead of nobody',
    });
  });
});
