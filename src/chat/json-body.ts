import type { Request } from 'express';
import { AppError } from '../config/app-error.js';
import { text, type Locale } from '../config/texts.js';

/** 50 messages of 4,000 characters are 600 KB of UTF-8. */
const LIMIT = 1024 * 1024;

/**
 * The body of a request, read no further than it may go.
 * @throws AppError `limit.body`, `input.invalid` where it is no JSON
 */
export async function readJson(request: Request, locale: Locale): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > LIMIT) throw AppError.of('limit.body', { limit: LIMIT, field: 'body' });
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw AppError.of('input.invalid', { field: 'body', expected: text('schema.type', { type: 'JSON' }, locale) });
  }
}
