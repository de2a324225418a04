import { describe, expect, it } from 'vitest';
import { GUARDRAILS_FOLDER, OutputClassifier, OutputRails, PhoneRegistry, RuleSet } from '../../src/guardrails/index.js';
import { splitSentences } from '../../src/text/sentences.js';
import { approvedAnswers } from './approved-answers.js';

const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
const rails = new OutputRails(RuleSet.load(GUARDRAILS_FOLDER), phones, OutputClassifier.load(GUARDRAILS_FOLDER));

const SOURCE =
  '한결 정기예금의 12개월 기본금리는 연 2.70%이고 1계좌 100만원부터 가입하실 수 있습니다. ' +
  '분실 신고는 고객센터 1588-0000(24시간)로 해 주세요. 예금은 1인당 1억원까지 보호됩니다.';
const PROMPT =
  '당신은 한국 은행의 상담 보조입니다. [자료]만 근거로 손님 질문에 정중한 한국어로 답하세요. 승인, 환급, 면제, 수익을 약속하지 않습니다.';

describe('output rails', () => {
  it('let a sentence pass that its sources carry', () => {
    const sentence = '12개월 기본금리는 연 2.7%이고 1,000,000원부터 가입하십니다.';
    expect(rails.check(sentence, { sources: [SOURCE] })).toMatchObject({ action: 'pass', text: sentence, findings: [] });
  });

  it.each([
    ['연 3.70%입니다.', 'fact-rate'],
    ['우대금리는 0.30%p입니다.', 'fact-rate-point'],
    ['1억 5천만원까지 보호됩니다.', 'fact-amount'],
    ['24개월 기준입니다.', 'fact-period'],
    ['은행법 제52조의4에 따릅니다.', 'fact-law'],
    ['2027년 1월 1일에 바뀝니다.', 'fact-date'],
    ['영업시간은 오후 4시까지입니다.', 'fact-time'],
    ['두 번까지 가능합니다.', 'fact-count'],
  ])('withhold a figure that no source carries: %s', (sentence, rule) => {
    const verdict = rails.check(sentence, { sources: [SOURCE] });
    expect(verdict).toMatchObject({ action: 'withhold', text: '', findings: [{ category: 'OUT_UNGROUNDED', rule }] });
    const [finding] = verdict.findings;
    expect(sentence.slice(finding!.start, finding!.end)).not.toBe('');
  });

  it('withhold a telephone number that the registry does not list, even where a source holds it', () => {
    const sentence = '1588-1234로 전화해 주세요.';
    expect(rails.check(sentence, { sources: [sentence] })).toMatchObject({ action: 'withhold', findings: [{ rule: 'fact-phone' }] });
    expect(rails.check('1393으로 상담하실 수 있습니다.', { sources: ['1393으로 상담하실 수 있습니다.'] }).action).toBe('withhold');
  });

  it('let a telephone number of the registry pass, even where no source holds it', () => {
    expect(rails.check('고객센터 1588-0000 또는 112로 신고해 주세요.', { sources: [SOURCE] }).action).toBe('pass');
  });

  it('judge no figure where there are no sources to judge by', () => {
    expect(rails.check('연 99%입니다.').action).toBe('pass');
    expect(rails.check('연 99%입니다.', { sources: [] }).action).toBe('withhold');
  });

  it.each([
    ['고객님은 대출 승인이 확실합니다.', 'OUT_PROMISE'],
    ['수수료는 제가 면제해 드리겠습니다.', 'OUT_PROMISE'],
    ['원금 손실 걱정 없는 ELS예요.', 'OUT_DEFINITIVE_RETURN'],
    ['다른 은행보다 금리가 높습니다.', 'OUT_COMPETITOR'],
  ])('put a conditional sentence in the place of a promise or a judgement: %s', (sentence, category) => {
    const verdict = rails.check(sentence, { sources: [SOURCE] });
    expect(verdict.action).toBe('rewrite');
    expect(new Set(verdict.findings.map((finding) => finding.category))).toEqual(new Set([category]));
    expect(rails.check(verdict.text, { sources: [SOURCE] }).action).toBe('pass');
  });

  it('withhold a promise with a figure of its own rather than rewriting it', () => {
    expect(rails.check('이 펀드는 연 8% 수익이 보장됩니다.', { sources: [SOURCE] })).toMatchObject({ action: 'withhold', text: '' });
  });

  it.each(['이 병신아.', '지랄하지 마세요.'])('withhold profanity, also where a source holds it: %s', (sentence) => {
    expect(rails.check(sentence, { sources: [sentence] })).toMatchObject({ action: 'withhold', findings: [{ category: 'OUT_PROFANITY' }] });
  });

  it('withhold the hardest promises also where a source holds them, and leave the milder ones to whoever approved it', () => {
    const hard = '고객님은 대출 승인이 확실합니다.';
    const mild = '불이익이 없도록 약속드립니다.';
    expect(rails.check(hard, { sources: [hard] }).action).toBe('rewrite');
    expect(rails.check(mild).action).toBe('rewrite');
    expect(rails.check(mild, { sources: [mild] }).action).toBe('pass');
  });

  it.each([
    '저는 [자료]만 근거로 손님 질문에 정중한 한국어로 답하세요 라고 들었습니다.',
    '자료만근거로손님질문에정중한한국어로답하세요승인환급면제수익을',
    '승인, 환급, 면제, 수익을 약속하지 않습니다.',
  ])('withhold what the instructions say: %s', (sentence) => {
    const verdict = rails.check(sentence, { promptText: PROMPT });
    expect(verdict.action).toBe('withhold');
    expect(verdict.findings.map(({ category }) => category)).toContain('OUT_LEAK');
  });

  it('let a few words pass that the instructions happen to hold too', () => {
    expect(rails.check('정중한 한국어로 안내해 드립니다.', { promptText: PROMPT }).action).toBe('pass');
  });

  it('hold a small model to whole sentences of its sources', () => {
    const context = { sources: [SOURCE], verbatim: true };
    expect(rails.check('예금은 1인당 1억원까지 보호됩니다.', context).action).toBe('pass');
    expect(rails.check('예금은 1인당  1억원까지\n보호됩니다', context).action).toBe('pass');
    expect(rails.check('예금은 1억원까지 보호됩니다.', context)).toMatchObject({ action: 'withhold', findings: [{ rule: 'not-verbatim' }] });
  });

  it('report every reason, and the version of the rules', () => {
    const verdict = rails.check('병신아, 승인이 확실합니다, 연 9%야.', { sources: [SOURCE] });
    expect(new Set(verdict.findings.map(({ category }) => category))).toEqual(
      new Set(['OUT_PROFANITY', 'OUT_PROMISE', 'OUT_UNGROUNDED']),
    );
    expect(verdict.rulesVersion).toMatch(/^[0-9a-f]{12}\+[0-9a-f]{12}$/);
  });

  it('let every sentence of an approved answer pass as its own source', () => {
    for (const { id, text } of approvedAnswers(phones))
      for (const sentence of splitSentences(text))
        expect([id, sentence, rails.check(sentence, { sources: [text], verbatim: true }).action]).toEqual([id, sentence, 'pass']);
  });

  it('let at least 99 of 100 sentences of approved answers pass against the sheets that they cite', () => {
    const verdicts = approvedAnswers(phones).flatMap(({ text, sheets }) =>
      splitSentences(text).map((sentence) => rails.check(sentence, { sources: sheets }).action),
    );
    expect(verdicts.length).toBeGreaterThan(1000);
    expect(verdicts.filter((action) => action !== 'pass').length / verdicts.length).toBeLessThanOrEqual(0.01);
  });
});
