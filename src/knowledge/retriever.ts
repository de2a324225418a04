import type { AsOf } from './as-of.js';
import type { DocumentKind } from './document.js';
import type { Exemplar, StatuteRef } from './exemplar.js';

/** A source that may answer a question. */
export interface Hit {
  /** `exemplar:<id>@<version>` or `passage:<document>@<version>#<n>`. */
  source: string;
  kind: 'exemplar' | 'passage';
  /** An exemplar's topic; a document's title with the headings below it, ` › ` between them. */
  title: string;
  /** Of statutes. */
  ref?: StatuteRef;
  /** Where it stands in a file with pages, from 1. */
  page?: number;
  /** The approved answer, or the passage's text. */
  text: string;
  /** `lexical + w·cosine`; comparable within one kind only. */
  score: number;
  /** The largest cosine of the question to the source's vectors (an exemplar's discounted by kind); 0 without an embedder. */
  cosine: number;
  /** BM25 as a share of what the question could reach at most (`LexicalIndex`). */
  lexical: number;
  /** Calibrated probability, 0 to 1, that the source answers the question (data/calibration.json). */
  confidence: number;
  exemplar?: Exemplar & { version: number };
  /** Titles of the documents that an exemplar rests on, as far as they may be cited. */
  basis?: string[];
  passage?: PassageOfDocument;
}

export interface PassageOfDocument {
  document: string;
  version: number;
  n: number;
  heading: string;
  kind: DocumentKind;
  category: string;
}

export interface RetrieveOptions {
  /** Most hits to return. */
  k: number;
  signal?: AbortSignal | undefined;
  /** Whose validity counts; today where it is not given. */
  asOf?: AsOf | undefined;
}

/** Finds the sources that answer a question. */
export abstract class Retriever {
  /**
   * Distinct exemplars, articles and passages, by falling confidence; of an article the best passage.
   * Only approved, valid and in force.
   * @throws AppError `store.unavailable`
   */
  abstract retrieve(query: string, options: RetrieveOptions): Promise<Hit[]>;
}
