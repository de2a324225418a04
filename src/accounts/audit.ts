import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AppError, errorMet } from '../config/app-error.js';
import { Clock, Ids } from '../config/clock.js';
import { Database } from '../database/database.js';
import { whileAway } from '../database/while-away.js';
import {
  canonicalJson,
  hashOf,
  NO_HASH,
  type Anchor,
  type AuditEntry,
  type AuditLine,
  type ChainHead,
} from './audit-line.js';

type Body = AuditEntry | Anchor;

interface Waiting {
  bodies: readonly Body[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Lines of one insert. */
const BATCH = 200;

/**
 * The audit log of this process: a chain of hashes in the store. An entry is committed before the effect that it records, so whoever
 * awaits `record` may go on. Entries of the same moment are written by one statement. The chain begins with its first entry, so that a
 * command that only reads leaves none.
 */
@Injectable()
export class Audit implements OnApplicationShutdown {
  readonly chain: string;
  readonly #logger = new Logger('audit');
  #seq = 0;
  #previous: Buffer = NO_HASH;
  /** Whether the store has what `#seq` and `#previous` say; not while a write's answer is out. */
  #sure = true;
  #waiting: Waiting[] = [];
  #draining = false;
  #available = true;
  /** Heads of other chains that this one has named. */
  readonly #named = new Map<string, number>();
  #anchoredAt: Date | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    ids: Ids,
  ) {
    this.chain = ids.next();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#seq === 0) return;
    await this.anchor('end').catch((error) =>
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
    return entries.length === 0 ? Promise.resolve() : this.#append(entries);
  }

  /**
   * Names where the other chains stand, as far as no anchor has named it: who cuts one of them has to change this one too.
   * @throws AppError `audit.unavailable`, `store.unavailable`
   */
  async anchor(action: Anchor['action']): Promise<void> {
    if (action === 'begin') return this.#append([]);
    const anchor = await this.#anchor(action);
    if (anchor.heads.length > 0 || action === 'end') await this.#append([anchor]);
  }

  #append(bodies: readonly Body[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ bodies, resolve, reject });
    if (!this.#draining) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = [];
      for (let lines = 0; lines < BATCH && this.#waiting.length > 0; lines += batch.at(-1)!.bodies.length)
        batch.push(this.#waiting.shift()!);
      try {
        // A sentence that was begun goes on when a store that is away comes back.
        await whileAway(() => this.#write(batch.flatMap(({ bodies }) => bodies)));
        this.#becomes(true);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        this.#becomes(false);
        const error = AppError.of('audit.unavailable', {}, { cause });
        for (const { reject } of batch) reject(error);
      }
    }
    this.#draining = false;
  }

  /** One statement; what fails leaves the chain where it was. */
  async #write(given: readonly Body[]): Promise<void> {
    if (!this.#sure) await this.#resume();
    const bodies = this.#seq === 0 ? [await this.#anchor('begin'), ...given] : given;
    if (bodies.length === 0) return;
    const now = this.clock.now();
    const rows = this.#chained(bodies, now);
    const last = rows.at(-1)!;
    this.#sure = false;
    try {
      await this.database.query(
        `INSERT INTO audit_log (chain, seq, at, conversation_id, line, previous, hash)
         SELECT $1, seq, $2, conversation, line, decode(previous, 'hex'), decode(hash, 'hex')
           FROM unnest($3::int[], $4::uuid[], $5::text[], $6::text[], $7::text[]) AS r (seq, conversation, line, previous, hash)`,
        [
          this.chain,
          now,
          rows.map(({ seq }) => seq),
          rows.map(({ conversation }) => conversation),
          rows.map(({ line }) => line),
          rows.map(({ previous }) => previous.toString('hex')),
          rows.map(({ hash }) => hash.toString('hex')),
        ],
      );
    } catch (error) {
      // The answer of a commit may have been lost: the same lines again would break the chain.
      await this.#resume();
      if (!this.#previous.equals(last.hash)) throw error;
    }
    this.#seq = last.seq + 1;
    this.#previous = last.hash;
    this.#sure = true;
    this.#noteNamed(bodies, now);
  }

  #chained(bodies: readonly Body[], now: Date) {
    let previous = this.#previous;
    return bodies.map((body, at) => {
      const seq = this.#seq + at;
      const line = canonicalJson({ ...body, chain: this.chain, seq, at: now.toISOString() } satisfies AuditLine);
      const conversation = 'conversation' in body ? (body.conversation ?? null) : null;
      const row = { seq, conversation, line, previous, hash: hashOf(previous, line) };
      previous = row.hash;
      return row;
    });
  }

  /** Where the store has this chain. */
  async #resume(): Promise<void> {
    const [last] = await this.database.query<{ seq: number; hash: Uint8Array }>(
      'SELECT seq, hash FROM audit_log WHERE chain = $1 ORDER BY seq DESC LIMIT 1',
      [this.chain],
    );
    this.#seq = last ? last.seq + 1 : 0;
    this.#previous = last ? Buffer.from(last.hash) : NO_HASH;
    this.#sure = true;
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

  async #anchor(action: Anchor['action']): Promise<Anchor> {
    const rows = await this.database.query<{ chain: string; seq: number; hash: Uint8Array }>(HEADS, [
      this.chain,
      this.#anchoredAt ?? null,
    ]);
    const heads = rows
      .filter(({ chain, seq }) => this.#named.get(chain) !== seq)
      .map(({ chain, seq, hash }): ChainHead => ({ chain, seq, hash: Buffer.from(hash).toString('hex') }));
    return { stage: 'anchor', action, heads };
  }

  #noteNamed(bodies: readonly Body[], now: Date): void {
    for (const body of bodies) {
      if (body.stage !== 'anchor') continue;
      this.#anchoredAt = now;
      for (const { chain, seq } of body.heads) this.#named.set(chain, seq);
    }
  }
}

/**
 * Last lines of the other chains ($1 is ours) that no anchor has named yet: those after our last anchor ($2), or after the start of the
 * process before us, whose first line named what was there. A day is taken off for clocks that differ.
 */
const HEADS = `
  WITH RECURSIVE chains (chain) AS (
    (SELECT chain FROM audit_log ORDER BY chain LIMIT 1)
    UNION ALL
    SELECT (SELECT l.chain FROM audit_log l WHERE l.chain > c.chain ORDER BY l.chain LIMIT 1) FROM chains c WHERE c.chain IS NOT NULL
  ), newest AS (
    SELECT chain FROM audit_log WHERE chain <> $1 ORDER BY chain DESC LIMIT 1
  )
  SELECT head.chain, head.seq, head.hash
    FROM chains CROSS JOIN LATERAL (
      SELECT chain, seq, at, hash FROM audit_log l WHERE l.chain = chains.chain ORDER BY seq DESC LIMIT 1) AS head
   WHERE head.chain <> $1
     AND head.at >= coalesce($2::timestamptz, (SELECT at FROM audit_log JOIN newest USING (chain) ORDER BY seq LIMIT 1)) - interval '1 day'
   ORDER BY head.chain`;
