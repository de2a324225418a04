import { createHash } from 'node:crypto';
import { AppError } from '../config/app-error.js';
import type { Clock } from '../config/clock.js';
import type { Database } from '../database/database.js';
import type { PassageRails, PassageVerdict } from './passage-rails.js';
import { timed } from './timed.js';

/** A text of the knowledge as it is met. */
export interface RetrievedText {
  /** `passage:<document>@<version>#<n>` or `exemplar:<id>@<version>`. */
  source: string;
  title: string;
  text: string;
}

export interface QuarantinedText {
  /** First 16 hex digits of the text's SHA-256. */
  id: string;
  source: string;
  title: string;
  rules: string[];
  excerpt: string;
  foundAt: string;
  releasedAt?: string;
  releasedBy?: string;
}

/** Characters around a finding that operators are shown. */
const EXCERPT = 160;
/** What another process released is known here after so long, milliseconds. */
const REFRESH = 30_000;

/**
 * Texts that the passage rails withheld, kept with the reason until somebody releases them. Without its store everything that the
 * rails withhold stays withheld.
 */
export class Quarantine {
  #released = new Set<string>();
  #known = new Set<string>();
  #readAt = -Infinity;

  constructor(
    private readonly rails: PassageRails,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * The text as it may go into a prompt, or undefined where it is withheld: its check found something, which is put on the list, or took
   * too long.
   * @throws what the check throws
   */
  async admit(retrieved: RetrievedText): Promise<string | undefined> {
    const checked = timed(this.clock, this.rails.timeout, () => this.rails.check(retrieved.text));
    if (checked.state === 'failed') throw checked.error;
    const verdict = checked.value;
    if (checked.state === 'late' && verdict.action === 'pass') return undefined;
    if (verdict.action === 'pass') return verdict.text;
    try {
      await this.#refresh();
      const hash = hashOf(retrieved.text);
      if (this.#released.has(hash)) return verdict.text;
      if (!this.#known.has(hash)) await this.#note(hash, retrieved, verdict);
    } catch {
      // The store is away: withheld all the same, and noted when it is met again.
    }
    return undefined;
  }

  /** Looks at every text that may be cited now, so that operators need not wait for a customer's question. */
  async *scan(): AsyncGenerator<QuarantinedText | { scanned: number }, void, undefined> {
    const rows = await this.database.query<RetrievedText>(
      `SELECT 'passage:' || p.document || '@' || p.version || '#' || p.n AS source, d.title || ' › ' || p.heading AS title, p.text
         FROM passages p JOIN documents d ON d.id = p.document AND d.version = p.version AND d.status = 'current'
       UNION ALL
       SELECT 'exemplar:' || id || '@' || version, topic, answer FROM exemplars WHERE status = 'approved'`,
    );
    const met = new Set<string>();
    for (const row of rows) if ((await this.admit(row)) === undefined) met.add(hashOf(row.text).slice(0, ID));
    yield* (await this.list()).filter(({ id }) => met.has(id));
    yield { scanned: rows.length };
  }

  /** The newest first. */
  async list(): Promise<QuarantinedText[]> {
    const rows = await this.database.query<Row>('SELECT * FROM quarantine ORDER BY found_at DESC');
    return rows.map(toText);
  }

  /**
   * Lets a text be used from now on, for as long as its content is the same.
   * @throws AppError `quarantine.unknown`
   */
  async release(id: string, by: string): Promise<QuarantinedText> {
    const [row] = await this.database.query<Row>(
      `UPDATE quarantine SET released_at = $2, released_by = $3
        WHERE left(encode(hash, 'hex'), ${ID}) = $1 RETURNING *`,
      [id, this.clock.now(), by],
    );
    if (!row) throw AppError.of('quarantine.unknown', { id });
    this.#readAt = -Infinity;
    return toText(row);
  }

  async #refresh(): Promise<void> {
    const now = this.clock.monotonic();
    if (now - this.#readAt < REFRESH) return;
    const rows = await this.database.query<{ hash: Uint8Array; released: boolean }>(
      'SELECT hash, released_at IS NOT NULL AS released FROM quarantine',
    );
    const hex = (row: { hash: Uint8Array }): string => Buffer.from(row.hash).toString('hex');
    this.#known = new Set(rows.map(hex));
    this.#released = new Set(rows.filter(({ released }) => released).map(hex));
    this.#readAt = now;
  }

  async #note(hash: string, { source, title, text }: RetrievedText, verdict: PassageVerdict): Promise<void> {
    const [first] = verdict.findings;
    const from = Math.max(0, (first?.start ?? 0) - EXCERPT / 2);
    await this.database.query(
      `INSERT INTO quarantine (hash, source, title, rules, excerpt, found_at) VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6)
       ON CONFLICT (hash) DO UPDATE SET source = $2, title = $3`,
      [hash, source, title, verdict.findings.map(({ rule }) => rule), text.slice(from, from + EXCERPT), this.clock.now()],
    );
    this.#known.add(hash);
  }
}

/** Digits of an id. */
const ID = 16;

interface Row {
  hash: Uint8Array;
  source: string;
  title: string;
  rules: string[];
  excerpt: string;
  found_at: Date;
  released_at: Date | null;
  released_by: string | null;
}

function toText(row: Row): QuarantinedText {
  return {
    id: Buffer.from(row.hash).toString('hex').slice(0, ID),
    source: row.source,
    title: row.title,
    rules: row.rules,
    excerpt: row.excerpt,
    foundAt: row.found_at.toISOString(),
    ...(row.released_at ? { releasedAt: row.released_at.toISOString() } : {}),
    ...(row.released_by === null ? {} : { releasedBy: row.released_by }),
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
