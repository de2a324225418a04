import { AppError } from '../config/app-error.js';
import type { Clock } from '../config/clock.js';
import type { Database, Queryable } from '../database/database.js';
import { YamlFile } from '../guardrails/index.js';
import type { MasterKey, Vault } from '../privacy/index.js';
import type { Audit } from './audit.js';
import { canonicalJson, checkpointText, type AuditLine, type Checkpoint } from './audit-line.js';
import { faultsOf, parsedLine, ROW_COLUMNS, type AuditRow } from './audit-proof.js';

/** Records that have a term of their own (guardrails/retention.yaml). */
export const RECORD_CLASSES = ['conversations', 'conversations-with-people', 'vault', 'audit'] as const;
export type RecordClass = (typeof RECORD_CLASSES)[number];

export interface RetentionTerm {
  record: RecordClass;
  days: number;
  law: string;
  reason: string;
}

/** What a run removed, or would remove, of a class. */
export interface RetentionResult {
  record: RecordClass;
  before: string;
  removed: number;
}

/** Rows of one transaction. */
const BATCH = 200;
const DAY = 86_400_000;

/**
 * The terms of guardrails/retention.yaml.
 * @throws AppError `rules.invalid` naming file and line of what is missing or wrong.
 */
export function readRetention(folder: string): RetentionTerm[] {
  const records = new YamlFile(folder, 'retention.yaml').root.need('records');
  for (const [name, node] of records.entries())
    if (!RECORD_CLASSES.some((known) => known === name))
      node.fail(`one of ${RECORD_CLASSES.join(', ')} instead of ${name}`);
  return RECORD_CLASSES.map((record) => {
    const term = records.need(record);
    const days = term.need('days').number(1, 36_500);
    if (!Number.isInteger(days)) term.need('days').fail('whole days');
    return { record, days, law: term.need('law').string(), reason: term.need('reason').string() };
  });
}

