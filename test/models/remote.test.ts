import { Logger } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/config/app-error.js';
import { ChatModelSupervisor } from '../../src/models/chat-model-supervisor.js';
import type { ChatRequest } from '../../src/models/chat-model.js';
import { LangChainChatModel } from '../../src/models/langchain-chat-model.js';
import { ModelList } from '../../src/models/model-list.js';
import type { ModelSettings } from '../../src/models/model-settings.js';
import { ModelStore } from '../../src/models/model-store.js';
import {
  ChatHost,
  FINISH,
  hang,
  refuse,
  say,
  sayAtOnce,
  saySlowly,
  sayThen,
  type HostAnswer,
} from '../support/chat-host.js';
import { LlamaServer, llamaServerPython } from '../support/llama-server.js';

Logger.overrideLogger(false);

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const PROMPT = '이체 한도가 얼마예요?';
const REQUEST: ChatRequest = {
  messages: [
    { role: 'system', content: '규칙' },
    { role: 'user', content: PROMPT },
  ],
  maxTokens: 100,
  temperature: 0,
};

describe('a chat model on another machine', () => {
  it('is asked with the model, the settings and the key, and its text is passed on as it comes', async () => {
    const host = await scripted(say('하루 ', '천만 원', '입니다.'));
    const { model } = await remote([host], { chatApiKey: 'geheim' });
    expect(model.status()).toEqual({
      state: 'ready',
      model: 'test',
      capability: 'select',
      hosts: [{ url: host.url, state: 'up', model: 'test', running: 0 }],
    });
    expect(await pieces(model, { ...REQUEST, stop: ['끝'], seed: 7 })).toEqual(['하루 ', '천만 원', '입니다.']);
    const { body, headers } = host.requests[0]!;
    expect(headers.authorization).toBe('Bearer geheim');
    expect(body).toMatchObject({ model: 'test', max_tokens: 100, temperature: 0, stop: ['끝'], seed: 7, stream: true });
    expect(body.messages).toEqual(REQUEST.messages);
  });

  it('does not get the key that the environment holds for the service of the client’s maker', async () => {
    process.env.OPENAI_API_KEY = 'geheim';
    cleanups.push(() => void delete process.env.OPENAI_API_KEY);
    const host = await scripted(say('네.'));
    const { model } = await remote([host]);
    expect(await text(model)).toBe('네.');
    expect(JSON.stringify(host.requests[0]!.headers)).not.toContain('geheim');
  });

  it('is not named, and asked what it serves: one model is taken, of several one has to be named', async () => {
    const one = await scripted();
    expect((await remote([one], { chatModel: undefined })).model.status()).toMatchObject({
      state: 'ready',
      model: 'test',
    });
    const several = await scripted();
    several.models = ['test', 'other'];
    const unnamed = await remote([several], { chatModel: undefined });
    expect(unnamed.model.status()).toMatchObject({ state: 'failed', reason: 'model-ambiguous' });
    expect((await remote([several], { chatModel: 'other' })).model.status()).toMatchObject({
      state: 'ready',
      model: 'other',
    });
  });

  it('may write where the operator says so', async () => {
    const { model } = await remote([await scripted()], { chatCapability: 'write' });
    expect(model.status()).toMatchObject({ capability: 'write' });
  });

  it('comes through a proxy that holds it back until it is complete', async () => {
    const { model } = await remote([await scripted(sayAtOnce('하루 ', '천만 원'))]);
    expect(await text(model)).toBe('하루 천만 원');
  });

  it('may be slow, as long as it goes on', async () => {
    const host = await scripted(saySlowly(300, '하', '루', '천', '만', '원'));
    const { model } = await remote([host], { chatTimes: IMPATIENT });
    expect(await text(model)).toBe('하루천만원');
  });

  it('is complete when it says so, with or without the end mark of the stream', async () => {
    const { model } = await remote([await scripted(sayThen(['네.'], (response) => response.end(FINISH)))]);
    expect(await text(model)).toBe('네.');
  });
});

const broken = (response: ServerResponse): void => void response.end('data: {"choices":[{"ind\n\n');
const closed = (response: ServerResponse): void => void response.end();
const reset = (response: ServerResponse): void => void response.socket!.resetAndDestroy();
const errorEvent = (response: ServerResponse): void => void response.end('data: {"error":{"message":"CUDA"}}\n\n');

