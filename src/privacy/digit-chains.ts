import { isUnitAfter } from './contexts.js';
import type { Label } from './contexts.js';
import type { Reading } from './reading.js';

/** How two blocks of digits are joined: not at all but for a soft edge, by white space, by a newline, or by a sign. */
type Joint = 'soft' | 'space' | 'newline' | 'sign';

/** Digits (or stars) that touch, cut at soft edges. */
interface Block {
  start: number;
  end: number;
  /** How it is joined to the block before it in its chain. */
  joint: Joint;
  /** The sign, where the joint is one. */
  gap: string;
}

const MIN_DIGITS = 7;
/** Sixteen of a card, and the four of `0082` before a telephone number stay below this. */
const MAX_DIGITS = 16;
const MAX_JOINTS = 6;
const LONGEST_GAP = 6;
const INSIDE_RUN = 0.3;
/** A block of so many digits is a value of its own. */
const LONG_BLOCK = 10;

const BLOCK = /[0-9*]+/g;
const GAP = /^[ \t]*(?:\n[ \t]*)?(?:\)-|[-./()_]|다시|대시|하이픈|빼기)?[ \t]*(?:\n[ \t]*)?$/;
const SPOKEN_GAP = /^ ?(?:국에|번에|에|의) ?$/;
const THOUSANDS = /(?<![\d\-./])\d{1,3}(?:,\d{3})+(?![\d\-./]\d|\d)/g;
/** `XXXX` that hides digits, as some statements print it. */
const HIDDEN_BY_X = /(?<![A-Za-z])[Xx]{2,}(?![A-Za-z])/g;

/** Consecutive blocks of one chain: what a number may be. Signatures are the block lengths, `3-4-4`. */
export class DigitWindow {
  /** How many digits stars hide. */
  readonly hidden: number;
  private cachedEdges: number | undefined;
  private cachedSignatures: readonly string[] | undefined;

  constructor(
    readonly reading: Reading,
    private readonly chain: readonly Block[],
    private readonly first: number,
    private readonly last: number,
    /** Digits and, where some are hidden, stars. */
    readonly digits: string,
  ) {
    this.hidden = digits.includes('*') ? digits.split('*').length - 1 : 0;
  }

  get start(): number {
    return this.chain[this.first]!.start;
  }

  get end(): number {
    return this.chain[this.last]!.end;
  }

  /** Whether no block before or after is joined to it: the number is the whole chain. */
  get isWholeChain(): boolean {
    return this.first === 0 && this.last === this.chain.length - 1;
  }

  get isContiguous(): boolean {
    return this.joints.every((joint) => joint === 'soft');
  }

  /** Whether its signs are all the same, as in a printed number. */
  get isUniform(): boolean {
    const inner = this.chain.slice(this.first + 1, this.last + 1).filter(({ joint }) => joint !== 'soft');
    return new Set(inner.map(({ gap }) => gap.trim())).size <= 1;
  }

  /** Whether it was given digit by digit: spoken, or with something between any two digits. */
  get isSpelledOut(): boolean {
    const { start, end } = this.reading.normalised;
    if (this.reading.isSpoken(this.start) && this.reading.isSpoken(this.end - 1)) return true;
    for (let at = this.start; at + 1 < this.end; at++) if (start[at + 1] === end[at]) return false;
    return true;
  }

  get label(): Label | undefined {
    return this.reading.labelBefore(this.start);
  }

  hasLabel(...types: readonly Label['type'][]): boolean {
    return this.label !== undefined && types.includes(this.label.type);
  }

  /** Whether its label is one of the types; without any to the left, one right after it counts: `… 이 계좌로`. */
  isLabelled(...types: readonly Label['type'][]): boolean {
    const label = this.label ?? this.reading.labelAfter(this.end);
    return label !== undefined && types.includes(label.type);
  }

  /** Whether the blocks have one of the lengths (`3-4-4`), line breaks counting as separators or not. */
  hasSignature(...printed: readonly string[]): boolean {
    return this.signatures.some((signature) => printed.includes(signature));
  }