/** Removes what is older than its term, and single conversations on request; what was done is in the audit log before it is done. */
export class Retention {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
    private readonly master: MasterKey,
    private readonly audit: Audit,
    private readonly clock: Clock,
    readonly terms: readonly RetentionTerm[],
  ) {}

  /**
   * A class after the other, in small transactions.
   * @param dryRun counts alone
   * @throws AppError `audit.damaged`: nothing is removed from a chain that does not hold; `audit.unavailable`
   */
  async *run(dryRun: boolean, signal?: AbortSignal): AsyncGenerator<RetentionResult, void, undefined> {
    const now = this.clock.now().getTime();
    for (const { record, days } of this.terms) {
      const before = new Date(now - days * DAY);
      const due = await this.#count(record, before);
      let removed = dryRun ? due : 0;
      if (due > 0 && !dryRun) {
        await this.audit.record({
          stage: 'admin',
          action: 'retention',
          detail: { record, before: before.toISOString(), due },
        });
        for (let some = -1; some !== 0 && !signal?.aborted; removed += some)
          some = await this.#removeSome(record, before);
      }
      yield { record, before: before.toISOString(), removed };
    }
  }

  /**
   * Erases a conversation: its key, its values and its events. Backups of before have them until they are gone themselves. The audit
   * log keeps its lines, which hold no text.
   * @throws AppError `conversation.unknown`, `audit.unavailable`
   */
  async erase(conversation: string, by: string): Promise<{ events: number; values: number }> {
    const [found] = await this.database.query('SELECT 1 AS one FROM conversations WHERE id = $1', [conversation]);
    if (!found) throw AppError.of('conversation.unknown');
    await this.audit.record({ stage: 'admin', action: 'erase', conversation, detail: { by } });
    return this.database.transaction((tx) => this.#erase(tx, conversation));
  }

  async #erase(tx: Queryable, conversation: string): Promise<{ events: number; values: number }> {
    const values = await this.vault.erase(conversation, tx);
    await tx.query('DELETE FROM feedback WHERE conversation_id = $1', [conversation]);
    const events = await tx.query('DELETE FROM events WHERE conversation_id = $1 RETURNING seq', [conversation]);
    await tx.query('DELETE FROM conversations WHERE id = $1', [conversation]);
    return { events: events.length, values };
  }

  async #count(record: RecordClass, before: Date): Promise<number> {
    const [row] = await this.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM (${DUE[record]}) AS due`, [
      before,
    ]);
    return row!.n;
  }

  async #removeSome(record: RecordClass, before: Date): Promise<number> {
    if (record === 'audit') return this.#shortenChain(before);
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<{ id: string }>(`${DUE[record]} LIMIT ${BATCH}`, [before]);
      for (const { id } of rows) await (record === 'vault' ? this.vault.erase(id, tx) : this.#erase(tx, id));
      return rows.length;
    });
  }

  /** The front of one chain, proved, gives way to a signed checkpoint in the place of its last line. */
  #shortenChain(before: Date): Promise<number> {
    return this.database.transaction(async (tx) => {
      const front = await tx.query<AuditRow>(
        `SELECT ${ROW_COLUMNS} FROM audit_log
          WHERE at < $1 AND chain = (SELECT chain FROM (${DUE.audit}) AS due ORDER BY chain LIMIT 1) ORDER BY seq LIMIT ${BATCH}`,
        [before],
      );
      const last = front.at(-1);
      if (!last) return 0;
      for (const [at, row] of front.entries()) {
        const [fault] = faultsOf(row, front[at - 1], this.master);
        if (fault) throw AppError.of('audit.damaged', { chain: fault.chain, seq: fault.seq });
      }
      await this.#replaceFront(tx, last);
      return front.filter(({ line }) => parsedLine(line)?.stage !== 'checkpoint').length;
    });
  }

  /**
   * After the master key was replaced: checkpoints that the key before had signed are signed by this one.
   * @throws AppError `audit.damaged` for one that neither had signed
   */
  async resign(old: MasterKey): Promise<number> {
    const rows = await this.database.query<AuditRow>(
      `SELECT ${ROW_COLUMNS} FROM audit_log WHERE ${IS_CHECKPOINT} ORDER BY chain`,
    );
    let signed = 0;
    for (const row of rows) {
      if (faultsOf(row, undefined, this.master).length === 0) continue;
      if (faultsOf(row, undefined, old).length > 0)
        throw AppError.of('audit.damaged', { chain: row.chain, seq: row.seq });
      await this.database.transaction((tx) => this.#replaceFront(tx, row));
      signed++;
    }
    return signed;
  }

  /** Up to and with `last`. */
  async #replaceFront(tx: Queryable, { chain, seq, at, previous, hash }: AuditRow): Promise<void> {
    const head = { chain, seq, hash: Buffer.from(hash).toString('hex') };
    const checkpoint: Checkpoint = {
      stage: 'checkpoint',
      action: 'retention',
      hash: head.hash,
      signature: this.master.sign(checkpointText(head)),
    };
    await tx.query(`SELECT set_config('sangdam.audit_retention', 'on', true)`);
    await tx.query('DELETE FROM audit_log WHERE chain = $1 AND seq <= $2', [chain, seq]);
    await tx.query('INSERT INTO audit_log (chain, seq, at, line, previous, hash) VALUES ($1, $2, $3, $4, $5, $6)', [
      chain,
      seq,
      at,
      canonicalJson({ ...checkpoint, chain, seq, at: at.toISOString() } satisfies AuditLine),
      previous,
      hash,
    ]);
  }
}

/** Closed and untouched since: the purpose has ended. A person took part where the queue was entered. */
const ENDED = `SELECT c.id FROM conversations c WHERE c.state = 'closed' AND c.last_seen_at < $1`;
const WITH_PEOPLE = `EXISTS (SELECT 1 FROM events e WHERE e.conversation_id = c.id AND e.type = 'handoff.queued')`;

const IS_CHECKPOINT = `line LIKE '%"stage":"checkpoint"%'`;

/** What is over its term at `$1`. */
const DUE: Readonly<Record<RecordClass, string>> = {
  conversations: `${ENDED} AND NOT ${WITH_PEOPLE}`,
  'conversations-with-people': `${ENDED} AND ${WITH_PEOPLE}`,
  vault: `SELECT k.conversation_id AS id FROM vault_keys k JOIN conversations c ON c.id = k.conversation_id
           WHERE c.state = 'closed' AND c.last_seen_at < $1`,
  audit: `SELECT chain FROM audit_log WHERE at < $1 AND NOT ${IS_CHECKPOINT}`,
};
