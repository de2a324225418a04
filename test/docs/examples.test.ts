import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityTokens } from '../../src/chat/identity-tokens.js';
import { SystemClock } from '../../src/config/clock.js';
import { packageRoot } from '../../src/config/package-root.js';
import { Settings } from '../../src/config/settings.js';
import { ModelList } from '../../src/models/model-list.js';
import { ModelStore } from '../../src/models/model-store.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { spawnService, type SpawnedService } from '../support/spawned-service.js';

const QUESTION = '대출 납부일 당일 몇 시까지 통장에 돈을 넣어 두면 연체가 안 되나요?';

/** Runs `docs/examples/<name>` as its reader would. */
async function example(name: string, args: string[], environment: Record<string, string> = {}): Promise<string> {
  const [program, ...options] = name.endsWith('.py') ? ['python3'] : [process.execPath, '--no-warnings'];
  const child = spawn(program!, [...options, join(packageRoot, 'docs', 'examples', name), ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  return output;
}

describe('an example of the documentation', () => {
  let store: PreparedStore;
  beforeAll(async () => {
    store = await preparedStore('embedded');
  });
  afterAll(() => store.remove());

  it('searches the knowledge by the LangChain retriever', async () => {
    const lines = (await example('retriever.mjs', [store.folder, QUESTION])).trim().split('\n');
    const sources = lines.map((line) => JSON.parse(line) as { source: string; confidence: number; text: string });
    expect(sources).toHaveLength(3);
    expect(sources[0]).toMatchObject({ source: expect.stringMatching(/^exemplar:loan-due-02@\d+$/) });
    expect(sources[0]!.text).toContain('22:00');
    expect(sources[0]!.confidence).toBeGreaterThan(0.5);
  });

  it.each(['identity-token.mjs', 'identity-token.py'])('makes a token of a signed-in customer: %s', async (name) => {
    const key = { SANGDAM_IDENTITY_KEY: 'a-shared-secret-of-the-bank-32-characters' };
    const token = (await example(name, ['cust-7F3A91'], key)).trim();
    const tokens = new IdentityTokens(Settings.read('service', key), new SystemClock());
    await expect(tokens.customer(token)).resolves.toBe('cust-7F3A91');
  });

  describe('asks the running service', () => {
    const token = { SANGDAM_API_TOKEN: 'token-of-the-bank-systems-of-40-characters' };
    let service: SpawnedService;
    beforeAll(async () => {
      service = await spawnService({ ...store.environment, ...token });
    });
    afterAll(() => service.kill());

    it('by OpenAI’s library', async () => {
      const [answer, end] = (await example('openai.mjs', [service.url, QUESTION], token)).trim().split('\n');
      expect(answer).toContain('22:00');
      expect(JSON.parse(end!)).toMatchObject({ finish: 'exemplar', sources: [expect.stringContaining('loan-due-02')] });
    });

    it('by LangChain’s ChatOpenAI', async () => {
      expect(await example('chat-openai.mjs', [service.url, QUESTION], token)).toContain('22:00');
    });
  });
});

// CI fetches the default model before the tests and must use it; elsewhere any that is there.
const list = ModelList.read();
const stored = (await new ModelStore(list).stored()).filter(({ present }) => present).map(({ model }) => model);
const [smallest] = stored.toSorted((a, b) => a.bytes - b.bytes);

describe.runIf(smallest !== undefined || process.env.CI)('the example of a chain with a language model', () => {
  it('writes an answer from what the retriever found', async () => {
    const store = await preparedStore('embedded');
    const answer = await example('rag.mjs', [store.folder, smallest?.name ?? list.defaultName, QUESTION]);
    await store.remove();
    expect(answer.trim()).toMatch(/[가-힣]{2}/);
  }, 180_000);
});
