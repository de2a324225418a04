/** A cell of a table as it was drawn: merged ones span several rows or columns, counted from 0. */
export interface Cell {
  text: string;
  row: number;
  column: number;
  rowSpan: number;
  columnSpan: number;
}

/** A longer text that spans columns stands in the first of them alone; in characters. */
const MAX_REPEATED = 30;

/** More columns than any table that people read; a hostile span ends here. */
const MAX_COLUMNS = 100;

/**
 * The table's rows as `| a | b |`, its head in the first. A merged cell's text stands in each row that it spans, and a short one in each
 * column, so that every row can be read alone; a head of several rows becomes one (`수수료 · 다른 은행으로`).
 * @param headRows Rows of the head; where it is not known, as many as the cells of the first row span if one of them spans columns.
 */
export function tableRows(cells: readonly Cell[], headRows = headRowsOf(cells)): string[] {
  const grid = gridOf(cells);
  const head = grid.slice(0, headRows);
  const columns = Math.max(0, ...grid.map((row) => row.length));
  const merged = Array.from({ length: columns }, (_, column) =>
    [...new Set(head.map((row) => row[column] ?? '').filter(Boolean))].join(' · '),
  );
  return [...(head.length > 0 ? [merged] : []), ...grid.slice(headRows)]
    .filter((row) => row.some((text) => text !== ''))
    .map((row) => `| ${Array.from({ length: columns }, (_, column) => row[column] ?? '').join(' | ')} |`);
}

function inCell(text: string): string {
  return text.replaceAll('|', '/').replace(/\s+/g, ' ').trim();
}

function headRowsOf(cells: readonly Cell[]): number {
  const first = cells.filter(({ row }) => row === 0);
  return first.some(({ columnSpan }) => columnSpan > 1) ? Math.max(...first.map(({ rowSpan }) => rowSpan)) : 1;
}

function gridOf(cells: readonly Cell[]): string[][] {
  const rows = Math.max(0, ...cells.map(({ row }) => row + 1));
  const grid: string[][] = Array.from({ length: rows }, () => []);
  for (const { text, row, column, rowSpan, columnSpan } of cells)
    for (let r = row; r < Math.min(rows, row + rowSpan); r++)
      for (let c = column; c < Math.min(MAX_COLUMNS, column + columnSpan); c++)
        grid[r]![c] = c === column || text.length <= MAX_REPEATED ? inCell(text) : '';
  return grid;
}
