import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument } from '../document.js';
import type { Exemplar } from '../exemplar.js';
import { readCsv } from './csv-reader.js';
import { readExemplars } from './exemplar-reader.js';
import { extract, EXTRACTION_LIMITS, megabytes } from './extraction/extract.js';
import { formOf, type FileForm } from './file-form.js';
import { frontMatter } from './front-matter.js';
import { readHtml } from './html-reader.js';
import { readJsonl } from './jsonl-reader.js';
import { readMarkdown } from './markdown-reader.js';
import { readPdf } from './pdf-reader.js';
import { readPlainText } from './plain-text-reader.js';
import type { Records } from './records.js';
import { isStatute, readStatute } from './statute-reader.js';
import { decodeText, type TextFile } from './text-file.js';

/** What one file holds, and an error with file and line for each record that could not be read. */
export interface Reading {
  documents: KnowledgeDocument[];
  exemplars: Exemplar[];
  faults: AppError[];
}

export const FORMATS = ['markdown', 'html', 'text', 'csv', 'jsonl', 'exemplars', 'statute', 'pdf', 'docx'] as const;
export type Format = (typeof FORMATS)[number];

const BY_ENDING: Record<string, Format> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.txt': 'text',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.yaml': 'exemplars',
  '.yml': 'exemplars',
  '.pdf': 'pdf',
  '.docx': 'docx',
};

/**
 * Reads a file of documents or exemplars in the given format, else in the one of its name's ending (a Markdown file whose
 * front matter is a statute's is a statute). A PDF or DOCX is known by its content, whatever its name.
 * @param name How citations and messages name the file.
 * @throws AppError document.unsupported, and what the reader of the format throws where nothing of the file can be used.
 */
export async function readKnowledge(
  path: string,
  options: { name?: string; format?: Format; signal?: AbortSignal | undefined } = {},
): Promise<Reading> {
  const name = options.name ?? path;
  const named = options.format ?? BY_ENDING[extname(path).toLowerCase()];
  if ((await stat(path)).size > EXTRACTION_LIMITS.bytes)
    throw AppError.of('document.too-large', { file: name, limit: megabytes(EXTRACTION_LIMITS.bytes) });
  const bytes = await readFile(path);
  const form = formOf(bytes, name);
  if (form) return readOffice(form, bytes, name, options.signal);
  if (!named) throw AppError.of('document.unsupported', { file: name, formats: Object.keys(BY_ENDING).join(', ') });
  if (bytes.length === 0) throw AppError.of('document.empty', { file: name });
  if (named === 'pdf' || named === 'docx')
    throw AppError.of('document.mismatch', { file: name, expected: named.toUpperCase() });
  return readAs(named, { name, text: decodeText(bytes, name) });
}

async function readOffice(form: FileForm, bytes: Buffer, name: string, signal?: AbortSignal): Promise<Reading> {
  const extracted = await extract(form, bytes, name, EXTRACTION_LIMITS, signal);
  if (form === 'pdf') {
    const { document, faults } = readPdf(extracted, name);
    return { documents: [document], exemplars: [], faults };
  }
  const html = extracted.parts
    .map(({ text }) => text)
    .join('\n')
    .normalize('NFC');
  return one(readHtml({ name, text: html }));
}

function readAs(format: Exclude<Format, FileForm>, file: TextFile): Reading {
  switch (format) {
    case 'markdown':
      return one(isStatute(frontMatter(file).fields) ? readStatute(file) : readMarkdown(file));
    case 'statute':
      return one(readStatute(file));
    case 'html':
      return one(readHtml(file));
    case 'text':
      return one(readPlainText(file));
    case 'csv':
      return pairs(readCsv(file));
    case 'jsonl':
      return pairs(readJsonl(file));
    case 'exemplars':
      return pairs(readExemplars(file));
  }
}

function one(document: KnowledgeDocument): Reading {
  return { documents: [document], exemplars: [], faults: [] };
}

function pairs({ read, faults }: Records<Exemplar>): Reading {
  return { documents: [], exemplars: read, faults };
}
