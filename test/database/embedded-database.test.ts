import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EmbeddedDatabase } from '../../src/database/embedded-database.js';
import { readServiceRecord } from '../../src/database/folder-lock.js';
import { openDatabase } from '../../src/database/open-database.js';
import { testFolder } from '../support/temp-folder.js';

const script = fileURLToPath(new URL('./writer.mjs', import.meta.url));

function startProcess(folder: string, what: 'write' | 'hold'): ChildProcess & { lines: AsyncIterableIterator<string> } {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('the embedded store', () => {
  it('has everything that was acknowledged before a kill -9, and no half of a transaction', async () => {
    const folder = testFolder();
    let acknowledged = 0;
    for (const enough of [40, 41]) {
      const child = startProcess(folder, 'write');
      let seen = 0;
      for await (const line of child.lines) {
        acknowledged = Math.max(acknowledged, Number(line));
        if (++seen === enough) break;
      }
      await kill(child); // in the middle of the next write

      const database = await openDatabase({ dataFolder: folder });
      const rows = await database.query<{ n: number }>('SELECT n FROM acknowledged');
      const numbers = new Set(rows.map((row) => row.n));
      for (let n = 1; n <= acknowledged; n++) expect(numbers).toContain(n);
      for (const n of numbers) if (n > 0 && n % 2 === 0) expect(numbers).toContain(-n);
      await database.script('TRUNCATE acknowledged');
      await database.close();
      acknowledged = 0;
    }
  });

  it('belongs to one process: a second one is told which holds it', async () => {
    const folder = testFolder();
    const holder = startProcess(folder, 'hold');
    await holder.lines.next();
    await expect(openDatabase({ dataFolder: folder })).rejects.toMatchObject({
      code: 'store.locked',
      status: 409,
      params: { folder, pid: holder.pid },
    });

    await kill(holder);
    expect(readServiceRecord(folder)).toMatchObject({ pid: holder.pid }); // left over, and no obstacle
    const database = await openDatabase({ dataFolder: folder });
    expect(readServiceRecord(folder)).toEqual({ pid: process.pid });
    await expect(openDatabase({ dataFolder: folder })).rejects.toMatchObject({ code: 'store.locked' }); // nor twice in one process
    await database.close();
    expect(readServiceRecord(folder)).toBeUndefined();
  });

  it('keeps its folder and the record with the token from other users of the machine', async () => {
    const folder = join(testFolder(), 'data');
    const database = await EmbeddedDatabase.open(folder);
    onTestFinished(() => database.close());
    database.describeService({ pid: process.pid, port: 8080, token: 'secret' });
    expect(readServiceRecord(folder)).toEqual({ pid: process.pid, port: 8080, token: 'secret' });
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'service.json')).mode & 0o077).toBe(0);
  });

  it('refuses a statement outside tx inside a transaction instead of waiting for itself for ever', async () => {
    const database = await EmbeddedDatabase.open();
    onTestFinished(() => database.close());
    await expect(database.transaction(() => database.query('SELECT 1'))).rejects.toThrow('use tx inside a transaction');
    await expect(database.transaction(() => database.transaction(async () => 1))).rejects.toThrow(
      'use tx inside a transaction',
    );
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('finishes what was begun before it closes, is unavailable then, and may be closed twice', async () => {
    const folder = testFolder();
    const database = await openDatabase({ dataFolder: folder });
    const written = database.query(`INSERT INTO settings VALUES ('last', '1')`);
    await database.close();
    await database.close();
    await written;
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'store.unavailable' });
    await expect(database.transaction(async () => 1)).rejects.toMatchObject({ code: 'store.unavailable' });

    const again = await openDatabase({ dataFolder: folder });
    onTestFinished(() => again.close());
    expect(await again.query(`SELECT name FROM settings WHERE name = 'last'`)).toHaveLength(1);
  });

  it('has a page cache as large as the store that it opens', async () => {
    const folder = testFolder();
    const cache = async (): Promise<string> => {
      const database = await EmbeddedDatabase.open(folder);
      const [row] = await database.query<{ shared_buffers: string }>('SHOW shared_buffers');
      await database.close();
      return row!.shared_buffers;
    };
    expect(await cache()).toBe('128MB');
    const rows = join(folder, 'store', 'base', 'rows-of-much-knowledge');
    writeFileSync(rows, '');
    truncateSync(rows, 150 * 2 ** 20); // takes no room on the disk
    expect(Number.parseInt(await cache())).toBeGreaterThan(160);
  });
});
