import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../config/app-error.js';
import type { Database } from './database.js';

const folder = fileURLToPath(new URL('./migrations/', import.meta.url));
/** Any constant: two services that start at once take turns on it. */
const ADVISORY_LOCK = 7_264_326;

/**
 * Brings the store to the newest schema: `migrations/NNNN-name.sql` in the order of their numbers, each in a transaction, each once.
 * @throws AppError `store.migration-failed` where one cannot be applied or an applied one was edited afterwards.
 */
export async function migrate(database: Database): Promise<void> {
  const files = readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort();
  for (const file of files) {
    const sql = readFileSync(`${folder}/${file}`, 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    try {
      await applyOnce(database, file, sql, sha256);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw AppError.of('store.migration-failed', { migration: file }, { cause });
    }
  }
}

function applyOnce(database: Database, file: string, sql: string, sha256: string): Promise<void> {
  return database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    await tx.script(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const [applied] = await tx.query<{ sha256: string }>('SELECT sha256 FROM migrations WHERE name = $1', [file]);
    if (applied?.sha256 === sha256) return;
    if (applied) throw AppError.of('store.migration-failed', { migration: file });
    await tx.script(sql);
    await tx.query('INSERT INTO migrations (name, sha256) VALUES ($1, $2)', [file, sha256]);
  });
}
