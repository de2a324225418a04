import type { Piece, Ruling } from './pdf-page.ts';

/** Text that stands side by side without the gap that divides columns. */
export type Segment = Piece;

/** Segments on one base line; of a cell of several lines, on its first. */
export interface Row {
  segments: Segment[];
  y: number;
  /** Base line of the last line. */
  bottom: number;
  size: number;
}

/** Gaps in units of the type size. A blank is .28 wide in most Korean fonts; what some programs leave between digits and Hangul is .2. */
const BLANK = 0.23;
const COLUMN_GAP = 1.2;
/** Behind a mark of a list. */
const MARK_GAP = 4;

const MARK = /^(?:[①-⑳\u2022\uf000-\uf0ff■□●○◆◇▪▶※-]|\d{1,2}[.)]|[가-하][.)]|\(\d{1,2}\))$/;

/** Puts pieces together in their drawing order. Vertical lines divide too. */
export function segmentsOf(pieces: readonly Piece[], rulings: readonly Ruling[] = []): Segment[] {
  const vertical = rulings.filter(({ x1, x2, y1, y2 }) => x2 - x1 < y2 - y1);
  const segments: Segment[] = [];
  let current: Segment | undefined;
  let blank = false;
  for (const piece of pieces) {
    if (piece.text.trim() === '') {
      blank = true;
      continue;
    }
    if (current && isRedrawn(current, piece)) continue;
    if (current && goesOn(current, piece) && !vertical.some((ruling) => divides(ruling, current!, piece))) {
      const gap = (piece.x - current.right) / piece.size;
      current.text += (blank || gap > BLANK ? ' ' : '') + piece.text;
      current.right = Math.max(current.right, piece.right);
      current.bold &&= piece.bold;
    } else segments.push((current = { ...piece }));
    blank = false;
  }
  for (const segment of segments) segment.text = readable(segment.text);
  return segments.filter(({ text }) => text !== '');
}

/** Some programs draw bold type by drawing the same text twice. */
function isRedrawn(current: Segment, { text, x, right, y, size }: Piece): boolean {
  return (
    Math.abs(current.y - y) < size * 0.1 &&
    Math.abs(current.right - right) < size * 0.15 &&
    x < right &&
    current.text.endsWith(text) &&
    x < current.right - size * 0.3
  );
}

function goesOn(current: Segment, piece: Piece): boolean {
  const size = Math.max(current.size, piece.size);
  const gap = (piece.x - current.right) / size;
  // Small figures of notes stand higher, right behind the word.
  const tolerance = gap < 0.3 ? 0.5 : 0.25;
  const most = MARK.test(current.text) ? MARK_GAP : COLUMN_GAP;
  return gap > -0.5 && gap < most && Math.abs(current.y - piece.y) <= tolerance * size;
}

function divides({ x1, y1, y2 }: Ruling, current: Segment, piece: Piece): boolean {
  return current.right - 1 <= x1 && x1 <= piece.x + 1 && y1 <= piece.y && piece.y - piece.size * 0.5 <= y2;
}

/** Composed (macOS writes jamo one by one), without ligatures and the radicals that stand for characters in some fonts. */
function readable(text: string): string {
  return text
    .replace(/[\ufb00-\ufb06\u2f00-\u2fd5\uf900-\ufaff]/g, (form) => form.normalize('NFKC'))
    .normalize('NFC')
    .replace(/[\u00ad\u200b-\u200d\ufeff]/g, '')
    .replace(/^[\uf000-\uf0ff]/, '•') // of the symbol fonts
    .replace(/\s+/g, ' ')
    .trim();
}

/** Segments one after the other on one base line, from left to right. */
export function rowsOf(segments: readonly Segment[]): Row[] {
  const rows: Row[] = [];
  for (const segment of segments) {
    const row = rows.at(-1);
    const last = row?.segments.at(-1);
    if (row && last && Math.abs(row.y - segment.y) <= 0.4 * segment.size && segment.x >= last.right - segment.size) {
      row.segments.push(segment);
      row.size = Math.max(row.size, segment.size);
    } else rows.push(rowOf(segment));
  }
  return rows;
}

export function rowOf(segment: Segment): Row {
  return { segments: [segment], y: segment.y, bottom: segment.y, size: segment.size };
}

/** From top to bottom and from left to right, for files that draw in no order that can be read. */
export function inReadingOrder(segments: readonly Segment[]): Segment[] {
  if (jumpsUp(segments) <= segments.length / 5) return [...segments];
  const byTop = [...segments].sort((a, b) => a.y - b.y);
  const lines: Segment[][] = [];
  for (const segment of byTop) {
    const line = lines.at(-1);
    if (line && segment.y - line[0]!.y <= 0.4 * segment.size) line.push(segment);
    else lines.push([segment]);
  }
  return lines.flatMap((line) => line.sort((a, b) => a.x - b.x));
}

/** How often the next text stands higher without standing to the right, as that of a next column or cell does. */
function jumpsUp(segments: readonly Segment[]): number {
  return segments.filter((segment, at) => {
    const before = segments[at - 1];
    return before !== undefined && segment.y < before.y - segment.size && segment.x < before.right;
  }).length;
}

/** About how wide a text is drawn, in units of the type size. */
export function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + (/[\u1100-\uffe6]/.test(character) ? 0.95 : 0.55), 0);
}
