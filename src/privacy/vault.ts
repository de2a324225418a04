import { AppError } from '../config/app-error.js';
import type { Database, Queryable } from '../database/database.js';
import { PII_TYPES, type PiiType } from './types.js';
import { MasterKey, openValue, sealValue } from './vault-keys.js';

/** A value that got a token in a message. */
export interface IssuedToken {
  type: PiiType;
  token: string;
  value: string;
}

/** A value as it is stored, with the message and in its transaction. */
export interface SealedToken {
  token: string;
  type: PiiType;
  sealed: Buffer;
}

/**
 * Values behind reversible tokens. Types of tiers 0 and 1 never get in; the database holds nothing that can be read without the
 * master key, and who forgets a conversation's key has forgotten its values.
 */
export class Vault {
  constructor(
    private readonly database: Database,
    private readonly master: MasterKey,
  ) {}

  /**
   * Makes sure, at start, that this is the master key under which the store's values stand.
   * @throws AppError `vault.wrong-key`
   */
  async prove(): Promise<void> {
    const [other] = await this.database.query<{ master_id: string }>(
      `SELECT master_id FROM vault_lock WHERE master_id <> $1
       UNION ALL SELECT master_id FROM vault_keys WHERE master_id <> $1 LIMIT 1`,
      [this.master.id],
    );
    if (other) throw AppError.of('vault.wrong-key', { expected: other.master_id, given: this.master.id });
  }

  /**
   * By a service, at start: from the first one on every process on the store needs the same master key, before there is any value.
   * @throws AppError `vault.wrong-key`
   */
  async lock(): Promise<void> {
    if ((await this.#lockedBy()) === undefined)
      await this.database.query('INSERT INTO vault_lock (master_id) VALUES ($1) ON CONFLICT DO NOTHING', [
        this.master.id,
      ]);
    await this.prove();
  }

  /** Names the master key; fingerprints of different keys do not compare. */
  get masterId(): string {
    return this.master.id;
  }

  /** Whether a value of this type may be kept. */
  static keeps(type: PiiType): boolean {
    return PII_TYPES[type].tier === 2 || PII_TYPES[type].tier === 3;
  }

  /**
   * The data key of a conversation that is stored; made at the first call, and the same for every process that asks.
   * @throws AppError `vault.wrong-key`, `store.unavailable`
   */
  async keyOf(conversation: string, now: Date): Promise<Buffer> {
    const fresh = this.master.wrap(MasterKey.dataKey(), conversation);
    const [row] = await this.database.query<{ wrapped: Uint8Array }>(
      `INSERT INTO vault_keys (conversation_id, wrapped, master_id, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (conversation_id) DO UPDATE SET master_id = vault_keys.master_id RETURNING wrapped`,
      [conversation, fresh, this.master.id, now],
    );
    return this.#unwrap(row!.wrapped, conversation);
  }

  /** @param issued of types that may be kept */
  seal(conversation: string, key: Buffer, issued: readonly IssuedToken[]): SealedToken[] {
    return issued.map(({ type, token, value }) => {
      if (!Vault.keeps(type)) throw new RangeError(`values of ${type} are never stored`);
      return { type, token, sealed: sealValue(key, value, { conversation, type, token }) };
    });
  }

  /** Of the audit log: whoever knows a number and has the master key finds it there. */
  fingerprint(type: PiiType, canonical: string): string {
    return this.master.fingerprint(type, canonical);
  }

  /**
   * The value behind a token. The caller decides who is entitled and writes the audit line first.
   * @throws AppError `vault.unknown-token`, `vault.wrong-key`
   */
  async open(conversation: string, token: string): Promise<string> {
    const [row] = await this.database.query<{ wrapped: Uint8Array; sealed: Uint8Array; type: PiiType }>(
      `SELECT k.wrapped, v.sealed, v.type FROM vault_values v JOIN vault_keys k USING (conversation_id)
        WHERE v.conversation_id = $1 AND v.token = $2`,
      [conversation, token],
    );
    if (!row) throw AppError.of('vault.unknown-token', {});
    try {
      return openValue(this.#unwrap(row.wrapped, conversation), row.sealed, { conversation, type: row.type, token });
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw AppError.of('vault.damaged', {}, { cause });
    }
  }

  /** Forgets a conversation's key and values. */
  async erase(conversation: string, store: Queryable = this.database): Promise<number> {
    const values = await store.query('DELETE FROM vault_values WHERE conversation_id = $1 RETURNING token', [
      conversation,
    ]);
    await store.query('DELETE FROM vault_keys WHERE conversation_id = $1', [conversation]);
    return values.length;
  }

  /**
   * Wraps every data key anew after the master key was replaced, a hundred a transaction; started again it goes on where it was. No
   * process may use the vault meanwhile.
   * @throws AppError `vault.wrong-key` where the store is locked by neither key, or holds a data key that neither has wrapped.
   */
  async *rewrap(old: MasterKey): AsyncGenerator<{ done: number }, void, undefined> {
    const locked = await this.#lockedBy();
    if (locked !== undefined && locked !== old.id && locked !== this.master.id)
      throw AppError.of('vault.wrong-key', { expected: locked, given: old.id });
    for (let done = 0, count = -1; count !== 0 && old.id !== this.master.id;) {
      count = await this.database.transaction((tx) => this.#rewrapSome(old, tx));
      if (count > 0) yield { done: (done += count) };
    }
    await this.database.query('UPDATE vault_lock SET master_id = $1', [this.master.id]);
    await this.prove();
  }

  async #rewrapSome(old: MasterKey, tx: Queryable): Promise<number> {
    const rows = await tx.query<{ conversation_id: string; wrapped: Uint8Array }>(
      'SELECT conversation_id, wrapped FROM vault_keys WHERE master_id = $1 LIMIT 100 FOR UPDATE',
      [old.id],
    );
    for (const { conversation_id: id, wrapped } of rows)
      await tx.query('UPDATE vault_keys SET wrapped = $2, master_id = $3 WHERE conversation_id = $1', [
        id,
        this.master.wrap(old.unwrap(wrapped, id), id),
        this.master.id,
      ]);
    return rows.length;
  }

  async #lockedBy(): Promise<string | undefined> {
    const [lock] = await this.database.query<{ master_id: string }>('SELECT master_id FROM vault_lock');
    return lock?.master_id;
  }

  #unwrap(wrapped: Uint8Array, conversation: string): Buffer {
    try {
      return this.master.unwrap(wrapped, conversation);
    } catch (cause) {
      throw AppError.of('vault.wrong-key', { expected: '?', given: this.master.id }, { cause });
    }
  }
}
