import { toSql } from 'pgvector/pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Queryable } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { freshDatabase, postgresServer } from '../support/postgres.js';
import { tempFolder } from '../support/temp-folder.js';

/** Where a store is kept: opening twice gives the same contents. */
interface Place {
  open(): Promise<Database>;
  remove(): Promise<void>;
}

async function embeddedPlace(): Promise<Place> {
  const folder = tempFolder();
  return { open: () => openDatabase({ dataFolder: folder.path }), remove: async () => folder.remove() };
}

async function postgresPlace(): Promise<Place> {
  const { url, drop } = await freshDatabase();
  return { open: () => openDatabase({ databaseUrl: url, dataFolder: '' }), remove: drop };
}

const stores = [
  { kind: 'embedded', place: embeddedPlace, here: true },
  { kind: 'postgres', place: postgresPlace, here: postgresServer !== undefined },
] as const;

describe.each(stores)('the store ($kind)', ({ kind, place: makePlace, here }) => {
  describe.skipIf(!here)('opened', () => {
    let place: Place;
    let database: Database;

    beforeAll(async () => {
      place = await makePlace();
      database = await place.open();
      await database.script(`
        CREATE TABLE notes (id integer PRIMARY KEY, body text NOT NULL);
        CREATE TABLE kinds (small integer, large bigint, number numeric, ratio double precision, yes boolean, bytes bytea,
          document jsonb, at timestamptz, words text[], embedding vector(3), id uuid);`);
    });

    afterAll(async () => {
      await database?.close();
      await place?.remove();
    });

    const bodies = async (from: Queryable = database): Promise<string[]> =>
      (await from.query<{ body: string }>('SELECT body FROM notes ORDER BY id')).map((row) => row.body);

    it('says what it is', () => expect(database.kind).toBe(kind));

    it('returns the rows of a statement, with bound parameters', async () => {
      const rows = await database.query<{ sum: number; text: string }>('SELECT $1::integer + 1 AS sum, $2 AS text', [
        41,
        "'; DROP TABLE notes; --",
      ]);
      expect(rows).toEqual([{ sum: 42, text: "'; DROP TABLE notes; --" }]);
      expect(await database.query('SELECT * FROM notes')).toEqual([]);
    });

    it('keeps what a transaction did when its work resolves, and gives back its result', async () => {
      const result = await database.transaction(async (tx) => {
        await tx.query('INSERT INTO notes VALUES (1, $1)', ['kept']);
        expect(await bodies(tx)).toContain('kept');
        return 'done';
      });
      expect(result).toBe('done');
      expect(await bodies()).toContain('kept');
    });

    it('undoes everything when the work throws, and passes the error on', async () => {
      const thrown = new Error('changed my mind');
      const attempt = database.transaction(async (tx) => {
        await tx.query('INSERT INTO notes VALUES (2, $1)', ['undone']);
        throw thrown;
      });
      await expect(attempt).rejects.toBe(thrown);
      expect(await bodies()).not.toContain('undone');
    });

    it('names the SQLSTATE of a statement that the store refuses, and goes on', async () => {
      await database.query('INSERT INTO notes VALUES (3, $1)', ['once']);
      await expect(database.query('INSERT INTO notes VALUES (3, $1)', ['twice'])).rejects.toMatchObject({
        code: '23505',
      });
      await expect(database.script('SELEC 1')).rejects.toMatchObject({ code: '42601' });
      expect(await bodies()).toContain('once');
    });

    it('undoes a transaction in which one statement was refused, even if its work goes on', async () => {
      const attempt = database.transaction(async (tx) => {
        await tx.query('INSERT INTO notes VALUES (4, $1)', ['before the refusal']);
        await tx.query('INSERT INTO notes VALUES (4, $1)', ['refused']).catch(() => undefined);
        await tx.query('INSERT INTO notes VALUES (5, $1)', ['after the refusal']);
      });
      await expect(attempt).rejects.toMatchObject({ code: '25P02' });
      expect(await bodies()).not.toContain('before the refusal');
    });

    it('does not mix transactions that run at the same time', async () => {
      await database.query('INSERT INTO notes VALUES (100, $1)', ['0']);
      const increment = (): Promise<void> =>
        database.transaction(async (tx) => {
          const [row] = await tx.query<{ body: string }>('SELECT body FROM notes WHERE id = 100 FOR UPDATE');
          await tx.query('UPDATE notes SET body = $1 WHERE id = 100', [String(Number(row?.body) + 1)]);
        });
      await Promise.all(Array.from({ length: 25 }, increment));
      expect(await database.query('SELECT body FROM notes WHERE id = 100')).toEqual([{ body: '25' }]);
    });

    it('gives every type back as the port says', async () => {
      const at = new Date('2026-11-22T01:02:03.456Z');
      const id = '01939f00-0000-7000-8000-000000000000';
      await database.query('INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)', [
        7,
        '9007199254740993', // 2^53 + 1: a number would lose it
        '0.10',
        0.5,
        true,
        new Uint8Array([0, 1, 255]),
        JSON.stringify({ text: '상담', list: [1, null, "it's"] }),
        at,
        ['가', 'b"c', ''],
        toSql([1, 0.5, -2]),
        id,
      ]);
      const [row] = await database.query<Record<string, unknown>>('SELECT * FROM kinds');
      const { bytes, ...rest } = row!;
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect([...(bytes as Uint8Array)]).toEqual([0, 1, 255]);
      expect(rest).toEqual({
        small: 7,
        large: '9007199254740993',
        number: '0.10',
        ratio: 0.5,
        yes: true,
        document: { text: '상담', list: [1, null, "it's"] },
        at,
        words: ['가', 'b"c', ''],
        embedding: '[1,0.5,-2]',
        id,
      });
      expect(await database.query('SELECT count(*) AS n FROM kinds')).toEqual([{ n: '1' }]);
    });

    it('gives SQL nulls back as null, of every type', async () => {
      const [row] = await database.query<Record<string, unknown>>(
        'INSERT INTO kinds (small, document, at, bytes) VALUES ($1, $2, $3, $4) RETURNING *',
        [null, null, null, null],
      );
      expect(Object.values(row!).every((value) => value === null)).toBe(true);
    });

    it('finds the nearest vectors', async () => {
      await database.script('CREATE TABLE points (name text, at vector(3))');
      for (const [name, at] of [
        ['x', [1, 0, 0]],
        ['y', [0, 1, 0]],
        ['z', [0, 0, 1]],
      ] as const)
        await database.query('INSERT INTO points VALUES ($1, $2)', [name, toSql([...at])]);
      const near = await database.query<{ name: string }>('SELECT name FROM points ORDER BY at <=> $1 LIMIT 2', [
        toSql([0.1, 0.9, 0.05]),
      ]);
      expect(near.map((row) => row.name)).toEqual(['y', 'x']);
    });
  });

  describe.skipIf(!here)('opened again', () => {
    let place: Place;
    beforeAll(async () => {
      place = await makePlace();
    });
    afterAll(() => place?.remove());

    it('has its contents, and applies no migration twice', async () => {
      const first = await place.open();
      const applied = await first.query('SELECT name, sha256, applied_at FROM migrations ORDER BY name');
      await first.query(`INSERT INTO settings VALUES ('test', '"kept"')`);
      await first.close();
      expect(applied.length).toBeGreaterThan(0);

      const second = await place.open();
      expect(await second.query('SELECT name, sha256, applied_at FROM migrations ORDER BY name')).toEqual(applied);
      expect(await second.query(`SELECT value FROM settings WHERE name = 'test'`)).toEqual([{ value: 'kept' }]);
      await second.close();
    });

    it('refuses a store whose applied migration is not the one that ships', async () => {
      const before = await place.open();
      await before.query(
        `UPDATE migrations SET sha256 = 'another text' WHERE name = (SELECT min(name) FROM migrations)`,
      );
      await before.close();
      const refusal = { code: 'store.migration-failed', params: { migration: expect.stringMatching(/^0001-/) } };
      await expect(place.open()).rejects.toMatchObject(refusal);
      await expect(place.open()).rejects.toMatchObject(refusal); // and not `store.locked`: the first attempt let go of it
    });
  });
});
