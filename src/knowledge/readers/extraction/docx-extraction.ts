import { DocxLoader } from '@langchain/community/document_loaders/fs/docx';
import { Document } from '@langchain/core/documents';
import JSZip from 'jszip';
import mammoth from 'mammoth';
import type { Extracted } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** Styles beside Word's own; Korean programs name theirs in Korean. A document's title is the first level, its headings follow. */
const STYLES = [
  ...['Title', '제목'].map((name) => `p[style-name='${name}'] => h1:fresh`),
  ...[1, 2, 3, 4, 5].flatMap((level) =>
    [`Heading ${level}`, `heading ${level}`, `제목 ${level}`, `제목${level}`, `개요 ${level}`].map(
      (name) => `p[style-name='${name}'] => h${level + 1}:fresh`,
    ),
  ),
];

/** An article that is not set as a heading, as in most terms. */
const ARTICLE =
  /<p>(?:<strong>)?\s*(제\s?\d+\s?조(?:\s?의\s?\d+)?\s?[([][^)\]<]{1,40}[)\]])(?:<\/strong>)?(?=\s|<|[①-⑳])/g;

/** @throws Refusal, and what mammoth throws */
export async function extract(bytes: Buffer): Promise<Extracted> {
  const documents = await new HtmlDocxLoader(new Blob([new Uint8Array(bytes)])).load();
  return {
    type: 'extracted',
    parts: documents.map(({ pageContent }) => ({ text: pageContent })),
    pagesWithoutText: [],
  };
}

/**
 * DocxLoader of @langchain/community with HTML as its text: the loader's own text has neither headings nor tables.
 * Pictures, links, macros and embedded files are left where they are.
 */
class HtmlDocxLoader extends DocxLoader {
  override async parse(raw: Buffer, metadata: Document['metadata']): Promise<Document[]> {
    await checkArchive(raw);
    const { value } = await mammoth.convertToHtml(
      { buffer: raw },
      { styleMap: STYLES, convertImage: mammoth.images.imgElement(async () => ({ src: '' })) },
    );
    return [new Document({ pageContent: withTitle(value.replace(ARTICLE, '<h6>$1</h6><p>')), metadata })];
  }
}

/** Mammoth reads on where a part's checksum is wrong. */
async function checkArchive(raw: Buffer): Promise<void> {
  try {
    await JSZip.loadAsync(raw, { checkCRC32: true });
  } catch {
    throw new Refusal({ reason: 'damaged' });
  }
}

/** Without a title the only heading of the first level is it. */
function withTitle(html: string): string {
  if (/<h1>/.test(html) || html.match(/<h2>/g)?.length !== 1) return html;
  return html.replace(/(<\/?h)([2-6])>/g, (_, tag: string, level: string) => `${tag}${Number(level) - 1}>`);
}
