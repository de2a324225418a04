import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chosenSentences, sentencesToChooseFrom } from '../../src/conversation/sentence-choice.js';

async function* stream(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}

async function chosen(chunks: readonly string[], sentences = ['가.', '나.', '다.']): Promise<string[]> {
  return (await Array.fromAsync(chosenSentences(stream(chunks), sentences))).map((sentence) => sentence.trim());
}

describe('the sentences that a small model chooses', () => {
  it.each([
    [['3, 1'], ['다.', '가.']],
    [['1', '2'], []],
    [
      ['2', ', ', '2', '\n3'],
      ['나.', '다.'],
    ],
    [['0'], []],
    [['문장 ', '2번', '입니다'], ['나.']],
    [['4, 99, 1'], ['가.']],
    [['답이 없습니다'], []],
  ])('%j are %j', async (chunks, expected) => {
    expect(await chosen(chunks)).toEqual(expected);
  });

  it('do not depend on how the numbers are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(...'0123, \n번') }),
        fc.array(fc.nat(20)),
        async (text, cuts) => {
          const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted((a, b) => a - b);
          const chunks = [0, ...places].map((from, at) => text.slice(from, places[at] ?? text.length));
          expect(await chosen(chunks)).toEqual(await chosen([text]));
        },
      ),
    );
  });

  it('come from the best sources first, and are not too many', () => {
    const sources = Array.from(
      { length: 6 },
      (_, at) => `${at}번 자료의 첫 문장입니다. ${at}번 자료의 둘째 문장입니다. 끝입니다.`,
    );
    const sentences = sentencesToChooseFrom(sources);
    expect(sentences).toHaveLength(12);
    expect(sentences[0]).toBe('0번 자료의 첫 문장입니다.');
  });
});
