/** A cell of a table's body: offsets of its trimmed content, and what its column is headed with. */
export interface Cell {
  start: number;
  end: number;
  header: string;
}

const RULE_ROW = /^[\s|:+-]*$/;

/**
 * The cells of the tables in a text: rows that bars or tabs divide into as many cells as the first row of their block.
 * Time is linear in the length.
 */
export function cellsUnderHeaders(text: string): Cell[] {
  const delimiter = text.includes('\t') ? '\t' : '|';
  if (!text.includes(delimiter) || !text.includes('\n')) return [];
  const cells: Cell[] = [];
  let header: string[] | undefined;
  let start = 0;
  for (const line of text.split('\n')) {
    const row = line.split(delimiter);
    if (row.length < 2) header = undefined;
    else if (header === undefined) header = row.map((cell) => cell.trim());
    else if (row.length === header.length && !RULE_ROW.test(line)) cells.push(...cellsOf(row, start, header));
    start += line.length + 1;
  }
  return cells;
}

function cellsOf(row: readonly string[], start: number, header: readonly string[]): Cell[] {
  let at = start;
  return row.map((cell, column) => {
    const from = at + (cell.length - cell.trimStart().length);
    at += cell.length + 1;
    return { start: from, end: from + cell.trim().length, header: header[column]! };
  });
}
