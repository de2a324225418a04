import type { KnowledgeDocument } from '../document.js';
import { documentId, stem } from './markdown-reader.js';
import type { TextFile } from './text-file.js';

/** A first line up to this long, with a blank line after it, is taken for the title; characters. */
const MAX_TITLE = 60;

/** A text without marks of structure: one section, cut by length. */
export function readPlainText(file: TextFile): KnowledgeDocument {
  const [, first = '', rest = ''] = /^\s*([^\n]+)\n\s*\n([\s\S]+)$/.exec(file.text) ?? [];
  const titled = first !== '' && first.trim().length <= MAX_TITLE && rest.trim() !== '';
  return {
    id: documentId(file.name),
    kind: 'text',
    title: titled ? first.trim() : stem(file.name),
    category: '',
    aliases: [],
    source: file.name,
    sections: [{ path: [], text: (titled ? rest : file.text).trim() }],
  };
}
