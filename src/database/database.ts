/** Runs SQL with bound parameters (`$1`, `$2`, …) and returns the rows. */
export interface Queryable {
  query<Row extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Several statements without parameters (migrations). */
  script(sql: string): Promise<void>;
}

/**
 * The store: PostgreSQL 15+ with pgvector, or the same engine embedded (PGlite in a worker thread).
 * Vectors are bound by `toSql` of pgvector. `bytea` comes back as Uint8Array, `jsonb` parsed, `bigint` as string, `timestamptz` as Date.
 * @throws AppError `store.unavailable` from every method while the server cannot be reached.
 */
export abstract class Database implements Queryable {
  abstract readonly kind: 'embedded' | 'postgres';
  abstract query<Row extends object = Record<string, unknown>>(
    sql: string,
    params?: readonly unknown[],
  ): Promise<Row[]>;
  abstract script(sql: string): Promise<void>;
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. Use `tx` inside, never the database. */
  abstract transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  abstract close(): Promise<void>;
}
