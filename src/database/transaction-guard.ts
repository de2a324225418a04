import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Refuses the database inside a transaction's work, where only `tx` is right: on the embedded store such a statement would wait
 * for the transaction that waits for it, and on PostgreSQL it would not be part of it.
 */
export class TransactionGuard {
  readonly #inside = new AsyncLocalStorage<true>();

  /** @throws Error (a programming error) when called inside `run`. */
  check(): void {
    if (this.#inside.getStore()) throw new Error('use tx inside a transaction');
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#inside.run(true, work);
  }
}
