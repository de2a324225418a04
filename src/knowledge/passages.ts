import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import type { KnowledgeDocument, Section } from './document.js';

/** A piece of a document that is retrieved. */
export interface Passage {
  /** Number in its document, from 1. */
  n: number;
  /** Headings from the outermost in, joined by ` › `. */
  heading: string;
  text: string;
  /** `제21조의2`, of statutes only. */
  article?: string;
  /** Where it stands in a file with pages, from 1. */
  page?: number;
}

/**
 * Characters of a passage. 300–600 was best on six Korean sets; with its heading such a passage stays below the
 * 512 tokens of the embedder (checked on the shipped texts by test/knowledge/passages.test.ts).
 */
export const PASSAGE_LENGTH = { min: 300, max: 600 } as const;

/** A paragraph's opening that is repeated over its further pieces may be this long, in characters. */
const MAX_LEAD = 200;

/** The document's passages in order. Tables are cut between rows, with their head row repeated. */
export async function passagesOf(document: KnowledgeDocument): Promise<Passage[]> {
  const sections = document.kind === 'statute' ? document.sections : joinShort(document.sections);
  const passages: Passage[] = [];
  for (const section of sections)
    for (const text of await pieces(section.text))
      passages.push({
        n: passages.length + 1,
        heading: section.path.join(' › '),
        text,
        ...(section.article === undefined ? {} : { article: section.article }),
        ...(section.page === undefined ? {} : { page: section.page }),
      });
  return passages;
}

/** What the embedder and the lexical index see: `[title · heading] text`, of statutes `법령명 제N조(제목) text`. */
export function indexedText(document: Pick<KnowledgeDocument, 'kind' | 'title'>, passage: Passage): string {
  const innermost = passage.heading.split(' › ').at(-1) ?? '';
  if (document.kind === 'statute') return `${document.title} ${innermost} ${passage.text}`;
  const head = [document.title, passage.heading.replaceAll(' › ', ' · ')].filter(Boolean).join(' · ');
  return `[${head}] ${withoutPlaceholders(passage.text)}`;
}

/** Without `{{phone:ID}}`, whose letters mean nothing to a search. */
export function withoutPlaceholders(text: string): string {
  return text.replace(/\{\{[^}]*\}\}/g, '');
}

/** Neighbouring sections of a page below the least length become one, each under its heading, as long as they fit. */
function joinShort(sections: readonly Section[]): Section[] {
  const joined: Section[] = [];
  for (const section of sections) {
    const last = joined.at(-1);
    const text = section.path.length > 0 ? `${section.path.at(-1)}\n${section.text}` : section.text;
    const fits =
      last && last.text.length < PASSAGE_LENGTH.min && last.text.length + text.length + 2 <= PASSAGE_LENGTH.max;
    if (fits && last.page === section.page)
      joined[joined.length - 1] = {
        ...last,
        path: [joinHeadings(last.path, section.path)],
        text: `${last.text}\n\n${text}`,
      };
    else joined.push({ ...section, text });
  }
  return joined;
}

function joinHeadings(...paths: readonly (readonly string[])[]): string {
  return paths
    .map((path) => path.join(' › '))
    .filter(Boolean)
    .join(', ');
}

/** A line of a list or a paragraph; rows of a table carry the table's head. */
interface Block {
  text: string;
  /** Repeated before the block where a piece starts with it. */
  lead: string;
}

async function pieces(text: string): Promise<string[]> {
  if (text.length <= PASSAGE_LENGTH.max) return [text];
  const blocks = await Promise.all(blocksOf(text).map((block) => splitLong(block)));
  return pack(blocks.flat(), text.length);
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let lead = '';
  let tableHead: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (line.startsWith('|')) {
      if (tableHead.length === 0 || (tableHead.length === 1 && isRule(line))) tableHead.push(line);
      blocks.push({ text: line, lead: tableHead.includes(line) ? '' : tableHead.join('\n') });
      continue;
    }
    tableHead = [];
    const item = isListItem(line);
    blocks.push({ text: line, lead: item ? lead : '' });
    if (!item) lead = line.length <= MAX_LEAD ? line : '';
  }
  return blocks;
}

/** `| --- | --- |`, below the head of a table in Markdown. */
function isRule(line: string): boolean {
  return /^[|\s:-]+$/.test(line);
}

function isListItem(line: string): boolean {
  return /^\s*(?:\d+(?:의\d+)*[.)]|[가-하](?:의\d+)*[.)]|\d+\)|[-*•])\s/.test(line);
}

async function splitLong(block: Block): Promise<Block[]> {
  const room = PASSAGE_LENGTH.max - (block.lead ? block.lead.length + 1 : 0);
  if (block.text.length <= room) return [block];
  const splitter = new RecursiveCharacterTextSplitter({
    chunkSize: room,
    chunkOverlap: 0,
    separators: ['다. ', '. ', '; ', ', ', ' ', ''],
    keepSeparator: true,
  });
  // The splitter leaves a separator at the start of the next piece: it belongs to the end of the one before.
  const parts = await splitter.splitText(block.text);
  return rejoinSeparators(parts).map((text) => ({ text, lead: block.lead }));
}

function rejoinSeparators(parts: readonly string[]): string[] {
  const whole: string[] = [];
  for (const part of parts) {
    const stray = /^(?:다\.|[.;,])\s*/.exec(part)?.[0] ?? '';
    if (stray && whole.length > 0) whole[whole.length - 1] += stray.trimEnd();
    const rest = part.slice(stray.length).trim();
    if (rest) whole.push(rest);
  }
  return whole;
}

/** Fills pieces evenly: 700 characters become 350 and 350, not 600 and 100. */
function pack(blocks: readonly Block[], total: number): string[] {
  const even = Math.ceil(total / Math.ceil(total / PASSAGE_LENGTH.max));
  const packed: string[] = [];
  let current = '';
  for (const { text, lead } of blocks) {
    const longer = current === '' ? text : `${current}\n${text}`;
    const better = Math.abs(longer.length - even) <= Math.abs(current.length - even);
    if (current !== '' && (longer.length > PASSAGE_LENGTH.max || !better)) {
      packed.push(current);
      current = lead ? `${lead}\n${text}` : text;
    } else current = current === '' && lead && packed.length > 0 ? `${lead}\n${text}` : longer;
  }
  if (current !== '') packed.push(current);
  return packed;
}
