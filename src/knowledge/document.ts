/** A calendar date in Korea, `YYYY-MM-DD`. */
export type IsoDate = `${number}-${number}-${number}`;

/** `sheet`: a product or procedure sheet of the bank; `statute`: a law, decree or rule; `text`: any other document. */
export type DocumentKind = 'sheet' | 'statute' | 'text';

/** A document as a reader gives it: titled, and cut at its headings. */
export interface KnowledgeDocument {
  /** Kebab-case for sheets, `law-<법령MST>` for statutes, from the file's name for others. */
  id: string;
  kind: DocumentKind;
  title: string;
  category: string;
  /** What customers call it. */
  aliases: string[];
  /** First day on which it may be cited; a statute's 시행일자. */
  validFrom?: IsoDate;
  /** First day on which it may no longer be cited (exclusive). */
  validUntil?: IsoDate;
  /** The file that it came from, as given on the command line. */
  source: string;
  sections: Section[];
}

/** The text under one heading; of a statute, one article. */
export interface Section {
  /** Headings from the outermost down, without the document's title; of a statute `제3장`, `제21조(제목)`. */
  path: string[];
  /** Paragraphs, list items and tables, a blank line or a line break apart. */
  text: string;
  /** `제21조의2`, of statutes only. */
  article?: string;
  /** From 1, of files with pages; the text stands on this page alone. */
  page?: number;
}

/** `은행법 › 제3장 › 제21조(제목)`. */
export function titlePath(title: string, path: readonly string[]): string {
  return [title, ...path].join(' › ');
}
