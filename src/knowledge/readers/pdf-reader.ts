import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument, Section } from '../document.js';
import type { Extracted } from './extraction/protocol.js';
import { documentId, HeadingPath, stem } from './markdown-reader.js';

/**
 * The pages of a PDF as a document, cut at its headings and at the ends of its pages, so that each passage has one page.
 * Pages without text are reported as a fault; the others are read.
 */
export function readPdf(
  { parts, pagesWithoutText }: Extracted,
  name: string,
): { document: KnowledgeDocument; faults: AppError[] } {
  const headings = new HeadingPath();
  const sections: Section[] = [];
  for (const { text, page = 1 } of parts) {
    let body: string[] = [];
    const close = (): void => {
      const whole = body
        .join('\n')
        .replace(/\n{3,}/g, '\n\n')
        .trim();
      if (whole) sections.push({ path: headings.below(), text: whole, page });
      body = [];
    };
    for (const line of text.split('\n')) {
      const heading = /^(#{1,6}) (.+)$/.exec(line);
      if (heading) {
        close();
        headings.open(heading[1]!.length, heading[2]!);
      } else body.push(line.replace(/^\\/, ''));
    }
    close();
  }
  if (sections.length === 0) throw AppError.of('document.empty', { file: name });
  const document: KnowledgeDocument = {
    id: documentId(name),
    kind: 'text',
    title: headings.first || stem(name),
    category: '',
    aliases: [],
    source: name,
    sections,
  };
  const pages = pagesWithoutText.join(', ');
  return { document, faults: pages ? [AppError.of('document.no-text', { file: name, pages })] : [] };
}
