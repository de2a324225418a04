import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shipped } from '../../src/config/package-root.js';
import type { Database } from '../../src/database/database.js';
import { migrate } from '../../src/database/migrations.js';
import type { BuildProgress, Knowledge } from '../../src/knowledge/index.js';
import { VectorUpkeep } from '../../src/knowledge/index.js';
import { EarlierEmbedders } from '../../src/models/earlier-embedders.js';
import type { Embedder } from '../../src/models/embedder.js';
import { HashingEmbedder } from './hashing-embedder.js';
import { all, Room, sheet, STORES } from './room.js';

Logger.overrideLogger(false);

/** How long something that comes by itself may take on a busy machine. */
const PATIENCE = { timeout: 30_000 };

/** Gives the embedder that the store was filled with. */
class AtHand extends EarlierEmbedders {
  constructor(private readonly embedder: Embedder) {
    super();
  }

  override open(id: string): Promise<Embedder | undefined> {
    return Promise.resolve(id === this.embedder.id ? this.embedder : undefined);
  }

  override async close(): Promise<void> {}
}

const faq = (id: string, question: string, answer: string): string => `${JSON.stringify({ id, question, answer })}\n`;

async function stepsOf(build: AsyncIterable<BuildProgress>): Promise<BuildProgress[]> {
  const steps: BuildProgress[] = [];
  for await (const step of build) steps.push(step);
  return steps;
}

describe.each(STORES)('vectors of another embedder (%s)', (kind) => {
  let room: Room;
  let before: Knowledge;
  let other: HashingEmbedder;
  beforeAll(async () => {
    room = await Room.open(kind);
  });
  afterEach(() => room.clear());
  afterAll(() => room.close());

  /** 200 passages and one exemplar, with the vectors of the room's embedder. */
  async function filled(): Promise<void> {
    for (let n = 0; n < 200; n++)
      room.write(`${n}.md`, sheet(`s${n}`, `안내 ${n}`, `${n}번째 상품의 이율을 안내합니다.`));
    room.write('faq.jsonl', faq('fee', '수수료는 얼마인가요?', '면제입니다.'));
    before = room.knowledge();
    await all(before.importer.import([room.path]));
    other = new HashingEmbedder('hashing@2', 128);
  }

  const sets = (): Promise<object[]> =>
    room.database.query('SELECT embedder, current FROM vector_sets ORDER BY number');
  const vectorsOf = async (embedder: string): Promise<number> => {
    const [set] = await room.database.query<{ number: number }>('SELECT number FROM vector_sets WHERE embedder = $1', [
      embedder,
    ]);
    const [row] = await room.database.query<{ n: number }>(
      `SELECT ((SELECT count(*) FROM passage_vectors_${set!.number}) + (SELECT count(*) FROM exemplar_vectors_${set!.number}))::int AS n`,
    );
    return row!.n;
  };

  it('are made beside the old ones, which are searched until all are there', async () => {
    await filled();
    const after = room.knowledge(other, { earlier: new AtHand(room.embedder) });
    const first = async (): Promise<unknown> => {
      const [hit] = await after.retriever.retrieve('수수료는 얼마인가요?', { k: 1 });
      return [hit!.source, hit!.cosine > 0.9, (await after.vectors.searched())?.embedder.id];
    };
    expect(await first()).toEqual(['exemplar:fee@1', true, 'hashing@1']);
    let steps = 0;
    for await (const { done, total } of after.build.run()) {
      expect(total).toBe(202);
      expect(await sets()).toEqual([
        { embedder: 'hashing@1', current: true },
        { embedder: 'hashing@2', current: false },
      ]);
      if (++steps === 2) {
        expect(done).toBeGreaterThan(0);
        expect(await first()).toEqual(['exemplar:fee@1', true, 'hashing@1']);
      }
    }
    expect(steps).toBeGreaterThan(3);
    expect(await sets()).toEqual([{ embedder: 'hashing@2', current: true }]);
    expect(await first()).toEqual(['exemplar:fee@1', true, 'hashing@2']);
  });

  it('go on where a build was stopped: each text is embedded once', async () => {
    await filled();
    for await (const { done } of room.knowledge(other).build.run()) if (done > 0) break;
    const begun = other.embedded;
    expect(begun).toBeLessThan(202);
    const [start, ...steps] = await stepsOf(room.knowledge(other).build.run());
    expect(start).toEqual({ done: begun, total: 202 });
    expect(steps.at(-1)).toEqual({ done: 202, total: 202 });
    expect(other.embedded).toBe(202);
    expect(await stepsOf(room.knowledge(other).build.run())).toEqual([]);
  });

  it('are not there yet where the old embedder is gone: the words of a question must do', async () => {
    await filled();
    const after = room.knowledge(other);
    expect(await after.retriever.retrieve('수수료', { k: 1 })).toMatchObject([{ source: 'exemplar:fee@1', cosine: 0 }]);
    await stepsOf(after.build.run());
    const [hit] = await after.retriever.retrieve('수수료는 얼마인가요?', { k: 1 });
    expect(hit!.cosine).toBeCloseTo(0.98, 2);
  });

  it('include what is imported, and not what is deleted, while they are made', async () => {
    await filled();
    const after = room.knowledge(other, { earlier: new AtHand(room.embedder) });
    for await (const { done } of after.build.run()) {
      if (done > 0) {
        room.write('new.jsonl', faq('new', '환율 우대가 되나요?', '됩니다.'));
        await all(after.importer.import([`${room.path}/new.jsonl`]));
        await all(after.importer.remove(['fee', 's7']));
        break;
      }
    }
    const [found] = await after.retriever.retrieve('환율 우대가 되나요?', { k: 1 });
    expect(found).toMatchObject({ source: 'exemplar:new@1' });
    expect(found!.cosine).toBeGreaterThan(0.9);
    await stepsOf(after.build.run());
    expect(await vectorsOf('hashing@2')).toBe(201); // 199 passages, question and pair of the new exemplar
    expect(await sets()).toEqual([{ embedder: 'hashing@2', current: true }]);
  });

  it('are made by two processes without a fault', async () => {
    await filled();
    await Promise.all([1, 2].map(() => stepsOf(room.knowledge(other).build.run())));
    expect(await vectorsOf('hashing@2')).toBe(202);
    expect(await sets()).toEqual([{ embedder: 'hashing@2', current: true }]);
  });

  it('are made once where two callers of one process ask; the second is told how far it is', async () => {
    await filled();
    const { build } = room.knowledge(other);
    const [, second] = await Promise.all([stepsOf(build.run()), stepsOf(build.run())]);
    expect(other.embedded).toBe(202);
    expect(second.at(-1)).toEqual({ done: 202, total: 202 });
  });

  it('that replaced the set of a process which still runs leave it with words, and are not replaced by it', async () => {
    await filled();
    expect((await before.retriever.retrieve('수수료', { k: 1 }))[0]!.cosine).toBeGreaterThan(0);
    await stepsOf(room.knowledge(other).build.run());
    expect(await before.retriever.retrieve('수수료', { k: 1 })).toMatchObject([
      { source: 'exemplar:fee@1', cosine: 0 },
    ]);
    room.write('new.jsonl', faq('new', '환율 우대가 되나요?', '됩니다.'));
    expect((await all(before.importer.import([`${room.path}/new.jsonl`]))).at(-1)).toMatchObject({ withoutVectors: 2 });
    expect(await stepsOf(before.build.run())).toEqual([]);
    expect(await sets()).toEqual([{ embedder: 'hashing@2', current: true }]);
  });

  it('cannot be made while the embedder is away', async () => {
    await filled();
    other.available = false;
    await expect(stepsOf(room.knowledge(other).build.run())).rejects.toMatchObject({ code: 'embedder.unavailable' });
  });

  it('longer than an index holds are searched without one', async () => {
    await filled();
    const long = room.knowledge(new HashingEmbedder('hashing@3', 2_048));
    await stepsOf(long.build.run());
    const [hit] = await long.retriever.retrieve('수수료는 얼마인가요?', { k: 1 });
    expect(hit!.cosine).toBeCloseTo(0.98, 2);
  });

  it('are kept complete by the service, and what was left out while the embedder was away is made up for', async () => {
    await filled();
    const { build, importer, retriever } = room.knowledge(other);
    const upkeep = new VectorUpkeep(build, 1);
    other.available = false;
    upkeep.start();
    await expect.poll(() => upkeep.status().state, PATIENCE).toBe('waiting');
    other.available = true;
    await expect.poll(() => upkeep.status(), PATIENCE).toEqual({ state: 'complete', progress: 1 });
    other.available = false;
    room.write('new.jsonl', faq('new', '환율 우대가 되나요?', '됩니다.'));
    expect((await all(importer.import([`${room.path}/new.jsonl`]))).at(-1)).toMatchObject({ withoutVectors: 2 });
    await expect.poll(() => upkeep.status().state, PATIENCE).toBe('waiting');
    other.available = true;
    await expect.poll(() => upkeep.status().state, PATIENCE).toBe('complete');
    expect((await retriever.retrieve('환율 우대가 되나요?', { k: 1 }))[0]!.cosine).toBeCloseTo(0.98, 2);
    await upkeep.close();
  });
});

