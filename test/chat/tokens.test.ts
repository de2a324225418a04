import { afterEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { Vault } from '../../src/privacy/index.js';
import { ChatClient } from '../support/chat-client.js';
import { preparedStore } from '../support/prepared-store.js';
import { startService } from '../support/service.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('tokens of a conversation', () => {
  it('stand for one value each over a restart, whether told in a message, a comment or a reason', async () => {
    const store = await preparedStore('embedded');
    cleanups.push(() => store.remove());
    const before = await startService({ store });
    const first = await ChatClient.open(before.url);
    const answered = await first.ask('안녕하세요, 휴대폰은 010-2345-6789입니다');
    const { seq } = answered.find(({ type }) => type.startsWith('answer.'))!;
    await first.call('feedback:give', { seq, rating: 'down', comment: '010-1111-2222로 연락 주세요' });
    await first.call('handoff:request', { reason: '010-3333-4444로 전화 부탁드립니다' });
    first.close();
    await before.stop();

    const service = await startService({ store });
    cleanups.push(() => service.stop());
    const client = await ChatClient.open(service.url, { ...first, after: 0 });
    cleanups.push(() => client.close());
    await client.send('회사 번호는 010-5555-6666이에요');
    const said = client.events.flatMap(({ type, origin, data }) =>
      (type === 'message' && origin === 'customer') || type === 'handoff.queued'
        ? [(type === 'message' ? data.text : 'reason' in data && data.reason) as string]
        : [],
    );
    expect(said.map((text) => /\[전화번호#\d\]/.exec(text)?.[0])).toEqual([
      '[전화번호#1]',
      '[전화번호#3]',
      '[전화번호#4]',
    ]);
    const database = service.app.get(Database, { strict: false });
    const comments = await database.query('SELECT comment FROM feedback');
    expect(comments).toEqual([{ comment: expect.stringContaining('[전화번호#2]') }]);
    const vault = service.app.get(Vault, { strict: false });
    const opened = await Promise.all([1, 3, 4].map((n) => vault.open(first.conversationId, `[전화번호#${n}]`)));
    expect(opened).toEqual(['010-2345-6789', '010-3333-4444', '010-5555-6666']);
    await expect(vault.open(first.conversationId, '[전화번호#2]')).rejects.toMatchObject({
      code: 'vault.unknown-token',
    });
  });

  it('take the place of half a number in a message when a reason or a comment tells the rest', async () => {
    const store = await preparedStore('embedded');
    cleanups.push(() => store.remove());
    const service = await startService({ store });
    cleanups.push(() => service.stop());
    const client = await ChatClient.open(service.url);
    cleanups.push(() => client.close());
    const seq = await client.send('주민등록번호 850314');
    await client.completed(seq);
    await client.call('handoff:request', { reason: '1998995' });
    const redacted = await client.until(({ type }) => type === 'message.redacted');
    expect(redacted.data).toMatchObject({ seq, text: expect.stringContaining('[주민등록번호#1]') });
  });
});
