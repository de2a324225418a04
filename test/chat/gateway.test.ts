import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolSchema } from '../../src/chat/protocol.js';
import { ChatClient } from '../support/chat-client.js';
import { preparedStore, STORES, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const KNOWN_QUESTION = '대출 납부일 당일 몇 시까지 통장에 돈을 넣어 두면 연체가 안 되나요?';

describe.each(STORES)('a customer on a socket (%s store)', (kind) => {
  let store: PreparedStore;
  let service: RunningService;

  beforeAll(async () => {
    store = await preparedStore(kind);
    service = await startService({ store });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it('is told first that an AI answers', async () => {
    const client = await ChatClient.open(service.url);
    expect(client.events).toMatchObject([{ seq: 1, type: 'notice', origin: 'system', data: { kind: 'ai' } }]);
    client.close();
  });

  it('gets an approved answer, sentence by sentence, with its source, and one end', async () => {
    const client = await ChatClient.open(service.url);
    const events = await client.ask(KNOWN_QUESTION);
    const sentences = events.filter((event) => event.type === 'answer.sentence');
    expect(sentences.length).toBeGreaterThan(1);
    expect(sentences.every(({ origin }) => origin === 'exemplar')).toBe(true);
    expect(sentences[0]!.data.sources[0]!.id).toMatch(/^exemplar:loan-due-02@\d+$/);
    expect(client.answer(sentences[0]!.data.turn)).toContain('22:00');
    expect(events.filter((event) => event.type === 'answer.completed')).toMatchObject([
      { data: { finish: 'exemplar' } },
    ]);
    client.close();
  });

  it('sees events that fit the schemas, numbered without gaps', async () => {
    const validate = new Ajv({ schemas: [protocolSchema] }).compile({ $ref: 'sangdam:chat#/definitions/event' });
    const client = await ChatClient.open(service.url);
    await client.ask(KNOWN_QUESTION);
    await client.call('handoff:request', { reason: '직접 듣고 싶어요' });
    await client.call('handoff:cancel');
    await client.call('conversation:close');
    await client.until((event) => event.type === 'conversation.closed');
    for (const event of client.events) expect(validate(event), JSON.stringify([event, validate.errors])).toBe(true);
    expect(client.events.map(({ seq }) => seq)).toEqual(client.events.map((_, index) => index + 1));
    client.close();
  });

  it('counts a message once, however often it is sent', async () => {
    const client = await ChatClient.open(service.url);
    const [first, second] = await Promise.all([
      client.send('영업점 몇시까지 해요', 'client-message-1'),
      client.send('영업점 몇시까지 해요', 'client-message-1'),
    ]);
    expect(second).toBe(first);
    await client.completed(first);
    expect(await client.send('영업점 몇시까지 해요', 'client-message-1')).toBe(first);
    expect(client.events.filter(({ type }) => type === 'message')).toHaveLength(1);
    client.close();
  });

  it('comes back with exactly the events that were missed', async () => {
    const client = await ChatClient.open(service.url);
    await client.ask(KNOWN_QUESTION);
    const seen = client.events.slice(0, 2);
    client.close();
    const again = await ChatClient.open(service.url, { ...client, after: 2 });
    expect([...seen, ...again.events]).toEqual(client.events);
    again.close();
  });

  it('follows one conversation in two windows', async () => {
    const one = await ChatClient.open(service.url);
    const two = await ChatClient.open(service.url, one);
    const turn = await one.send(KNOWN_QUESTION);
    await Promise.all([one.completed(turn), two.completed(turn)]);
    expect(two.events).toEqual(one.events);
    one.close();
    two.close();
  });

  it('cannot open the conversation of another', async () => {
    const mine = await ChatClient.open(service.url);
    const theirs = await ChatClient.open(service.url);
    const stranger = await ChatClient.connect(service.url);
    const open = (conversationId: string, resumeToken: string) =>
      stranger.call('conversation:open', { conversationId, resumeToken });
    expect(await open(theirs.conversationId, mine.resumeToken)).toMatchObject({
      ok: false,
      error: { code: 'conversation.forbidden' },
    });
    expect(await open('01990000-0000-7000-8000-000000000000', mine.resumeToken)).toMatchObject({
      ok: false,
      error: { code: 'conversation.forbidden' },
    });
    for (const client of [mine, theirs, stranger]) client.close();
  });

  it('who types that a person is wanted is queued, told when people work, and still answered', async () => {
    const client = await ChatClient.open(service.url);
    const events = await client.ask('챗봇 말고 상담원 연결해 주세요');
    expect(events.at(-1)!.data).toMatchObject({ finish: 'handoff' });
    expect(client.answer(2)).toContain('09:00~18:00');
    expect(client.events.some(({ type }) => type === 'handoff.queued')).toBe(true);
    expect((await client.ask(KNOWN_QUESTION)).at(-1)!.data).toMatchObject({ finish: 'exemplar' });
    client.close();
  });

  it('who fell for a fraud is queued with the lines to call at once', async () => {
    const client = await ChatClient.open(service.url);
    await client.ask('방금 보이스피싱에 속아서 돈을 보냈어요');
    const { data } = client.events.find((event) => event.type === 'handoff.queued')!;
    expect(data).toMatchObject({
      reason: 'fraud_victim',
      phones: [{ number: '1588-0000' }, { number: '112' }, { number: '1394' }],
    });
    client.close();
  });

  it('may rate an answer, and nothing else', async () => {
    const client = await ChatClient.open(service.url);
    const events = await client.ask(KNOWN_QUESTION);
    expect(
      await client.call('feedback:give', {
        seq: events.at(-1)!.seq,
        rating: 'down',
        reason: 'unclear',
        comment: '제 번호 010-1234-5678',
      }),
    ).toEqual({ ok: true });
    expect(await client.call('feedback:give', { seq: 1, rating: 'up' })).toMatchObject({
      ok: false,
      error: { code: 'event.unknown', field: 'seq' },
    });
    client.close();
  });

  it('keeps what was masked in the log, and masks an earlier message when a later one completes a number', async () => {
    const client = await ChatClient.open(service.url);
    await client.ask('제 번호는 010-1234-');
    await client.ask('5678 이에요');
    const redacted = await client.until((event) => event.type === 'message.redacted');
    const again = await ChatClient.open(service.url, client);
    expect(JSON.stringify(again.events)).not.toContain('1234');
    expect(JSON.stringify(again.events)).not.toContain('5678');
    expect(redacted.data).toMatchObject({ text: expect.stringContaining('[전화번호') });
    client.close();
    again.close();
  });
});

describe('bad input on a socket', () => {
  let store: PreparedStore;
  let service: RunningService;

  beforeAll(async () => {
    store = await preparedStore('embedded');
    service = await startService({ store });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it.each([
    ['message:send', {}, 'input.invalid', 'clientMessageId'],
    ['message:send', { clientMessageId: 'abcdefgh' }, 'input.invalid', 'text'],
    ['message:send', { clientMessageId: 'abcdefgh', text: 5 }, 'input.invalid', 'text'],
    ['message:send', { clientMessageId: 'a', text: 'x' }, 'input.invalid', 'clientMessageId'],
    ['message:send', { clientMessageId: 'abcdefgh', text: 'x', admin: true }, 'input.unknown-field', 'admin'],
    ['message:send', 'text', 'input.invalid', 'body'],
    ['message:send', [1, 2], 'input.invalid', 'body'],
    ['message:send', { clientMessageId: 'abcdefgh', text: '   ' }, 'message.empty', 'text'],
    ['message:send', { clientMessageId: 'abcdefgh', text: '\u200b\u0000\u0007' }, 'message.empty', 'text'],
    ['message:send', { clientMessageId: 'abcdefgh', text: '가'.repeat(4001) }, 'message.too-long', 'text'],
    ['message:send', { clientMessageId: 'abcdefgh', text: '안녕\ud800하세요' }, 'message.malformed', 'text'],
    ['feedback:give', { seq: 0, rating: 'up' }, 'input.invalid', 'seq'],
    ['feedback:give', { seq: 2, rating: 'great' }, 'input.invalid', 'rating'],
    ['conversation:open', { locale: 'ko' }, 'input.invalid', 'conversationId'],
  ])('%s %j is refused with %s naming %s', async (name, payload, code, field) => {
    const client = await ChatClient.open(service.url);
    const reply = await client.call(name, payload);
    expect(reply).toMatchObject({ ok: false, error: { code, field } });
    client.close();
  });

  it('refuses a message before a conversation is open', async () => {
    const client = await ChatClient.connect(service.url);
    const reply = await client.call('message:send', { clientMessageId: 'abcdefgh', text: '안녕하세요' });
    expect(reply).toMatchObject({ ok: false, error: { code: 'conversation.unknown' } });
    client.close();
  });

  it('refuses a message after the conversation was closed', async () => {
    const client = await ChatClient.open(service.url);
    await client.call('conversation:close');
    const reply = await client.call('message:send', { clientMessageId: 'abcdefgh', text: '안녕하세요' });
    expect(reply).toMatchObject({ ok: false, error: { code: 'conversation.closed' } });
    client.close();
  });

  it('answers in the language of the conversation', async () => {
    const client = await ChatClient.connect(service.url);
    await client.call('conversation:open', { locale: 'en' });
    const reply = await client.call('message:send', { clientMessageId: 'abcdefgh', text: '' });
    expect(reply).toMatchObject({ error: { message: 'Please type a message.' } });
    client.close();
  });

  it('ends a connection that sends huge JSON, and serves the others', async () => {
    const huge = await ChatClient.open(service.url);
    huge.socket.emit('message:send', { clientMessageId: 'abcdefgh', text: 'x'.repeat(2_000_000) });
    await huge.disconnected();
    const other = await ChatClient.open(service.url);
    expect(other.events).toHaveLength(1);
    other.close();
  });

  it('takes no more connections than an address may have, nor more messages than a minute allows', async () => {
    const own = await preparedStore('embedded');
    const strict = await startService({
      store: own,
      environment: { SANGDAM_CONNECTIONS_PER_ADDRESS: '3', SANGDAM_MESSAGES_PER_MINUTE: '2' },
    });
    const clients = await Promise.all([1, 2, 3].map(() => ChatClient.open(strict.url)));
    const fourth = await ChatClient.connect(strict.url);
    await fourth.disconnected();
    await clients[0]!.send('하나');
    await clients[0]!.send('둘');
    const third = await clients[0]!.call('message:send', { clientMessageId: 'abcdefgh', text: '셋' });
    expect(third).toMatchObject({ ok: false, error: { code: 'limit.rate' } });
    for (const client of clients) client.close();
    await strict.stop();
    await own.remove();
  });

  it('refuses pages of other origins', async () => {
    await expect(ChatClient.connect(service.url, { origin: 'https://evil.example' })).rejects.toThrow();
    const own = await ChatClient.connect(service.url, { origin: service.url });
    own.close();
  });
});
