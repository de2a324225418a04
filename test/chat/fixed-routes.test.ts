import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/config/app-error.js';
import { Audit } from '../../src/accounts/index.js';
import { Database } from '../../src/database/database.js';
import { FixedTexts, type PolicyCategory } from '../../src/guardrails/index.js';
import { Retriever } from '../../src/knowledge/index.js';
import { Embedder } from '../../src/models/embedder.js';
import { ChatClient } from '../support/chat-client.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const ROUTES: [PolicyCategory, string | undefined, string][] = [
  ['CRISIS', undefined, '더는 살고 싶지 않아요'],
  ['CRISIS', 'imminent', '지금 옥상에 올라와 있어요'],
  ['FRAUD_VICTIM', undefined, '보이스피싱 당했어요 도와주세요'],
  ['FRAUD_VICTIM', 'cash', '검찰이라 캐서 현금 뽑아 사람한테 줬어요'],
  ['FRAUD_VICTIM', 'goods', '중고나라에서 돈 보냈는데 물건을 안 보내요'],
];

/** Asks about prevention, or about a case that is over: ordinary questions. */
const NO_VICTIMS = [
  '보이스피싱 예방하는 방법 알려주세요',
  '3년 전에 보이스피싱 당했는데 다 해결됐어요. 통장 만들 수 있나요',
];

class NoEmbedder extends Embedder {
  override readonly id = 'none';
  override readonly dimensions = 0;
  override readonly available = false;
  override embed(): Promise<Float32Array[]> {
    return Promise.reject(AppError.of('embedder.unavailable'));
  }
}

class NoRetriever extends Retriever {
  override retrieve(): never {
    throw new Error('the index is broken');
  }
}

describe('crisis and fraud, with neither model nor embedder nor index nor audit log', () => {
  let store: PreparedStore;
  let service: RunningService;
  beforeAll(async () => {
    store = await preparedStore('embedded');
    service = await startService({
      store,
      replace: [
        { token: Embedder, by: new NoEmbedder() },
        { token: Retriever, by: new NoRetriever() },
      ],
    });
    service.app.get(Audit, { strict: false }).record = () => Promise.reject(AppError.of('audit.unavailable'));
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it.each(ROUTES)(
    '%s %s is answered by its text, word for word, and put before people',
    async (category, variant, line) => {
      const client = await ChatClient.open(service.url);
      const turn = await client.send(line);
      expect((await client.completed(turn)).data).toMatchObject({ finish: 'fixed' });
      expect(client.answer(turn)).toBe(service.app.get(FixedTexts, { strict: false }).text(category, 'ko', variant));
      const queued = client.events.find(({ type }) => type === 'handoff.queued');
      expect(queued!.data).toMatchObject({
        reason: category.toLowerCase(),
        phones: expect.arrayContaining([expect.anything()]),
      });
      client.close();
    },
  );

  it.each(NO_VICTIMS)('but not: %s', async (line) => {
    const client = await ChatClient.open(service.url);
    const turn = await client.send(line);
    await client.completed(turn);
    expect(
      client.events.filter(({ type, data }) => type === 'handoff.queued' && data.reason === 'fraud_victim'),
    ).toEqual([]);
    client.close();
  });
});

describe('crisis and fraud, with the store away as well', () => {
  let store: PreparedStore;
  let service: RunningService;
  let client: ChatClient;
  beforeAll(async () => {
    store = await preparedStore('embedded');
    service = await startService({ store });
    client = await ChatClient.open(service.url);
  });
  afterAll(async () => {
    client.close();
    await service.stop();
    await store.remove();
  });

  it.each(ROUTES)('%s %s is refused with its text and its lines', async (category, variant, line) => {
    const database = service.app.get(Database, { strict: false });
    const { query, transaction } = database;
    database.query = () => Promise.reject(AppError.of('store.unavailable'));
    database.transaction = () => Promise.reject(AppError.of('store.unavailable'));
    try {
      const reply = await client.call('message:send', {
        clientMessageId: `store-away-${ROUTES.findIndex(([, , text]) => text === line)}`,
        text: line,
      });
      expect(reply).toMatchObject({
        ok: false,
        error: {
          code: 'store.unavailable',
          safeText: service.app.get(FixedTexts, { strict: false }).text(category, 'ko', variant),
          phones: expect.arrayContaining([expect.anything()]),
        },
      });
    } finally {
      Object.assign(database, { query, transaction });
    }
  });
});
