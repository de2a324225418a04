import pg from 'pg';
import { AppError } from '../config/app-error.js';
import { Database, type Queryable } from './database.js';
import { TransactionGuard } from './transaction-guard.js';

/** How long a statement waits for a connection before the store counts as away, milliseconds. */
const CONNECT_TIMEOUT = 3_000;
/** No statement on a message's way takes this long; a stuck server must not hold turns for ever. */
const STATEMENT_TIMEOUT = 60_000;

/** PostgreSQL 15+ with pgvector, by a connection pool. */
export class PostgresDatabase extends Database {
  override readonly kind = 'postgres';
  readonly #guard = new TransactionGuard();
  readonly #pool: pg.Pool;

  /** @param url `postgres://user:password@host:port/database`, as in DATABASE_URL. */
  constructor(url: string, maxConnections = 10) {
    super();
    this.#pool = new pg.Pool({
      connectionString: url,
      max: maxConnections,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      // A server that freezes answers neither; the client's own limit ends the wait.
      query_timeout: STATEMENT_TIMEOUT + CONNECT_TIMEOUT,
      keepAlive: true,
      application_name: 'sangdam',
    });
    // An idle connection that the server closes is replaced by the pool at the next statement.
    this.#pool.on('error', () => undefined);
  }

  override async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    this.#guard.check();
    return translate(async () => (await this.#pool.query(sql, [...params])).rows as Row[]);
  }

  override async script(sql: string): Promise<void> {
    this.#guard.check();
    await translate(() => this.#pool.query(sql));
  }

  override async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    this.#guard.check();
    const client = await translate(() => this.#pool.connect());
    let lost = false;
    client.on('error', () => (lost = true));
    const tx: Queryable = {
      query: (sql, params = []) => translate(async () => (await client.query(sql, [...params])).rows),
      script: async (sql) => {
        await translate(() => client.query(sql));
      },
    };
    try {
      await tx.script('BEGIN');
      const result = await this.#guard.run(() => work(tx));
      await tx.script('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => (lost = true));
      throw error;
    } finally {
      client.removeAllListeners('error');
      client.release(lost);
    }
  }

  override async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** SQLSTATE classes and socket errors that mean "the server is not there", not "the statement is wrong". */
const AWAY = /^(08|57P0|53300|ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOSTUNREACH)/;

async function translate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = '', message = '' } = error as { code?: string; message?: string };
    const away = AWAY.test(code) || /connection.*(terminated|timeout)|timeout.*connect|not queryable/i.test(message);
    throw away ? AppError.of('store.unavailable', {}, { cause: error }) : error;
  }
}
