/** What the child process is asked to read; the file's bytes come on its standard input. */
export interface ToExtraction {
  form: ExtractedForm;
  limits: ExtractionLimits;
}

export type ExtractedForm = 'pdf' | 'docx';

/** What one file may cost. */
export interface ExtractionLimits {
  bytes: number;
  pages: number;
  /** Of one compressed part, unpacked. */
  unpackedBytes: number;
  memoryBytes: number;
  ms: number;
}

/** A page of a PDF, or a whole DOCX. */
export interface ExtractedPart {
  /** Of a PDF lines: `## heading`, `| table | row |`, else a paragraph, `\` before one that would look like the others. Of a DOCX HTML. */
  text: string;
  /** From 1; of a PDF only. */
  page?: number;
}

/** Why a file is not read. */
export type Refused =
  | { reason: 'encrypted' | 'damaged' | 'empty' }
  /** How many pages it has, none of them with text. */
  | { reason: 'no-text'; pages: number }
  | { reason: 'too-large'; limit: keyof ExtractionLimits };

export interface Extracted {
  type: 'extracted';
  parts: ExtractedPart[];
  /** Pages that show something, but hold no text. */
  pagesWithoutText: number[];
}

export type FromExtraction = Extracted | { type: 'refused'; why: Refused };
