import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Retriever } from '../../src/knowledge/index.js';
import { ModelList } from '../../src/models/model-list.js';
import { defaultModelsFolder, ModelStore } from '../../src/models/model-store.js';
import { ChatClient } from '../support/chat-client.js';
import { ChatHost, hang, say, sayThen, type HostAnswer } from '../support/chat-host.js';
import { LlamaServer, llamaServerPython } from '../support/llama-server.js';
import { OneSource } from '../support/one-source.js';
import { preparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const SENTENCES = [
  '예약이체는 이체일 전날까지 취소하실 수 있습니다.',
  '예약이체는 한결앱에서 취소하실 수 있습니다.',
  '예약이체 취소에는 수수료가 없습니다.',
];
/** Enough for the first sentence to be released. */
const BEGINNING = [`${SENTENCES[0]} `, `${SENTENCES[1]} `, '예약이체 취소에는 '];
const replace = [{ token: Retriever, by: new OneSource('예약이체', SENTENCES.join(' ')) }];
const QUESTION = '예약이체 취소는 언제까지인가요?';
const INTERRUPTED = '답변을 끝까지 확인하지 못해';

const models = new ModelStore(ModelList.read(), process.env.SANGDAM_MODELS ?? defaultModelsFolder());
/** The smallest that was fetched. */
const [trained] = (await models.stored())
  .filter(({ present }) => present)
  .toSorted((a, b) => a.model.bytes - b.model.bytes);

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('a conversation with a model on other machines', () => {
  it('shows what the model writes, sentence by sentence', async () => {
    const host = await scripted(say(`${SENTENCES[0]!.slice(0, 9)}`, `${SENTENCES[0]!.slice(9)} `, SENTENCES[2]!));
    const client = await open(await serve([host]));
    const turn = await client.ask(QUESTION);
    expect(turn.map(({ type }) => type)).toEqual(['answer.sentence', 'answer.sentence', 'answer.completed']);
    expect(turn[0]!).toMatchObject({ origin: 'ai', data: { text: SENTENCES[0], sources: [{ title: '예약이체' }] } });
    expect(turn.at(-1)!.data).toMatchObject({ finish: 'answered' });
    expect(host.requests[0]!.body.messages.at(-1)!.content).toContain(QUESTION);
  });

  it('whose host dies in mid-answer keeps what was verified, and goes on with another host', async () => {
    const dies = sayThen(BEGINNING, (response) => void response.socket!.resetAndDestroy());
    const hosts = [await scripted(dies), await scripted(dies)];
    const client = await open(await serve(hosts));
    const failed = await client.ask(QUESTION);
    expect(failed[0]!).toMatchObject({ origin: 'ai', data: { text: SENTENCES[0] } });
    expect(failed.at(-2)!).toMatchObject({
      type: 'answer.withheld',
      data: { text: expect.stringContaining(INTERRUPTED) },
    });
    expect(failed.at(-1)!.data).toMatchObject({ finish: 'failed' });
    const other = hosts.find(({ requests }) => requests.length === 0)!;
    other.answer = say(SENTENCES[2]!);
    const turn = await client.send('예약이체 취소 수수료가 있나요?');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'answered' });
    expect(client.answer(turn)).toBe(SENTENCES[2]);
    expect(other.requests).toHaveLength(1);
  });

  it('goes to the same host each time', async () => {
    const hosts = [await scripted(say(SENTENCES[0]!)), await scripted(say(SENTENCES[0]!))];
    const service = await serve(hosts);
    for (let n = 0; n < 4; n++) {
      const client = await open(service);
      const before = hosts.map(({ requests }) => requests.length);
      for (let turn = 0; turn < 3; turn++) await client.ask(QUESTION);
      const served = hosts.map(({ requests }, at) => requests.length - before[at]!);
      expect(served.toSorted()).toEqual([0, 3]);
    }
  });

  it('that the customer stops ends the generation', async () => {
    const gone = Promise.withResolvers<void>();
    const host = await scripted(sayThen(BEGINNING, (response) => response.once('close', gone.resolve)));
    const client = await open(await serve([host]));
    const turn = await client.send(QUESTION);
    await client.until((event) => event.type === 'answer.sentence' && event.origin === 'ai');
    await client.call('turn:stop');
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'stopped' });
    await gone.promise;
  });

  it('is answered from the sources alone while every host is silent, and says in the details why', async () => {
    const host = await scripted(hang);
    const service = await serve([host], { SANGDAM_CHAT_FIRST_TOKEN_MS: '1000' });
    const client = await open(service);
    expect((await client.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'answered' });
    await host.cut();
    await expect
      .poll(() => chatModelOf(service), LONG)
      .toMatchObject({
        state: 'failed',
        reason: 'host-unreachable',
        hosts: [{ url: host.url, state: 'down', reason: 'host-unreachable', running: 0 }],
      });
    expect((await client.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'answered' });
    host.answer = say(SENTENCES[2]!);
    await host.restore();
    await expect.poll(() => chatModelOf(service), LONG).toMatchObject({ state: 'ready', model: 'test' });
    expect((await client.ask(QUESTION))[0]!).toMatchObject({ origin: 'ai', data: { text: SENTENCES[2] } });
  });
});

