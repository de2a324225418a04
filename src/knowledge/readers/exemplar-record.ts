import { createHash } from 'node:crypto';
import { AppError } from '../../config/app-error.js';
import type { Exemplar, StatuteRef } from '../exemplar.js';
import { dateField, textField, textList } from './front-matter.js';

/** Longest texts of an exemplar, in characters. */
const LIMIT = { question: 2_000, answer: 8_000, phrasings: 50 } as const;

/** Names that files in Korean use for the fields. */
const KOREAN: Record<string, string> = {
  질문: 'question',
  답변: 'answer',
  모범답변: 'answer',
  주제: 'topic',
  분류: 'need',
  다른질문: 'phrasings',
  시작일: 'valid_from',
  종료일: 'valid_until',
  상태: 'status',
  민감: 'sensitive',
};

/** Where a record stands, for messages. */
export interface RecordPlace {
  file: string;
  line: number;
}

/**
 * A record of a YAML, CSV or JSON Lines file as an exemplar. Without an id it gets one from its question, so that
 * importing the file again finds it again.
 * @throws AppError document.invalid naming the field at fault.
 */
export function exemplarOf(record: unknown, place: RecordPlace): Exemplar {
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw invalid(place, '{question, answer}');
  const fields = englishNames(record as Record<string, unknown>);
  const question = required(fields, 'question', LIMIT.question, place);
  const status = textField(fields, 'status') || 'approved';
  if (status !== 'approved' && status !== 'draft') throw invalid(place, 'status: approved|draft');
  const validFrom = dateField(fields, 'valid_from', place);
  const validUntil = dateField(fields, 'valid_until', place);
  const phrasings = textList(splitPhrasings(fields.phrasings))
    .map((text) => text.trim())
    .filter(Boolean);
  if (phrasings.length > LIMIT.phrasings) throw invalid(place, `phrasings: ≤ ${LIMIT.phrasings}`);
  return {
    id: textField(fields, 'id') || `qa-${createHash('sha256').update(question).digest('hex').slice(0, 12)}`,
    need: textField(fields, 'need'),
    topic: textField(fields, 'topic'),
    question,
    phrasings,
    answer: required(fields, 'answer', LIMIT.answer, place),
    documents: textList(fields.documents),
    statutes: statutes(fields.statutes, place),
    status,
    ...(validFrom ? { validFrom } : {}),
    ...(validUntil ? { validUntil } : {}),
    sensitive: /^(true|1|y|yes|예)$/i.test(String(fields.sensitive ?? '')),
    source: place.file,
  };
}

export function englishName(name: string): string {
  const plain = name.trim();
  return KOREAN[plain.replace(/\s+/g, '')] ?? plain.toLowerCase();
}

function englishNames(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [englishName(name), value]));
}

/** A cell of a table holds several phrasings, `|` between them. */
function splitPhrasings(value: unknown): unknown {
  return typeof value === 'string' ? value.split('|') : value;
}

function required(fields: Record<string, unknown>, name: string, limit: number, place: RecordPlace): string {
  const value = textField(fields, name);
  if (value === '' || value.length > limit) throw invalid(place, `${name}: 1–${limit}`);
  return value;
}

function statutes(value: unknown, place: RecordPlace): StatuteRef[] {
  if (value === undefined || value === null || value === '') return [];
  if (!Array.isArray(value)) throw invalid(place, 'statutes: [{law, article}]');
  return value.map((entry: unknown) => {
    const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    const law = textField(fields, 'law');
    const article = textField(fields, 'article');
    if (law === '' || article === '') throw invalid(place, 'statutes: [{law, article}]');
    return { law, article };
  });
}

function invalid({ file, line }: RecordPlace, expected: string): AppError {
  return AppError.of('document.invalid', { file, line, expected });
}
