import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceLevel, type Level } from '../../src/conversation/service-level.js';
import { Retriever } from '../../src/knowledge/index.js';
import type { Script, ScriptedRequest } from '../../src/models/scripted-chat-model.js';
import { ChatClient } from '../support/chat-client.js';
import { sangdam } from '../support/command-line.js';
import { OneSource } from '../support/one-source.js';
import { preparedStore, STORES, type PreparedStore, type StoreKind } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';
import { spawnService } from '../support/spawned-service.js';

const SOURCE =
  '예약이체는 이체일 전날까지 취소하실 수 있습니다. 예약이체는 한결앱에서 취소하실 수 있습니다. 예약이체 취소에는 수수료가 없습니다.';
const SENTENCES = SOURCE.match(/[^.]+\./g)!.map((sentence) => sentence.trim());
const QUESTION = '예약이체 취소는 언제까지인가요?';
/** The model names two sentences, and then says nothing more until it is aborted. */
const HANGS = '예약이체를 취소하려면 어떻게 하나요?';
/** The model says nothing at all. */
const SILENT = '예약이체 취소에 수수료가 있나요?';
const PHONE = '1588-0000';

function script({ messages }: ScriptedRequest): Script {
  const asked = messages.at(-1)!.content;
  if (asked.includes(SILENT)) return { chunks: [], hangAfter: 0 };
  return asked.includes(HANGS) ? { chunks: ['1, ', '2, '], hangAfter: 2 } : { chunks: ['1'] };
}

let service: RunningService;
let shared: PreparedStore;
beforeAll(async () => {
  shared = await preparedStore('embedded');
  service = await start(shared);
});
afterAll(async () => {
  await service?.stop();
  await shared?.remove();
});

const cleanups: (() => Promise<void> | void)[] = [];
beforeEach(() => set('full'));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function store(kind: StoreKind): Promise<PreparedStore> {
  const prepared = await preparedStore(kind);
  cleanups.push(() => prepared.remove());
  return prepared;
}

/** A service whose every question has one source, which the model chooses sentences of. */
async function start(prepared: PreparedStore): Promise<RunningService> {
  const replace = [{ token: Retriever, by: new OneSource('예약이체', SOURCE) }];
  return startService({ store: prepared, replace, script });
}

async function open(): Promise<ChatClient> {
  const client = await ChatClient.open(service.url);
  cleanups.push(() => client.close());
  return client;
}

function set(level: Level, on = service): Promise<unknown> {
  return on.app.get(ServiceLevel, { strict: false }).set(level, 'command', 'test');
}

/** Resolves when the model has been asked, so that what follows comes into the middle of its work. */
async function writing(client: ChatClient): Promise<void> {
  const begun = (signal: { type: string; data: unknown }): boolean =>
    signal.type === 'progress' && (signal.data as { stage: string }).stage === 'writing';
  if (client.signals.some(begun)) return;
  await new Promise<void>((resolve) => {
    client.socket.on('signal', (signal: { type: string; data: unknown }) => begun(signal) && resolve());
  });
}

const types = (events: readonly { type: string }[]): string[] => events.map(({ type }) => type);

describe('stepping down to exemplars', () => {
  it('ends a generation of which nothing was released, and the source is quoted instead', async () => {
    const client = await open();
    const turn = await client.send(SILENT);
    await writing(client);
    await set('exemplars');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'answered' });
    expect(client.answer(turn)).toContain(SENTENCES[0]);
    expect(client.turn(turn).map(({ origin }) => origin)).not.toContain('ai');
  });

  it('ends a generation between two sentences, and says that the answer stops there', async () => {
    const client = await open();
    const turn = await client.send(HANGS);
    await client.until((event) => event.type === 'answer.sentence');
    await set('exemplars');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'stopped' });
    const events = client.turn(turn);
    expect(types(events).slice(-2)).toEqual(['answer.withheld', 'answer.completed']);
    expect(events.at(-2)!.data).toMatchObject({ text: expect.stringContaining('여기서 멈췄습니다') });
    expect(client.answer(turn)).not.toContain(SENTENCES[2]);
  });

  it('asks no model until it is stepped up again', async () => {
    const client = await open();
    await set('exemplars');
    const without = await client.ask(QUESTION);
    expect(without.map(({ origin }) => origin)).not.toContain('ai');
    expect(client.signals).toContainEqual({ type: 'service', data: { level: 'exemplars' } });
    await set('full');
    const withModel = await client.ask(QUESTION);
    expect(withModel.map(({ origin }) => origin)).toContain('ai');
  });
});

