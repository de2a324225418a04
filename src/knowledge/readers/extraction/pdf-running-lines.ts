import type { Page } from './pdf-page.ts';
import type { Row } from './pdf-segments.ts';

/** Share of a page's height, at its top and at its bottom, in which heads, feet and page numbers stand. */
const BAND = 0.12;

/** Heads, feet and page numbers: what stands in the bands of a third of the pages, two at least. */
export function runningLines(pages: readonly { page: Page; rows: readonly Row[] }[]): Set<Row> {
  const banded = pages.flatMap(({ page, rows }) =>
    rows.filter((row) => inBand(row, page)).map((row) => ({ row, page, keys: keysOf(row, page) })),
  );
  const seenOn = new Map<string, Set<Page>>();
  for (const { page, keys } of banded)
    for (const key of keys) seenOn.set(key, (seenOn.get(key) ?? new Set()).add(page));
  const enough = Math.max(2, pages.length / 3);
  return new Set(
    banded
      .filter(({ row, keys }) => isPageNumber(textOf(row)) || keys.some((key) => seenOn.get(key)!.size >= enough))
      .map(({ row }) => row),
  );
}

function inBand({ y, size }: Row, { height }: Page): boolean {
  return y < height * BAND || y - size > height * (1 - BAND);
}

/** `- 3 -`, `3`, `3 / 12`, `Page 3`, `3쪽`. */
function isPageNumber(text: string): boolean {
  return /^(?:page\s*)?[-–—‐<[(]?\s*\d{1,4}\s*(?:[/／]\s*\d{1,4}\s*)?[-–—‐>\])]?\s*(?:쪽|페이지)?$/i.test(text);
}

/**
 * What the row has in common with those of other pages at the same height. Numbers that grow with the pages count by their distance to
 * the page; all others as they are, or the rows of a long table would look alike.
 */
function keysOf(row: Row, page: Page): string[] {
  const text = textOf(row);
  const growing = text.replace(/(?<![\d.,])\d{1,4}(?![\d.,%])/g, (number) => `#${Number(number) - page.number}`);
  const lastGrowing = text.replace(/(?<![\d.,])\d{1,4}(?=\D*$)/, (number) => `#${Number(number) - page.number}`);
  const height = Math.round(row.y / 6);
  return [...new Set([text, growing, lastGrowing])].map((key) => `${height} ${key}`);
}

function textOf({ segments }: Row): string {
  return segments.map(({ text }) => text).join(' ');
}