describe.each(STORES)('a store of before there were sets (%s)', (kind) => {
  it('keeps its vectors', async () => {
    const room = await Room.open(kind, migrateToSecond);
    const vector = JSON.stringify(Array.from({ length: 384 }, (_, n) => (n === 0 ? 1 : 0)));
    await room.database.script(`
      INSERT INTO settings (name, value) VALUES ('embedder', '"hashing@1"'), ('knowledge.version', '1');
      INSERT INTO documents VALUES ('d', 1, '', 'text', '제목', '', '{}', NULL, NULL, '', now(), 'current');
      INSERT INTO passages (document, version, n, heading, text, vector) VALUES ('d', 1, 1, '', '본문', '${vector}');
    `);
    await migrate(room.database);
    const { vectors, build } = room.knowledge();
    const set = (await vectors.searched())!;
    expect(set.embedder.id).toBe('hashing@1');
    const query = Float32Array.from(JSON.parse(vector) as number[]);
    const { passages } = await vectors.cosines(set, query, { passages: [], exemplars: [] });
    expect([...passages.values()]).toEqual([1]);
    expect(await stepsOf(build.run())).toEqual([]);
    await room.close();
  });
});

/** The schema as it was when vectors stood beside their texts. */
async function migrateToSecond(database: Database): Promise<void> {
  await database.script(
    'CREATE TABLE migrations (name text PRIMARY KEY, sha256 text, applied_at timestamptz DEFAULT now())',
  );
  for (const name of ['0001-conversations.sql', '0002-knowledge.sql']) {
    const sql = readFileSync(shipped('src', 'database', 'migrations', name), 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    await database.script(sql);
    await database.query('INSERT INTO migrations (name, sha256) VALUES ($1, $2)', [name, sha256]);
  }
}
