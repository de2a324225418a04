import { tableRows } from '../table.ts';
import { BrokenLines } from './broken-lines.ts';
import { joinStackedCells, sideBySide } from './pdf-columns.ts';
import type { Bookmark, Page } from './pdf-page.ts';
import { runningLines } from './pdf-running-lines.ts';
import { inReadingOrder, rowsOf, segmentsOf, widthOf, type Row } from './pdf-segments.ts';
import { ruledTables, type RuledTable } from './pdf-tables.ts';

/** What a reader would see on a page, from top to bottom. */
type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string; /** Its last line is full and ends no sentence. */ open: boolean }
  | { kind: 'table'; rows: string[]; columns: number };

interface PageBlocks {
  number: number;
  blocks: Block[];
}

/** A heading is set larger than the text by this factor, or in bold. */
const LARGER = 1.12;
const MAX_HEADING = { largerType: 80, bold: 40 } as const;

const CHAPTER_LEVELS: Record<string, number> = { 편: 2, 장: 3, 절: 4, 관: 4 };
const CHAPTER = /^제\s?\d+\s?(편|장|절|관)(?:의\s?\d+)?(?:\s|$)/;
const ARTICLE = /^제\s?\d+\s?조(?:\s?의\s?\d+)?\s?[([][^)\]]{1,40}[)\]](?=\s|$|[①-⑳])/;
const ARTICLE_LEVEL = 5;
const ITEM =
  /^(?:[①-⑳㉠-㉻⓵-⓾❶-❿]|\d{1,2}[.)](?=\s|\D)|[가-하][.)]\s|[(（]\d{1,2}[)）]|[-–•·●○■□▪▶◆◇※*☞✓]\s?|주\s?\d?\))/;
/** A line of a table of contents. */
const CONTENTS_LINE = /[.·…‥]{4,}\s*\d+$/;

/**
 * The pages' text as lines: `# heading` by the outline, by larger or bold type and by the words of terms (제1장, 제3조(목적));
 * `| row |` of tables with and without lines, a table that runs on under its head again; paragraphs put together from their lines.
 * Left out are heads, feet, page numbers, tables of contents and text that stands upright.
 */
export function layOut(pages: readonly Page[], bookmarks: readonly Bookmark[]): { number: number; lines: string[] }[] {
  const joiner = new BrokenLines(pages.flatMap(({ pieces }) => segmentsOf(pieces).map(({ text }) => text)));
  const flows = pages.map((page) => ({ page, parts: flowOf(page, joiner) }));
  const running = runningLines(flows.map(({ page, parts }) => ({ page, rows: parts.flatMap(({ rows }) => rows) })));
  for (const part of flows.flatMap(({ parts }) => parts)) part.rows = part.rows.filter((row) => !running.has(row));
  const allRows = flows.flatMap(({ parts }) => parts.flatMap(({ rows }) => rows));
  const document = new DocumentLayout(allRows, bookmarks, joiner);
  const laidOut = flows.map(({ page, parts }) => ({ number: page.number, blocks: document.blocksOf(parts) }));
  carryOver(laidOut, joiner);
  return laidOut.map(({ number, blocks }) => ({ number, lines: blocks.flatMap(linesOf) }));
}

/** Rows in the order in which they are read, and the ruled table that follows them. */
interface FlowPart {
  rows: Row[];
  table?: RuledTable;
}

function flowOf(page: Page, joiner: BrokenLines): FlowPart[] {
  const tables = ruledTables(page, joiner).sort((a, b) => a.order - b.order);
  const inTables = new Set(tables.flatMap(({ pieces }) => [...pieces]));
  const places = [...tables.map((table) => ({ table, end: table.order })), { end: page.pieces.length }];
  let from = 0;
  return places.map(({ end, ...table }) => {
    const free = page.pieces.slice(from, end).filter((piece) => !inTables.has(piece));
    from = end;
    const rows = rowsOf(inReadingOrder(segmentsOf(free, page.rulings)));
    return { rows: joinStackedCells(rows, joiner), ...table };
  });
}

/** What holds for all pages: the size of the text, which larger sizes are headings of which level, and the outline. */
class DocumentLayout {
  private readonly bodySize: number;
  private readonly mostlyBold: boolean;
  private readonly headingSizes: number[];
  private readonly bookmarks: Map<string, number>;
  private readonly breaksAtBlanks: boolean;
  private readonly joiner: BrokenLines;

