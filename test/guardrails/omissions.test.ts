import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionsOf, omissionsOf } from '../../src/guardrails/omissions.js';

const SOURCE =
  '자동이체를 등록하시면 이체 수수료 500원이 면제됩니다. 다만 해외 송금에는 면제가 적용되지 않습니다. 단, 외화 계좌도 제외됩니다. 증명서는 영업점에서 떼어 드립니다.';
const omitted = (said: string[], question?: string) => omissionsOf(said, [SOURCE], question).map(({ sentence }) => sentence);

describe('conditions of a sentence', () => {
  it.each([
    ['자동이체를 등록하시면 수수료가 면제됩니다.', ['자동이체를 등록하시면']],
    ['가입은 온라인으로 하고, 신분증이 없는 경우에는 영업점에서 합니다.', ['신분증이 없는 경우에는']],
    ['만 19세 이상은 혼자 가입하실 수 있습니다.', ['만 19세 이상은']],
    ['첫 거래에 한해 금리를 더 드립니다.', ['첫 거래에 한해']],
  ])('are the clauses that limit it: %s', (sentence, conditions) => {
    expect(conditionsOf(sentence)).toEqual(conditions);
  });

  it.each([
    '계좌를 만드시려면 신분증이 필요합니다.',
    '메뉴에서 신청을 누르시면 됩니다.',
    '첫 화면에서 확인하실 수 있습니다.',
    '비대면 가입은 앱에서 합니다.',
  ])('are not purposes, instructions and nouns: %s', (sentence) => {
    expect(conditionsOf(sentence)).toEqual([]);
  });
});

describe('what an answer omits', () => {
  it('is the condition inside the sentence that it retells, and every exception behind it', () => {
    expect(omitted(['이체 수수료 500원이 면제됩니다.'])).toEqual([
      '자동이체를 등록하시면 이체 수수료 500원이 면제됩니다.',
      '다만 해외 송금에는 면제가 적용되지 않습니다.',
      '단, 외화 계좌도 제외됩니다.',
    ]);
  });

  it('names the sentence that lacks it and the source', () => {
    const [omission] = omissionsOf(['안녕하세요.', '이체 수수료 500원이 면제됩니다.'], ['영업점은 4시에 닫습니다.', SOURCE]);
    expect(omission).toMatchObject({ said: 1, source: 1 });
  });

  it('is not what it says in other words, or what the customer said of themselves', () => {
    const rest = ['해외 송금에는 면제가 적용되지 않고', '외화 계좌도 제외됩니다.'];
    expect(omitted(['자동이체를 등록한 경우 이체 수수료 500원이 면제됩니다.', ...rest])).toEqual([]);
    expect(omitted(['이체 수수료 500원이 면제됩니다.', ...rest], '자동이체 등록했는데 수수료 내나요?')).toEqual([]);
  });

  it('is nothing of what the source says about other things', () => {
    expect(omitted(['증명서는 영업점에서 떼어 드립니다.'])).toEqual([]);
    expect(omitted(['정기예금 만기는 자유롭게 정하십니다.'])).toEqual([]);
  });

  it('has the figure of the condition, not only its words', () => {
    const source = '급여이체를 6개월 이상 하시면 금리를 0.3%p 내려 드립니다.';
    expect(omissionsOf(['급여이체를 하시면 금리를 0.3%p 내려 드립니다.'], [source])).toHaveLength(1);
    expect(omissionsOf(['급여이체를 여섯 달 이상 하시면 금리를 0.3%p 내려 드립니다.'], [source])).toEqual([]);
  });

  it('is nothing where the source is given whole, whatever the source', () => {
    const clause = fc.constantFrom('앱에서 신청하시면', '만 19세 이상은', '수수료가 없습니다.', '다만 해외는 제외됩니다.', '연 3.5%입니다.', '경우에는');
    fc.assert(
      fc.property(fc.array(clause, { minLength: 1, maxLength: 12 }), (clauses) => {
        const source = clauses.join(' ');
        expect(omissionsOf(source.split(/(?<=[다요]\.) /), [source])).toEqual([]);
      }),
    );
  });
});
