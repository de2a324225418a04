import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { extractFacts } from '../../src/text/facts.js';
import { splitSentences } from '../../src/text/sentences.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const list = (folder: string): string[] => readdirSync(join(root, folder)).sort();

export interface Sheet {
  id: string;
  title: string;
  category: string;
  /** Markdown below the front matter. */
  body: string;
}

export interface BankExemplar {
  id: string;
  need: string;
  question: string;
  phrasings: string[];
  answer: string;
  documents: string[];
  statutes?: { law: string; article: string }[];
}

/** The sheets of data/bank by id. */
export const sheets = new Map(list('data/bank/sheets').map((file) => readSheet(file)));

/** The exemplars of data/bank, in the order of the files. */
export const exemplars: BankExemplar[] = list('data/bank/exemplars').flatMap(
  (file) => parse(read(`data/bank/exemplars/${file}`)) as BankExemplar[],
);

/** Every need of data/bank/needs.yaml as `group/need`. */
export const needs: string[] = Object.entries(
  (parse(read('data/bank/needs.yaml')) as { groups: Record<string, Record<string, string[]>> }).groups,
).flatMap(([group, byWeight]) =>
  Object.values(byWeight)
    .flat()
    .map((need) => `${group}/${need}`),
);

/** The articles of data/statutes: title of the statute, then number of the article (제18조의2), then its Markdown. */
export const statutes = new Map(statuteFiles().map((file) => readStatuteArticles(file)));

/** Ids that `{{phone:ID}}` may name. */
export const phoneIds = new Set(
  Object.keys((parse(read('guardrails/phones.yaml')) as { phones: Record<string, unknown> }).phones),
);

/** Every path of the app's menu that may be named, those above a function included. */
export const menuPaths = new Set(
  (parse(read('test/bank/menu-paths.yaml')) as string[]).flatMap((path) => {
    const steps = path.split(' > ');
    return steps.slice(1).map((_, index) => steps.slice(0, index + 2).join(' > '));
  }),
);

/** A value that many sheets and answers state: see test/bank/shared-facts.yaml. */
export interface SharedFact {
  about: string;
  says: string;
  in?: string;
  unless?: string;
  facts: string[];
  least?: number;
}

export const sharedFacts = parse(read('test/bank/shared-facts.yaml')) as SharedFact[];

/** One sentence, bullet or table row of the bank's knowledge, with the words above it. */
export interface Statement {
  /** Sheet id, exemplar id or README.md. */
  source: string;
  /** Title and heading of a sheet, question of an exemplar. */
  context: string;
  text: string;
}

/** All that sheets, answers and the common facts of the README state. */
export const statements: Statement[] = [
  ...[...sheets.values()].flatMap((sheet) => sheetStatements(sheet.id, sheet.title, sheet.body)),
  ...sheetStatements('README.md', '', read('data/bank/README.md').split('## Common facts')[1]!),
  ...exemplars.flatMap(({ id, question, answer }) =>
    splitSentences(answer).map((text) => ({ source: id, context: question, text })),
  ),
];

/** The facts of a text as `KIND:value`. */
export function factsOf(text: string): string[] {
  return extractFacts(text).map(({ kind, value }) => `${kind}:${value}`);
}

function readSheet(file: string): [string, Sheet] {
  const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(read(`data/bank/sheets/${file}`))!;
  const sheet = { ...(parse(front!) as Omit<Sheet, 'body'>), body: body! };
  if (`${sheet.id}.md` !== file) throw new Error(`${file} names itself ${sheet.id}`);
  return [sheet.id, sheet];
}

function statuteFiles(): string[] {
  return ['laws-kr', 'laws-kr-more'].flatMap((part) =>
    list(`data/statutes/${part}`)
      .filter((name) => !name.endsWith('.md'))
      .flatMap((law) => list(`data/statutes/${part}/${law}`).map((file) => `data/statutes/${part}/${law}/${file}`)),
  );
}

function readStatuteArticles(path: string): [string, Map<string, string>] {
  const text = read(path);
  const title = /^제목: (.*)$/m.exec(text)![1]!;
  const articles = text
    .split(/^#+ 부칙/m)[0]!
    .split(/^#+ +(?=제\d+조)/m)
    .slice(1)
    .map((article): [string, string] => [/^제\d+조(?:의\d+)*/.exec(article)![0], article]);
  return [title, new Map(articles)];
}

/** Table rows come as `column cell, column cell`, so that a cell says what it is a value of. */
function sheetStatements(source: string, title: string, markdown: string): Statement[] {
  const found: Statement[] = [];
  let heading = '';
  let columns: string[] | undefined;
  const paragraph: string[] = [];
  const add = (text: string): void => {
    found.push({ source, context: `${title} ${heading}`, text });
  };
  const flush = (): void => {
    for (const sentence of splitSentences(paragraph.splice(0).join(' '))) add(sentence);
  };
  for (const line of markdown.split('\n')) {
    const cells = /^\|(.*)\|$/
      .exec(line)?.[1]!
      .split('|')
      .map((cell) => cell.trim());
    if (!/^ {2,}\S/.test(line)) flush();
    if (cells === undefined) columns = undefined;
    if (line.startsWith('#')) heading = line.replace(/^#+ */, '');
    else if (cells === undefined) paragraph.push(line.replace(/^(?:[-*]|\d+\.) +/, '').trim());
    else if (columns === undefined) columns = cells;
    else if (!/^-+$/.test(cells[0]!)) add(cells.map((cell, index) => `${columns![index]} ${cell}`).join(', '));
  }
  flush();
  return found;
}
