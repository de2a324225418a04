import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { ConversationLog } from '../../src/conversation/conversation-log.js';
import { Retriever } from '../../src/knowledge/index.js';
import { ChatClient } from '../support/chat-client.js';
import { OneSource } from '../support/one-source.js';
import { Relay } from '../support/relay.js';
import { preparedStore, STORES, type PreparedStore } from '../support/prepared-store.js';
import { startService } from '../support/service.js';
import { spawnService } from '../support/spawned-service.js';

const SOURCE =
  '예약이체는 이체일 전날까지 취소하실 수 있습니다. 예약이체는 한결앱에서 취소하실 수 있습니다. 예약이체 취소에는 수수료가 없습니다.';
const SENTENCES = SOURCE.match(/[^.]+\./g)!.map((sentence) => sentence.trim());
const INTERRUPTED = '답변을 끝까지 확인하지 못해';

const replace = [{ token: Retriever, by: new OneSource('예약이체', SOURCE) }];

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function store(kind: 'embedded' | 'postgres' = 'embedded'): Promise<PreparedStore> {
  const prepared = await preparedStore(kind);
  cleanups.push(() => prepared.remove());
  return prepared;
}

describe('a model that fails', () => {
  it('in mid-sentence: what was verified stays, the turn ends with a safe text, the next turn works', async () => {
    const service = await startService({
      store: await store(),
      replace,
      script: ({ index }) => (index === 0 ? { chunks: ['1, ', '2, ', '3', ','], failAfter: 3 } : { chunks: ['1, 2'] }),
    });
    cleanups.push(() => service.stop());
    const client = await ChatClient.open(service.url);
    const failed = await client.ask('예약이체 취소는 언제까지인가요?');
    expect(failed.map(({ type }) => type)).toEqual([
      'answer.sentence',
      'answer.sentence',
      'answer.withheld',
      'answer.completed',
    ]);
    expect(failed[2]!.data).toMatchObject({ text: expect.stringContaining(INTERRUPTED) });
    expect(failed[3]!.data).toMatchObject({ finish: 'failed' });
    const next = await client.ask('예약이체 취소 수수료가 있나요?');
    expect(next.at(-1)!.data).toMatchObject({ finish: 'answered' });
    client.close();
  });

  it('its child process killed while it writes: the turn ends, the next turn works', async () => {
    const tiny = join(packageRoot, 'test', 'fixtures', 'tiny-llama.gguf');
    const service = await startService({ store: await store(), replace, environment: { SANGDAM_CHAT_MODEL: tiny } });
    cleanups.push(() => service.stop());
    await modelReady(service.url);
    const client = await ChatClient.open(service.url);
    const turn = await client.send('예약이체 취소는 언제까지인가요?');
    await writing(client, turn);
    process.kill(llamaChild(), 'SIGKILL');
    await client.completed(turn);
    const next = await client.ask('예약이체 취소 수수료가 있나요?');
    expect(next.filter(({ type }) => type === 'answer.completed')).toHaveLength(1);
    client.close();
  });

  it('hanging: the customer stops the turn, and asks again', async () => {
    const service = await startService({
      store: await store(),
      replace,
      script: ({ index }) => (index === 0 ? { chunks: ['1, ', '2, ', '3'], hangAfter: 3 } : { chunks: ['1, 2'] }),
    });
    cleanups.push(() => service.stop());
    const client = await ChatClient.open(service.url);
    const turn = await client.send('예약이체 취소는 언제까지인가요?');
    await client.until((event) => event.type === 'answer.sentence');
    await client.call('turn:stop');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'stopped' });
    expect((await client.ask('예약이체 취소 수수료가 있나요?')).at(-1)!.data).toMatchObject({ finish: 'answered' });
    client.close();
  });
});

describe('a redaction that fails', () => {
  it('leaves its message answered all the same', async () => {
    const service = await startService({ store: await store(), replace, script: { chunks: ['1'] } });
    cleanups.push(() => service.stop());
    const log = service.app.get(ConversationLog, { strict: false });
    log.redact = () => Promise.reject(new Error('the store refuses'));
    const client = await ChatClient.open(service.url);
    await client.ask('제 번호는 010-1234-');
    const reply = await client.call('message:send', { clientMessageId: 'second-half', text: '5678 이에요' });
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    const message = await client.until(
      ({ type, origin, seq }) => type === 'message' && origin === 'customer' && seq > 2,
    );
    expect((await client.completed(message.seq)).type).toBe('answer.completed');
    client.close();
  });
});

