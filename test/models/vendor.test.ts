import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigModule } from '../../src/config/config.module.js';
import { Settings } from '../../src/config/settings.js';
import { ChatModel } from '../../src/models/chat-model.js';
import { ModelsModule } from '../../src/models/models.module.js';
import { ChatHost, hang, refuse, say, sayThen } from '../support/chat-host.js';
import { testFolder } from '../support/temp-folder.js';

describe('a model of a vendor', () => {
  let host: ChatHost;
  beforeEach(async () => {
    host = await ChatHost.start();
    // The vendor's own variables, as its documentation has them.
    vi.stubEnv('OPENAI_BASE_URL', host.url);
    vi.stubEnv('OPENAI_API_KEY', 'geheim');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await host.cut();
  });

  it('answers through LangChain’s package of the vendor', async () => {
    host.answer = say('하루 ', '천만 원');
    const app = await models('openai:gpt-4.1');
    const model = app.get(ChatModel);
    expect(model.status()).toEqual({ state: 'ready', model: 'openai:gpt-4.1', capability: 'select' });
    expect(await pieces(model)).toEqual(['하루 ', '천만 원']);
    const { body, headers } = host.requests[0]!;
    expect(headers.authorization).toBe('Bearer geheim');
    expect(body).toMatchObject({ model: 'gpt-4.1', max_tokens: 100, temperature: 0 });
    await app.close();
  });

  it.each([
    [refuse(401), 'unauthorized'],
    [refuse(404), 'model-not-served'],
    [hang, 'hung'],
  ])('that fails says why', async (answer, reason) => {
    host.answer = answer;
    const app = await models('openai:gpt-4.1', { SANGDAM_CHAT_FIRST_TOKEN_MS: '1000' });
    await expect(pieces(app.get(ChatModel))).rejects.toMatchObject({ code: 'model.unavailable', params: { reason } });
    await app.close();
  });

  it('ends with the caller’s wish, and closes the connection', async () => {
    const gone = Promise.withResolvers<void>();
    host.answer = sayThen(['하루 '], (response) => response.once('close', () => gone.resolve()));
    const app = await models('openai:gpt-4.1');
    const abort = new AbortController();
    const stream = app.get(ChatModel).stream(REQUEST, abort.signal)[Symbol.asyncIterator]();
    expect((await stream.next()).value).toBe('하루 ');
    abort.abort();
    expect((await stream.next()).done).toBe(true);
    await gone.promise;
    await app.close();
  });

  it('whose package is not installed stops the start, and is told by name', async () => {
    await expect(models('anthropic:claude-sonnet')).rejects.toMatchObject({
      code: 'config.invalid',
      params: {
        variable: 'SANGDAM_CHAT_MODEL',
        value: 'anthropic:claude-sonnet',
        expected: expect.stringContaining('npm install @langchain/anthropic'),
      },
    });
  });

  it('that LangChain does not know stops the start', async () => {
    await expect(models('hangang:one')).rejects.toMatchObject({
      code: 'config.invalid',
      params: { expected: expect.stringContaining('anthropic') },
    });
  });
});

const REQUEST = { messages: [{ role: 'user' as const, content: '한도가 얼마예요?' }], maxTokens: 100, temperature: 0 };

async function models(name: string, environment: Record<string, string> = {}) {
  const settings = Settings.read('command', {
    SANGDAM_CHAT_MODEL: name,
    SANGDAM_MODELS: testFolder(),
    ...environment,
  });
  const app = await Test.createTestingModule({ imports: [ConfigModule.with(settings), ModelsModule] }).compile();
  app.enableShutdownHooks();
  return app;
}

async function pieces(model: ChatModel): Promise<string[]> {
  return Array.fromAsync(model.stream(REQUEST, new AbortController().signal));
}
