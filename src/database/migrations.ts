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
  for (const migration of shippedMigrations()) {
    try {
      await applyOnce(database, migration);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw AppError.of('store.migration-failed', { migration: migration.name }, { cause });
    }
  }
}

export interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

/** The migrations of this version, in their order. */
export function shippedMigrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(`${folder}/${name}`, 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

function applyOnce(database: Database, { name, sql, sha256 }: Migration): Promise<void> {
  return database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    await tx.script(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const [applied] = await tx.query<{ sha256: string }>('SELECT sha256 FROM migrations WHERE name = $1', [name]);
    if (applied?.sha256 === sha256) return;
    if (applied) throw AppError.of('store.migration-failed', { migration: name });
    await tx.script(sql);
    await tx.query('INSERT INTO migrations (name, sha256) VALUES ($1, $2)', [name, sha256]);
  });
}
