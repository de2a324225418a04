import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/config/clock.js';
import { packageRoot } from '../../src/config/package-root.js';
import { openDatabase } from '../../src/database/open-database.js';
import { openKnowledge } from '../../src/knowledge/index.js';
import { embedderId, readEmbedderCard } from '../../src/models/embedder-card.js';
import { SHIPPED_EMBEDDER } from '../../src/models/onnx-embedder.js';
import { HashingEmbedder } from '../knowledge/hashing-embedder.js';
import { all } from '../knowledge/room.js';
import { sangdam } from '../support/command-line.js';
import { EmbeddingHost } from '../support/embedding-host.js';
import { freshDatabase } from '../support/postgres.js';
import { STORES } from '../support/prepared-store.js';
import { spawnService, type SpawnedService } from '../support/spawned-service.js';

/** Exemplars of the store; each is a question, a pair and a phrasing. */
const EXEMPLARS = 300;
const TEXTS = 3 * EXEMPLARS;
/** Texts that a killed build may have had embedded and not yet committed: one batch. */
const UNCOMMITTED = 64;

/** A bank's own knowledge, with vectors that bear the shipped embedder's name. */
async function filledStore(
  kind: 'embedded' | 'postgres',
): Promise<{ environment: Record<string, string>; remove(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sangdam-'));
  const server = kind === 'postgres' ? await freshDatabase() : undefined;
  const database = await openDatabase({ dataFolder: folder, databaseUrl: server?.url });
  const file = join(folder, 'faq.jsonl');
  const record = (n: number): object => ({
    id: `faq-${n}`,
    question: `${n}번 상품의 수수료는 얼마인가요?`,
    answer: `${n}번 상품의 수수료는 없습니다.`,
    phrasings: [`${n}번 수수료`],
  });
  writeFileSync(file, Array.from({ length: EXEMPLARS }, (_, n) => JSON.stringify(record(n))).join('\n'));
  const embedder = new HashingEmbedder(embedderId(readEmbedderCard(SHIPPED_EMBEDDER)), 384);
  await all(openKnowledge(database, embedder, new SystemClock()).importer.import([file]));
  await database.close();
  return {
    environment: { SANGDAM_DATA: folder, ...(server ? { DATABASE_URL: server.url } : {}) },
    remove: async () => {
      await server?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Ready {
  status: string;
  retrieval: string;
  embedder: { id: string; state: string; reason?: string };
  vectors: { state: string; progress: number };
}

async function ready({ url }: SpawnedService): Promise<Ready> {
  return (await (await fetch(`${url}/health/ready`)).json()) as Ready;
}

// Each test starts three or four programs, and the embedded store takes seconds to open on a busy machine.
describe.each(STORES)('another embedder than the store’s (%s)', { timeout: 180_000 }, (kind) => {
  let environment: Record<string, string>;
  let remove: () => Promise<void>;
  let host: EmbeddingHost;
  const services: SpawnedService[] = [];
  beforeAll(async () => {
    host = await EmbeddingHost.start(64);
  });
  beforeEach(async () => {
    const store = await filledStore(kind);
    remove = store.remove;
    environment = { ...store.environment, ...host.environment };
    host.texts.length = 0;
    host.before = () => undefined;
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.kill();
    await remove();
  });
  afterAll(() => host.stop());

  async function service(): Promise<SpawnedService> {
    const started = await spawnService(environment);
    services.push(started);
    return started;
  }

  /** Lets so many texts be embedded, and no more. Resolves when they are. */
  function holdAfter(count: number): Promise<void> {
    const held = Promise.withResolvers<void>();
    host.before = () => {
      if (host.texts.length < count) return undefined;
      held.resolve();
      return 'hang';
    };
    return held.promise;
  }

  it('has its vectors made by `sangdam reembed`: a killed run is gone on with, and only the rest is embedded', async () => {
    const held = holdAfter(TEXTS / 2);
    const child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli.js'), 'reembed'], {
      env: { ...process.env, ...environment, SANGDAM_CHAT_MODEL: 'none' },
    });
    await held;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const before = host.texts.length;

    host.before = () => undefined;
    const { code, lines, stderr } = await sangdam(['reembed'], '', environment);
    expect([code, stderr]).toEqual([0, '']);
    const [first, ...steps] = lines.slice(0, -1) as { progress: object }[];
    const committed = TEXTS - (host.texts.length - before);
    expect(first).toEqual({ progress: { what: 'bge-m3@64', done: committed, of: TEXTS } });
    expect(committed).toBeGreaterThanOrEqual(before - UNCOMMITTED);
    expect(steps.at(-1)).toEqual({ progress: { what: 'bge-m3@64', done: TEXTS, of: TEXTS } });
    expect(lines.at(-1)).toEqual({ embedder: 'bge-m3@64', embedded: TEXTS - committed });

    const [answer] = (await sangdam(['retrieve', '-k', '1'], [{ id: 1, query: '7번 수수료' }], environment)).lines;
    expect(answer).toMatchObject({ hits: [{ source: 'exemplar:faq-7@1' }] });
    expect((answer!.hits as { score: number }[])[0]!.score).toBeGreaterThan(4); // of words alone it would not reach 2
    const embedded = host.texts.length;
    expect((await sangdam(['reembed'], '', environment)).lines).toEqual([{ embedder: 'bge-m3@64', embedded: 0 }]);
    expect(host.texts.length).toBe(embedded);
  });

  it('says why the vectors cannot be made', async () => {
    host.before = () => ({ status: 401 });
    const { code, stderr } = await sangdam(['reembed'], '', { ...environment, LC_ALL: 'en_US.UTF-8' });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'sangdam: The embedding model is not available. (the model server does not accept the API key.) (embedder.unavailable)\n',
    );
  });

  it('does not keep a service from its work: the old vectors answer until the new ones are there, kill -9 or not', async () => {
    const held = holdAfter(TEXTS / 2);
    const first = await service();
    await held;
    const building = await ready(first);
    expect(building).toMatchObject({
      status: 'ready',
      retrieval: 'hybrid', // the embedder of the store ships
      embedder: { id: 'bge-m3@64', state: 'ready' },
      vectors: { state: 'building' },
    });
    expect(building.vectors.progress).toBeGreaterThan(0.3);
    expect(building.vectors.progress).toBeLessThan(1);
    await first.kill('SIGKILL');

    host.before = () => undefined;
    const second = await service();
    await expect
      .poll(async () => (await ready(second)).vectors, { timeout: 30_000 })
      .toEqual({ state: 'complete', progress: 1 });
    expect(await ready(second)).toMatchObject({ status: 'ready', retrieval: 'hybrid' });
    expect(host.texts.length).toBeLessThanOrEqual(TEXTS + UNCOMMITTED + 1); // and the question of the start
  });

  it('that is away at the start leaves a service with words, and comes by itself', async () => {
    expect((await sangdam(['reembed'], '', environment)).code).toBe(0);
    host.before = () => ({ status: 503 });
    const started = await service();
    expect(await ready(started)).toMatchObject({
      status: 'degraded',
      retrieval: 'lexical',
      embedder: { state: 'unavailable', reason: 'host-not-ready' },
      vectors: { state: 'waiting' },
    });
    host.before = () => undefined;
    await expect.poll(async () => (await ready(started)).status, { timeout: 30_000 }).toBe('ready');
    expect(await ready(started)).toMatchObject({ retrieval: 'hybrid', embedder: { id: 'bge-m3@64', state: 'ready' } });
  });
});