describe('stepping down to people', () => {
  it('hands the running question over, queues the conversation once, and still gives safety texts', async () => {
    const client = await open();
    const turn = await client.send(HANGS);
    await client.until((event) => event.type === 'answer.sentence');
    await set('people');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'handoff' });
    expect(types(client.turn(turn))).toContain('answer.withheld');
    expect(client.answer(turn)).toContain('상담사가 답해 드립니다');

    const next = await client.ask('수수료는 얼마예요?');
    expect(next.at(-1)!.data).toMatchObject({ finish: 'handoff' });
    expect(client.events.filter(({ type }) => type === 'handoff.queued')).toHaveLength(1);

    const crisis = await client.ask('죽고 싶어요');
    expect(crisis.at(-1)!.data).toMatchObject({ finish: 'fixed' });
    expect(JSON.stringify(crisis)).toContain('109');
  });
});

describe('switching off', () => {
  it('ends the running answer, tells everybody in a conversation, and refuses what comes after with a number to call', async () => {
    const client = await open();
    const waiting = await open();
    const turn = await client.send(HANGS);
    await client.until((event) => event.type === 'answer.sentence');
    await set('off');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'stopped' });
    for (const told of [client, waiting]) {
      const notice = await told.until((event) => event.type === 'notice' && event.data.kind === 'service');
      expect(notice.data).toMatchObject({ text: expect.stringContaining(PHONE) });
      expect(told.signals).toContainEqual({ type: 'service', data: { level: 'off' } });
    }

    const send = (text: string) => waiting.call('message:send', { clientMessageId: `off-${text.length}-id`, text });
    const refused = await send(QUESTION);
    expect(refused).toMatchObject({ ok: false, error: { code: 'service.off' } });
    expect((refused as { error: { message: string } }).error.message).toContain(PHONE);
    expect(await send('죽고 싶어요')).toMatchObject({
      ok: false,
      error: { code: 'service.off', safeText: expect.stringContaining('109') },
    });
    expect(await waiting.call('handoff:request')).toMatchObject({ ok: false, error: { code: 'service.off' } });
    expect(types(waiting.events)).toEqual(['notice', 'notice']);
  });

  it('is told once to who comes or comes back, and taken back by a notice', async () => {
    await set('off');
    const client = await ChatClient.connect(service.url);
    cleanups.push(() => client.close());
    const opened = await client.call<{ level: Level; conversationId: string; resumeToken: string }>(
      'conversation:open',
    );
    if (!opened.ok) throw new Error(opened.error.code);
    expect(opened.level).toBe('off');
    const again = await ChatClient.open(service.url, opened);
    cleanups.push(() => again.close());
    expect(again.events.map(({ data }) => data)).toMatchObject([{ kind: 'ai' }, { kind: 'service' }]);

    await set('full');
    const notice = await again.until((event) => event.seq === 3);
    expect(notice.data).toMatchObject({ kind: 'service', text: expect.stringContaining('다시') });
    expect((await again.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'answered' });
  });
});

describe.each(STORES)('the level (%s store)', (kind) => {
  it('holds over a restart, with its history', async () => {
    const prepared = await store(kind);
    const first = await startService({ store: prepared });
    await set('people', first);
    await set('off', first);
    await first.stop();
    const second = await startService({ store: prepared });
    cleanups.push(() => second.stop());
    const level = second.app.get(ServiceLevel, { strict: false });
    expect(level.current).toBe('off');
    expect(await level.history(9)).toMatchObject([
      { level: 'off', by: 'command', reason: 'test' },
      { level: 'people', by: 'command', reason: 'test' },
    ]);
  }, 180_000);

  it('is set by the command while a service runs, and reaches its open conversations', async () => {
    const prepared = await store(kind);
    const running = await spawnService(prepared.environment);
    cleanups.push(() => running.kill('SIGTERM'));
    const client = await ChatClient.open(running.url);
    cleanups.push(() => client.close());
    const changed = await sangdam(['level', 'off', '--reason', '점검'], '', prepared.environment);
    expect(changed).toMatchObject({ code: 0, lines: [{ level: 'off', reason: '점검', by: 'command' }] });
    await client.until((event) => event.type === 'notice' && event.data.kind === 'service');
    const read = await sangdam(['level'], '', prepared.environment);
    expect(read.lines).toMatchObject([{ level: 'off' }]);
    const asked = await sangdam(
      ['ask'],
      [{ id: 1, text: '정기예금 만기가 지나면 이자는 어떻게 되나요?' }],
      prepared.environment,
    );
    expect(asked.lines).toMatchObject([{ finish: 'stopped', sentences: [] }]);
  }, 180_000);
});

describe('the command', () => {
  it.each([
    ['an unknown level', ['half'], 2, 'command.usage'],
    ['a reason of 201 characters', ['off', '--reason', 'x'.repeat(201)], 1, 'input.invalid'],
  ])('refuses %s', async (_, args, code, said) => {
    const result = await sangdam(['level', ...args], '', (await store('embedded')).environment);
    expect(result).toMatchObject({ code, stderr: expect.stringContaining(said) });
  });
});
