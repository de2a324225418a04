import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SystemClock } from '../../src/config/clock.js';
import { shipped } from '../../src/config/package-root.js';
import { LOCALES, text, textKeys } from '../../src/config/texts.js';
import { Release, type ReleaseContext } from '../../src/conversation/release.js';
import {
  FixedTexts,
  GUARDRAILS_FOLDER,
  OutputClassifier,
  OutputRails,
  PhoneRegistry,
  RuleSet,
} from '../../src/guardrails/index.js';
import { NamedEntities } from '../../src/privacy/index.js';
import { auditOf, emptyStore } from '../support/empty-store.js';

const rules = RuleSet.load(GUARDRAILS_FOLDER);
const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
const origin = { conversation: '01900000-0000-7000-8000-000000000001', turn: 1 };
let release: Release;
let remove: () => Promise<void>;

beforeAll(async () => {
  const store = await emptyStore();
  ({ remove } = store);
  release = new Release(
    new OutputRails(rules, phones, OutputClassifier.load(GUARDRAILS_FOLDER)),
    phones,
    await auditOf(store.database),
    new SystemClock(),
    NamedEntities.NONE,
  );
});
afterAll(() => remove());

async function released(given: string, context: Partial<ReleaseContext> = {}): Promise<string> {
  const sentences = await Array.fromAsync(
    release.sentences([given], { sources: [given], verbatim: false, origin, ...context }),
  );
  return sentences.map((sentence) => (sentence.action === 'release' ? sentence.text : '')).join(' ');
}

const compact = (said: string): string => said.replace(/\s+/g, '');

describe('the one way out lets our own words through unchanged', () => {
  it('every fixed text, in both languages', async () => {
    for (const fixed of FixedTexts.load(GUARDRAILS_FOLDER, phones).all())
      expect(compact(await released(fixed.text)), `${fixed.category}/${fixed.variant}`).toBe(compact(fixed.text));
  });

  it('every text of the turn', async () => {
    for (const locale of LOCALES)
      for (const key of textKeys(locale).filter((key) => /^(turn|notice|handoff)\./.test(key))) {
        const said = text(
          key,
          { hours: '09:00~18:00', phone: phones.number('bank-centre'), title: '예금자보호법' },
          locale,
        );
        expect(compact(await released(said)), key).toBe(compact(said));
      }
  });

  it('every approved answer, word for word', async () => {
    const folder = shipped('data', 'bank', 'exemplars');
    const answers = readdirSync(folder).flatMap(
      (name) => parse(readFileSync(join(folder, name), 'utf8')) as { id: string; answer: string }[],
    );
    expect(answers.length).toBeGreaterThan(300);
    const changed: string[] = [];
    for (const { id, answer } of answers) {
      const rendered = phones.render(answer).trim();
      if (compact(await released(rendered, { verbatim: true })) !== compact(rendered)) changed.push(id);
    }
    expect(changed).toEqual([]);
  });
});

describe('the one way out stops', () => {
  it.each([
    ['a number that no source has', '이체 수수료는 1,234원입니다.', '1,234'],
    ['a promise', '대출 승인이 확실합니다.', '확실합니다'],
    ['a telephone number that is not in the registry', '1577-4321로 전화해 주세요.', '4321'],
    ['personal data', '고객님 번호는 010-2345-6789입니다.', '2345'],
  ])('%s', async (_, sentence, mustNotStand) => {
    const said = await released(sentence, { sources: ['이체 수수료는 500원입니다.'] });
    expect(said).not.toContain(mustNotStand);
  });
});
