import { afterEach, describe, expect, it } from 'vitest';
import { Audit, AuditTrail } from '../../src/accounts/index.js';
import { Database } from '../../src/database/database.js';
import { Retriever } from '../../src/knowledge/index.js';
import { ChatClient } from '../support/chat-client.js';
import { OneSource } from '../support/one-source.js';
import { preparedStore, STORES } from '../support/prepared-store.js';
import { startService } from '../support/service.js';

const SOURCE = '예약이체는 이체일 전날까지 취소하실 수 있습니다.';
const QUESTION = '예약이체 취소는 언제까지인가요?';
const FULL = `
  CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
  CREATE TRIGGER full_disk BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION full_disk();`;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe.each(STORES)('an audit log that cannot be written (%s)', (kind) => {
  it('stops the model and the answers, never the help in danger, and everything goes on afterwards', async () => {
    const store = await preparedStore(kind);
    cleanups.push(() => store.remove());
    let calls = 0;
    const service = await startService({
      store,
      replace: [{ token: Retriever, by: new OneSource('예약이체', SOURCE) }],
      script: () => {
        calls++;
        return { chunks: ['1'] };
      },
    });
    cleanups.push(() => service.stop());
    const database = service.app.get(Database, { strict: false });
    const client = await ChatClient.open(service.url);
    cleanups.push(() => client.close());

    await database.script(FULL);
    const refused = await client.ask(QUESTION);
    expect(refused.map(({ type }) => type)).toEqual(['answer.withheld', 'answer.completed']);
    expect(refused.at(-1)!.data).toMatchObject({ finish: 'handoff' });
    expect(client.events.filter(({ type }) => type === 'handoff.queued')).toHaveLength(1);
    expect(calls).toBe(0);
    expect(await readiness(service.url)).toMatchObject({ status: 'degraded', audit: 'unavailable' });

    const crisis = await client.ask('너무 힘들어서 죽고 싶어요');
    expect(crisis.map(({ data }) => ('text' in data ? data.text : '')).join(' ')).toContain('109');

    await database.script('DROP TRIGGER full_disk ON audit_log');
    const answered = await client.ask(QUESTION);
    expect(answered.find(({ type }) => type === 'answer.sentence')!.data).toMatchObject({ text: SOURCE });
    expect(calls).toBe(1);
    expect(await readiness(service.url)).toMatchObject({ audit: 'ready' });
  });
});

describe('a service that starts while the audit log cannot be written', () => {
  it('serves the help in danger, and everything as soon as the log can be written', async () => {
    const store = await preparedStore('embedded');
    cleanups.push(() => store.remove());
    const options = { store, replace: [{ token: Retriever, by: new OneSource('예약이체', SOURCE) }] };
    const before = await startService(options);
    await before.app.get(Database, { strict: false }).script(FULL);
    await before.stop();

    const service = await startService(options);
    cleanups.push(() => service.stop());
    const client = await ChatClient.open(service.url);
    cleanups.push(() => client.close());
    expect(await readiness(service.url)).toMatchObject({ status: 'degraded', audit: 'unavailable' });
    expect((await client.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'handoff' });
    const database = service.app.get(Database, { strict: false });
    await database.script('DROP TRIGGER full_disk ON audit_log');
    await client.ask(QUESTION);
    expect(await readiness(service.url)).toMatchObject({ audit: 'ready' });
    const lines = await Array.fromAsync(service.app.get(AuditTrail, { strict: false }).export());
    const own = lines.filter(({ chain }) => chain === service.app.get(Audit, { strict: false }).chain);
    expect(own[0]).toMatchObject({ seq: 0, stage: 'anchor', action: 'begin', heads: [{ seq: expect.any(Number) }] });
  });
});

async function readiness(url: string): Promise<unknown> {
  return (await fetch(`${url}/health/ready`)).json();
}
