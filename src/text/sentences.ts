/** Longest sentence that leaves the splitter, in UTF-16 units: what a customer waits for at most before text appears. */
export const MAX_SENTENCE = 200;

/**
 * Cuts a stream of Korean text into sentences as soon as each is complete.
 * `push` takes the next piece of text (any size) and gives the sentences that it completed; `end` gives the rest.
 * A sentence ends
 * - at the mark right behind the ending of a Korean predicate (…니다. …세요?), whatever follows: this lets a sentence leave
 *   with its last character. What repeats the mark (…니다!!) or closes a bracket that was never opened is dropped;
 * - at `.` `!` `?` `…` (with closing quotes or brackets) where white space follows, but not after a list number, a date
 *   (2026. 11. 24.), an abbreviation, or inside brackets or quotes;
 * - at a newline that closes or opens a list item, heading, table row or paragraph, or that follows the ending of a Korean
 *   sentence (…니다, …세요) without a mark;
 * - at the last clause end within 200 characters, where it is longer than that.
 * Whatever the pieces, the sentences are those of `splitSentences` on the whole text. They come without white space at
 * their ends; joined, they are the text up to white space and dropped marks.
 */
export class SentenceSplitter {
  private pending = '';
  /** The last sentence ended with its mark, and nothing but what may be dropped has come since. */
  private isBehindPredicate = false;

  push(chunk: string): string[] {
    this.pending += chunk;
    return this.take(false);
  }

  end(): string[] {
    const sentences = this.take(true);
    const rest = this.pending.trim();
    this.pending = '';
    this.isBehindPredicate = false;
    return rest ? [...sentences, rest] : sentences;
  }

  private take(final: boolean): string[] {
    const sentences: string[] = [];
    for (;;) {
      this.pending = this.isBehindPredicate ? this.pending.replace(LEFT_OVER, '') : this.pending.trimStart();
      if (this.pending === '') return sentences;
      this.isBehindPredicate = false;
      const cut = findCut(this.pending, final);
      if (cut === undefined) return sentences;
      const sentence = this.pending.slice(0, cut).trimEnd();
      sentences.push(sentence);
      this.pending = this.pending.slice(cut);
      this.isBehindPredicate = endsWithPredicate(sentence);
    }
  }
}

/** All sentences of a text; see `SentenceSplitter` for where it cuts. */
export function splitSentences(text: string): string[] {
  const splitter = new SentenceSplitter();
  return [...splitter.push(text), ...splitter.end()];
}

/**
 * Whether a text ends with a Korean predicate in a final form and the mark behind it. No Korean word goes on behind these, so
 * that the sentence is complete without a look at the next character (…다. also ends abbreviations, …요. nouns: 주요., 필요.).
 */
export function endsWithPredicate(text: string): boolean {
  return PREDICATE_END.test(text.slice(-8));
}

const PREDICATE_END =
  /(?:니다|니까|십시오|[세네데까지죠거나가려돼봐줘둬와꿔져쳐켜혀여해게래어아에예]요|죠)[.!?。！？]$/u;

/** What may stand between such an end and the next sentence: white space, the mark again, brackets that nobody opened. */
const LEFT_OVER = /^[\s.!?…。！？)\]}」』】》〉”’]+/u;

/** What stands at one place: a cut, no cut, or not to be told before more text comes. */
type Judgement = 'cut' | 'join' | 'wait';

const END_MARKS = /[.!?…。！？]/u;
const CLOSERS = `"'”’)]}」』】》〉`;
const OPENERS = '([{「『【《〈“‘';
const PAIRED_CLOSERS = ')]}」』】》〉”’';

/**
 * Where the first sentence of `text` ends, if that can be told. Every decision rests on a prefix of the text, so
 * that more text never changes it: this is what makes the result independent of the pieces.
 */
function findCut(text: string, final: boolean): number | undefined {
  const limit = Math.min(text.length, MAX_SENTENCE);
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < limit; i++) {
    const char = text[i]!;
    if (char === '\n') {
      const judgement = judgeNewline(text, i, final);
      if (judgement === 'cut') return i + 1;
      if (judgement === 'wait') return undefined;
    } else if (char === '"') quoted = !quoted;
    else if (OPENERS.includes(char)) depth++;
    else if (PAIRED_CLOSERS.includes(char)) depth = Math.max(0, depth - 1);
    else if (depth === 0 && END_MARKS.test(char)) {
      if (!quoted && endsWithPredicate(text.slice(Math.max(0, i - 7), i + 1))) return i + 1;
      const after = afterEndMark(text, i);
      const judgement = quoted ? 'join' : judgeEndMark(text, i, after, final);
      if (judgement === 'cut') return Math.min(after, MAX_SENTENCE);
      if (judgement === 'wait') return undefined;
    }
  }
  return text.length > MAX_SENTENCE ? lastClauseEnd(text) : undefined;
}

