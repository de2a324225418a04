import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../src/config/package-root.js';
import { withLock } from '../../src/models/file-lock.js';
import { freshDatabase, postgresServer } from './postgres.js';

export type StoreKind = 'embedded' | 'postgres';

/** The stores that tests run on: PostgreSQL too where a server is configured (always in CI). */
export const STORES: StoreKind[] = postgresServer ? ['embedded', 'postgres'] : ['embedded'];

/** A store with the shipped knowledge, of this test's own, as environment variables; `remove` drops it. */
export interface PreparedStore {
  environment: Record<string, string>;
  folder: string;
  remove(): Promise<void>;
}

export async function preparedStore(kind: StoreKind): Promise<PreparedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'sangdam-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  if (kind === 'embedded') {
    cpSync(await preparedFolder(), folder, { recursive: true });
    return { environment: { SANGDAM_DATA: folder }, folder, remove: async () => removeFolder() };
  }
  const database = await freshDatabase(await preparedTemplate());
  return {
    environment: { SANGDAM_DATA: folder, DATABASE_URL: database.url },
    folder,
    remove: async () => {
      await database.drop();
      removeFolder();
    },
  };
}

/** What a prepared store depends on. */
const INPUTS = ['data/bank', 'data/statutes', 'data/vectors', 'src/knowledge', 'src/database'];
const CACHE = join(packageRoot, 'node_modules', '.cache', 'sangdam-test');

/** A data folder with the shipped knowledge, made once for the sources as they are. */
async function preparedFolder(): Promise<string> {
  const folder = join(CACHE, `store-${fingerprint()}`);
  mkdirSync(CACHE, { recursive: true });
  await withLock(join(CACHE, 'lock'), undefined, async () => {
    if (existsSync(folder)) return;
    for (const old of readdirSync(CACHE)) if (old.startsWith('store-')) rmSync(join(CACHE, old), { recursive: true });
    prepare({ SANGDAM_DATA: `${folder}.new` });
    renameSync(`${folder}.new`, folder);
  });
  return folder;
}

/** The same as a PostgreSQL template database. */
async function preparedTemplate(): Promise<string> {
  const name = `sangdam_template_${fingerprint()}`;
  mkdirSync(CACHE, { recursive: true });
  await withLock(join(CACHE, 'lock-postgres'), undefined, async () => {
    const client = new pg.Client({ connectionString: postgresServer! });
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (rowCount) return;
      await client.query(`DROP DATABASE IF EXISTS "${name}_new" WITH (FORCE)`);
      await client.query(`CREATE DATABASE "${name}_new"`);
      const url = new URL(postgresServer!);
      url.pathname = `/${name}_new`;
      prepare({ DATABASE_URL: url.href, SANGDAM_DATA: join(CACHE, 'unused') });
      await client.query(`ALTER DATABASE "${name}_new" RENAME TO "${name}"`);
    } finally {
      await client.end();
    }
  });
  return name;
}

/** Any command that needs the store loads the shipped knowledge into an empty one. */
function prepare(environment: Record<string, string>): void {
  execFileSync(process.execPath, [join(packageRoot, 'dist', 'cli.js'), 'retrieve'], {
    input: '',
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, ...environment, SANGDAM_CHAT_MODEL: 'none' },
  });
}

function fingerprint(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    if (!existsSync(path)) return;
    const found = statSync(path);
    if (found.isDirectory()) for (const name of readdirSync(path).toSorted()) add(join(path, name));
    else hash.update(`${path}|${found.size}|${found.mtimeMs}\n`);
  };
  for (const input of INPUTS) add(join(packageRoot, input));
  return hash.digest('hex').slice(0, 12);
}
