import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditTrail, type Audit } from '../../src/accounts/index.js';
import type { Database } from '../../src/database/database.js';
import { MasterKey } from '../../src/privacy/index.js';
import { auditOf, emptyStore } from '../support/empty-store.js';
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
