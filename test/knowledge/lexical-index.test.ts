import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LexicalIndex } from '../../src/knowledge/lexical-index.js';
import { bestByFormula } from './reference.js';

const WORDS = ['예금', '적금', '만기', '이자', '카드', '분실', 'otp', '가', '1억원', '주택담보대출', '해지했는데요'];
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(' '));
const changeOf = (ids: number) => fc.record({ id: fc.nat(ids - 1).map((n) => `text-${n}`), text: fc.option(text) });

/** The index and the texts that it must hold after the changes; a change without a text is a removal. */
function indexAfter(changes: readonly { id: string; text: string | null }[]): [LexicalIndex, Map<string, string>] {
  const index = new LexicalIndex();
  const texts = new Map<string, string>();
  for (const { id, text: added } of changes) {
    if (added === null) index.remove(id);
    else index.add(id, added);
    if (added === null) texts.delete(id);
    else texts.set(id, added);
  }
  return [index, texts];
}

describe('the lexical index', () => {
  it('gives the hundred best of the formula, with the same scores to the last bit, after any changes', () => {
    const manyTexts = fc.array(changeOf(250), { minLength: 150, maxLength: 400 });
    const muchChange = fc.array(changeOf(8), { maxLength: 300 });
    fc.assert(
      fc.property(fc.oneof(manyTexts, muchChange), text, (changes, query) => {
        const [index, texts] = indexAfter(changes);
        const expected = bestByFormula(texts, query);
        const scores = index.score(query);
        expect(index.size).toBe(texts.size);
        expect(scores.best(100)).toEqual(expected.slice(0, 100));
        for (const { id, lexical } of expected) expect(scores.of(id)).toBe(lexical);
      }),
      { numRuns: 200 },
    );
  });

  it('scores a text that came or went after the search', () => {
    const index = new LexicalIndex();
    index.add('stays', '정기예금 만기');
    index.add('goes', '정기예금 이자');
    const scores = index.score('정기예금');
    index.remove('goes');
    index.add('comes', '정기예금 해지');
    expect(scores.of('goes')).toBe(0);
    expect(scores.of('comes')).toBeCloseTo(scores.of('stays'), 9);
  });

  it('orders equal texts by id and knows nothing of absent ones', () => {
    const index = new LexicalIndex();
    for (const id of ['b', 'a', 'c']) index.add(id, '정기예금 만기');
    const scores = index.score('만기');
    expect(scores.best(2).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(scores.of('none')).toBe(0);
    expect(index.score('').best(5)).toEqual([]);
    expect(scores.best(0)).toEqual([]);
  });
});