describe('a host that fails', () => {
  const faults: [string, HostAnswer, string][] = [
    ['with 401', refuse(401), 'unauthorized'],
    ['with 404', refuse(404), 'model-not-served'],
    ['with 500', refuse(500), 'host-failed'],
    ['with 503', refuse(503), 'host-not-ready'],
    ['by saying nothing', hang, 'hung'],
    ['by saying nothing after the head', sayThen([''], () => {}), 'hung'],
    ['with a broken event', sayThen([''], broken), 'stream-broken'],
    ['with an error in the stream', sayThen([''], errorEvent), 'host-failed'],
    ['by closing early', sayThen([''], closed), 'stream-broken'],
    ['by resetting the connection', (response) => reset(response), 'host-unreachable'],
    ['by sending the prompt to another machine', refuse(307, { location: 'http://192.0.2.1/v1' }), 'host-unreachable'],
  ];

  it.each(faults)('%s: says why', async (_, answer, reason) => {
    const host = await scripted(answer);
    const { model } = await remote([host], reason === 'hung' ? { chatTimes: IMPATIENT } : {});
    await expect(text(model)).rejects.toMatchObject({ code: 'model.unavailable', params: { reason } });
    expect(host.requests).toHaveLength(1);
  });

  it.each(faults)('%s: another host answers, and gets the next requests too', async (_, answer, reason) => {
    const [bad, good] = [await scripted(answer), await scripted(say('네.'))];
    const { model } = await remote([bad, good], reason === 'hung' ? { chatTimes: IMPATIENT } : {}, LONG_REST);
    const affinity = await keyOf(model, bad, [bad, good]);
    expect(await text(model, { ...REQUEST, affinity })).toBe('네.');
    expect(bad.requests).toHaveLength(1);
    expect(await text(model, { ...REQUEST, affinity })).toBe('네.');
    expect(bad.requests).toHaveLength(1);
  });

  it.each([
    ['by breaking off', sayThen(['하루 '], closed), 'stream-broken'],
    ['with a broken event', sayThen(['하루 '], broken), 'stream-broken'],
    ['with an error in the stream', sayThen(['하루 '], errorEvent), 'host-failed'],
    ['by being killed', sayThen(['하루 '], reset), 'stream-broken'],
    ['by saying no more', sayThen(['하루 '], () => {}), 'hung'],
  ])('in the middle, %s: is not mixed with another’s answer', async (_, answer, reason) => {
    const hosts = [await scripted(answer), await scripted(answer)];
    const { model } = await remote(hosts, reason === 'hung' ? { chatTimes: IMPATIENT } : {});
    const stream = model.stream(REQUEST, never());
    expect((await stream.next()).value).toBe('하루 ');
    await expect(stream.next()).rejects.toMatchObject({ code: 'model.unavailable', params: { reason } });
    expect(hosts.flatMap(({ requests }) => requests)).toHaveLength(1);
  });

  it('by saying nothing, as the next one does: the customer is not made to wait for a third', async () => {
    const hosts = [await scripted(hang), await scripted(hang), await scripted(hang)];
    const { model } = await remote(hosts, { chatTimes: IMPATIENT });
    await expect(text(model)).rejects.toMatchObject({ params: { reason: 'hung' } });
    expect(hosts.flatMap(({ requests }) => requests)).toHaveLength(2);
  });

  it('because the request is at fault, is asked once, and is not blamed', async () => {
    const long = { type: 'exceed_context_size_error', message: PROMPT };
    for (const [answer, reason] of [
      [refuse(400, {}, long), 'prompt-too-long'],
      [refuse(400, {}, { message: `maximum context length is 8192 tokens: ${PROMPT}` }), 'prompt-too-long'],
      [refuse(422, {}, { message: PROMPT }), 'generation-failed'],
    ] as const) {
      const hosts = [await scripted(answer), await scripted(answer)];
      const { model } = await remote(hosts);
      const error = await text(model).catch((thrown: unknown) => thrown as AppError);
      expect(error).toMatchObject({ code: 'model.unavailable', params: { reason } });
      expect(hosts.flatMap(({ requests }) => requests)).toHaveLength(1);
      expect(model.status().hosts).toMatchObject([{ state: 'up' }, { state: 'up' }]);
    }
  });

  it('does not bring what it said into the error: it may quote the customer', async () => {
    const { model } = await remote([await scripted(refuse(500, {}, { message: PROMPT }))]);
    const error = (await text(model).catch((thrown: unknown) => thrown)) as AppError;
    expect(`${error.message} ${JSON.stringify(error.params)} ${error.stack} ${String(error.cause)}`).not.toContain(
      PROMPT,
    );
  });

  it('again and again, though it looks well, counts as down for a while', async () => {
    const host = await scripted(refuse(500));
    const { model } = await remote([host], {}, { probeEveryMs: 20, backoffMs: 200 });
    for (let n = 0; n < 3; n++) await expect(text(model)).rejects.toThrow();
    expect(model.status()).toMatchObject({ state: 'failed', reason: 'host-failed' });
    host.answer = say('네.');
    await expect.poll(() => model.status().state, { timeout: 10_000 }).toBe('ready');
    expect(await text(model)).toBe('네.');
  });
});

