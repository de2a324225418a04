import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditTrail, readRetention, Retention, Reveal, type Audit } from '../../src/accounts/index.js';
import { SystemClock, UuidIds } from '../../src/config/clock.js';
import { shipped } from '../../src/config/package-root.js';
import { ConversationLog } from '../../src/conversation/conversation-log.js';
import type { ConversationId } from '../../src/conversation/events.js';
import { Masking } from '../../src/conversation/masking.js';
import type { Database } from '../../src/database/database.js';
import { GUARDRAILS_FOLDER, RuleSet } from '../../src/guardrails/index.js';
import { MasterKey, NamedEntities, PII_TYPES, Vault, type PiiType } from '../../src/privacy/index.js';
import { auditOf, emptyStore, ShiftedClock } from '../support/empty-store.js';
import { STORES } from '../support/prepared-store.js';

const TYPES = Object.keys(PII_TYPES) as PiiType[];
const rules = RuleSet.load(GUARDRAILS_FOLDER);

describe.each(STORES)('the vault (%s)', (kind) => {
  let database: Database;
  let remove: () => Promise<void>;
  let audit: Audit;
  const master = new MasterKey(randomBytes(32));
  const clock = new SystemClock();
  let vault: Vault;
  let log: ConversationLog;
  let id: ConversationId;

  beforeAll(async () => {
    ({ database, remove } = await emptyStore(kind));
    vault = new Vault(database, master);
    log = new ConversationLog(database, clock, new UuidIds());
  });
  afterAll(() => remove());

  beforeEach(async () => {
    await database.script(`
      DELETE FROM vault_lock; DELETE FROM vault_keys; DELETE FROM events; DELETE FROM conversations;
      ALTER TABLE audit_log DISABLE TRIGGER ALL; DELETE FROM audit_log; ALTER TABLE audit_log ENABLE TRIGGER ALL;`);
    audit = await auditOf(database);
    ({ id } = await log.create(randomBytes(32), 'ko'));
  });

  /** As a customer's message is stored. */
  async function say(text: string): Promise<string> {
    const masked = await new Masking(log, vault, audit, clock, NamedEntities.NONE, rules).mask(id, text);
    await log.append(
      id,
      { type: 'message', origin: 'customer', data: { text: masked.text } },
      { maskCounts: masked.counts, sealed: masked.sealed },
    );
    return masked.text;
  }

  it('opens what a message put into it, for the right token alone', async () => {
    expect(await say('제 번호는 010-2345-6789이고 계좌번호는 110-234-567890입니다')).toContain('[전화번호#1]');
    expect(await vault.open(id, '[전화번호#1]')).toBe('010-2345-6789');
    expect(await vault.open(id, '[계좌번호#1]')).toBe('110-234-567890');
    await expect(vault.open(id, '[전화번호#2]')).rejects.toMatchObject({ code: 'vault.unknown-token' });
    await say('다른 번호 010-9876-5432');
    expect(await vault.open(id, '[전화번호#2]')).toBe('010-9876-5432');
  });

  it('never holds secrets or national identifiers, nor any value in the clear', async () => {
    const said = await say('비밀번호 7391이고 주민번호 850314-1998995, 휴대폰 010-2345-6789');
    expect(said).toContain('[삭제]');
    const rows = await database.query<{ type: PiiType; sealed: Uint8Array }>('SELECT type, sealed FROM vault_values');
    expect(rows.map(({ type }) => type)).toEqual(['PHONE']);
    expect(Buffer.from(rows[0]!.sealed).toString('latin1')).not.toContain('2345');
  });

  it.each(TYPES.filter((type) => !Vault.keeps(type)))('refuses to seal %s', async (type) => {
    const key = await vault.keyOf(id, new Date());
    expect(() => vault.seal(id, key, [{ type, token: '[x#1]', value: '1' }])).toThrow();
    expect([0, 1, 4]).toContain(PII_TYPES[type].tier);
  });

  it('binds a value to its conversation, type and token', async () => {
    await say('010-2345-6789 그리고 010-9876-5432');
    await database.query(`UPDATE vault_values a SET sealed = b.sealed FROM vault_values b WHERE a.token <> b.token`);
    await expect(vault.open(id, '[전화번호#1]')).rejects.toMatchObject({ code: 'vault.damaged' });
    const other = await log.create(randomBytes(32), 'ko');
    await database.query(
      `INSERT INTO vault_keys SELECT $1, wrapped, master_id, created_at FROM vault_keys WHERE conversation_id = $2`,
      [other.id, id],
    );
    await database.query(
      `INSERT INTO vault_values SELECT $1, token, type, sealed, created_at FROM vault_values WHERE conversation_id = $2`,
      [other.id, id],
    );
    await expect(vault.open(other.id, '[전화번호#1]')).rejects.toMatchObject({ code: 'vault.wrong-key' });
  });

  it('refuses another master key, and takes it after rewrapping', async () => {
    await say('010-2345-6789');
    const newKey = new MasterKey(randomBytes(32));
    const newer = new Vault(database, newKey);
    await expect(newer.prove()).rejects.toMatchObject({ code: 'vault.wrong-key' });
    await expect(newer.open(id, '[전화번호#1]')).rejects.toMatchObject({ code: 'vault.wrong-key' });
    expect(await Array.fromAsync(newer.rewrap(master))).toEqual([{ done: 1 }]);
    await newer.prove();
    expect(await newer.open(id, '[전화번호#1]')).toBe('010-2345-6789');
    await expect(vault.prove()).rejects.toMatchObject({ code: 'vault.wrong-key' });
    expect(await Array.fromAsync(newer.rewrap(newKey))).toEqual([]);
  });

  it('is locked by the first service: another key is refused while there is no value yet', async () => {
    const other = new Vault(database, new MasterKey(randomBytes(32)));
    await vault.lock();
    await expect(other.prove()).rejects.toMatchObject({ code: 'vault.wrong-key' });
    await expect(other.lock()).rejects.toMatchObject({ code: 'vault.wrong-key', params: { expected: master.id } });
    const stranger = new MasterKey(randomBytes(32));
    await expect(Array.fromAsync(other.rewrap(stranger))).rejects.toMatchObject({ code: 'vault.wrong-key' });
    expect(await Array.fromAsync(other.rewrap(master))).toEqual([]);
    await other.prove();
  });

  it('shows nobody anything before there are accounts, and that is on record', async () => {
    await say('010-2345-6789');
    const reader = { id: 'kim', role: 'counsellor', reason: '본인 확인' };
    await expect(new Reveal(vault, audit).value(id, '[전화번호#1]', reader)).rejects.toMatchObject({
      code: 'vault.not-entitled',
    });
    const lines = await Array.fromAsync(new AuditTrail(database, master).export({ conversation: id }));
    expect(lines.at(-1)).toMatchObject({ stage: 'reveal', action: 'refused', detail: { reader: 'kim' } });
  });

  it('puts counts, lengths and keyed fingerprints of personal data on record, the same for the same number', async () => {
    await say('비밀번호 7391, 휴대폰 010-2345-6789');
    await say('０１０ ２３４５ ６７８９로 연락 주세요');
    const lines = await Array.fromAsync(new AuditTrail(database, master).export({ conversation: id }));
    expect(lines[0]).toMatchObject({ stage: 'privacy', types: { SECRET: 1, PHONE: 1 }, spans: [4, 13] });
    const [first, second] = lines.map((line) => ('hmac' in line ? line.hmac : undefined));
    expect(first).toEqual(second);
    expect(first).toEqual([master.fingerprint('PHONE', '01023456789')]);
  });

  it('puts a value on record with the message that tells it alone, not with those after it', async () => {
    const masking = new Masking(log, vault, audit, clock, NamedEntities.NONE, rules);
    await masking.mask(id, '휴대폰 010-2345-6789');
    await masking.mask(id, '이 번호로 연락 주세요');
    const { sealed } = await masking.mask(id, '집은 02-345-6789');
    expect(sealed.map(({ token }) => token)).toEqual(['[전화번호#2]']);
    const lines = await Array.fromAsync(new AuditTrail(database, master).export({ conversation: id }));
    expect(lines.map((line) => ('hmac' in line ? line.hmac?.length : 0))).toEqual([1, 1]);
  });

  it('puts nothing but a token on record, whatever somebody asks to see', async () => {
    const reader = { id: 'kim', role: 'counsellor', reason: '' };
    const asked = new Reveal(vault, audit).value(id, '010-2345-6789', reader);
    await expect(asked).rejects.toMatchObject({ code: 'vault.unknown-token' });
    expect(await Array.fromAsync(new AuditTrail(database, master).export({ conversation: id }))).toEqual([]);
  });

  describe('retention', () => {
    const terms = readRetention(shipped('guardrails'));
    const retention = () => new Retention(database, vault, master, audit, clock, terms);
    const age = (days: number) =>
      database.query(`UPDATE conversations SET last_seen_at = now() - make_interval(days => $1), state = 'closed'`, [
        days,
      ]);
    const removed = async (dryRun = false) =>
      Object.fromEntries((await Array.fromAsync(retention().run(dryRun))).map((each) => [each.record, each.removed]));

    it('keeps what is within its term', async () => {
      await say('010-2345-6789');
      await age(80);
      expect(await removed()).toEqual({ conversations: 0, 'conversations-with-people': 0, vault: 0, audit: 0 });
      expect(await vault.open(id, '[전화번호#1]')).toBe('010-2345-6789');
    });

    it('forgets values first, then the conversation; a dry run only counts', async () => {
      await say('010-2345-6789');
      await age(91);
      expect(await removed(true)).toMatchObject({ vault: 1 });
      expect(await removed()).toMatchObject({ vault: 1, conversations: 0 });
      expect((await log.read(id)).map(({ data }) => data)).toEqual([{ text: '[전화번호#1]' }]);
      await age(1826);
      expect(await removed()).toMatchObject({ conversations: 1 });
      expect(await log.find(id)).toBeUndefined();
    });

    it('keeps conversations with people ten years', async () => {
      await log.append(id, { type: 'handoff.queued', origin: 'system', data: { reason: 'requested' } });
      await age(1826);
      expect(await removed()).toMatchObject({ conversations: 0, 'conversations-with-people': 0 });
      await age(3651);
      expect(await removed()).toMatchObject({ 'conversations-with-people': 1 });
    });

    describe('of the audit log', () => {
      /** A chain with lines of eleven years ago, and one of now. */
      async function agedChain(): Promise<Audit> {
        const clock = new ShiftedClock(-11 * 365 * 86_400_000);
        const aged = await auditOf(database, clock);
        for (let turn = 0; turn < 4; turn++) await aged.record({ stage: 'input', action: 'pass', turn });
        clock.shift = 0;
        await aged.record({ stage: 'input', action: 'pass', turn: 4 });
        return aged;
      }
      const verified = (by = master) => Array.fromAsync(new AuditTrail(database, by).verify());

      it('takes the front of a chain away and leaves it provable', async () => {
        const { chain } = await agedChain();
        expect(await removed(true)).toMatchObject({ audit: 5 });
        expect(await removed()).toMatchObject({ audit: 5 });
        expect(await verified()).toEqual([{ chains: 2, lines: 4, faults: 0 }]);
        expect(await removed()).toMatchObject({ audit: 0 });
        const left = await Array.fromAsync(new AuditTrail(database, master).export());
        expect(left.filter((line) => line.chain === chain).map(({ seq, stage }) => `${seq} ${stage}`)).toEqual([
          '4 checkpoint',
          '5 input',
        ]);
      });

      it('removes nothing from a chain that somebody changed', async () => {
        const { chain } = await agedChain();
        await database.script(`
          ALTER TABLE audit_log DISABLE TRIGGER ALL;
          UPDATE audit_log SET line = replace(line, '"pass"', '"mask"') WHERE chain = '${chain}' AND seq = 2;
          ALTER TABLE audit_log ENABLE TRIGGER ALL;`);
        await expect(removed()).rejects.toMatchObject({ code: 'audit.damaged', params: { chain, seq: 2 } });
        expect((await verified()).slice(0, -1)).toEqual([{ chain, seq: 2, fault: 'changed' }]);
      });

      it('stands after the master key was replaced: its checkpoints are signed anew', async () => {
        await agedChain();
        await removed();
        const newKey = new MasterKey(randomBytes(32));
        expect((await verified(newKey)).at(-1)).toMatchObject({ faults: 1 });
        const newer = new Retention(database, new Vault(database, newKey), newKey, audit, clock, terms);
        await expect(newer.resign(new MasterKey(randomBytes(32)))).rejects.toMatchObject({ code: 'audit.damaged' });
        expect(await newer.resign(master)).toBe(1);
        expect((await verified(newKey)).at(-1)).toMatchObject({ faults: 0 });
      });
    });

    it('erases one conversation on request and keeps that on record', async () => {
      await say('010-2345-6789');
      expect(await retention().erase(id, 'command')).toEqual({ events: 1, values: 1 });
      expect(await log.find(id)).toBeUndefined();
      await expect(retention().erase(id, 'command')).rejects.toMatchObject({ code: 'conversation.unknown' });
      const lines = await Array.fromAsync(new AuditTrail(database, master).export({ conversation: id }));
      expect(lines.map(({ stage, action }) => `${stage} ${action}`)).toEqual(['privacy mask', 'admin erase']);
    });
  });
});
