import type { Normalised } from '../text/normalise.js';
import { BANK_BEFORE, BANK_AFTER, isSentenceEndBetween, labelsIn, type Label } from './contexts.js';
import { cellsUnderHeaders, type Cell } from './columns.js';
import type { PiiType } from './types.js';

/** A possible finding: offsets in the normalised text that is being read. */
export interface Candidate {
  start: number;
  end: number;
  type: PiiType;
  score: number;
}

/** A label decides over this many characters to its right, a negative one over fewer (spec, section 3). */
const LABEL_REACH = 24;
const NEGATIVE_REACH = 14;
const BANK_WINDOW = 18;
/** An answer starts its line, but for who speaks and a word or two; its question ends the line before. */
const ANSWER_REACH = 24;
const QUESTION_REACH = 48;
const QUESTION_ENDS = /(?:요|까|니|지|죠|다|줘|래|은|는|해|돼|봐|야)[ ]?[?.!]*[ ]*$/;
const POINTING =
  /^(?:이?요|이?예요|입니다)? ?(?:이게|이건|이거|이|제|내|저의|가|는|은)? ?(?:제|내|저의)? ?(?:[가-힣]{1,4}[한된던는은] ?)?$/;
const PHONE_NUMBER = /(?<!\d)0\d{1,2}[-. ]?\d{3,4}[-. ]?\d{4}(?!\d)/;

/** One normalised text while detectors look at it, with what several of them need to know about a place in it. */
export class Reading {
  private labels: readonly Label[] | undefined;
  private cachedCells: readonly Cell[] | undefined;
  private readonly labelAt = new Map<number, Label | undefined>();

  constructor(
    readonly normalised: Normalised,
    /** Milliseconds since 1970: nobody was born after it. */
    readonly today: number,
  ) {}

  get text(): string {
    return this.normalised.text;
  }

  /** Whether the digit at `index` was spoken or written as a Hanja. */
  isSpoken(index: number): boolean {
    return /[가-힣〇零一-龥]/.test(this.normalised.original[this.normalised.start[index]!] ?? '');
  }

  /** The label that decides what stands at `position`: the nearest to the left in the same sentence. */
  labelBefore(position: number): Label | undefined {
    if (this.labelAt.has(position)) return this.labelAt.get(position);
    const column = this.columnLabel(position);
    const left = this.findLabel(position);
    const label = column && (!left || left.start < column.start) ? column : (left ?? column);
    this.labelAt.set(position, label);
    return label;
  }

  /** The cells of tables, each with its column's header. */
  get cells(): readonly Cell[] {
    this.cachedCells ??= cellsUnderHeaders(this.text);
    return this.cachedCells;
  }

  /** The label in the header of the column that a place is in; it stands right before the cell. */
  private columnLabel(position: number): Label | undefined {
    const cell = this.cells.find(({ start, end }) => start <= position && position < end);
    const label = cell && labelsIn(cell.header).at(-1);
    return label && { start: cell.start, end: cell.start, type: label.type };
  }

  /** The label that follows `position` with nothing but a pronoun between: `… 이게 제 주민번호예요`. */
  labelAfter(position: number): Label | undefined {
    this.labels ??= labelsIn(this.text);
    const label = this.labels.find(({ start }) => start >= position);
    return label && POINTING.test(this.text.slice(position, label.start)) ? label : undefined;
  }

  /** Whether the name of a bank touches the span, but for a few characters. */
  hasBankBeside(start: number, end: number): boolean {
    return (
      BANK_BEFORE.test(this.text.slice(Math.max(0, start - BANK_WINDOW), start)) ||
      BANK_AFTER.test(this.text.slice(end, end + BANK_WINDOW))
    );
  }

  private findLabel(position: number): Label | undefined {
    this.labels ??= labelsIn(this.text);
    const label = this.labels.findLast(
      ({ end, type }) => end <= position && position - end <= (type === 'NEGATIVE' ? NEGATIVE_REACH : LABEL_REACH),
    );
    return label && !this.isSpent(label, position) ? label : this.askedFor(position);
  }

  /** Whether its sentence ends before `position`, or a number that it names stands between: `제 폰 010-5555-0123, 302-0541-…`. */
  private isSpent({ end, type }: Label, position: number): boolean {
    const between = this.text.slice(end, position);
    return (type === 'PHONE' && PHONE_NUMBER.test(between)) || isSentenceEndBetween(this.text, end, position);
  }

  /** What the line before asks for, where the answer starts the line of `position`: `생년월일이 어떻게 되세요?⏎손님: 850630`. */
  private askedFor(position: number): Label | undefined {
    const lineStart = this.text.lastIndexOf('\n', position - 1) + 1;
    if (lineStart === 0 || position - lineStart > ANSWER_REACH) return undefined;
    const question = this.text.slice(Math.max(0, lineStart - 1 - QUESTION_REACH), lineStart - 1);
    if (!QUESTION_ENDS.test(question)) return undefined;
    return this.labels?.findLast(
      ({ end }) =>
        end < lineStart && end >= lineStart - 1 - QUESTION_REACH && end > this.text.lastIndexOf('\n', lineStart - 2),
    );
  }
}
