import type { Cell } from '../table.ts';
import type { BrokenLines } from './broken-lines.ts';
import type { Row, Segment } from './pdf-segments.ts';

/** Rows of several segments each: a table without lines, or columns of prose that the file draws line by line. */
export type SideBySide = { kind: 'table'; cells: Cell[]; columns: number } | { kind: 'prose'; rows: Row[] };

/** Share of its column's width that a line of prose fills at least, as a median; the cells of a table are short. */
const PROSE = 0.75;

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
  const distance = row.y - rows[at - 1]!.y;
  if (distance <= 0 || distance > 3 * row.size) return false;
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
    rows: inColumns.flat().map((segment) => ({ segments: [segment], y: segment.y, size: segment.size })),
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
