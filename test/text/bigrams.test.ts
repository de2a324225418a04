import { describe, expect, it } from 'vitest';
import { bigrams } from '../../src/text/bigrams.js';

describe('bigrams', () => {
  it('cuts words into pairs of characters and keeps a word of one', () => {
    expect(bigrams('정기예금 금리 a')).toEqual(['정기', '기예', '예금', '금리', 'a']);
  });

  it('folds case and compatibility forms, so that spellings meet', () => {
    expect(bigrams('ＯＴＰ')).toEqual(bigrams('otp'));
    expect(bigrams('금리'.normalize('NFD'))).toEqual(['금리']);
    expect(bigrams('ㅋㅋ ＯＫ')).toEqual(['ㅋㅋ', 'ok']);
  });

  it('finds nothing in punctuation', () => {
    expect(bigrams(' …!? ')).toEqual([]);
  });
});
