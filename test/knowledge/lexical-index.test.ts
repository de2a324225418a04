import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BM25, LEXICAL_SCALE, LexicalIndex } from '../../src/knowledge/lexical-index.js';
import { bigrams } from '../../src/text/bigrams.js';

/** The index's formula, term by term over all texts. */
function byFormula(texts: ReadonlyMap<string, string>, query: string): Map<string, number> {
  const documents = [...texts].map(([id, text]) => ({ id, tokens: bigrams(text) }));
  const average = documents.reduce((sum, { tokens }) => sum + tokens.length, 0) / Math.max(1, documents.length);
  const terms = [...new Set(bigrams(query))];
  const idf = (term: string): number => {
    const df = documents.filter(({ tokens }) => tokens.includes(term)).length;
    return Math.log(1 + (documents.length - df + 0.5) / (df + 0.5));
  };
  const greatest = LEXICAL_SCALE * (BM25.k1 + 1) * terms.reduce((sum, term) => sum + idf(term), 0);
  return new Map(
    documents.map(({ id, tokens }) => {
      const sum = terms.reduce((total, term) => {
        const tf = tokens.filter((token) => token === term).length;
        const norm = BM25.k1 * (1 - BM25.b + (BM25.b * tokens.length) / average);
        return total + (tf === 0 ? 0 : (idf(term) * tf * (BM25.k1 + 1)) / (tf + norm));
      }, 0);
      return [id, greatest > 0 ? sum / greatest : 0];
    }),
  );
}

const text = fc
  .array(fc.constantFrom('예금', '적금', '만기', '이자', '카드', '분실', 'otp', '가', '1억원'), { maxLength: 12 })
  .map((words) => words.join(' '));
const change = fc.record({ id: fc.constantFrom(...'abcdefgh'), text: fc.option(text) });

describe('the lexical index', () => {
  it('gives the scores of the formula after any additions, replacements and removals', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), text, (changes, query) => {
        const index = new LexicalIndex();
        const texts = new Map<string, string>();
        for (const { id, text: added } of changes) {
          if (added === null) {
            index.remove(id);
            texts.delete(id);
          } else {
            index.add(id, added);
            texts.delete(id);
            texts.set(id, added);
          }
        }
        const scores = index.score(query);
        const expected = byFormula(texts, query);
        expect(index.size).toBe(texts.size);
        for (const [id, score] of expected) expect(scores.of(id)).toBeCloseTo(score, 9);
        const best = scores.best(3);
        const reached = [...expected.values()].filter((score) => score > 0).sort((a, b) => b - a);
        expect(best.length).toBe(Math.min(3, reached.length));
        best.forEach(({ lexical }, rank) => expect(lexical).toBeCloseTo(reached[rank]!, 9));
      }),
      { numRuns: 300 },
    );
  });

  it('orders equal texts by id and knows nothing of absent ones', () => {
    const index = new LexicalIndex();
    for (const id of ['b', 'a', 'c']) index.add(id, '정기예금 만기');
    const scores = index.score('만기');
    expect(scores.best(2).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(scores.of('none')).toBe(0);
    expect(index.score('').best(5)).toEqual([]);
  });
});