  constructor(rows: readonly Row[], bookmarks: readonly Bookmark[], joiner: BrokenLines) {
    this.joiner = joiner;
    this.bodySize = commonSize(rows);
    const segments = rows.flatMap((row) => row.segments);
    this.mostlyBold = characters(segments.filter(({ bold }) => bold)) > characters(segments) / 2;
    const sizes = segments.map(({ size }) => roundSize(size)).filter((size) => size > this.bodySize * LARGER);
    this.headingSizes = [...new Set(sizes)].sort((a, b) => b - a);
    const underTitle = bookmarks.filter(({ depth }) => depth === 0).length === 1 ? 1 : 2;
    this.bookmarks = new Map(
      bookmarks.map(({ title, depth }) => [withoutBlanks(title), Math.min(depth + underTitle, 6)]),
    );
    this.breaksAtBlanks = breaksAtBlanks(rows);
  }

  blocksOf(parts: readonly FlowPart[]): Block[] {
    return parts.flatMap(({ rows, table }) => [
      ...this.rowBlocks(rows),
      ...(table ? [{ kind: 'table' as const, rows: tableRows(table.cells), columns: table.columns }] : []),
    ]);
  }

  private rowBlocks(rows: readonly Row[]): Block[] {
    const blocks: Block[] = [];
    let text: Row[] = [];
    const close = (): void => void blocks.push(...this.textBlocks(text.splice(0)));
    for (let at = 0; at < rows.length;) {
      const beside = sideBySide(rows, at, this.joiner);
      if (!beside) text.push(rows[at++]!);
      else if (beside.found.kind === 'prose') {
        text.push(...beside.found.rows);
        at = beside.next;
      } else {
        close();
        const { cells, columns } = beside.found;
        blocks.push({ kind: 'table', rows: tableRows(cells), columns });
        at = beside.next;
      }
    }
    close();
    return blocks;
  }

  private textBlocks(rows: readonly Row[]): Block[] {
    return evenlySpaced(rows).flatMap((run) => this.heading(run) ?? this.paragraphs(run));
  }

  /** Undefined where the run is no heading. */
  private heading(run: readonly Row[]): Block[] | undefined {
    // Whoever breaks a heading does it between words.
    const text = run.map(rowText).join(' ');
    const marked = this.bookmarks.get(withoutBlanks(text));
    if (marked !== undefined) return [{ kind: 'heading', level: marked, text }];
    const size = this.headingSizes.indexOf(roundSize(run[0]!.size));
    const chapter = CHAPTER.exec(text)?.[1];
    if (chapter && run.length === 1 && text.length <= MAX_HEADING.bold)
      return [{ kind: 'heading', level: CHAPTER_LEVELS[chapter]!, text }];
    if (ARTICLE.test(text)) return undefined; // cut off by `paragraphs`, with or without text behind it
    if (size >= 0 && run.length <= 3 && text.length <= MAX_HEADING.largerType)
      return [{ kind: 'heading', level: Math.min(size + 1, 4), text }];
    const bold = !this.mostlyBold && run.every(({ segments }) => segments.every((segment) => segment.bold));
    if (bold && run.length === 1 && text.length <= MAX_HEADING.bold && !/[.,;:]$/.test(text) && !ITEM.test(text))
      return [{ kind: 'heading', level: 4, text }];
    return undefined;
  }

  private paragraphs(run: readonly Row[]): Block[] {
    const right = Math.max(...run.map(rightOf));
    const blocks: Block[] = [];
    let current: Extract<Block, { kind: 'paragraph' }> | undefined;
    for (const [at, row] of run.entries()) {
      let text = rowText(row);
      if (CONTENTS_LINE.test(text)) continue;
      const before = run[at - 1];
      const goesOn =
        current !== undefined && before !== undefined && isFull(before, text, right) && !startsItem(text, current.open);
      const article = goesOn && current!.open ? undefined : ARTICLE.exec(text)?.[0];
      if (article) {
        blocks.push({ kind: 'heading', level: ARTICLE_LEVEL, text: article });
        text = text.slice(article.length).trim();
        current = undefined;
        if (text === '') continue;
      }
      if (goesOn && !article) current!.text = this.joinLines(current!.text, text, before!, right);
      else blocks.push((current = { kind: 'paragraph', text, open: false }));
      current!.open = !endsSentence(text) && (row !== run.at(-1) || right - rightOf(row) < 2 * row.size);
    }
    return blocks;
  }

