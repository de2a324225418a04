import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { MasterKey } from '../privacy/index.js';
import { checkpointText, hashOf, NO_HASH, type AuditLine } from './audit-line.js';

/** A fault of the log: where, and what is wrong. */
export interface AuditFault {
  chain: string;
  seq: number;
  fault: 'changed' | 'missing' | 'reordered' | 'cut' | 'unreadable';
}

export interface AuditSummary {
  chains: number;
  lines: number;
  faults: number;
}

interface Row {
  chain: string;
  seq: number;
  line: string;
  previous: Uint8Array;
  hash: Uint8Array;
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
    const vouched = await this.#vouched();
    const ends = new Map<string, number>();
    let [lines, faults] = [0, 0];
    let before: { chain: string; seq: number; hash: Buffer } | undefined;
    for await (const row of this.#rows(only)) {
      const previous = before?.chain === row.chain ? before : undefined;
      for (const found of this.#faultsOf(row, previous, vouched)) {
        faults++;
        yield found;
      }
      lines++;
      ends.set(row.chain, row.seq);
      before = { chain: row.chain, seq: row.seq, hash: Buffer.from(row.hash) };
    }
    for (const [chain, heads] of vouched) {
      const seq = Math.max(...heads.keys());
      if ((only !== undefined && chain !== only) || seq <= (ends.get(chain) ?? -1)) continue;
      faults++;
      yield { chain, seq, fault: 'cut' };
    }
    yield { chains: ends.size, lines, faults };
  }

  *#faultsOf(
    row: Row,
    previous: { seq: number; hash: Buffer } | undefined,
    vouched: ReadonlyMap<string, ReadonlyMap<number, string>>,
  ): Generator<AuditFault> {
    const { chain, seq } = row;
    const line = parsed(row.line);
    const checkpoint = line?.stage === 'checkpoint' ? line : undefined;
    const expected = previous ? previous.seq + 1 : checkpoint ? seq : 0;
    if (seq > expected) yield { chain, seq: expected, fault: 'missing' };
    if (!line) return yield { chain, seq, fault: 'unreadable' };
    if (line.chain !== chain || line.seq !== seq) return yield { chain, seq, fault: 'reordered' };
    const stored = Buffer.from(row.hash);
    const sound = checkpoint
      ? checkpoint.hash === stored.toString('hex') &&
        this.master.vouchesFor(checkpointText(checkpoint), checkpoint.signature)
      : hashOf(row.previous, row.line).equals(stored);
    const linked =
      checkpoint !== undefined || seq !== expected || Buffer.from(row.previous).equals(previous?.hash ?? NO_HASH);
    const head = vouched.get(chain)?.get(seq);
    if (!sound || !linked || (head !== undefined && head !== stored.toString('hex')))
      yield { chain, seq, fault: 'changed' };
  }

  /** By chain and number what the anchors of other chains say. */
  async #vouched(): Promise<Map<string, Map<number, string>>> {
    const rows = await this.database.query<{ line: string }>(
      `SELECT line FROM audit_log WHERE line LIKE '%"stage":"anchor"%' ORDER BY at`,
    );
    const vouched = new Map<string, Map<number, string>>();
    for (const { line } of rows) {
      const anchor = parsed(line);
      if (anchor?.stage !== 'anchor') continue;
      for (const { chain, seq, hash } of anchor.heads)
        vouched.set(chain, (vouched.get(chain) ?? new Map<number, string>()).set(seq, hash));
    }
    return vouched;
  }

  /** Lines in the order in which they were written, as they were hashed. */
  async *export({ since, conversation }: { since?: Date; conversation?: string } = {}): AsyncGenerator<AuditLine> {
    for await (const row of this.#rows(undefined, since, conversation)) yield JSON.parse(row.line) as AuditLine;
  }

  /** By keyset, so that the log may be of any size. */
  async *#rows(chain?: string, since?: Date, conversation?: string): AsyncGenerator<Row> {
    let [lastChain, lastSeq] = ['00000000-0000-0000-0000-000000000000', -1];
    for (;;) {
      const rows: Row[] = await this.database.query<Row>(
        `SELECT chain, seq, line, previous, hash FROM audit_log
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

function parsed(line: string): AuditLine | undefined {
  try {
    return JSON.parse(line) as AuditLine;
  } catch {
    return undefined;
  }
}
