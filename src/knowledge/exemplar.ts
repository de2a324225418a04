import type { EmbeddingKind } from '../models/embedder.js';
import type { IsoDate } from './document.js';

/** An article of a statute, title and number as in data/statutes: `{ law: '예금자보호법 시행령', article: '제18조' }`. */
export interface StatuteRef {
  law: string;
  article: string;
}

/** A question with its model answer (모범답변). Only approved ones are ever retrieved. */
export interface Exemplar {
  id: string;
  /** `group/need` of data/bank/needs.yaml; empty where the source names none. */
  need: string;
  topic: string;
  question: string;
  /** The question as customers put it. */
  phrasings: string[];
  answer: string;
  /** Ids of the documents that the answer rests on. */
  documents: string[];
  statutes: StatuteRef[];
  status: 'draft' | 'approved';
  validFrom?: IsoDate;
  /** First day on which it may no longer be used (exclusive). */
  validUntil?: IsoDate;
  /** Fraud, death, arrears, complaint or legal: the answer is given with care. */
  sensitive: boolean;
  /** The file that it came from. */
  source: string;
}

/** `question` and `phrasing` are embedded as queries, `pair` as a passage: never the answer alone (recall@1 46 against 65). */
export interface ExemplarText {
  kind: 'question' | 'pair' | 'phrasing';
  text: string;
}

/** The texts under which an exemplar is found. */
export function exemplarTexts(exemplar: Pick<Exemplar, 'question' | 'answer' | 'phrasings'>): ExemplarText[] {
  return [
    { kind: 'question', text: exemplar.question },
    { kind: 'pair', text: pairText(exemplar) },
    ...exemplar.phrasings.map((text) => ({ kind: 'phrasing', text }) as const),
  ];
}

/** With which of the embedder's two prefixes a text of an exemplar is embedded. */
export function embeddingKind(kind: ExemplarText['kind']): EmbeddingKind {
  return kind === 'pair' ? 'passage' : 'query';
}

/** Question and answer in one line, without placeholders such as `{{phone:ID}}`. */
export function pairText(exemplar: Pick<Exemplar, 'question' | 'answer'>): string {
  return `${exemplar.question} ${exemplar.answer.replace(/\{\{[^}]*\}\}/g, '')}`;
}