  /** The block lengths; where a line break is one of the separators, also those without it. */
  get signatures(): readonly string[] {
    this.cachedSignatures ??= this.joints.includes('newline')
      ? [this.signature(false), this.signature(true)]
      : [this.signature(false)];
    return this.cachedSignatures;
  }

  private signature(joinLines: boolean): string {
    let signature = '';
    let length = 0;
    for (let at = this.first; at <= this.last; at++) {
      const { start, end, joint } = this.chain[at]!;
      if (at > this.first && joint !== 'soft' && !(joinLines && joint === 'newline')) {
        signature += `${length}-`;
        length = 0;
      }
      length += end - start;
    }
    return signature + length;
  }

  /** What the surroundings say against the number (zero or negative, spec section 3); `isPrinted`: the blocks have the type's shape. */
  surroundings(isPrinted: boolean): number {
    this.cachedEdges ??= this.edges();
    const spaces = this.joints.filter((joint) => joint === 'space' || joint === 'newline').length;
    return this.cachedEdges - (isPrinted ? 0 : 0.05 * Math.max(0, spaces - 1));
  }

  private get joints(): Joint[] {
    return this.chain.slice(this.first + 1, this.last + 1).map(({ joint }) => joint);
  }

  /** Whether the sign before a block parts two values: a slash beside a number that has none inside (`990817/010-2285-9304`). */
  private isParted({ gap }: Block): boolean {
    if (gap.trim() !== '/') return false;
    if (this.isContiguous) return this.digits.length >= LONG_BLOCK;
    return this.chain.slice(this.first + 1, this.last + 1).every((block) => block.gap.trim() !== '/');
  }

