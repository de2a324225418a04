import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/database/open-database.js';
import { PostgresDatabase } from '../../src/database/postgres-database.js';
import { freshDatabase, postgresServer, type FreshDatabase } from '../support/postgres.js';
import { Relay } from '../support/relay.js';

describe.skipIf(postgresServer === undefined)('the store on a PostgreSQL server', () => {
  it('is migrated once by services that start at the same moment', async () => {
    const fresh = await freshDatabase();
    const services = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase({ databaseUrl: fresh.url, dataFolder: '' })),
    );
    onTestFinished(async () => {
      await Promise.all(services.map((service) => service.close()));
      await fresh.drop();
    });
    const seen = await Promise.all(
      services.map((service) => service.query('SELECT name, applied_at FROM migrations ORDER BY name')),
    );
    expect(seen[0]!.length).toBeGreaterThan(0);
    for (const migrations of seen) expect(migrations).toEqual(seen[0]);
  });

  describe('that goes away', () => {
    let fresh: FreshDatabase;
    let relay: Relay;
    let through: string;
    let database: PostgresDatabase;
    // A connection of the pool that broke unnoticed fails the one statement that tries it.
    const untilBack = (): Promise<void> =>
      expect.poll(() => database.query('SELECT 1 AS one').catch(() => 'away')).toEqual([{ one: 1 }]);

    beforeAll(async () => {
      fresh = await freshDatabase();
      const { hostname, port } = new URL(fresh.url);
      relay = await Relay.to({ host: hostname, port: Number(port || 5432) });
      const address = new URL(fresh.url);
      address.hostname = '127.0.0.1';
      address.port = String(relay.port);
      through = address.href;
      database = new PostgresDatabase(through);
      await database.script('CREATE TABLE notes (body text)');
    });

    afterEach(async () => {
      await relay.cut();
      await relay.restore();
      await untilBack();
    });

    afterAll(async () => {
      await database?.close();
      await relay?.cut();
      await fresh?.drop();
    });

    const unavailable = { code: 'store.unavailable', status: 503 };

    it('is unavailable while it is away, and works again when it is back', async () => {
      await database.query('SELECT 1');
      await relay.cut();
      await expect(database.query('SELECT 1')).rejects.toMatchObject(unavailable);
      await expect(database.script('SELECT 1')).rejects.toMatchObject(unavailable);
      await expect(database.transaction(async () => 1)).rejects.toMatchObject(unavailable);
      await relay.restore();
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });

    it('is unavailable within seconds when the machine takes connections and does not answer', async () => {
      await relay.stall();
      const stuck = new PostgresDatabase(through);
      onTestFinished(() => stuck.close());
      await expect(stuck.query('SELECT 1')).rejects.toMatchObject(unavailable);
      await expect(stuck.transaction(async () => 1)).rejects.toMatchObject(unavailable);
    });

    it('breaks a statement under way off', async () => {
      const slow = database.query('SELECT pg_sleep(30)');
      await untilRunning(fresh.url, 'pg_sleep');
      await relay.cut();
      await expect(slow).rejects.toMatchObject(unavailable);
    });

    it('keeps nothing of a transaction during which it went', async () => {
      const attempt = database.transaction(async (tx) => {
        await tx.query(`INSERT INTO notes VALUES ('half')`);
        await relay.cut();
        await tx.query(`INSERT INTO notes VALUES ('other half')`);
      });
      await expect(attempt).rejects.toMatchObject(unavailable);
      await relay.restore();
      expect(await database.query('SELECT * FROM notes')).toEqual([]);
      expect(await database.transaction((tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    });

    it('survives the server ending its connections', async () => {
      await database.query('SELECT 1');
      const direct = new PostgresDatabase(fresh.url, 1);
      onTestFinished(() => direct.close());
      await direct.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      await untilBack();
    });
  });

  it('cannot be opened at an address where nothing listens', async () => {
    await expect(
      openDatabase({ databaseUrl: 'postgres://postgres@127.0.0.1:1/none', dataFolder: '' }),
    ).rejects.toMatchObject({
      code: 'store.unavailable',
    });
  });
});

/** Waits until the server runs a statement that contains `text`. */
async function untilRunning(url: string, text: string): Promise<void> {
  const watcher = new PostgresDatabase(url, 1);
  try {
    await expect
      .poll(() =>
        watcher.query(
          `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%' || $1 || '%'`,
          [text],
        ),
      )
      .toHaveLength(1);
  } finally {
    await watcher.close();
  }
}
