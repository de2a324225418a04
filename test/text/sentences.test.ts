import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shipped } from '../../src/config/package-root.js';
import { MAX_SENTENCE, SentenceSplitter, splitSentences } from '../../src/text/sentences.js';

const answers = readdirSync(shipped('data', 'bank', 'exemplars')).flatMap((file) =>
  (parse(readFileSync(join(shipped('data', 'bank', 'exemplars'), file), 'utf8')) as { answer: string }[]).map(
    ({ answer }) => answer,
  ),
);

/** The sentences of a text that arrives in pieces of these sizes, over and over. */
function stream(text: string, sizes: readonly number[]): string[] {
  const splitter = new SentenceSplitter();
  const sentences: string[] = [];
  for (let at = 0, n = 0; at < text.length; n++) {
    const size = sizes[n % sizes.length]!;
    sentences.push(...splitter.push(text.slice(at, at + size)));
    at += size;
  }
  return [...sentences, ...splitter.end()];
}

function letters(text: string): string {
  return text.replaceAll(/[\s.!?…。！？)\]}」』】》〉”’]/gu, '');
}

describe('sentences', () => {
  it.each<[string, string[]]>([
    ['안녕하세요. 무엇을 도와드릴까요? 네!', ['안녕하세요.', '무엇을 도와드릴까요?', '네!']],
    ['정말요?! 그렇군요… 네...', ['정말요?!', '그렇군요…', '네...']],
    ['가능합니다。 다음！ 끝？', ['가능합니다。', '다음！', '끝？']],
    ['붙어있다.그래도 하나다. 둘.', ['붙어있다.그래도 하나다.', '둘.']],
    ['끝나지 않은 문장', ['끝나지 않은 문장']],
    ['', []],
    ['   \n ', []],
  ])('ends at the marks of a sentence where white space follows: %j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it.each<[string, string[]]>([
    ['금리는 연 3.5%입니다. 수수료는 1,000원이에요.', ['금리는 연 3.5%입니다.', '수수료는 1,000원이에요.']],
    ['1. 앱을 엽니다. 2. 이체를 누릅니다.', ['1. 앱을 엽니다.', '2. 이체를 누릅니다.']],
    ['(1) 앱을 엽니다. (2) 이체합니다.', ['(1) 앱을 엽니다.', '(2) 이체합니다.']],
    ['가. 대상은 개인입니다.\n나. 한도는 없습니다.', ['가. 대상은 개인입니다.', '나. 한도는 없습니다.']],
    ['시행일은 2026. 11. 24. 입니다. 확인해 주세요.', ['시행일은 2026. 11. 24. 입니다.', '확인해 주세요.']],
    ['시행일은 2026.11.24. 입니다.', ['시행일은 2026.11.24. 입니다.']],
    ['2026. 11. 기준입니다. 다음.', ['2026. 11. 기준입니다.', '다음.']],
    ['상담은 09:00~18:00. 주말은 쉽니다.', ['상담은 09:00~18:00.', '주말은 쉽니다.']],
    ['https://bank.example/a.b?c=1 을 보세요. 끝.', ['https://bank.example/a.b?c=1 을 보세요.', '끝.']],
    ['help@bank.example 로 보내세요. 끝.', ['help@bank.example 로 보내세요.', '끝.']],
    ['문의는 No. 3 창구입니다. 네. 알겠습니다.', ['문의는 No. 3 창구입니다.', '네.', '알겠습니다.']],
    ['U.S. 달러와 e.g. 엔입니다. 끝.', ['U.S. 달러와 e.g. 엔입니다.', '끝.']],
  ])('keeps decimals, dates, addresses, list numbers and abbreviations whole: %j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it.each<[string, string[]]>([
    ['영업점(평일 09:00. 주말 휴무.)에서 합니다. 다음.', ['영업점(평일 09:00. 주말 휴무.)에서 합니다.', '다음.']],
    ['"끊으세요. 바로요." 라고 안내했습니다. 다음.', ['"끊으세요. 바로요." 라고 안내했습니다.', '다음.']],
    ['“네. 됩니다.”라고 합니다. 다음.', ['“네. 됩니다.”라고 합니다.', '다음.']],
    ['됨.” 다음.', ['됨.”', '다음.']],
    ['「은행법. 제1조.」를 봅니다. 다음.', ['「은행법. 제1조.」를 봅니다.', '다음.']],
  ])('does not cut inside brackets and quotes: %j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it.each<[string, string[]]>([
    ['서류:\n- 신분증\n- 통장\n가져오세요.', ['서류:', '- 신분증', '- 통장', '가져오세요.']],
    ['한 문장이\n두 줄입니다. 다음.', ['한 문장이\n두 줄입니다.', '다음.']],
    ['첫 문단\n\n둘째 문단', ['첫 문단', '둘째 문단']],
    ['# 제목\n본문입니다.', ['# 제목', '본문입니다.']],
    ['| 기간 | 금리 |\n| 1년 | 연 2.5% |', ['| 기간 | 금리 |', '| 1년 | 연 2.5% |']],
    ['앱에서 하실 수 있습니다\n영업점도 됩니다', ['앱에서 하실 수 있습니다', '영업점도 됩니다']],
    ['앱을 열어 주세요\r\n이체를 누르세요', ['앱을 열어 주세요', '이체를 누르세요']],
    ['급하니까\n전화하세요.', ['급하니까\n전화하세요.']],
  ])('cuts at lines that stand alone, not at wrapped ones: %j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it('cuts a long sentence at its last clause end', () => {
    const clause = '이 상품은 영업점에서 가입할 수 있으며, ';
    const [first, ...rest] = splitSentences(clause.repeat(15) + '끝입니다.');
    expect(first!.endsWith('있으며,')).toBe(true);
    expect(first!.length).toBeGreaterThan(MAX_SENTENCE / 2);
    expect([first, ...rest].join(' ')).toBe(clause.repeat(15) + '끝입니다.');
  });

  it('does not part a number from its unit where it has to cut a long sentence', () => {
    const sentences = splitSentences(`${'가나다라 '.repeat(38)}한도 1억 5,000만 원입니다`);
    expect(sentences.some((sentence) => sentence.includes('1억 5,000만'))).toBe(true);
  });

  it('does not part a surrogate pair', () => {
    for (const sentence of splitSentences(`가${'😀'.repeat(150)}`)) expect(sentence.isWellFormed()).toBe(true);
  });

  it('releases a sentence as soon as the white space behind its end mark arrives', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('이체 가능')).toEqual([]);
    expect(splitter.push('.')).toEqual([]);
    expect(splitter.push(' 다음')).toEqual(['이체 가능.']);
    expect(splitter.end()).toEqual(['다음']);
  });

  it('releases a sentence that ends with a predicate with its mark', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('가능합니다')).toEqual([]);
    expect(splitter.push('.')).toEqual(['가능합니다.']);
    expect(splitter.push('.. ')).toEqual([]);
    expect(splitter.push('한도는요?')).toEqual([]);
    expect(splitter.push(' 하루 500만원이에요!')).toEqual(['한도는요?', '하루 500만원이에요!']);
    expect(splitter.end()).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['정말 감사합니다!!! 네.', ['정말 감사합니다!', '네.']],
    ['됩니다.” 다음.', ['됩니다.', '다음.']],
    ['가능합니다.그래도 하나다.', ['가능합니다.', '그래도 하나다.']],
    ['(가능합니다.) 다음.', ['(가능합니다.) 다음.']],
    ['"끊으세요." 다음.', ['"끊으세요." 다음.']],
    ['주요. 필요. 개요.', ['주요.', '필요.', '개요.']],
  ])(
    'drops what repeats the mark behind a predicate, and looks not into brackets and quotes: %j',
    (text, sentences) => {
      expect(splitSentences(text)).toEqual(sentences);
    },
  );

  it('starts afresh after its end', () => {
    const splitter = new SentenceSplitter();
    splitter.push('(닫히지 않은 괄호');
    splitter.end();
    expect(splitter.push('하나. 둘.')).toEqual(['하나.']);
  });

  const marks = '. |! |? |.|…|\n|\r\n|\n\n|- |1. | |  |(|)|"|“|”|# |가. |No. '.split('|');
  const words = [
    '가능합니다',
    '있으며, ',
    '2',
    '12',
    '3.5%',
    '2026. 11. 24. ',
    'https://a.b/c ',
    '😀',
    '|',
    ' '.repeat(8),
  ];
  const runs = ['!'.repeat(20), '가나다라마바사아자차카타파하'.repeat(5)];
  const piece = fc.constantFrom(...marks, ...words, ...runs);
  const anyText = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((chosen) => chosen.join('')),
    fc.string({ unit: 'binary', maxLength: 500 }),
  );
  const anySizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });

  it('gives the same sentences whatever the chunks', () => {
    fc.assert(
      fc.property(anyText, anySizes, (text, sizes) => {
        expect(stream(text, sizes)).toEqual(splitSentences(text));
      }),
      { numRuns: 600 },
    );
  });

  it('gives the same sentences of real answers whatever the chunks', () => {
    fc.assert(
      fc.property(fc.constantFrom(...answers), fc.constantFrom(...answers), anySizes, (first, second, sizes) => {
        const text = `${first}\n${second}`;
        expect(stream(text, sizes)).toEqual(splitSentences(text));
      }),
      { numRuns: 200 },
    );
  });

  it('loses nothing but white space and repeated marks, and no sentence is longer than the limit', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const sentences = splitSentences(text);
        expect(letters(sentences.join(''))).toBe(letters(text));
        for (const sentence of sentences) {
          expect(sentence.length).toBeLessThanOrEqual(MAX_SENTENCE);
          expect(sentence).toBe(sentence.trim());
          expect(sentence).not.toBe('');
        }
      }),
      { numRuns: 600 },
    );
  });

  it('cuts the approved answers only where a sentence ends, and splits what it has split no further', () => {
    for (const answer of answers) {
      const sentences = splitSentences(answer);
      for (const sentence of sentences) expect(splitSentences(sentence)).toEqual([sentence]);
      for (const sentence of sentences.filter(({ length }) => length < MAX_SENTENCE / 2))
        expect(sentence).toMatch(/[.!?…)”"]$/u);
    }
  });
});