describe.each(STORES)('kill -9 (%s store)', (kind) => {
  it('under 20 active conversations: every client resumes with exactly the acknowledged events', async () => {
    const prepared = await store(kind);
    const script = join(prepared.folder, 'script.yaml');
    writeFileSync(script, JSON.stringify({ replies: [{ chunks: ['1, ', '2, ', '3'], delayMs: 50 }] }));
    const environment = { ...prepared.environment, SANGDAM_CHAT_MODEL: `scripted:${script}` };
    const first = await spawnService(environment);
    const clients = await Promise.all(Array.from({ length: 20 }, () => ChatClient.open(first.url)));
    const acknowledged = clients.map((): number[] => []);
    const talking = clients.map(async (client, at) => {
      for (;;) {
        const seq = await client.send(QUESTIONS[acknowledged[at]!.length % QUESTIONS.length]!).catch(() => 0);
        if (seq === 0) return;
        acknowledged[at]!.push(seq);
        await Promise.race([client.completed(seq), client.disconnected()]);
      }
    });
    await Promise.all(clients.map((client) => client.until((event) => event.type === 'answer.completed')));
    await first.kill('SIGKILL');
    await Promise.all(talking);

    const second = await spawnService(environment, first.port);
    cleanups.push(() => second.kill('SIGTERM'));
    for (const [at, before] of clients.entries()) {
      const again = await ChatClient.open(second.url, { ...before, after: 0 });
      expect(again.events.slice(0, before.events.length)).toEqual(before.events);
      const messages = again.events.filter(({ type }) => type === 'message').map(({ seq }) => seq);
      for (const seq of acknowledged[at]!) expect(messages).toContain(seq);
      for (const seq of messages) await again.completed(seq);
      expect(again.events.map(({ seq }) => seq)).toEqual(again.events.map((_, index) => index + 1));
      again.close();
    }
  }, 180_000);
});

describe.runIf(STORES.includes('postgres'))('the database gone for 10 seconds', () => {
  it('loses no acknowledged event, and clients are told', async () => {
    const prepared = await store('postgres');
    const url = new URL(prepared.environment.DATABASE_URL!);
    const wire = await Relay.to({ host: url.hostname, port: Number(url.port || 5432) });
    url.port = String(wire.port);
    cleanups.push(() => wire.cut());
    const service = await startService({
      store: { ...prepared, environment: { ...prepared.environment, DATABASE_URL: url.href } },
      replace,
      script: { chunks: ['1, ', '2, ', '3'], delayMs: 400 },
    });
    cleanups.push(() => service.stop());
    const client = await ChatClient.open(service.url);
    const turn = await client.send('예약이체 취소는 언제까지인가요?');
    await client.until((event) => event.type === 'answer.sentence');
    await wire.cut();
    const refused = await client.call('message:send', { clientMessageId: 'while-away', text: '수수료는요?' });
    expect(refused).toMatchObject({ ok: false, error: { code: 'store.unavailable' } });
    const crisis = await client.call('message:send', { clientMessageId: 'crisis-away', text: '죽고 싶어요' });
    expect(crisis).toMatchObject({
      ok: false,
      error: {
        code: 'store.unavailable',
        safeText: expect.stringContaining('109'),
        phones: expect.arrayContaining([{ name: '구급', number: '119' }]),
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await wire.restore();
    await client.completed(turn);
    expect(client.answer(turn)).toBe(SENTENCES.join(' '));
    expect((await client.ask('예약이체 취소 수수료가 있나요?')).at(-1)!.data).toMatchObject({ finish: 'answered' });
    const again = await ChatClient.open(service.url, client);
    expect(again.events).toEqual(client.events);
    again.close();
    client.close();
  }, 90_000);
});

const QUESTIONS = ['정기예금 만기가 지나면 이자는 어떻게 되나요?', '보안카드를 잃어버렸어요', '이체 수수료 얼마예요'];

async function modelReady(url: string): Promise<void> {
  for (;;) {
    const body = (await (await fetch(`${url}/health/ready`)).json()) as {
      chatModel: { state: string; reason?: string };
    };
    if (body.chatModel.state === 'ready') return;
    if (body.chatModel.state === 'failed') throw new Error(body.chatModel.reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resolves when the signal came that the model writes. */
async function writing(client: ChatClient, turn: number): Promise<void> {
  const seen = (): boolean =>
    client.signals.some(
      ({ data }) =>
        (data as { turn?: number; stage?: string }).turn === turn && (data as { stage?: string }).stage === 'writing',
    );
  while (!seen()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function llamaChild(): number {
  const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split(
    '\n',
  );
  const line = lines.find((candidate) => candidate.includes('llama-child'));
  if (!line) throw new Error('no llama child');
  return Number(line.trim().split(/\s+/)[0]);
}
