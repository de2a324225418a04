import { basename, extname } from 'node:path';
import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument, Section } from '../document.js';
import { dateField, frontMatter, textField, textList } from './front-matter.js';
import type { TextFile } from './text-file.js';

/**
 * A Markdown file, cut at its headings; with an `id` and a `category` in its front matter it is a sheet of the bank
 * (data/bank/README.md).
 * @throws AppError document.truncated (front matter or code fence never closed), .invalid (dates), .empty (no text).
 */
export function readMarkdown(file: TextFile): KnowledgeDocument {
  const { fields, body, bodyLine } = frontMatter(file);
  const place = { file: file.name, line: 1 };
  const { sections, firstHeading } = cutAtHeadings(body, file.name, bodyLine);
  if (sections.length === 0) throw AppError.of('document.empty', { file: file.name });
  const validFrom = dateField(fields, 'valid_from', place);
  const validUntil = dateField(fields, 'valid_until', place);
  const id = textField(fields, 'id');
  const category = textField(fields, 'category');
  return {
    id: id || documentId(file.name),
    kind: id !== '' && category !== '' ? 'sheet' : 'text',
    title: textField(fields, 'title') || firstHeading || stem(file.name),
    category,
    aliases: textList(fields.aliases),
    ...(validFrom ? { validFrom } : {}),
    ...(validUntil ? { validUntil } : {}),
    source: file.name,
    sections,
  };
}

/** An id for a document whose file names none: the file's name without its ending, blanks as `-`. */
export function documentId(file: string): string {
  return stem(file)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

export function stem(file: string): string {
  return basename(file, extname(file)).normalize('NFC');
}

/**
 * Sections under headings of the second level and deeper; the first heading of the first level is the title.
 * @param clean What is done to a section's text and to a heading.
 */
export function cutAtHeadings(
  markdown: string,
  file: string,
  firstLine: number,
  clean: (text: string) => string = cleanMarkdown,
): { sections: Section[]; firstHeading: string } {
  const sections: Section[] = [];
  const headings = new HeadingPath();
  let fenceLine = 0;
  let body: string[] = [];
  const close = (): void => {
    const text = clean(body.join('\n'));
    if (text) sections.push({ path: headings.below(), text });
    body = [];
  };
  for (const [index, line] of markdown.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenceLine = fenceLine ? 0 : firstLine + index;
    const heading = fenceLine ? null : /^(#{1,6})\s+(.+?)\s*#*$/.exec(line);
    if (!heading) {
      body.push(line);
      continue;
    }
    close();
    headings.open(heading[1]!.length, clean(heading[2]!));
  }
  if (fenceLine) throw AppError.of('document.truncated', { file, line: fenceLine });
  close();
  return { sections, firstHeading: headings.first };
}

/** The headings under which a line stands. */
export class HeadingPath {
  /** The first heading of the first level: the document's title. */
  first = '';
  private readonly path: string[] = [];

  open(level: number, text: string): void {
    if (level === 1 && this.first === '') this.first = text;
    this.path.length = Math.min(this.path.length, level - 1);
    while (this.path.length < level - 1) this.path.push('');
    // A second heading of the first level opens a part like any other.
    this.path[level - 1] = text;
    if (level === 1 && text !== this.first) this.path.splice(0, 1, '', text);
  }

  /** Headings from the outermost down, without the title. */
  below(): string[] {
    return this.path.slice(1).filter(Boolean);
  }
}

/** Without bold marks, links' addresses, images, comments and fences; tables, list marks and `code` stay. */
function cleanMarkdown(text: string): string {
  return text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/^\s*(```|~~~).*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
