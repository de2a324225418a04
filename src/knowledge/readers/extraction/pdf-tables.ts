import type { Cell } from '../table.ts';
import type { BrokenLines } from './broken-lines.ts';
import type { Page, Piece, Ruling } from './pdf-page.ts';
import { segmentsOf } from './pdf-segments.ts';

/** A table with lines around its cells. */
export interface RuledTable {
  cells: Cell[];
  columns: number;
  /** Place of its first piece in the page's drawing order. */
  order: number;
  /** The pieces that stand in it. */
  pieces: Set<Piece>;
}

/** Lines nearer than this are one, in points; the two sides of a thick border lie so. */
const SNAP = 3;
/** More cells than a table has: a drawing. */
const MAX_CELLS = 5_000;

/** The tables that the page's lines make, with merged cells where a line between two is missing. */
export function ruledTables(page: Page, lines: BrokenLines): RuledTable[] {
  return connected(page.rulings).flatMap((rulings) => {
    const grid = gridOf(rulings);
    return grid ? (fill(grid, page, lines) ?? []) : [];
  });
}

interface Grid {
  xs: number[];
  ys: number[];
  horizontal: Ruling[];
  vertical: Ruling[];
}

/** Groups of lines that touch. */
function connected(rulings: readonly Ruling[]): Ruling[][] {
  const parent = rulings.map((_, at) => at);
  const root = (at: number): number => {
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const byTop = rulings.map((_, at) => at).sort((a, b) => rulings[a]!.y1 - rulings[b]!.y1);
  for (const [place, a] of byTop.entries())
    for (const b of byTop.slice(place + 1)) {
      if (rulings[b]!.y1 > rulings[a]!.y2 + SNAP) break;
      if (rulings[b]!.x1 <= rulings[a]!.x2 + SNAP && rulings[b]!.x2 >= rulings[a]!.x1 - SNAP) parent[root(b)] = root(a);
    }
  const groups = Map.groupBy(rulings.keys(), root);
  return [...groups.values()].map((group) => group.map((at) => rulings[at]!));
}

/** Undefined where the lines make no table of two columns or more. */
function gridOf(rulings: readonly Ruling[]): Grid | undefined {
  const horizontal = rulings.filter(({ x1, x2, y1, y2 }) => x2 - x1 >= y2 - y1);
  const vertical = rulings.filter(({ x1, x2, y1, y2 }) => x2 - x1 < y2 - y1);
  if (horizontal.length < 2 || vertical.length === 0) return undefined;
  // Korean tables are often open at their sides: the ends of the horizontal lines close them.
  const xs = distinct([...vertical.map(({ x1 }) => x1), extreme(horizontal, 'x1'), extreme(horizontal, 'x2')]);
  const ys = distinct([...horizontal.map(({ y1 }) => y1), extreme(vertical, 'y1'), extreme(vertical, 'y2')]);
  if (xs.length < 3 || ys.length < 2 || xs.length * ys.length > MAX_CELLS) return undefined;
  return { xs, ys, horizontal, vertical };
}

function extreme(rulings: readonly Ruling[], side: keyof Ruling): number {
  const values = rulings.map((ruling) => ruling[side]);
  return side.endsWith('1') ? Math.min(...values) : Math.max(...values);
}

function distinct(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.filter((value, at) => at === 0 || value - sorted[at - 1]! > SNAP);
}

/** Undefined where the cells hold no text. */
function fill(grid: Grid, page: Page, lines: BrokenLines): RuledTable | undefined {
  const { xs, ys } = grid;
  const inside = new Map<string, Piece[]>();
  const pieces = new Set<Piece>();
  let order = Infinity;
  for (const [at, piece] of page.pieces.entries()) {
    const column = intervalOf(xs, (piece.x + piece.right) / 2);
    const row = intervalOf(ys, piece.y - piece.size * 0.35);
    if (column < 0 || row < 0) continue;
    pieces.add(piece);
    if (piece.text.trim() !== '') order = Math.min(order, at);
    const key = `${row},${column}`;
    const there = inside.get(key);
    if (there) there.push(piece);
    else inside.set(key, [piece]);
  }
  if (order === Infinity) return undefined;
  const cells = spans(grid).map(({ row, column, rowSpan, columnSpan }) => {
    const parts: Piece[] = [];
    for (let r = row; r < row + rowSpan; r++)
      for (let c = column; c < column + columnSpan; c++) parts.push(...(inside.get(`${r},${c}`) ?? []));
    return { text: cellText(parts, lines), row, column, rowSpan, columnSpan };
  });
  return { cells, columns: xs.length - 1, order, pieces };
}

/** The number of the interval that holds a value, or -1. */
function intervalOf(bounds: readonly number[], value: number): number {
  if (value < bounds[0]! || value > bounds.at(-1)!) return -1;
  return Math.max(0, bounds.findLastIndex((bound) => bound <= value) - (value === bounds.at(-1) ? 1 : 0));
}

/** The cells, merged where no line divides them. */
function spans({ xs, ys, horizontal, vertical }: Grid): Omit<Cell, 'text'>[] {
  const taken = new Set<string>();
  const found: Omit<Cell, 'text'>[] = [];
  const dividesColumns = (row: number, edge: number): boolean =>
    covers(vertical, 'x1', xs[edge]!, 'y1', 'y2', middle(ys, row));
  const dividesRows = (column: number, edge: number): boolean =>
    covers(horizontal, 'y1', ys[edge]!, 'x1', 'x2', middle(xs, column));
  for (let row = 0; row + 1 < ys.length; row++)
    for (let column = 0; column + 1 < xs.length; column++) {
      if (taken.has(`${row},${column}`)) continue;
      let [rowSpan, columnSpan] = [1, 1];
      while (column + columnSpan + 1 < xs.length && !dividesColumns(row, column + columnSpan)) columnSpan++;
      while (row + rowSpan + 1 < ys.length && !dividesRows(column, row + rowSpan)) rowSpan++;
      for (let r = row; r < row + rowSpan; r++)
        for (let c = column; c < column + columnSpan; c++) taken.add(`${r},${c}`);
      found.push({ row, column, rowSpan, columnSpan });
    }
  return found;
}

function middle(bounds: readonly number[], at: number): number {
  return (bounds[at]! + bounds[at + 1]!) / 2;
}

function covers(
  rulings: readonly Ruling[],
  place: keyof Ruling,
  value: number,
  from: keyof Ruling,
  to: keyof Ruling,
  point: number,
): boolean {
  return rulings.some((r) => Math.abs(r[place] - value) <= SNAP && r[from] - SNAP <= point && point <= r[to] + SNAP);
}

/** Text of a cell, its lines put together from top to bottom. */
export function cellText(pieces: readonly Piece[], lines: BrokenLines): string {
  const segments = segmentsOf(pieces).sort((a, b) => (Math.abs(a.y - b.y) <= a.size * 0.4 ? a.x - b.x : a.y - b.y));
  return segments.reduce((text, segment, at) => {
    const before = segments[at - 1];
    const sameLine = before !== undefined && Math.abs(before.y - segment.y) <= segment.size * 0.4;
    return sameLine ? `${text} ${segment.text}` : lines.join(text, segment.text);
  }, '');
}
