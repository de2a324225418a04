import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument, Section } from '../document.js';
import { dateField, frontMatter, textField } from './front-matter.js';
import type { TextFile } from './text-file.js';

/** Whether the file is a statute: its front matter names a 제목 and a 법령구분. */
export function isStatute(fields: Record<string, unknown>): boolean {
  return textField(fields, '제목') !== '' && textField(fields, '법령구분') !== '';
}

/**
 * A law, decree or rule in the Markdown form of the National Law Information Center's texts (data/statutes): one section
 * an article. Deleted articles, supplementary provisions (부칙) and annexes (별표) are left out; notes of amendment go.
 * @throws AppError document.truncated where the text ends before its 부칙 (each statute has them), document.invalid
 *   where it has no 시행일자.
 */
export function readStatute(file: TextFile): KnowledgeDocument {
  const { fields, body, bodyLine } = frontMatter(file);
  const title = textField(fields, '제목');
  const validFrom = dateField(fields, '시행일자', { file: file.name, line: 1 });
  if (validFrom === undefined)
    throw AppError.of('document.invalid', { file: file.name, line: 1, expected: '시행일자: YYYY-MM-DD' });
  const lines = body.split('\n');
  const end = lines.findIndex((line) => /^#+ (부칙|별표)/.test(line));
  if (end < 0) throw AppError.of('document.truncated', { file: file.name, line: bodyLine + lines.length - 1 });
  const number = textField(fields, '법령MST') || `${title.replace(/\s+/g, '-')}-${validFrom}`;
  return {
    id: `law-${number}`,
    kind: 'statute',
    title,
    category: textField(fields, '법령구분'),
    aliases: [],
    validFrom,
    source: file.name,
    sections: articles(lines.slice(0, end)),
  };
}

/** Parts of a statute from the outermost in; the heading's level in Markdown varies, its last syllable does not. */
const PARTS = ['편', '장', '절', '관'];

function articles(lines: readonly string[]): Section[] {
  const found: Section[] = [];
  const parts: string[] = [];
  let open: { head: string; article: string; body: string[] } | undefined;
  const close = (): void => {
    const text = open && cleanArticle(open.body);
    if (open && text) found.push({ path: [...parts.filter(Boolean), open.head], text, article: open.article });
    open = undefined;
  };
  for (const line of lines) {
    const heading = /^#+ +(.*)$/.exec(line)?.[1];
    if (heading === undefined) {
      open?.body.push(line);
      continue;
    }
    close();
    const article = /^(제\d+조(?:의\d+)*)\s*(?:\((.*)\))?/.exec(heading);
    const part = /^(제\d+([편장절관])(?:의\d+)?)/.exec(heading);
    if (article) open = { head: articleHead(article[1]!, article[2]), article: article[1]!, body: [] };
    else if (part) enterPart(parts, PARTS.indexOf(part[2]!), part[1]!);
  }
  close();
  return found;
}

function articleHead(article: string, title: string | undefined): string {
  return title ? `${article}(${withoutNotes(title)})` : article;
}

function enterPart(parts: string[], depth: number, name: string): void {
  for (let inner = depth + 1; inner < PARTS.length; inner++) parts[inner] = '';
  parts[depth] = name;
}

/** The article's lines without Markdown, notes of amendment and deleted items; empty where the whole article is deleted. */
function cleanArticle(lines: readonly string[]): string {
  return lines
    .map((line) => cleanLine(line))
    .filter((line) => line !== '' && !isDeleted(line))
    .join('\n');
}

function cleanLine(line: string): string {
  return withoutNotes(line)
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/\\([.\-*_#+()[\]])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Without `<개정 2014.3.24, 2020.2.4>`, `<2016.5.29>`, `[전문개정 2010.5.17]` and images. */
function withoutNotes(text: string): string {
  return text
    .replace(/<\/?img[^>]*>/g, '')
    .replace(/\s*<(?:[가-힣 ]{1,10} ?)?[\d.,ㆍ\s]+>/g, '')
    .replace(/\s*\[(?:전문개정|본조신설|제목개정|종전|시행일|법률|대통령령)[^\]]*\]/g, '');
}

function isDeleted(line: string): boolean {
  return /^(?:[①-⑳㉑-㉟㊱-㊿]|\d+(?:의\d+)*\.|[가-힣](?:의\d+)*\.)?\s*삭제\.?$/.test(line);
}
