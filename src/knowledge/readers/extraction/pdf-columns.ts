import type { Cell } from '../table.ts';
import type { BrokenLines } from './broken-lines.ts';
import { rowOf, type Row, type Segment } from './pdf-segments.ts';

/** Rows of several segments each: a table without lines, or columns of prose that the file draws line by line. */
export type SideBySide = { kind: 'table'; cells: Cell[]; columns: number } | { kind: 'prose'; rows: Row[] };

/** Share of its column's width that a line of prose fills at least, as a median; the cells of a table are short. */
const PROSE = 0.75;

/** A cell without lines around it that is drawn in more lines is a column of text. */
const MAX_CELL_LINES = 6;

/**
 * A table is often drawn cell by cell: all lines of one, then those of the next to its right. Makes one row of each row of such cells;
 * other rows stay as they are.
 */
export function joinStackedCells(rows: readonly Row[], lines: BrokenLines): Row[] {
  const joined: Stack[] = [];
  for (const row of rows) {
    const start = startOfStack(joined, row);
    const last = joined.at(-1);
    if (start !== undefined) {
      const before = joined.splice(start).map((stack) => stack.row);
      joined.push({ row: beside(before, row, lines), cellBottom: row.y, hasCells: true });
    } else if (last?.hasCells && goesOnInCell(last, row)) {
      const cell = last.row.segments.at(-1)!;
      const [more] = row.segments as [Segment];
      cell.text = lines.join(cell.text, more.text);
      cell.right = Math.max(cell.right, more.right);
      last.cellBottom = row.y;
      last.row.bottom = Math.max(last.row.bottom, row.y);
    } else joined.push({ row, cellBottom: row.y, hasCells: false });
  }
  return joined.map(({ row }) => row);
}

interface Stack {
  row: Row;
  /** Base line of the last line of its last cell. */
  cellBottom: number;
  hasCells: boolean;
}

/** Where the cell to the left of a row begins: lines below one another, the first of them beside the row. */
function startOfStack(joined: readonly Stack[], { segments, y, size }: Row): number | undefined {
  for (let at = joined.length - 1; at >= Math.max(0, joined.length - MAX_CELL_LINES); at--) {
    const { row } = joined[at]!;
    if (row.segments.at(-1)!.right > segments[0]!.x) return undefined;
    const below = (y - row.y) / size;
    // Cells are often centred on their row: a single line stands beside the gap of two.
    if (below >= -0.4 && below <= (at === joined.length - 1 ? 0.4 : 1.2)) return at;
    const above = joined[at - 1]?.row;
    const isStacked = row.segments.length === 1 && above !== undefined && row.y - above.bottom <= 2 * size;
    if (row.y < y || !isStacked || above.segments.length > 1) return undefined;
  }
  return undefined;
}

function goesOnInCell({ row, cellBottom }: Stack, { segments, y, size }: Row): boolean {
  const distance = y - cellBottom;
  return (
    segments.length === 1 && distance > 0 && distance <= 2 * size && segments[0]!.x >= row.segments.at(-1)!.x - size / 2
  );
}

function beside(before: readonly Row[], row: Row, lines: BrokenLines): Row {
  const [first] = before as [Row];
  const cells = before.length === 1 ? first.segments : [joinLines(before, lines)];
  return {
    segments: [...cells, ...row.segments.map((segment) => ({ ...segment }))],
    y: first.y,
    bottom: Math.max(...before.map(({ bottom }) => bottom), row.bottom),
    size: row.size,
  };
}

function joinLines(rows: readonly Row[], lines: BrokenLines): Segment {
  const segments = rows.map((row) => row.segments[0]!);
  return {
    ...segments[0]!,
    text: segments.map(({ text }) => text).reduce((first, second) => lines.join(first, second)),
    right: Math.max(...segments.map(({ right }) => right)),
  };
}

/**
 * Reads the rows from one place on that stand side by side.
 * @returns Undefined where there are fewer than two such rows, or they have no columns in common.
 */
export function sideBySide(
  rows: readonly Row[],
  from: number,
  lines: BrokenLines,
): { found: SideBySide; next: number } | undefined {
  let next = from;
  while (next < rows.length && follows(rows, from, next)) next++;
  while (next > from && rows[next - 1]!.segments.length < 2) next--;
  const run = rows.slice(from, next);
  if (run.filter(({ segments }) => segments.length > 1).length < 2) return undefined;
  const columns = columnsOf(run);
  if (columns.length < 2) return undefined;
  return { found: isProse(run, columns) ? prose(run, columns) : table(run, columns, lines), next };
}

interface Column {
  x: number;
  right: number;
}

/** A row of one segment goes on with a cell of the row before it: it stands close below, and not in the first column. */
function follows(rows: readonly Row[], from: number, at: number): boolean {
  const row = rows[at]!;
  if (at === from) return row.segments.length > 1;
  const distance = row.y - rows[at - 1]!.bottom;
  if (distance <= 0 || distance > 4 * row.size) return false;
  if (row.segments.length > 1) return true;
  return distance <= 1.8 * row.size && row.segments[0]!.x > rows[from]!.segments[0]!.right;
}

/** The stretches that hold text, where no row crosses the gaps between them. */
function columnsOf(run: readonly Row[]): Column[] {
  const segments = run.flatMap((row) => row.segments).sort((a, b) => a.x - b.x);
  const columns: Column[] = [];
  for (const { x, right, size } of segments) {
    const last = columns.at(-1);
    if (last && x < last.right + 0.5 * size) last.right = Math.max(last.right, right);
    else columns.push({ x, right });
  }
  return columns;
}

function columnOf(segment: Segment, columns: readonly Column[]): number {
  return columns.findIndex(({ x, right }) => segment.x >= x - 1 && segment.right <= right + 1);
}

function isProse(run: readonly Row[], columns: readonly Column[]): boolean {
  if (run.length < 4 || columns.length > 3) return false;
  return columns.every((column, at) => {
    const filled = run
      .flatMap(({ segments }) => segments)
      .filter((segment) => columnOf(segment, columns) === at)
      .map(({ x, right }) => (right - x) / (column.right - column.x))
      .sort((a, b) => a - b);
    return filled.length >= 3 && filled[Math.floor(filled.length / 2)]! >= PROSE;
  });
}

/** One column after the other. */
function prose(run: readonly Row[], columns: readonly Column[]): SideBySide {
  const segments = run.flatMap((row) => row.segments);
  const inColumns = columns.map((_, at) => segments.filter((segment) => columnOf(segment, columns) === at));
  return {
    kind: 'prose',
    rows: inColumns.flat().map(rowOf),
  };
}

function table(run: readonly Row[], columns: readonly Column[], lines: BrokenLines): SideBySide {
  const cells: Cell[] = [];
  let rowNumber = -1;
  for (const { segments } of run) {
    const goesOn = segments.length === 1;
    if (!goesOn) rowNumber++;
    for (const segment of segments) {
      const column = columnOf(segment, columns);
      const same = cells.find((cell) => cell.row === rowNumber && cell.column === column);
      if (same) same.text = goesOn ? lines.join(same.text, segment.text) : `${same.text} ${segment.text}`;
      else cells.push({ text: segment.text, row: rowNumber, column, rowSpan: 1, columnSpan: 1 });
    }
  }
  return { kind: 'table', cells, columns: columns.length };
}
