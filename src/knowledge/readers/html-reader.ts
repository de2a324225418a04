import { compile, type FormatCallback } from 'html-to-text';
import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument } from '../document.js';
import { cutAtHeadings, documentId, stem } from './markdown-reader.js';
import type { TextFile } from './text-file.js';

/**
 * An HTML page, cut at its headings; scripts, styles, navigation and pictures are left out.
 * @throws AppError document.truncated where it ends inside a tag or before `</html>` or `</body>`, .empty without text.
 */
export function readHtml(file: TextFile): KnowledgeDocument {
  if (isCut(file.text))
    throw AppError.of('document.truncated', { file: file.name, line: file.text.trimEnd().split('\n').length });
  const { sections, firstHeading } = cutAtHeadings(toMarkdown(file.text), file.name, 1);
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

/** A row as `| a | b |`, so that tables of all formats are cut between rows in the same way. */
const row: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 1 });
  for (const cell of element.children.filter(({ name }) => name === 'td' || name === 'th')) {
    builder.addLiteral('| ');
    walk(cell.children, builder);
    builder.addLiteral(' ');
  }
  builder.addLiteral('|');
  builder.closeBlock({ trailingLineBreaks: 1 });
};

const skipped = ['script', 'style', 'noscript', 'template', 'nav', 'footer', 'img', 'svg', 'form', 'head'];

const toMarkdown = compile({
  wordwrap: false,
  formatters: { heading, row },
  selectors: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, format: 'heading' })),
    { selector: 'table', format: 'block' },
    { selector: 'tr', format: 'row' },
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'ul', options: { itemPrefix: '- ' } },
    ...skipped.map((selector) => ({ selector, format: 'skip' })),
  ],
});

const toPlain = compile({ wordwrap: false });
