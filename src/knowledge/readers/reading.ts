import { extname } from 'node:path';
import { AppError } from '../../config/app-error.js';
import type { KnowledgeDocument } from '../document.js';
import type { Exemplar } from '../exemplar.js';
import { readCsv } from './csv-reader.js';
import { readExemplars } from './exemplar-reader.js';
import { frontMatter } from './front-matter.js';
import { readHtml } from './html-reader.js';
import { readJsonl } from './jsonl-reader.js';
import { readMarkdown } from './markdown-reader.js';
import { readPlainText } from './plain-text-reader.js';
import type { Records } from './records.js';
import { isStatute, readStatute } from './statute-reader.js';
import { readTextFile, type TextFile } from './text-file.js';

/** What one file holds, and an error with file and line for each record that could not be read. */
export interface Reading {
  documents: KnowledgeDocument[];
  exemplars: Exemplar[];
  faults: AppError[];
}

export const FORMATS = ['markdown', 'html', 'text', 'csv', 'jsonl', 'exemplars', 'statute'] as const;
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
};

/**
 * Reads a file of documents or exemplars in the given format, else in the one of its name's ending (a Markdown file whose
 * front matter is a statute's is a statute).
 * @param name How citations and messages name the file.
 * @throws AppError document.unsupported, and what the reader of the format throws where nothing of the file can be used.
 */
export async function readKnowledge(path: string, options: { name?: string; format?: Format } = {}): Promise<Reading> {
  const format = options.format ?? BY_ENDING[extname(path).toLowerCase()];
  const name = options.name ?? path;
  if (!format) throw AppError.of('document.unsupported', { file: name, formats: Object.keys(BY_ENDING).join(', ') });
  return readAs(format, await readTextFile(path, name));
}

function readAs(format: Format, file: TextFile): Reading {
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
