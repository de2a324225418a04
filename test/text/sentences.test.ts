import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SENTENCE, SentenceSplitter, splitSentences } from '../../src/text/sentences.js';

describe('sentences', () => {
  it.each<[string, string[]]>([
    ['안녕하세요. 무엇을 도와드릴까요? 네!', ['안녕하세요.', '무엇을 도와드릴까요?', '네!']],
    ['금리는 연 3.5%입니다. 수수료는 1,000원이에요.', ['금리는 연 3.5%입니다.', '수수료는 1,000원이에요.']],
    ['1. 앱을 엽니다. 2. 이체를 누릅니다.', ['1. 앱을 엽니다.', '2. 이체를 누릅니다.']],
    ['시행일은 2026. 11. 24. 입니다. 확인해 주세요.', ['시행일은 2026. 11. 24. 입니다.', '확인해 주세요.']],
    ['시행일은 2026.11.24. 입니다.', ['시행일은 2026.11.24. 입니다.']],
    ['상담은 09:00~18:00. 주말은 쉽니다.', ['상담은 09:00~18:00.', '주말은 쉽니다.']],
    [
      '자세한 것은 https://bank.example/a.b?c=1 을 보세요. 끝.',
      ['자세한 것은 https://bank.example/a.b?c=1 을 보세요.', '끝.'],
    ],
    [
      '영업점(평일 09:00. 주말 휴무. 공휴일 휴무.)에서 합니다. 다음.',
      ['영업점(평일 09:00. 주말 휴무. 공휴일 휴무.)에서 합니다.', '다음.'],
    ],
    ['"끊으세요. 바로요." 라고 안내했습니다. 다음.', ['"끊으세요. 바로요." 라고 안내했습니다.', '다음.']],
    ['서류:\n- 신분증\n- 통장\n가져오세요.', ['서류:', '- 신분증', '- 통장', '가져오세요.']],
    ['한 문장이\n두 줄입니다. 다음.', ['한 문장이\n두 줄입니다.', '다음.']],
    ['첫 문단\n\n둘째 문단', ['첫 문단', '둘째 문단']],
    ['붙어있다.그래도 하나다. 둘.', ['붙어있다.그래도 하나다.', '둘.']],
    ['문의는 No. 3 창구입니다. 네. 알겠습니다.', ['문의는 No. 3 창구입니다.', '네.', '알겠습니다.']],
    ['정말요?! 그렇군요…', ['정말요?!', '그렇군요…']],
    ['', []],
    ['   \n ', []],
  ])('%j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it('cuts a long sentence at its last clause end', () => {
    const clause = '이 상품은 영업점에서 가입할 수 있으며, ';
    const [first, ...rest] = splitSentences(clause.repeat(15) + '끝입니다.');
    expect(first!.endsWith('있으며,')).toBe(true);
    expect(first!.length).toBeGreaterThan(MAX_SENTENCE / 2);
    expect([first, ...rest].join(' ')).toBe(clause.repeat(15) + '끝입니다.');
  });

  it('releases a sentence as soon as the white space behind its end mark arrives', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('가능합니다')).toEqual([]);
    expect(splitter.push('.')).toEqual([]);
    expect(splitter.push(' 다음')).toEqual(['가능합니다.']);
    expect(splitter.end()).toEqual(['다음']);
  });

  const piece = fc.constantFrom(
    '가능합니다',
    '. ',
    '! ',
    '? ',
    '.',
    '…',
    '\n',
    '\n\n',
    '- ',
    '1. ',
    '2',
    '12',
    '3.5%',
    ' ',
    '  ',
    '(',
    ')',
    '"',
    '“',
    '”',
    '2026. 11. 24. ',
    '있으며, ',
    'No. ',
    'https://a.b/c ',
    '가. ',
    '|',
    '# ',
    '😀',
    '!!!!!!!!!!!!!!!!!!!!',
    '        ',
    '가나다라마바사아자차카타파하'.repeat(5),
  );
  const anyText = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));

  it('gives the same sentences whatever the chunks', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
        (text, sizes) => {
          const splitter = new SentenceSplitter();
          const streamed: string[] = [];
          for (let at = 0, n = 0; at < text.length; n++) {
            const size = sizes[n % sizes.length]!;
            streamed.push(...splitter.push(text.slice(at, at + size)));
            at += size;
          }
          streamed.push(...splitter.end());
          expect(streamed).toEqual(splitSentences(text));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('loses nothing but white space, and no sentence is longer than the limit', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const sentences = splitSentences(text);
        expect(sentences.join('').replaceAll(/\s/gu, '')).toBe(text.replaceAll(/\s/gu, ''));
        for (const sentence of sentences) expect(sentence.length).toBeLessThanOrEqual(MAX_SENTENCE + 16);
        for (const sentence of sentences) expect(sentence).toBe(sentence.trim());
      }),
      { numRuns: 400 },
    );
  });
});
