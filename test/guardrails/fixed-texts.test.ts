import { describe, expect, it } from 'vitest';
import { FixedTexts, GUARDRAILS_FOLDER, PhoneRegistry, RuleSet } from '../../src/guardrails/index.js';
import { extractFacts } from '../../src/text/facts.js';
import { splitSentences } from '../../src/text/sentences.js';

const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
const texts = FixedTexts.load(GUARDRAILS_FOLDER, phones);

/** Every registered number that stands in a text, longest first so that 1588-0000 is not read as anything shorter. */
function numbersIn(text: string): string[] {
  const registered = [...new Set(phones.ids().map((id) => phones.number(id)))].sort((a, b) => b.length - a.length);
  return registered.filter((number) => new RegExp(`(?<![\\d-])${number.replace('+', '\\+')}(?![\\d-])`).test(text)).sort();
}

function numbersOf(...ids: string[]): string[] {
  return ids.map((id) => phones.number(id)).sort();
}

const CRISIS = numbersOf('crisis', 'police', 'emergency');
const FRAUD = numbersOf('bank-centre', 'police', 'fraud-centre', 'fss');

describe('fixed texts', () => {
  const all = texts.all();

  it('are at most six sentences, in both languages', () => {
    const long = all.filter(({ text }) => splitSentences(text).length > 6);
    expect(long.map(({ category, variant, locale }) => `${category} ${variant} ${locale}`)).toEqual([]);
    const keys = (locale: string): string[] => all.filter((one) => one.locale === locale).map(({ category, variant }) => `${category} ${variant}`);
    expect(keys('ko')).toEqual(keys('en'));
  });

  it('exist for every category that is answered by one, and for every variant of a rule', () => {
    for (const category of ['CRISIS', 'FRAUD_VICTIM', 'PROMPT_LEAK', 'OFF_TOPIC', 'INJECTION', 'THIRD_PARTY', 'ILLEGAL', 'SECRET', 'ABUSE', 'INVEST_ADVICE', 'LEGAL_TAX', 'COMPETITOR'] as const)
      expect(texts.text(category, 'ko'), category).toBeTruthy();
    for (const { category, variant } of RuleSet.load(GUARDRAILS_FOLDER).rules.filter(({ stages }) => stages.includes('input')))
      if (variant) expect(all.some((one) => one.category === category && one.variant === variant), `${category} ${variant}`).toBe(true);
    for (const variant of ['first', 'second']) expect(all.some((one) => one.category === 'ABUSE' && one.variant === variant)).toBe(true);
  });

  it.each(all.filter(({ category }) => category === 'CRISIS'))('CRISIS $variant $locale names exactly 109, 112 and 119', ({ text }) => {
    expect(numbersIn(text)).toEqual(CRISIS);
  });

  it.each(all.filter(({ category }) => category === 'FRAUD_VICTIM'))('FRAUD_VICTIM $variant $locale names exactly its numbers', ({ text, variant }) => {
    // The refund of 1332 is for money that was transferred: where goods never came there is none.
    expect(numbersIn(text)).toEqual(variant === 'goods' ? numbersOf('bank-centre', 'police', 'fraud-centre') : FRAUD);
  });

  it('name no number that is not registered: 1393 least of all', () => {
    for (const { text, category, variant } of all) {
      expect(text, `${category} ${variant}`).not.toMatch(/1393|\{\{/);
      for (const fact of extractFacts(text).filter(({ kind }) => kind === 'PHONE')) expect(phones.has(fact.value), fact.value).toBe(true);
    }
  });

  it('put the police first where cash is gone, and promise neither a freeze nor a refund', () => {
    const cash = texts.text('FRAUD_VICTIM', 'ko', 'cash')!;
    expect(cash.indexOf(phones.number('police'))).toBeLessThan(cash.indexOf(phones.number('bank-centre')));
    for (const { text, locale } of all.filter(({ category }) => category === 'FRAUD_VICTIM'))
      expect(text).toMatch(locale === 'ko' ? /미리 말씀드릴 수 없습니다/ : /cannot be (?:said|named) now|can be named now/);
    expect(texts.text('FRAUD_VICTIM', 'ko', 'goods')).toMatch(/대상이 아니/);
  });

  it('fall back to the default where a variant has no text of its own', () => {
    expect(texts.text('CRISIS', 'ko', 'unheard-of')).toBe(texts.text('CRISIS', 'ko'));
    expect(texts.text('NUMERIC_FACT', 'ko')).toBeUndefined();
  });
});
