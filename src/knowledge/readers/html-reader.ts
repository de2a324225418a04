import { compile, type DomNode, type FormatCallback } from 'html-to-text';
import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument } from '../document.js';
import { cutAtHeadings, documentId, stem } from './markdown-reader.js';
import { tableRows, type Cell } from './table.js';
import type { TextFile } from './text-file.js';

/**
 * An HTML page, cut at its headings; scripts, styles, navigation and pictures are left out.
 * @throws AppError document.truncated where it ends inside a tag or before `</html>` or `</body>`, .empty without text.
 */
export function readHtml(file: TextFile): KnowledgeDocument {
  if (isCut(file.text))
    throw AppError.of('document.truncated', { file: file.name, line: file.text.trimEnd().split('\n').length });
  const { sections, firstHeading } = cutAtHeadings(toMarkdown(file.text), file.name, 1, tidy);
  if (sections.length === 0) throw AppError.of('document.empty', { file: file.name });
  const title = toPlain(/<title[^>]*>([\s\S]*?)<\/title>/i.exec(file.text)?.[1] ?? '').trim();
  return {
    id: documentId(file.name),
    kind: 'text',
    title: title || firstHeading || stem(file.name),
    category: '',
    aliases: [],
    source: file.name,
    sections,
  };
}

function isCut(html: string): boolean {
  const opensWithoutEnd = ['html', 'body', 'table'].some(
    (tag) => new RegExp(`<${tag}[\\s>]`, 'i').test(html) && !new RegExp(`</${tag}\\s*>`, 'i').test(html),
  );
  return opensWithoutEnd || /<[a-z!/][^>]*$/i.test(html);
}

const heading: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addLiteral(`${'#'.repeat(Number(element.name?.slice(1)))} `);
  walk(element.children, builder);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/** Rows as `| a | b |`, so that tables of all formats are cut between rows in the same way. */
const table: FormatCallback = (element, _walk, builder) => {
  const rows = rowsOf(element);
  const headRows = rows.filter(({ children }) => cellsOf(children).every(({ name }) => name === 'th')).length;
  builder.openBlock({ leadingLineBreaks: 2 });
  for (const line of headRows > 0 ? tableRows(placed(rows), headRows) : tableRows(placed(rows))) {
    builder.openBlock({ leadingLineBreaks: 1 });
    builder.addLiteral(line);
    builder.closeBlock({ trailingLineBreaks: 1 });
  }
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/** The table's own rows, not those of a table inside. */
function rowsOf(element: DomNode): DomNode[] {
  return (element.children ?? []).flatMap((child) => {
    if (child.name === 'tr') return [child];
    return ['thead', 'tbody', 'tfoot'].includes(child.name ?? '') ? rowsOf(child) : [];
  });
}

function cellsOf(children: readonly DomNode[] = []): DomNode[] {
  return children.filter(({ name }) => name === 'td' || name === 'th');
}

/** The cells with their columns: one that spans rows pushes those below it to the right. */
function placed(rows: readonly DomNode[]): Cell[] {
  const taken = new Set<string>();
  return rows.flatMap((tr, row) => {
    let column = 0;
    return cellsOf(tr.children).map((cell) => {
      while (taken.has(`${row},${column}`)) column++;
      const place = { row, column, rowSpan: span(cell, 'rowspan'), columnSpan: span(cell, 'colspan') };
      for (let r = row; r < row + place.rowSpan; r++)
        for (let c = column; c < column + place.columnSpan; c++) taken.add(`${r},${c}`);
      column += place.columnSpan;
      return { ...place, text: textOf(cell) };
    });
  });
}

function span(cell: DomNode, name: 'rowspan' | 'colspan'): number {
  const given = Number((cell.attribs as Record<string, string> | undefined)?.[name] ?? 1);
  return Number.isInteger(given) ? Math.min(Math.max(given, 1), 100) : 1;
}

function textOf(node: DomNode): string {
  if (node.type === 'text') return node.data ?? '';
  if (skipped.includes(node.name ?? '')) return '';
  const text = (node.children ?? []).map(textOf).join('');
  return /^(?:p|div|li|br|tr|td|th|h[1-6])$/.test(node.name ?? '') ? ` ${text} ` : text;
}

/** Blank lines and line ends made alike; what looks like Markdown in a page is text. */
function tidy(text: string): string {
  return text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const skipped = ['script', 'style', 'noscript', 'template', 'nav', 'footer', 'img', 'svg', 'form', 'head'];

const toMarkdown = compile({
  wordwrap: false,
  formatters: { heading, rows: table },
  selectors: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, format: 'heading' })),
    { selector: 'table', format: 'rows' },
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'ul', options: { itemPrefix: '- ' } },
    ...skipped.map((selector) => ({ selector, format: 'skip' })),
  ],
});

const toPlain = compile({ wordwrap: false });