describe('a host that has too many requests', () => {
  it('is given the time that it asks for', async () => {
    const host = await scripted();
    host.answer = (response, request) =>
      host.requests.length === 1
        ? refuse(429, { 'retry-after': '1' })(response, request)
        : say('네.')(response, request);
    const { model } = await remote([host]);
    expect(await text(model)).toBe('네.');
    expect(host.requests).toHaveLength(2);
  });

  it('is left for another one, which is not made to wait', async () => {
    const [busy, free] = [await scripted(refuse(429, { 'retry-after': '4' })), await scripted(say('네.'))];
    const { model } = await remote([busy, free]);
    const affinity = await keyOf(model, busy, [busy, free]);
    expect(await text(model, { ...REQUEST, affinity })).toBe('네.');
    expect([busy.requests.length, free.requests.length]).toEqual([1, 1]);
  });

  it('counts as down where it asks for more than a customer waits', async () => {
    const host = await scripted(refuse(429, { 'retry-after': '3600' }));
    const { model } = await remote([host]);
    for (let n = 0; n < 2; n++) await expect(text(model)).rejects.toMatchObject({ params: { reason: 'rate-limited' } });
    expect(host.requests).toHaveLength(1);
    expect(model.status()).toMatchObject({ state: 'failed', reason: 'rate-limited' });
  });
});

