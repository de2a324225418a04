import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { ChatClient } from '../support/chat-client.js';
import { ChatHost, say, sayThen } from '../support/chat-host.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { freePort, spawnService, type SpawnedService } from '../support/spawned-service.js';
import { tempFolder } from '../support/temp-folder.js';

const RECORDER = `--require=${join(packageRoot, 'test', 'support', 'recorder.cjs')}`;
/** Variables with which LangChain and OpenAI's client would send prompts somewhere else, or print them. */
const OTHER_DOORS = {
  LANGSMITH_TRACING: 'true',
  LANGSMITH_API_KEY: 'geheim',
  LANGSMITH_GATEWAY: 'true',
  LANGSMITH_ENDPOINT: 'http://langsmith.invalid',
  LANGCHAIN_VERBOSE: 'true',
  OPENAI_BASE_URL: 'http://openai.invalid/v1',
  OPENAI_API_KEY: 'geheim',
  OPENAI_LOG: 'debug',
};
/** A question that the shipped knowledge answers by a statute, so that the model is asked. */
const QUESTION =
  '외국환거래법상 변경신고를 하지 않거나 거짓으로 신고하고 외국환업무나 중개업무를 한 경우 과태료는 얼마인가요?';

const folder = tempFolder();
afterAll(() => folder.remove());

it('the recorder sees names and addresses, of child processes and worker threads too', () => {
  const record = join(folder.path, 'control');
  const visit = (name: string): string => `fetch('http://${name}.invalid:81').catch(() => {});`;
  const inWorker = `new (require('worker_threads').Worker)("${visit('worker')}", { eval: true })`;
  const inChild = `require('child_process').execFileSync(process.execPath, ['-e', "${visit('child')}"])`;
  const address = `require('net').connect(82, '127.0.0.1').on('error', () => {})`;
  execFileSync(process.execPath, ['-e', [visit('main'), inWorker, inChild, address].join(';')], {
    env: { ...process.env, NODE_OPTIONS: RECORDER, RECORD: record },
  });
  for (const name of ['main', 'worker', 'child'])
    expect(linesOf(record)).toEqual(expect.arrayContaining([`connect ${name}.invalid:81`, `lookup ${name}.invalid`]));
  expect(linesOf(record)).toContain('connect 127.0.0.1:82');
});

describe('a service with a chat model on other machines', () => {
  const record = join(folder.path, 'service');
  let store: PreparedStore;
  let hosts: ChatHost[];
  let gone: string;
  let service: SpawnedService;

  beforeAll(async () => {
    store = await preparedStore('embedded');
    hosts = [await ChatHost.start(), await ChatHost.start()];
    gone = `127.0.0.1:${await freePort()}`;
    service = await spawnService({
      ...store.environment,
      ...OTHER_DOORS,
      SANGDAM_CHAT_URLS: [...hosts.map(({ url }) => url), `http://${gone}/v1`].join(','),
      SANGDAM_CHAT_MODEL: 'test',
      SANGDAM_CHAT_CAPABILITY: 'write',
      LOG_LEVEL: 'trace',
      NODE_OPTIONS: RECORDER,
      RECORD: record,
    });
  });
  afterAll(async () => {
    await service.kill('SIGTERM');
    for (const host of hosts) await host.cut();
    await store.remove();
  });

  it('talks to the configured hosts alone: at the start, in answers, when stopped, when hosts fail', async () => {
    await ready(service.url);
    const client = await ChatClient.open(service.url);
    await client.ask(QUESTION);
    expect(hosts.flatMap(({ requests }) => requests)).toHaveLength(1);

    const stopped = Promise.withResolvers<void>();
    for (const host of hosts)
      host.answer = sayThen(['과태료'], (response) => response.once('close', () => stopped.resolve()));
    const turn = await client.send(QUESTION);
    await expect.poll(() => hosts.flatMap(({ requests }) => requests).length, { timeout: 20_000 }).toBe(2);
    await client.call('turn:stop');
    await stopped.promise;
    expect((await client.completed(turn)).data).toMatchObject({ finish: 'stopped' });

    for (const host of hosts) host.answer = sayThen(['과태료'], (response) => void response.socket!.resetAndDestroy());
    await client.ask(QUESTION);
    for (const host of hosts) host.answer = say('없음');
    await hosts[0]!.cut();
    await client.ask(QUESTION);
    client.close();

    const addresses = [...hosts.map(({ port }) => `127.0.0.1:${port}`), gone];
    const own = 'lookup 127.0.0.1'; // the address that the service listens on
    const went = linesOf(record).filter((line) => !line.startsWith('load '));
    expect([...new Set(went)].toSorted()).toEqual([...addresses.map((it) => `connect ${it}`), own].toSorted());
  }, 120_000);

  it('prints nothing of what was said', () => {
    const said = hosts.flatMap(({ requests }) =>
      requests.flatMap(({ body }) => body.messages.map(({ content }) => content)),
    );
    expect(said.some((content) => content.includes(QUESTION))).toBe(true);
    expect(service.output()).not.toMatch(/외국환|과태료/);
  });
});

it('a service without such a model does not load their clients: they take half a second', async () => {
  const loaded = async (name: string, environment: Record<string, string>): Promise<string[]> => {
    const store = await preparedStore('embedded');
    const record = join(folder.path, name);
    const service = await spawnService({
      ...store.environment,
      NODE_OPTIONS: RECORDER,
      RECORD: record,
      ...environment,
    });
    await (await ChatClient.open(service.url)).ask(QUESTION);
    await service.kill('SIGTERM');
    await store.remove();
    return linesOf(record).filter((line) => /^load (openai|@langchain.openai|langchain)$/.test(line));
  };
  expect(await loaded('without', { SANGDAM_CHAT_MODEL: 'none' })).toEqual([]);
  const hosts = { SANGDAM_CHAT_MODEL: 'test', SANGDAM_CHAT_URLS: 'http://127.0.0.1:9/v1' };
  expect(await loaded('with', hosts)).toContain('load @langchain/openai');
}, 120_000);

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

async function ready(url: string): Promise<void> {
  const state = async (): Promise<unknown> => {
    const body = (await (await fetch(`${url}/health/ready`)).json()) as { chatModel: { state: string } };
    return body.chatModel.state;
  };
  await expect.poll(state, { timeout: 20_000 }).toBe('ready');
}
