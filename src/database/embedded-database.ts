import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../config/app-error.js';
import { siblingEntry } from '../config/sibling-entry.js';
import { Database, type Queryable } from './database.js';
import type { EmbeddedReply, EmbeddedRequest } from './embedded-protocol.js';
import { FolderLock, type ServiceRecord } from './folder-lock.js';
import { settleRestore } from './settle-restore.js';
import { TransactionGuard } from './transaction-guard.js';

/** An SQL error of the embedded engine, with PostgreSQL's SQLSTATE in `code` as the `pg` driver gives it. */
class SqlError extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
    this.name = 'SqlError';
  }
}

/**
 * PostgreSQL in the process (PGlite), in a worker thread of its own. One connection: statements run one after the other and a
 * transaction has the engine to itself. Its folder is locked for this process; a killed process leaves it usable.
 */
export class EmbeddedDatabase extends Database implements Queryable {
  override readonly kind = 'embedded';
  readonly #pending = new Map<number, { resolve: (rows: object[]) => void; reject: (error: Error) => void }>();
  readonly #guard = new TransactionGuard();
  #nextId = 1;
  #tail: Promise<unknown> = Promise.resolve();
  #dead: Error | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly lock: FolderLock | undefined,
  ) {
    super();
    worker.on('message', (reply: EmbeddedReply) => this.#settle(reply));
    worker.on('error', (error) => this.#fail(error as Error));
    worker.on('exit', () => this.#fail(new Error('the embedded database has ended')));
  }

  /**
   * Opens the store in `<folder>/store`, or in memory where no folder is given.
   * @throws AppError `store.locked` where another process uses the folder.
   */
  static async open(folder?: string): Promise<EmbeddedDatabase> {
    const lock = folder === undefined ? undefined : FolderLock.acquire(folder);
    if (folder !== undefined) settleRestore(folder);
    const store = folder === undefined ? null : join(folder, 'store');
    if (store !== null) mkdirSync(store, { recursive: true, mode: 0o700 });
    const worker = new Worker(siblingEntry(import.meta.url, 'embedded.worker'), {
      workerData: { folder: store },
    });
    const database = new EmbeddedDatabase(worker, lock);
    try {
      await new Promise<object[]>((resolve, reject) => database.#pending.set(0, { resolve, reject }));
    } catch (error) {
      lock?.release();
      throw error;
    }
    return database;
  }

  /** Tells commands where the service that holds this store listens. */
  describeService(record: ServiceRecord): void {
    this.lock?.describe(record);
  }

  override query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.#exclusive(() => this.#send<Row>({ id: this.#nextId++, op: 'query', sql, params }));
  }

  override script(sql: string): Promise<void> {
    return this.#exclusive(async () => {
      await this.#send({ id: this.#nextId++, op: 'script', sql });
    });
  }

  override transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const tx: Queryable = {
      query: (sql, params = []) => this.#send({ id: this.#nextId++, op: 'query', sql, params }),
      script: async (sql) => {
        await this.#send({ id: this.#nextId++, op: 'script', sql });
      },
    };
    return this.#exclusive(async () => {
      await tx.script('BEGIN');
      try {
        const result = await this.#guard.run(() => work(tx));
        await tx.script('COMMIT');
        return result;
      } catch (error) {
        await tx.script('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /**
   * Waits for its turn, brings everything into the files of the store, and lets no other statement run until `release` is called:
   * meanwhile the files are a store that can be copied.
   */
  holdStill(): Promise<Pick<Queryable, 'query'> & { release(): void }> {
    return new Promise((resolve, reject) => {
      const held = this.#exclusive(async () => {
        await this.#send({ id: this.#nextId++, op: 'script', sql: 'CHECKPOINT' });
        await new Promise<void>((release) =>
          resolve({
            query: (sql, params = []) => this.#send({ id: this.#nextId++, op: 'query', sql, params }),
            release,
          }),
        );
      });
      held.catch(reject);
    });
  }

  override async close(): Promise<void> {
    if (this.#dead) return;
    await this.#exclusive(() => this.#send({ id: this.#nextId++, op: 'close' }));
    this.#dead = AppError.of('store.unavailable');
    await this.worker.terminate();
    this.lock?.release();
  }

  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#guard.check();
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  #send<Row extends object>(request: EmbeddedRequest): Promise<Row[]> {
    if (this.#dead) return Promise.reject(AppError.of('store.unavailable', {}, { cause: this.#dead }));
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve: (rows) => resolve(rows as Row[]), reject });
      this.worker.postMessage(request);
    });
  }

  #settle(reply: EmbeddedReply): void {
    const waiting = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) waiting?.reject(new SqlError(reply.error.message, reply.error.code));
    else waiting?.resolve(reply.rows);
  }

  #fail(error: Error): void {
    this.#dead ??= error;
    for (const { reject } of this.#pending.values()) reject(AppError.of('store.unavailable', {}, { cause: error }));
    this.#pending.clear();
  }
}