describe('several hosts', () => {
  const KEYS = Array.from({ length: 60 }, (_, n) => `conversation ${n}`);

  it('each get their share of conversations, and keep them when another one goes', async () => {
    const hosts = [await scripted(), await scripted(), await scripted()];
    const { model } = await remote(hosts);
    const before = await placesOf(model, KEYS, hosts);
    expect(await placesOf(model, KEYS, hosts)).toEqual(before);
    for (const host of hosts) expect(before.filter((place) => place === host).length).toBeGreaterThan(8);
    const [gone, ...left] = hosts;
    await gone!.cut();
    await expect.poll(() => model.status().hosts![0]!.state, { timeout: 10_000 }).toBe('down');
    const after = await placesOf(model, KEYS, left);
    expect(after.filter((place, n) => before[n] !== gone && place !== before[n])).toEqual([]);
  });

  it('share the work of one conversation that asks for more than its host has room for', async () => {
    const hosts = [await scripted(hang), await scripted(hang)];
    const { model } = await remote(hosts);
    const abort = new AbortController();
    const open = Array.from({ length: 8 }, () => model.stream({ ...REQUEST, affinity: 'one' }, abort.signal).next());
    await expect.poll(() => hosts.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(8);
    expect(hosts.map(({ requests }) => requests.length).toSorted()).toEqual([3, 5]);
    expect(
      model
        .status()
        .hosts!.map(({ running }) => running)
        .toSorted(),
    ).toEqual([3, 5]);
    abort.abort();
    await Promise.all(open);
    await expect.poll(() => model.status().hosts).toMatchObject([{ running: 0 }, { running: 0 }]);
  });

  it('are gone: the model is not ready and says why; one comes back: it is, by itself', async () => {
    const hosts = [await scripted(), await scripted()];
    const { model } = await remote(hosts);
    for (const host of hosts) await host.cut();
    await expect
      .poll(() => model.status(), { timeout: 10_000 })
      .toMatchObject({ state: 'failed', reason: 'host-unreachable' });
    await expect(text(model)).rejects.toMatchObject({
      code: 'model.unavailable',
      params: { reason: 'host-unreachable' },
    });
    await hosts[1]!.restore();
    await expect.poll(() => model.status().state, { timeout: 10_000 }).toBe('ready');
    expect(await text(model)).toBe('안녕하세요.');
  });

  it('one still loading: the other is asked; it is ready: it gets its share', async () => {
    const [loading, ready] = [await scripted(), await scripted()];
    loading.health = 503;
    const { model } = await remote([loading, ready]);
    expect(model.status().hosts).toMatchObject([{ state: 'down', reason: 'host-not-ready' }, { state: 'up' }]);
    await placesOf(model, KEYS.slice(0, 8), [ready]);
    loading.health = 200;
    await expect.poll(() => model.status().hosts![0]!.state, { timeout: 10_000 }).toBe('up');
    expect(await placesOf(model, KEYS, [loading, ready])).toContain(loading);
  });
});

describe.runIf(llamaServerPython || process.env.CI)('llama-server', () => {
  it('streams the same greedy answer twice', async () => {
    const server = await llama();
    const { model } = await remote([server], { chatModel: 'tiny' });
    const first = await pieces(model);
    expect(first.length).toBeGreaterThan(1);
    expect(await text(model)).toBe(first.join(''));
  });

  it('is alone in telling which model it serves and which key it takes', async () => {
    const server = await llama({ apiKey: 'geheim' });
    const { model } = await remote([server], { chatModel: undefined, chatApiKey: 'geheim' });
    expect(model.status()).toMatchObject({ state: 'ready', model: 'tiny' });
    expect(await text(model)).not.toBe('');
    const stranger = await remote([server], { chatModel: 'tiny', chatApiKey: 'falsch' });
    expect(stranger.model.status()).toMatchObject({ state: 'failed', reason: 'unauthorized' });
    const other = await remote([server], { chatModel: 'kanana', chatApiKey: 'geheim' });
    expect(other.model.status()).toMatchObject({ state: 'failed', reason: 'model-not-served' });
  });

  it('stops generating when the caller aborts', async () => {
    const server = await llama();
    const { model } = await remote([server], { chatModel: 'tiny' });
    const abort = new AbortController();
    const stream = model.stream(ENDLESS, abort.signal);
    await stream.next();
    expect(await server.busySlots()).toBe(1);
    abort.abort();
    expect((await stream.next()).done).toBe(true);
    await expect.poll(() => server.busySlots(), { timeout: 10_000 }).toBe(0);
  });

  it('stops generating when the reader leaves the loop', async () => {
    const server = await llama();
    const { model } = await remote([server], { chatModel: 'tiny' });
    for await (const _ of model.stream(ENDLESS, never())) break;
    await expect.poll(() => server.busySlots(), { timeout: 10_000 }).toBe(0);
  });

  it('stops reading the prompt of a caller who has gone while all slots are taken', async () => {
    const server = await llama({ slots: 1 });
    const { model } = await remote([server], { chatModel: 'tiny' });
    const abort = new AbortController();
    const first = model.stream(ENDLESS, never());
    await first.next();
    const waiting = model.stream(ENDLESS, abort.signal).next();
    abort.abort();
    expect((await waiting).done).toBe(true);
    await first.return();
    await expect.poll(() => server.busySlots(), { timeout: 10_000 }).toBe(0);
    expect(await text(model)).not.toBe('');
  });

  it('is killed while it writes: the answer fails, another process on its port is taken up by itself', async () => {
    const server = await llama();
    const { model } = await remote([server], { chatModel: 'tiny' });
    const stream = model.stream(ENDLESS, never());
    await stream.next();
    await server.kill();
    await expect(drain(stream)).rejects.toMatchObject({
      code: 'model.unavailable',
      params: { reason: 'stream-broken' },
    });
    await expect
      .poll(() => model.status(), { timeout: 10_000 })
      .toMatchObject({ state: 'failed', reason: 'host-unreachable' });
    await server.restart();
    await expect.poll(() => model.status().state, { timeout: 10_000 }).toBe('ready');
    expect(await text(model)).not.toBe('');
  });

  it('is killed before it answers: another host does', async () => {
    const servers = [await llama(), await llama()];
    const { model } = await remote(servers, { chatModel: 'tiny' });
    await servers[0]!.kill();
    for (let n = 0; n < 8; n++) expect(await text(model, { ...REQUEST, affinity: `${n}` })).not.toBe('');
    expect(model.status()).toMatchObject({ state: 'ready', hosts: [{ state: 'down' }, { state: 'up' }] });
  });

  it('hangs: requests that wait for it go to another host; it comes back', async () => {
    const servers = [await llama(), await llama()];
    const { model } = await remote(servers, { chatModel: 'tiny', chatTimes: { ...IMPATIENT, firstTokenMs: 20_000 } });
    servers[0]!.freeze();
    for (let n = 0; n < 8; n++) expect(await text(model, { ...REQUEST, affinity: `${n}` })).not.toBe('');
    expect(model.status().hosts).toMatchObject([{ state: 'down', reason: 'hung' }, { state: 'up' }]);
    servers[0]!.thaw();
    await expect.poll(() => model.status().hosts![0]!.state, { timeout: 10_000 }).toBe('up');
  });

  it('says that a prompt is too long', async () => {
    const server = await llama({ contextTokens: 256 });
    const { model } = await remote([server], { chatModel: 'tiny' });
    const long = { ...REQUEST, messages: [{ role: 'user' as const, content: '가'.repeat(500) }] };
    await expect(text(model, long)).rejects.toMatchObject({ params: { reason: 'prompt-too-long' } });
    expect(model.status().state).toBe('ready');
  });
});

/** For hosts that say nothing, and for one that is slower than this in all. */
const IMPATIENT = { connectMs: 500, firstTokenMs: 1_200, nextTokenMs: 1_200 };
/** A host that failed is left alone for as long as a test lasts. */
const LONG_REST = { probeEveryMs: 50, backoffMs: 60_000 };

const ENDLESS = { ...REQUEST, maxTokens: 1_900 };

async function scripted(answer?: HostAnswer): Promise<ChatHost> {
  const host = await ChatHost.start(answer);
  cleanups.push(() => host.cut());
  return host;
}

async function llama(options: Parameters<typeof LlamaServer.start>[0] = {}): Promise<LlamaServer> {
  const server = await LlamaServer.start(options);
  cleanups.push(() => server.kill());
  return server;
}

/** A model on these hosts as the service has it; resolves when their state is known. */
async function remote(
  hosts: readonly { url: string }[],
  settings: Partial<ModelSettings> = {},
  probes = { probeEveryMs: 50, backoffMs: 50 },
): Promise<{ model: LangChainChatModel }> {
  const complete: ModelSettings = {
    chatModel: 'test',
    chatCapability: undefined,
    chatSlots: 1,
    chatUrls: hosts.map(({ url }) => url),
    chatApiKey: undefined,
    chatTimes: { connectMs: 2_000, firstTokenMs: 20_000, nextTokenMs: 20_000 },
    modelsFolder: '',
    modelUrls: [],
    mayFetch: false,
    cores: 2,
    ...settings,
  };
  const supervisor = new ChatModelSupervisor(complete, new ModelStore(ModelList.read(), ''), { probes });
  cleanups.push(() => supervisor.close());
  await supervisor.settled();
  await expect.poll(() => supervisor.status().hosts!.every(({ state }) => state !== 'unknown')).toBe(true);
  return { model: new LangChainChatModel(supervisor) };
}

function never(): AbortSignal {
  return new AbortController().signal;
}

async function pieces(model: LangChainChatModel, request: ChatRequest = REQUEST): Promise<string[]> {
  return Array.fromAsync(model.stream(request, never()));
}

async function text(model: LangChainChatModel, request?: ChatRequest): Promise<string> {
  return (await pieces(model, request)).join('');
}

async function drain(stream: AsyncIterable<string>): Promise<void> {
  for await (const _ of stream);
}

/** Which host each conversation went to. */
async function placesOf(
  model: LangChainChatModel,
  keys: readonly string[],
  hosts: readonly ChatHost[],
): Promise<ChatHost[]> {
  const places: ChatHost[] = [];
  for (const affinity of keys) {
    const before = hosts.map(({ requests }) => requests.length);
    await text(model, { ...REQUEST, affinity });
    places.push(hosts.find(({ requests }, n) => requests.length > before[n]!)!);
  }
  return places;
}

/** A conversation that belongs to a host. */
async function keyOf(model: LangChainChatModel, wanted: ChatHost, hosts: readonly ChatHost[]): Promise<string> {
  const answers = hosts.map(({ answer }) => answer);
  for (const host of hosts) host.answer = say('네.');
  try {
    for (let n = 0; ; n++) {
      const [place] = await placesOf(model, [`conversation ${n}`], hosts);
      if (place === wanted) return `conversation ${n}`;
    }
  } finally {
    for (const [n, host] of hosts.entries()) {
      host.answer = answers[n]!;
      host.requests.length = 0;
    }
  }
}
