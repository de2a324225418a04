import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Audit, AuditTrail } from '../../src/accounts/index.js';
import { SystemClock, UuidIds } from '../../src/config/clock.js';
import { AppError } from '../../src/config/app-error.js';
import type { Database, Queryable } from '../../src/database/database.js';
import { MasterKey } from '../../src/privacy/index.js';
import { auditOf, emptyStore, ShiftedClock } from '../support/empty-store.js';
import { STORES } from '../support/prepared-store.js';

const CONVERSATION = '01900000-0000-7000-8000-000000000001';
const master = new MasterKey(Buffer.alloc(32, 7));

describe.each(STORES)('the audit log (%s)', (kind) => {
  let database: Database;
  let remove: () => Promise<void>;
  let audit: Audit;
  let trail: AuditTrail;

  beforeAll(async () => {
    ({ database, remove } = await emptyStore(kind));
    trail = new AuditTrail(database, master);
  });
  afterAll(() => remove());

  beforeEach(async () => {
    audit = await auditOf(database);
    for (let turn = 1; turn <= 5; turn++)
      await audit.record({ stage: 'input', action: 'pass', conversation: CONVERSATION, turn, rules: [], types: {} });
  });

  afterEach(() => asOwner('DELETE FROM audit_log'));

  const verified = (chain?: string) => Array.fromAsync(trail.verify(chain));
  const faults = async () => (await verified()).slice(0, -1);
  const asOwner = async (sql: string): Promise<void> =>
    database.script(`ALTER TABLE audit_log DISABLE TRIGGER ALL; ${sql}; ALTER TABLE audit_log ENABLE TRIGGER ALL;`);
  const line = (seq: number) => `chain = '${audit.chain}' AND seq = ${seq}`;

  it('is whole: the anchor and every line, in order', async () => {
    expect(await verified()).toEqual([{ chains: 1, lines: 6, faults: 0 }]);
    const lines = await Array.fromAsync(trail.export({ conversation: CONVERSATION }));
    expect(lines.map((each) => ('turn' in each ? each.turn : undefined))).toEqual([1, 2, 3, 4, 5]);
  });

  it.each(['UPDATE audit_log SET seq = seq', 'DELETE FROM audit_log', 'TRUNCATE audit_log'])(
    'refuses %s',
    async (sql) => {
      await expect(database.query(sql)).rejects.toThrow();
      expect(await faults()).toEqual([]);
    },
  );

  it('shows one flipped bit', async () => {
    await asOwner(`UPDATE audit_log SET line = replace(line, '"pass"', '"pasr"') WHERE ${line(3)}`);
    expect(await faults()).toEqual([{ chain: audit.chain, seq: 3, fault: 'changed' }]);
  });

  it('shows a line that was changed and hashed anew', async () => {
    await asOwner(
      `UPDATE audit_log SET line = replace(line, '"pass"', '"mask"') WHERE ${line(3)};
       UPDATE audit_log SET hash = sha256(previous || convert_to(line, 'UTF8')) WHERE ${line(3)}`,
    );
    expect(await faults()).toEqual([{ chain: audit.chain, seq: 4, fault: 'changed' }]);
  });

  it('shows a removed line', async () => {
    await asOwner(`DELETE FROM audit_log WHERE ${line(2)}`);
    expect(await faults()).toContainEqual({ chain: audit.chain, seq: 2, fault: 'missing' });
  });

  it('shows two swapped lines', async () => {
    await asOwner(
      `UPDATE audit_log SET seq = 99 WHERE ${line(2)}; UPDATE audit_log SET seq = 2 WHERE ${line(3)};
       UPDATE audit_log SET seq = 3 WHERE ${line(99)}`,
    );
    expect(await faults()).toEqual(
      expect.arrayContaining([
        { chain: audit.chain, seq: 2, fault: 'reordered' },
        { chain: audit.chain, seq: 3, fault: 'reordered' },
      ]),
    );
  });

  it('shows a tail that was cut off, and a whole chain that is gone, by what another chain says', async () => {
    const next = await auditOf(database);
    await asOwner(`DELETE FROM audit_log WHERE chain = '${audit.chain}' AND seq > 3`);
    expect(await faults()).toEqual([{ chain: audit.chain, seq: 5, fault: 'cut' }]);
    await asOwner(`DELETE FROM audit_log WHERE chain = '${audit.chain}'`);
    expect(await faults()).toEqual([{ chain: audit.chain, seq: 5, fault: 'cut' }]);
    expect((await verified(next.chain)).at(-1)).toMatchObject({ chains: 1, faults: 0 });
  });

  it.each([
    `at = at - interval '11 years'`,
    `conversation_id = '01900000-0000-7000-8000-000000000002'`,
    'conversation_id = NULL',
  ])('shows a column that says something else than its line: %s', async (change) => {
    await asOwner(`UPDATE audit_log SET ${change} WHERE ${line(3)}`);
    expect(await faults()).toEqual([{ chain: audit.chain, seq: 3, fault: 'changed' }]);
  });

  it('names in an anchor what no anchor has named, so that anchors do not grow with the years', async () => {
    const heads = async (of: Audit) => {
      const lines = await Array.fromAsync(trail.export());
      return lines.flatMap((each) =>
        each.chain === of.chain && 'heads' in each ? [each.heads.map((h) => h.chain)] : [],
      );
    };
    const at = (days: number) => new ShiftedClock(-days * 86_400_000);
    await asOwner('DELETE FROM audit_log');
    const first = await auditOf(database, at(9));
    const secondClock = at(6);
    const second = await auditOf(database, secondClock);
    const third = await auditOf(database, at(3));
    expect([await heads(first), await heads(second), await heads(third)]).toEqual([
      [[]],
      [[first.chain]],
      [[second.chain]],
    ]);
    await third.anchor('hourly');
    expect(await heads(third)).toHaveLength(1);
    secondClock.shift = -3 * 86_400_000;
    await second.record({ stage: 'input', action: 'pass' });
    await third.anchor('hourly');
    expect(await heads(third)).toEqual([[second.chain], [second.chain]]);
    await asOwner(`DELETE FROM audit_log WHERE chain = '${first.chain}'`);
    expect(await faults()).toEqual([{ chain: first.chain, seq: 0, fault: 'cut' }]);
  });

  it('has no chain of a process that recorded nothing', async () => {
    const idle = new Audit(database, new SystemClock(), new UuidIds());
    await idle.onApplicationShutdown();
    expect((await verified()).at(-1)).toMatchObject({ chains: 1 });
    await audit.onApplicationShutdown();
    expect((await Array.fromAsync(trail.export())).at(-1)).toMatchObject({ stage: 'anchor', action: 'end' });
  });

  it('shows a checkpoint that the service did not sign', async () => {
    await asOwner(
      `DELETE FROM audit_log WHERE chain = '${audit.chain}' AND seq < 3;
       UPDATE audit_log SET line = '{"action":"retention","at":"x","chain":"${audit.chain}","hash":"' || encode(hash, 'hex') || '","seq":3,"signature":"00","stage":"checkpoint"}'
        WHERE ${line(3)}`,
    );
    expect(await faults()).toEqual([{ chain: audit.chain, seq: 3, fault: 'changed' }]);
  });

  it('commits what many ask for at once in one chain, each before it is told', async () => {
    const counts = await Promise.all(
      Array.from({ length: 300 }, async (_, turn) => {
        await audit.record({ stage: 'output', action: 'release', conversation: CONVERSATION, turn });
        const [row] = await database.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM audit_log WHERE line LIKE '%"output"%' AND line LIKE '%"turn":' || $1::int || '}'`,
          [turn],
        );
        return row!.n;
      }),
    );
    expect(counts).toEqual(Array.from({ length: 300 }, () => 1));
    expect((await verified()).at(-1)).toMatchObject({ lines: 306, faults: 0 });
  });

  it('goes on in its chain when the answer of a commit was lost and the store was away after it', async () => {
    const store = new LosingDatabase(database);
    const losing = await auditOf(store);
    store.loses = 1;
    await losing.record({ stage: 'input', action: 'pass', turn: 1 });
    store.loses = 2;
    await losing.record({ stage: 'input', action: 'pass', turn: 2 });
    await losing.record({ stage: 'input', action: 'pass', turn: 3 });
    expect(losing.available).toBe(true);
    // The line whose answer was lost twice stands twice: rather that than none.
    expect(await verified(losing.chain)).toEqual([{ chains: 1, lines: 5, faults: 0 }]);
  });

  it('refuses while the disk is full, says so, and goes on in the same chain afterwards', async () => {
    await database.script(`
      CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION full_disk();`);
    const entry = { stage: 'input', action: 'pass', conversation: CONVERSATION } as const;
    await expect(audit.record(entry)).rejects.toMatchObject({ code: 'audit.unavailable' });
    expect(audit.available).toBe(false);
    await database.script('DROP TRIGGER full_disk ON audit_log');
    await audit.record(entry);
    expect(audit.available).toBe(true);
    expect(await verified()).toEqual([{ chains: 1, lines: 7, faults: 0 }]);
  });
});

/** The store over a connection that breaks: what is lost is the answer, the work is done. */
class LosingDatabase implements Database {
  readonly kind;
  loses = 0;

  constructor(private readonly database: Database) {
    this.kind = database.kind;
  }

  async query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
    const rows = await this.database.query<Row>(sql, params);
    if (this.loses-- > 0) throw AppError.of('store.unavailable');
    return rows;
  }

  script(sql: string): Promise<void> {
    return this.database.script(sql);
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
