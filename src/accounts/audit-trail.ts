import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { MasterKey } from '../privacy/index.js';
import type { AuditLine } from './audit-line.js';
import { faultsOf, parsedLine, ROW_COLUMNS, type AuditFault, type AuditRow } from './audit-proof.js';

export interface AuditSummary {
  chains: number;
  lines: number;
  faults: number;
}

const PAGE = 1_000;

/** Reads the audit log: proves that nobody changed it, and gives it out. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly database: Database,
    private readonly master: MasterKey,
  ) {}

  /**
   * Every fault, then the summary. A changed line, one that is missing or out of order breaks its chain; a tail that was cut off is
   * known by the other chains' anchors, so that only the newest lines of the newest chain can be cut unseen.
   * @param only this chain alone
   */
  async *verify(only?: string): AsyncGenerator<AuditFault | AuditSummary, void, undefined> {
    const named = await this.#named();
    const ends = new Map<string, number>();
    let [lines, faults] = [0, 0];
    let before: AuditRow | undefined;
    for await (const row of this.#rows(only)) {
      const previous = before?.chain === row.chain ? before : undefined;
      for (const found of faultsOf(row, previous, this.master, named.get(row.chain)?.get(row.seq))) {
        faults++;
        yield found;
      }
      lines++;
      ends.set(row.chain, row.seq);
      before = row;
    }
    for (const [chain, heads] of named) {
      const seq = Math.max(...heads.keys());
      if ((only !== undefined && chain !== only) || seq <= (ends.get(chain) ?? -1)) continue;
      faults++;
      yield { chain, seq, fault: 'cut' };
    }
    yield { chains: ends.size, lines, faults };
  }

  /** By chain and number what the anchors of other chains say. */
  async #named(): Promise<Map<string, Map<number, string>>> {
    const rows = await this.database.query<{ line: string }>(
      `SELECT line FROM audit_log WHERE line LIKE '%"stage":"anchor"%' ORDER BY at`,
    );
    const named = new Map<string, Map<number, string>>();
    for (const { line } of rows) {
      const anchor = parsedLine(line);
      if (anchor?.stage !== 'anchor') continue;
      for (const { chain, seq, hash } of anchor.heads)
        named.set(chain, (named.get(chain) ?? new Map<number, string>()).set(seq, hash));
    }
    return named;
  }

  /** Lines in the order in which they were written, as they were hashed. */
  async *export({ since, conversation }: { since?: Date; conversation?: string } = {}): AsyncGenerator<AuditLine> {
    for await (const row of this.#rows(undefined, since, conversation)) yield JSON.parse(row.line) as AuditLine;
  }

  /** By keyset, so that the log may be of any size. */
  async *#rows(chain?: string, since?: Date, conversation?: string): AsyncGenerator<AuditRow> {
    let [lastChain, lastSeq] = ['00000000-0000-0000-0000-000000000000', -1];
    for (;;) {
      const rows: AuditRow[] = await this.database.query<AuditRow>(
        `SELECT ${ROW_COLUMNS} FROM audit_log
          WHERE (chain, seq) > ($1::uuid, $2::int) AND ($3::uuid IS NULL OR chain = $3)
            AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::uuid IS NULL OR conversation_id = $5)
          ORDER BY chain, seq LIMIT ${PAGE}`,
        [lastChain, lastSeq, chain ?? null, since ?? null, conversation ?? null],
      );
      yield* rows;
      if (rows.length < PAGE) return;
      ({ chain: lastChain, seq: lastSeq } = rows.at(-1)!);
    }
  }
}
