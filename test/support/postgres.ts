import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A server that tests may make databases on (`scripts/ci-postgres.sh` prints one), or undefined: then such tests are skipped. */
export const postgresServer: string | undefined = process.env.SANGDAM_TEST_POSTGRES || undefined;

export interface FreshDatabase {
  /** For DATABASE_URL. */
  url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** A new database of its own, empty or a copy of `template`. About 0.1 s; make one a test file and drop it in `afterAll`. */
export async function freshDatabase(template?: string): Promise<FreshDatabase> {
  if (postgresServer === undefined) throw new Error('SANGDAM_TEST_POSTGRES is not set');
  const server = postgresServer;
  const name = `sangdam_test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE "${template}"`}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
