import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AppError, errorMet } from '../config/app-error.js';
import { Clock, Ids } from '../config/clock.js';
import { Database } from '../database/database.js';
import { canonicalJson, hashOf, NO_HASH, type AuditEntry, type AuditLine, type ChainHead } from './audit-line.js';

interface Waiting {
  entries: readonly (AuditEntry | AnchorBody)[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** How often the heads of the other chains are written into this one, milliseconds. */
const ANCHOR_INTERVAL = 3_600_000;
/** Lines of one insert. */
const BATCH = 200;

/**
 * The audit log of this process: a chain of hashes in the store. An entry is committed before the effect that it records, so whoever
 * awaits `record` may go on. Entries of the same moment are written by one statement.
 */
@Injectable()
export class Audit implements OnModuleInit, OnApplicationShutdown {
  readonly chain: string;
  readonly #logger = new Logger('audit');
  #seq = 0;
  #previous: Buffer = NO_HASH;
  #waiting: Waiting[] = [];
  #draining = false;
  #available = true;
  #anchor: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    ids: Ids,
  ) {
    this.chain = ids.next();
  }

  async onModuleInit(): Promise<void> {
    await this.#writeAnchor('begin');
    this.#anchor = setInterval(() => void this.#writeAnchor('hourly').catch(() => undefined), ANCHOR_INTERVAL);
    this.#anchor.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#anchor);
    await this.#writeAnchor('end').catch((error) =>
      this.#logger.warn({ what: 'last anchor', code: AppError.from(error).code }),
    );
  }

  /** False since a line could not be written, until one can. Then no model is called and nothing is unmasked. */
  get available(): boolean {
    return this.#available;
  }

  /**
   * Commits the entries, in order.
   * @throws AppError `audit.unavailable`: nothing of what they record may happen.
   */
  record(...entries: readonly AuditEntry[]): Promise<void> {
    return entries.length === 0 ? Promise.resolve() : this.#append(...entries);
  }

  #append(...entries: readonly (AuditEntry | AnchorBody)[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ entries, resolve, reject });
    if (!this.#draining) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = [];
      for (let lines = 0; lines < BATCH && this.#waiting.length > 0; lines += batch.at(-1)!.entries.length)
        batch.push(this.#waiting.shift()!);
      try {
        await this.#write(batch.flatMap(({ entries }) => entries));
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const error = AppError.of('audit.unavailable', {}, { cause });
        for (const { reject } of batch) reject(error);
      }
    }
    this.#draining = false;
  }

  /** One statement. What fails leaves the chain where it was. */
  async #write(bodies: readonly (AuditEntry | AnchorBody)[]): Promise<void> {
    let seq = this.#seq;
    let previous = this.#previous;
    const now = this.clock.now();
    const rows = bodies.map((body) => {
      const line: AuditLine = { ...body, chain: this.chain, seq, at: now.toISOString() };
      const text = canonicalJson(line);
      const hash = hashOf(previous, text);
      const row = {
        seq: seq++,
        conversation: 'conversation' in body ? body.conversation : undefined,
        line: text,
        previous: previous.toString('hex'),
        hash: hash.toString('hex'),
      };
      previous = hash;
      return row;
    });
    try {
      await this.database.query(
        `INSERT INTO audit_log (chain, seq, at, conversation_id, line, previous, hash)
         SELECT $1::uuid, (r->>'seq')::int, $2::timestamptz, (r->>'conversation')::uuid, r->>'line',
                decode(r->>'previous', 'hex'), decode(r->>'hash', 'hex')
           FROM jsonb_array_elements($3::jsonb) AS r`,
        [this.chain, now, JSON.stringify(rows)],
      );
    } catch (error) {
      // A commit whose answer was lost is there; the same lines again would break the chain.
      if (!(await this.#isLast(seq - 1, previous).catch(() => false))) {
        this.#becomes(false);
        throw error;
      }
    }
    this.#seq = seq;
    this.#previous = previous;
    this.#becomes(true);
  }

  async #isLast(seq: number, hash: Buffer): Promise<boolean> {
    const [row] = await this.database.query(
      'SELECT 1 AS one FROM audit_log WHERE chain = $1 AND seq = $2 AND hash = $3',
      [this.chain, seq, hash],
    );
    return row !== undefined;
  }

  #becomes(available: boolean): void {
    if (available === this.#available) return;
    this.#available = available;
    if (available) this.#logger.log({ what: 'the audit log is written again' });
    else {
      errorMet.tell({ code: 'audit.unavailable' });
      this.#logger.error({ what: 'the audit log cannot be written: no model is called', code: 'audit.unavailable' });
    }
  }

  async #writeAnchor(action: AnchorBody['action']): Promise<void> {
    await this.#append(await this.#heads(action));
  }

  async #heads(action: AnchorBody['action']): Promise<AnchorBody> {
    const rows = await this.database.query<{ chain: string; seq: number; hash: Uint8Array }>(
      `SELECT DISTINCT ON (chain) chain, seq, hash FROM audit_log WHERE chain <> $1 ORDER BY chain, seq DESC`,
      [this.chain],
    );
    const heads = rows.map(({ chain, seq, hash }): ChainHead => ({
      chain,
      seq,
      hash: Buffer.from(hash).toString('hex'),
    }));
    return { stage: 'anchor', action, heads };
  }
}

type AnchorBody = Omit<Extract<AuditLine, { stage: 'anchor' }>, 'chain' | 'seq' | 'at'>;
