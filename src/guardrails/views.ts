import type { Normalised } from '../text/normalise.js';

/** How far the parts of one rule may lie apart: within a clause, a sentence or the whole message. */
export const SCOPES = ['clause', 'sentence', 'message'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * One reading of a text. Units (clauses or sentences) are parted by newlines, which `.` in a pattern does not cross.
 * `map[i]` is the place in the normalised text of unit `i` of `text`.
 */
export interface View {
  text: string;
  map: Int32Array;
  tight: boolean;
}

/** The views of one reading of a text; each is built when a rule first asks for it. */
export class Views {
  private readonly lower: string;
  private readonly breaks: Uint8Array;
  private readonly built = new Map<string, View>();

  /** @param edited see `Reading` */
  constructor(
    readonly source: Normalised,
    private readonly edited?: Uint8Array,
  ) {
    this.lower = source.text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    this.breaks = findBreaks(this.lower);
  }

  view(kind: 'plain' | 'tight', scope: Scope): View {
    return this.cached(`${kind} ${scope}`, () => this.build(scope, kind === 'tight'));
  }

  /**
   * Whether a match, from unit `start` of a view to before `end`, is more than an accident of neighbours: 삼성전자 살까 holds 자살 only
   * where its spaces are not read. In a reading with edits it must touch one.
   * @param written the pattern was written for the tight view alone and knows what it does
   */
  counts(view: View, start: number, end: number, written: boolean): boolean {
    if (this.edited && !this.edited.subarray(view.map[start]!, view.map[end - 1]! + 1).includes(1)) return false;
    return written || !view.tight || isWhole(view, start, end, this.lower);
  }

  private cached(key: string, build: () => View): View {
    const known = this.built.get(key);
    if (known) return known;
    const view = build();
    this.built.set(key, view);
    return view;
  }

  private build(scope: Scope, tight: boolean): View {
    const text = opaqueTokens(this.lower);
    const least = scope === 'clause' ? CLAUSE : SENTENCE;
    const chars: string[] = [];
    const map: number[] = [];
    for (let at = 0; at < text.length; at++) {
      const char = text[at]!;
      const isBreak = scope !== 'message' && this.breaks[at]! >= least;
      if (char === CONTINUED || (tight && !isBreak && !TIGHT.test(char))) continue;
      chars.push(isBreak ? '\n' : /\s/.test(char) ? ' ' : char);
      map.push(at);
    }
    return { text: chars.join(''), map: Int32Array.from(map), tight };
  }
}

/** The unit of a view around a place. */
export function unitAround(view: View, at: number): string {
  const end = view.text.indexOf('\n', at);
  return view.text.slice(view.text.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
}

/** Letters that a match over a gap must have before it is taken for no accident. */
const LONG = 5;
/** Signs that part words in ordinary writing. Others between two letters of a word (시.발, 이전-지시) are there to hide it. */
const ORDINARY = /[\s,/()[\]{}"'“”‘’「」:;]/;

/**
 * A match of the tight view that lies in one word counts, and so does a long one from the start of a word on. Any other needs signs of
 * a trick: two words of one letter (자 살, ㅅ ㅂ), or signs inside a word at whose start the match begins.
 */
function isWhole(view: View, start: number, end: number, text: string): boolean {
  const gapBefore = (at: number): boolean => at === 0 || view.text[at - 1] === '\n' || view.map[at]! - view.map[at - 1]! > 1;
  const gapAfter = (at: number): boolean => at + 1 >= view.text.length || gapBefore(at + 1) || view.text[at + 1] === '\n';
  let gaps = 0;
  let hidden = false;
  let singles = 0;
  let spelled = false;
  for (let at = start; at < end; at++) {
    if (at > start && gapBefore(at)) {
      gaps++;
      hidden ||= !ORDINARY.test(text.slice(view.map[at - 1]! + 1, view.map[at]!));
    }
    singles = gapBefore(at) && gapAfter(at) ? singles + 1 : 0;
    spelled ||= singles >= 2;
  }
  if (gaps === 0 || spelled) return true;
  return gapBefore(start) && (hidden || end - start >= LONG);
}

const CLAUSE = 1;
const SENTENCE = 2;

/** Kept without spaces and punctuation: letters, digits, the per cent sign and the masked values' private characters. */
const TIGHT = /[\p{L}\p{N}%\uE000-\uE004]/u;

const CLAUSE_BREAK = /[,;:](?=\s)|(?<=지만|는데|은데|인데|니까|면서|하고|으며|구요|고요|거든요)\s/gu;
const SENTENCE_BREAK = /[.!?…](?=\s|["')\]]|$)|\n/gu;

function findBreaks(text: string): Uint8Array {
  const breaks = new Uint8Array(text.length);
  for (const match of text.matchAll(CLAUSE_BREAK)) breaks[match.index] = CLAUSE;
  for (const match of text.matchAll(SENTENCE_BREAK)) breaks[match.index] = SENTENCE;
  return breaks;
}

/** Private characters that stand for masked values (`[이름#1]`), so that their names do not act as words. */
const TOKENS: Readonly<Record<string, string>> = { 이름: '\uE001', 전화번호: '\uE002', 계좌번호: '\uE003', 카드번호: '\uE004' };
const ANY_TOKEN = '\uE000';
const CONTINUED = '\uFFFF';

function opaqueTokens(text: string): string {
  return text.replace(/\[([가-힣a-z]{2,8})#\d{1,4}\]|\[삭제\]/gu, (whole, name: string | undefined) =>
    (TOKENS[name ?? ''] ?? ANY_TOKEN).padEnd(whole.length, CONTINUED),
  );
}