describe.runIf((llamaServerPython && trained) || process.env.CI)(
  'a conversation with a trained model on llama-server',
  () => {
    let server: LlamaServer;
    beforeAll(async () => {
      server = await LlamaServer.start({ model: models.pathOf(trained!.model), alias: 'trained', contextTokens: 4096 });
    });
    afterAll(() => server.kill());

    /** A machine that does much else reads a prompt in half a minute. */
    const serveTrained = (capability: 'select' | 'write'): Promise<RunningService> =>
      serve([server], {
        SANGDAM_CHAT_MODEL: 'trained',
        SANGDAM_CHAT_CAPABILITY: capability,
        SANGDAM_CHAT_FIRST_TOKEN_MS: '120000',
        SANGDAM_CHAT_NEXT_TOKEN_MS: '120000',
      });

    it('answers in sentences of the source', async () => {
      const client = await open(await serveTrained('select'));
      const turn = await client.ask('예약이체를 취소하면 수수료가 있나요?');
      const sentences = turn.filter(({ type }) => type === 'answer.sentence');
      expect(sentences.length).toBeGreaterThan(0);
      for (const { origin, data } of sentences) {
        expect(origin).toBe('ai');
        expect(SENTENCES).toContain((data as { text: string }).text);
      }
      expect(turn.at(-1)!.data).toMatchObject({ finish: 'answered' });
    }, 180_000);

    it('that the customer stops leaves its slot free', async () => {
      const client = await open(await serveTrained('write'));
      const turn = await client.send(QUESTION);
      await expect.poll(() => server.busySlots(), LONG).toBe(1);
      await client.call('turn:stop');
      expect((await client.completed(turn)).data).toMatchObject({ finish: 'stopped' });
      await expect.poll(() => server.busySlots(), LONG).toBe(0);
    }, 180_000);

    it('whose server is killed and replaced by another process ends that turn, and is served in the next', async () => {
      const service = await serveTrained('write');
      const client = await open(service);
      const turn = await client.send(QUESTION);
      await expect.poll(() => server.busySlots(), LONG).toBe(1);
      await server.kill();
      await client.completed(turn);
      await expect
        .poll(() => chatModelOf(service), LONG)
        .toMatchObject({ state: 'failed', reason: 'host-unreachable' });
      await server.restart();
      await expect.poll(() => chatModelOf(service), LONG).toMatchObject({ state: 'ready' });
      const next = await client.ask(QUESTION);
      expect(next.filter(({ type }) => type === 'answer.completed')).toHaveLength(1);
      expect(await server.metric('llamacpp:prompt_tokens_total')).toBeGreaterThan(0);
    }, 180_000);
  },
);

/** llama-server leaves a prompt only between two batches, which a busy machine takes long for. */
const LONG = { timeout: 120_000, interval: 20 };

async function scripted(answer: HostAnswer): Promise<ChatHost> {
  const host = await ChatHost.start(answer);
  cleanups.push(() => host.cut());
  return host;
}

/** The service on these hosts; resolves when one of them is well. */
async function serve(
  hosts: readonly { url: string }[],
  environment: Record<string, string> = {},
): Promise<RunningService> {
  const store = await preparedStore('embedded');
  cleanups.push(() => store.remove());
  const service = await startService({
    store,
    replace,
    environment: {
      SANGDAM_CHAT_URLS: hosts.map(({ url }) => url).join(','),
      SANGDAM_CHAT_MODEL: 'test',
      SANGDAM_CHAT_CAPABILITY: 'write',
      ...environment,
    },
  });
  cleanups.push(() => service.stop());
  await expect.poll(() => chatModelOf(service), LONG).toMatchObject({ state: 'ready' });
  return service;
}

async function open(service: RunningService): Promise<ChatClient> {
  const client = await ChatClient.open(service.url);
  cleanups.push(() => client.close());
  return client;
}

async function chatModelOf({ url }: RunningService): Promise<unknown> {
  return ((await (await fetch(`${url}/health/ready`)).json()) as { chatModel: unknown }).chatModel;
}