  private joinLines(first: string, second: string, before: Row, right: number): string {
    const anotherCharacterFits = right - rightOf(before) > before.size;
    return this.breaksAtBlanks || anotherCharacterFits ? `${first} ${second}` : this.joiner.join(first, second);
  }
}

/** The size of most characters, in half points. */
function commonSize(rows: readonly Row[]): number {
  const weights = new Map<number, number>();
  for (const { size, text } of rows.flatMap(({ segments }) => segments))
    weights.set(roundSize(size), (weights.get(roundSize(size)) ?? 0) + text.length);
  return [...weights].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function roundSize(size: number): number {
  return Math.round(size * 2) / 2;
}

function characters(segments: readonly { text: string }[]): number {
  return segments.reduce((sum, { text }) => sum + text.length, 0);
}

function withoutBlanks(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, '');
}

function rowText({ segments }: Row): string {
  return segments.map(({ text }) => text).join(' ');
}

function rightOf({ segments }: Row): number {
  return segments.at(-1)!.right;
}

/** Runs of rows of one size and distance that start at about the same place. */
function evenlySpaced(rows: readonly Row[]): Row[][] {
  const runs: Row[][] = [];
  let leading = 0;
  for (const row of rows) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const distance = before ? row.y - before.y : 0;
    const close = distance > 0 && distance <= 2.2 * row.size && (run!.length === 1 || distance <= leading * 1.2);
    const alike =
      before !== undefined &&
      Math.abs(before.size - row.size) <= 0.6 &&
      Math.abs(before.segments[0]!.x - row.segments[0]!.x) <= 3 * row.size &&
      before.segments[0]!.bold === row.segments[0]!.bold;
    if (run && close && alike) {
      if (run.length === 1) leading = distance;
      run.push(row);
    } else runs.push([row]);
  }
  return runs;
}

/** Whether a line ends because the next word found no more room. */
function isFull(row: Row, next: string, right: number): boolean {
  const [first = ''] = next.split(' ', 1);
  return right - row.segments[0]!.x > 8 * row.size && rightOf(row) + (widthOf(first) + 0.8) * row.size > right;
}

/** Whether the lines of this document are broken between words only: many end where another character had found room. */
function breaksAtBlanks(rows: readonly Row[]): boolean {
  let [full, roomy] = [0, 0];
  for (const run of evenlySpaced(rows.filter(({ segments }) => segments.length === 1))) {
    const right = Math.max(...run.map(rightOf));
    for (const [at, row] of run.slice(0, -1).entries()) {
      if (!isFull(row, rowText(run[at + 1]!), right)) continue;
      full++;
      if (right - rightOf(row) > row.size) roomy++;
    }
  }
  return roomy > full * 0.25;
}

/** `다.` at the start of a line is the end of a sentence as often as the third item. */
function startsItem(text: string, afterOpenLine: boolean): boolean {
  return ITEM.test(text) && !(afterOpenLine && /^[가-하]\./.test(text));
}

function endsSentence(text: string): boolean {
  return /(?:[.!?。:;]|[다요음함임]\s*)["'”’)\]]*$/.test(text);
}

/** What a page begins and the next one goes on with: a sentence is put together, a table gets its head again. */
function carryOver(pages: readonly PageBlocks[], joiner: BrokenLines): void {
  for (const [at, { blocks }] of pages.entries()) {
    const before = pages[at - 1]?.blocks.at(-1);
    const [first] = blocks;
    if (first?.kind === 'paragraph' && before?.kind === 'paragraph' && before.open && !ITEM.test(first.text)) {
      before.text = joiner.join(before.text, first.text);
      before.open = first.open;
      blocks.shift();
    } else if (first?.kind === 'table' && before?.kind === 'table' && first.columns === before.columns) {
      const [head] = before.rows;
      if (head !== undefined && first.rows[0] !== head) first.rows.unshift(head);
    }
  }
}

function linesOf(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return [`${'#'.repeat(block.level)} ${block.text}`];
    case 'table':
      return ['', ...block.rows, ''];
    case 'paragraph':
      return [/^[#|\\]/.test(block.text) ? `\\${block.text}` : block.text];
  }
}
