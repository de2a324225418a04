import { normalise, type Normalised } from '../text/normalise.js';
import { endsWithPredicate } from '../text/sentences.js';
import { PiiDetector } from './detector.js';
import { token, type PiiFinding } from './types.js';

export interface StreamMaskerOptions {
  /** Whether a finding may stay, for example a number of the bank's registry; offsets count from the start of the stream. */
  allow?: (finding: PiiFinding, value: string) => boolean;
  detector?: PiiDetector;
}

/**
 * Text is looked at after every so many characters (UTF-16 units) of the stream and at the ends of sentences, wherever its
 * chunks end: the result is a function of the text alone.
 */
const STEP = 16;
/** Where a look is worth while between two steps: a sentence may have ended. */
const END_MARK = /[.!?。！？]/u;
/** Released raw text that is read again as what stands to the left. */
const LEFT_CONTEXT = 160;
/** How far to the right of a value its context reaches. */
const RIGHT_CONTEXT = 16;
/** The longest entity; with a step on top, what is held never exceeds 128 characters. */
const LONGEST_ENTITY = 112;
/** A name is decided by the word after it: 고객님, 라고 … */
const NAME_CONTEXT = 10;

/**
 * Masks personal data in text that is being generated: `[전화번호]`, without numbers. At most 128 characters are held
 * back, and nothing is released while what follows could still make it personal. A sentence that ends with a predicate and its
 * mark is released with the mark.
 */
export class StreamMasker {
  private readonly detector: PiiDetector;
  private readonly allow: NonNullable<StreamMaskerOptions['allow']>;
  /** Raw text: what was released last, then what is held. */
  private context = '';
  private held = '';
  /** Characters of the stream that were released or masked. */
  private released = 0;

  constructor({ allow = () => false, detector = new PiiDetector() }: StreamMaskerOptions = {}) {
    this.allow = allow;
    this.detector = detector;
  }

  /** Takes the next piece and returns what is decided by now. */
  push(chunk: string): string {
    let output = '';
    for (let at = 0; at < chunk.length;) {
      const toStep = STEP - ((this.released + this.held.length) % STEP);
      const ahead = chunk.slice(at, at + toStep);
      const mark = END_MARK.exec(ahead);
      const piece = mark ? ahead.slice(0, mark.index + 1) : ahead;
      this.held += piece;
      at += piece.length;
      if (mark && this.sentenceEnds()) output += this.release(true);
      else if (piece.length === toStep) output += this.release(false);
    }
    return output;
  }

  /**
   * At a predicate and its mark everything before is decided: no number, name or address goes on behind it, and the words that
   * say what a value is stand in its own sentence or directly behind it (the detector's contexts end there too).
   */
  private sentenceEnds(): boolean {
    return endsWithPredicate(this.context.slice(-8) + this.held);
  }

  /** UTF-16 units taken and not yet released: at most 128. */
  get heldCharacters(): number {
    return this.held.length;
  }

  /** The rest; the masker can then take another text. */
  end(): string {
    const output = this.release(true);
    this.context = this.held = '';
    this.released = 0;
    return output;
  }

  private release(isDecided: boolean): string {
    const text = this.context + this.held;
    const base = this.context.length;
    const findings = this.detector.detect(text).filter((finding) => finding.end > base);
    const until = isDecided ? text.length : this.decidedUntil(text, base, findings);
    const output = this.render(text, base, until, findings);
    this.released += until - base;
    this.context = text.slice(Math.max(0, until - LEFT_CONTEXT), until);
    this.held = text.slice(until);
    return output;
  }

  /** Up to where the text can be released: before whatever the next characters could still change. */
  private decidedUntil(text: string, base: number, findings: readonly PiiFinding[]): number {
    const undecided = findings.filter(({ end }) => end > text.length - RIGHT_CONTEXT).map(({ start }) => start);
    const oldest = text.length - LONGEST_ENTITY;
    let until = Math.max(base, oldest, Math.min(openSince(normalise(text)), ...undecided));
    const across = findings.find(({ start, end }) => start < until && until < end);
    if (across) {
      const isDecided = across.end <= text.length - RIGHT_CONTEXT || across.start < Math.max(base, oldest);
      until = isDecided ? across.end : across.start;
    }
    return isLowSurrogate(text, until) ? until - 1 : until;
  }

  private render(text: string, from: number, until: number, findings: readonly PiiFinding[]): string {
    const offset = this.released - from;
    let output = '';
    let at = from;
    for (const finding of findings) {
      const { start, end, type } = finding;
      if (start >= until) break;
      if (this.allow({ ...finding, start: start + offset, end: end + offset }, text.slice(start, end))) continue;
      output += text.slice(at, Math.max(at, start)) + token(type);
      at = end;
    }
    return output + text.slice(at, Math.max(at, until));
  }
}

function isLowSurrogate(text: string, at: number): boolean {
  return at < text.length && /[\udc00-\udfff]/.test(text[at]!);
}

const DIGIT_CHAIN = /[+₩$#]?[0-9*](?:(?:[\s./()_,:~-]{0,6}|\s?(?:다시|대시|하이픈|빼기|국에|번에|에|의)\s?)[0-9*])*/g;
const ASCII_TOKEN = /[!-~]+/g;
const SPOKEN = '[공영빵령일이삼사오육륙칠팔구〇零一二三四五六七八九]';
const SPOKEN_RUN = new RegExp(`${SPOKEN}(?:[\\s.,-]{0,3}${SPOKEN})+`, 'g');
/** A person's name and a bank's stand before a number: two words. */
const WORDS_BEFORE = /(?:[^\s]{1,12}[\s:,]{1,3}){0,2}[^\s]{0,12}$/;
const ADDRESS_WORD =
  '[가-힣0-9-]{1,12}(?:시|도|군|구|읍|면|동|리|가|로|길|호|층|번지|\\d)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|[충전경][남북]|제주';
const ADDRESS_RUN = new RegExp(`(?:(?<=^|\\s)(?:${ADDRESS_WORD})[\\s,]{1,2})+[가-힣A-Za-z0-9-]{0,16}$`);

/** The place, in the original, of the first thing at the end of a text that could still become personal data. */
function openSince(normalised: Normalised): number {
  const { text } = normalised;
  const tail = Math.max(0, text.length - LONGEST_ENTITY - STEP);
  const end = text.slice(tail);
  const ending = (pattern: RegExp) =>
    Array.from(end.matchAll(pattern)).find((match) => match.index + match[0].length > end.length - RIGHT_CONTEXT)
      ?.index;
  const chain = ending(DIGIT_CHAIN);
  const starts = [
    chain === undefined ? undefined : WORDS_BEFORE.exec(end.slice(0, chain))!.index,
    ending(ASCII_TOKEN),
    ending(SPOKEN_RUN),
    ADDRESS_RUN.exec(end)?.index,
    wordStart(end, end.length - NAME_CONTEXT),
  ].filter((start) => start !== undefined);
  const first = tail + Math.min(...starts);
  return first < text.length ? normalised.start[first]! : normalised.original.length;
}

function wordStart(text: string, position: number): number {
  const before = text.slice(0, Math.max(0, position));
  return before.length - /\S*$/.exec(before)![0].length;
}