/** Longest run of end marks that is followed (`!!!!…`), so that an endless one does not hold the stream. */
const MAX_MARKS = 16;

/** The place behind a run of end marks and the quotes or brackets that close after it. */
function afterEndMark(text: string, at: number): number {
  const limit = Math.min(text.length, at + MAX_MARKS);
  let after = at + 1;
  while (after < limit && (END_MARKS.test(text[after]!) || CLOSERS.includes(text[after]!))) after++;
  return after;
}

function judgeEndMark(text: string, at: number, after: number, final: boolean): Judgement {
  if (after === text.length) return final ? 'cut' : 'wait';
  if (!/\s/u.test(text[after]!)) return 'join';
  if (text[at] !== '.') return 'cut';
  const before = text.slice(Math.max(0, at - 16), at);
  if (/\d$/u.test(before)) return judgeDotAfterDigit(text, at, after, final);
  return ABBREVIATION.test(before) || isListLetter(text, at) ? 'join' : 'cut';
}

/** `No.`, `e.g.`, `U.S.`, `Co.`: the dot belongs to the word. */
const ABBREVIATION =
  /(?:^|[^A-Za-z])(?:No|Nos|Tel|Fax|Dr|Mr|Mrs|Ms|St|vs|cf|etc|Co|Ltd|Inc|Corp|Art|Sec|e\.g|i\.e|(?:[A-Za-z]\.)*[A-Z])$/u;

/** `가. 나.` at the start of a line number the items of a Korean list. */
function isListLetter(text: string, at: number): boolean {
  return /(?:^|\n)[ \t]*[가나다라마바사아자차카타파하]$/u.test(text.slice(Math.max(0, at - 8), at));
}

/** `2026. 11` or `2026.11.24` before the dot. */
const DATE_TAIL = /(?:\d{4}\.\s{0,2}\d{1,2}|\d{1,4}\.\s{0,2}\d{1,2}\.\s{0,2}\d{1,2})$/u;

function judgeDotAfterDigit(text: string, at: number, after: number, final: boolean): Judgement {
  const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
  if (/^[\s>*-]*\(?\d{1,3}$/u.test(line)) return 'join';
  if (DATE_TAIL.test(line)) return 'join';
  const next = /\S/u.exec(text.slice(after, after + LOOKAHEAD));
  if (next) return /\d/u.test(next[0]) ? 'join' : 'cut';
  return final || text.length >= after + LOOKAHEAD ? 'cut' : 'wait';
}

/** Longest run of white space that is waited through, in UTF-16 units. */
const LOOKAHEAD = 8;
const LIST_ITEM =
  /^[ \t]*(?:[-*•·▪■○●※][ \t]|\d{1,2}[.)][ \t]|[①-⑳㉠-㉻]|#{1,6}[ \t]|\||>|[가나다라마바사아자차카타파하]\.[ \t])/u;
const MAYBE_LIST_ITEM = /^[ \t]*(?:[-*•·▪■○●※]|\d{1,2}[.)]?|#{1,6}|[가나다라마바사아자차카타파하]\.?)?$/u;

/** Endings with which a Korean sentence closes where nobody wrote a mark. Others (…다, …요) also stand inside wrapped lines. */
const FINAL_ENDING = /(?:니다|[습입합됩십옵납]니까|십시오|세요|네요|데요|까요|[아어해에예]요|지요|죠)[ \t\r]*$/u;

function judgeNewline(text: string, at: number, final: boolean): Judgement {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  if (LIST_ITEM.test(line) || FINAL_ENDING.test(line)) return 'cut';
  const next = text.slice(at + 1, at + 1 + LOOKAHEAD);
  if (/^[ \t\r]*\n/u.test(next) || LIST_ITEM.test(next)) return 'cut';
  if (MAYBE_LIST_ITEM.test(next) && next.length < LOOKAHEAD) return final ? 'join' : 'wait';
  return 'join';
}

const CLAUSE_END = /(?:[,;，、]|고|며|면|지만|[는은인]데|[아어해여]서|니까|으나|거나|든지)\s/gu;

/** The last clause end within the limit; else the last white space, but not inside `1억 5,000만 원`; else the limit. */
function lastClauseEnd(text: string): number {
  const window = text.slice(0, MAX_SENTENCE);
  const clause = [...window.matchAll(CLAUSE_END)].at(-1);
  if (clause && clause.index > MAX_SENTENCE / 4) return clause.index + clause[0].length;
  const space = [...window.matchAll(/\s(?![\d\s])/gu)].at(-1);
  if (space && space.index > 0) return space.index + 1;
  const splitsPair = /[\uD800-\uDBFF]/.test(text[MAX_SENTENCE - 1]!);
  return splitsPair ? MAX_SENTENCE - 1 : MAX_SENTENCE;
}
