import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../src/config/package-root.js';

/** What the prepared stores depend on. */
const INPUTS = ['data/bank', 'data/statutes', 'data/vectors', 'src/knowledge', 'src/database'];
const CACHE = join(packageRoot, 'node_modules', '.cache', 'sangdam-test');

declare module 'vitest' {
  export interface ProvidedContext {
    /** A data folder with the shipped knowledge in its embedded store; tests copy it. */
    preparedFolder: string;
    /** The same as a PostgreSQL template database; empty where no server is configured. */
    preparedTemplate: string;
  }
}

/** Loads the shipped knowledge once into a store of each kind, by the command line that users have. */
export default async function setup({ provide }: { provide: (key: never, value: never) => void }): Promise<void> {
  const key = fingerprint();
  const folder = join(CACHE, `store-${key}`);
  if (!existsSync(folder)) {
    if (existsSync(CACHE))
      for (const old of readdirSync(CACHE)) rmSync(join(CACHE, old), { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    prepare({ SANGDAM_DATA: `${folder}.new` });
    renameSync(`${folder}.new`, folder);
  }
  provide('preparedFolder' as never, folder as never);
  provide('preparedTemplate' as never, (await template(key)) as never);
}

async function template(key: string): Promise<string> {
  const server = process.env.SANGDAM_TEST_POSTGRES;
  if (!server) return '';
  const name = `sangdam_template_${key}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return name;
    await client.query(`CREATE DATABASE "${name}_new"`);
    const url = new URL(server);
    url.pathname = `/${name}_new`;
    prepare({ DATABASE_URL: url.href, SANGDAM_DATA: join(CACHE, 'unused') });
    await client.query(`ALTER DATABASE "${name}_new" RENAME TO "${name}"`);
    return name;
  } finally {
    await client.end();
  }
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