  private edges(): number {
    const { text } = this.reading;
    const left = text.slice(Math.max(0, this.start - 10), this.start);
    const before = this.chain[this.first]!;
    const after = this.chain[this.last + 1];
    let score = 0;
    if (this.first > 0 && !this.isParted(before)) score -= jointPenalty(before, this.chain[this.first - 1]!);
    if (after && !this.isParted(after)) score -= jointPenalty(after, this.chain[this.last]!);
    if (/[A-Za-z]$/.test(left) && !/(?:tel|phone|hp|mobile|no|ph|fax)$/i.test(left)) score -= 0.35;
    if (/[A-Za-z]-$/.test(left)) score -= 0.35;
    if (/[₩$#]$/.test(left)) score -= 0.5;
    if (/[A-Za-z]/.test(text[this.end] ?? '')) score -= 0.2;
    const separators = this.joints.filter((joint) => joint !== 'soft').length;
    if (separators < 2 && this.digits.length <= 13 && isUnitAfter(text, this.end, this.digits.length)) score -= 0.6;
    return score;
  }
}

/**
 * An edge that `-./` joins to more digits is hardly one. A soft edge is one between two numbers that were fused, but
 * where every digit has soft edges (spoken, or all parted by invisible characters) most are none.
 */
function jointPenalty(block: Block, before: Block): number {
  // ` / ` parts two values; a number's own signs stand close.
  if (block.joint === 'sign') return /^\s*[-./]|[-./]\s*$/.test(block.gap) && !/^\s.*\s$/.test(block.gap) ? 0.45 : 0.05;
  if (block.joint !== 'soft') return 0;
  return Math.min(block.end - block.start, before.end - before.start) > 1 ? 0.02 : INSIDE_RUN;
}

/** Every run of blocks that may be a number: 7 to 16 digits in all, at most six separators. */
export function* digitWindows(reading: Reading): Generator<DigitWindow> {
  for (const chain of chainsOf(reading)) yield* windowsOf(reading, chain);
}

/** Single blocks of 22 to 40 digits: several numbers that were run together. */
export function* longBlocks(reading: Reading): Generator<{ start: number; digits: string }> {
  for (const match of reading.text.matchAll(/(?<!\d)\d{22,40}(?!\d)/g)) yield { start: match.index, digits: match[0] };
}

function* windowsOf(reading: Reading, chain: readonly Block[]): Generator<DigitWindow> {
  for (let first = 0; first < chain.length; first++) {
    const startsInside = isInside(chain, first);
    let digits = '';
    let joints = 0;
    for (let last = first; last < chain.length; last++) {
      const block = chain[last]!;
      if (last > first && block.joint !== 'soft') joints++;
      digits += reading.text.slice(block.start, block.end).replace(/[Xx]/g, '*');
      if (digits.length > MAX_DIGITS || joints > MAX_JOINTS) break;
      if (startsInside && isInside(chain, last + 1)) continue;
      if (digits.length >= MIN_DIGITS && /\d/.test(digits)) yield new DigitWindow(reading, chain, first, last, digits);
    }
  }
}

/** Whether the place before a block lies inside a run of single digits with soft edges: no number both starts and ends there. */
function isInside(chain: readonly Block[], at: number): boolean {
  const block = chain[at];
  const before = chain[at - 1];
  return block?.joint === 'soft' && before !== undefined && jointPenalty(block, before) === INSIDE_RUN;
}

function chainsOf(reading: Reading): Block[][] {
  const text = reading.text.replace(HIDDEN_BY_X, (run) => '*'.repeat(run.length));
  const amounts = Array.from(text.matchAll(THOUSANDS), ({ 0: run, index }) => ({
    start: index,
    end: index + run.length,
  }));
  const chains: Block[][] = [];
  let previousEnd = -1;
  for (const match of text.matchAll(BLOCK)) {
    const span = withoutEmphasis(text, match.index, match.index + match[0].length);
    if (amounts.some(({ start, end }) => start <= span.start && span.end <= end)) {
      previousEnd = -1;
      continue;
    }
    const gap = text.slice(Math.max(0, previousEnd), span.start);
    const joint = previousEnd < 0 ? undefined : jointOf(reading, gap, previousEnd, span.start);
    const blocks = splitAtSoftEdges(reading, span, joint ?? 'soft', gap);
    if (joint) chains.at(-1)!.push(...blocks);
    else chains.push(blocks);
    previousEnd = span.end;
  }
  return chains;
}

function jointOf(reading: Reading, gap: string, left: number, right: number): Joint | undefined {
  if (gap.length > LONGEST_GAP || gap.split('\n').length > 2) return undefined;
  if (GAP.test(gap)) return /\S/.test(gap) ? 'sign' : gap.includes('\n') ? 'newline' : 'space';
  const isBesideSpoken = () => reading.isSpoken(left - 1) || reading.isSpoken(right);
  return SPOKEN_GAP.test(gap) && isBesideSpoken() ? 'sign' : undefined;
}

/** `**010-1234-5678**` is bold, not hidden: stars before the first and after the last digit come in pairs of equal length. */
function withoutEmphasis(text: string, start: number, end: number): { start: number; end: number } {
  const opening = /^\*{1,2}(?=\d)/.exec(text.slice(start, end))?.[0].length ?? 0;
  if (opening > 0 && /\d\*{1,2}(?!\*)/.test(text.slice(start + opening, start + 40))) start += opening;
  const closing = /\d(\*{1,2})$/.exec(text.slice(start, end))?.[1]?.length ?? 0;
  if (closing > 0 && isOpenedBefore(text, start, closing)) end -= closing;
  return { start, end };
}

function isOpenedBefore(text: string, start: number, stars: number): boolean {
  return new RegExp(`(?<!\\*)\\*{${stars}}(?=\\d[\\d ./-]{0,30}$)`).test(
    text.slice(Math.max(0, start - 32), start + 1),
  );
}

function splitAtSoftEdges(reading: Reading, span: { start: number; end: number }, joint: Joint, gap: string): Block[] {
  const blocks: Block[] = [];
  let start = span.start;
  for (let at = span.start + 1; at <= span.end; at++) {
    if (at < span.end && reading.normalised.soft[at] !== 1) continue;
    blocks.push(blocks.length === 0 ? { start, end: at, joint, gap } : { start, end: at, joint: 'soft', gap: '' });
    start = at;
  }
  return blocks;
}
