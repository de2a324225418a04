import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { EmbeddedDatabase } from '../../src/database/embedded-database.js';
import { settleRestore } from '../../src/database/settle-restore.js';
import { ChatClient } from '../support/chat-client.js';
import { sangdam, type CommandResult } from '../support/command-line.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { spawnService, type SpawnedService } from '../support/spawned-service.js';
import { tempFolder, testFolder } from '../support/temp-folder.js';

const QUESTION = '대출 납부일 당일 몇 시까지 통장에 돈을 넣어 두면 연체가 안 되나요?';

let store: PreparedStore;
let service: SpawnedService;
let client: ChatClient;
let folder: { path: string; remove(): void };
let file: string;
let backup: CommandResult;

const at = (...names: string[]): string => join(folder.path, ...names);
const restore = (data: string, from = file, ...options: string[]): Promise<CommandResult> =>
  sangdam(['restore', from, ...options], '', { SANGDAM_DATA: data });

/** A backup of a service that runs, with one conversation in it. */
beforeAll(async () => {
  folder = tempFolder();
  file = at('sangdam.tar');
  store = await preparedStore('embedded');
  service = await spawnService(store.environment);
  client = await ChatClient.open(service.url);
  await client.ask(QUESTION);
  await sangdam(['level', 'exemplars', '--reason', '점검'], '', store.environment);
  backup = await sangdam(['backup', file], '', store.environment);
});
afterAll(async () => {
  client?.close();
  await service?.kill();
  await store?.remove();
  folder?.remove();
});

describe('a backup of a running service', () => {
  it('says what it holds, and goes on serving', async () => {
    expect(backup).toMatchObject({ code: 0, lines: [{ file, rows: { 'public.conversations': 1 } }] });
    const bytes = readFileSync(file);
    expect(backup.lines[0]).toMatchObject({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect((await client.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'exemplar' });
  });

  it('is an archive that tar reads and sha256sum checks', async () => {
    const unpacked = at('unpacked');
    mkdirSync(unpacked);
    const check = spawn('sh', ['-c', `tar -xf "${file}" && sha256sum --quiet -c sha256sums`], { cwd: unpacked });
    expect(await new Promise((resolve) => check.once('close', resolve))).toBe(0);
    expect(JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8'))).toMatchObject({
      format: 'sangdam-backup',
      migrations: expect.arrayContaining([{ name: '0001-conversations.sql', sha256: expect.any(String) }]),
      rows: { 'public.conversations': 1 },
    });
    expect(readdirSync(unpacked).toSorted()).toEqual(['manifest.json', 'master-key', 'secret', 'sha256sums', 'store']);
  });

  it('is on record before it is written, in itself too', async () => {
    const { lines } = await sangdam(['audit', 'export'], '', store.environment);
    expect(lines.filter(({ stage }) => stage === 'admin').map(({ action }) => action)).toEqual(['level', 'backup']);
    const data = at('on-record');
    expect(await restore(data)).toMatchObject({ code: 0 });
    const restored = await sangdam(['audit', 'export'], '', { SANGDAM_DATA: data });
    const acts = restored.lines.filter(({ stage }) => stage === 'admin');
    expect(acts.map(({ action }) => action)).toEqual(['level', 'backup', 'restore']);
    expect(await sangdam(['audit', 'verify'], '', { SANGDAM_DATA: data })).toMatchObject({ code: 0 });
  });

  it('overwrites nothing', async () => {
    const again = await sangdam(['backup', file], '', store.environment);
    expect(again).toMatchObject({ code: 1, lines: [], stderr: expect.stringContaining('backup.exists') });
  });

  it('restored: the service starts, knows its level, goes on with the conversation and answers', async () => {
    const data = at('restored');
    expect(await restore(data)).toMatchObject({
      code: 0,
      lines: [{ folder: data, rows: { 'public.conversations': 1 } }],
    });
    const second = await spawnService({ SANGDAM_DATA: data });
    try {
      const again = await ChatClient.open(second.url, { ...client, after: 0 });
      const told = client.events.filter(({ seq }) => seq <= again.events.length);
      expect(again.events).toEqual(told);
      expect(again.answer(2).length).toBeGreaterThan(10);
      expect((await again.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'exemplar' });
      expect((await sangdam(['level'], '', { SANGDAM_DATA: data })).lines[0]).toMatchObject({ level: 'exemplars' });
      again.close();
      expect(await restore(data, file, '--replace')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('store.locked'),
      });
    } finally {
      await second.kill();
    }
  });
});

describe('faults of a backup', () => {
  it('a full disk: a clear error, no file, and the service serves', async () => {
    const full = at('full.tar');
    symlinkSync('/dev/full', `${full}.partial`);
    const result = await sangdam(['backup', full], '', store.environment);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('backup.disk-full') });
    expect(readdirSync(folder.path).filter((name) => name.startsWith('full'))).toEqual([]);
    expect((await client.ask(QUESTION)).at(-1)!.data).toMatchObject({ finish: 'exemplar' });
  });

  it('a folder that is not there', async () => {
    const result = await sangdam(['backup', at('nowhere', 'x.tar')], '', store.environment);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('backup.unwritable') });
    expect(result.stderr).toContain('ENOENT');
  });

  it('PostgreSQL has its own tools', async () => {
    const result = await sangdam(['restore', file], '', { DATABASE_URL: 'postgres://localhost/sangdam' });
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('pg_restore') });
  });
});

describe('a restore that is refused leaves what is there', () => {
  const data = (): string => at('kept');
  const marker = (): string => join(data(), 'store', 'marker');
  beforeAll(() => {
    mkdirSync(join(data(), 'store'), { recursive: true });
    writeFileSync(marker(), 'old');
  });
  afterEach(() => {
    expect(readFileSync(marker(), 'utf8')).toBe('old');
    expect(readdirSync(data()).filter((name) => name.startsWith('restore'))).toEqual([]);
  });

  it('without --replace', async () => {
    expect(await restore(data())).toMatchObject({ code: 1, stderr: expect.stringContaining('backup.store-exists') });
  });

  it('where the file is missing, cut off, changed, or no backup', async () => {
    const damaged = at('damaged.tar');
    const refusal = async (from: string): Promise<string> => (await restore(data(), from, '--replace')).stderr;
    expect(await refusal(at('missing.tar'))).toContain('backup.unreadable');
    expect(await refusal(join(packageRoot, 'package.json'))).toContain('backup.invalid');
    cpSync(file, damaged);
    truncateSync(damaged, 5_000_000);
    expect(await refusal(damaged)).toContain('backup.invalid');
    const bytes = readFileSync(file);
    const middle = bytes.indexOf('PostgreSQL', bytes.length / 2);
    bytes[middle < 0 ? bytes.length / 2 : middle]! ^= 1;
    writeFileSync(damaged, bytes);
    expect(await refusal(damaged)).toContain('backup.invalid');
  });

  it('where a newer version made it', async () => {
    const newer = at('newer.tar');
    const bytes = readFileSync(file);
    const known = bytes.indexOf('0001-conversations.sql');
    bytes.write('9999', known);
    writeFileSync(newer, bytes);
    expect((await restore(data(), newer, '--replace')).stderr).toContain('backup.newer');
  });
});

describe('kill -9', () => {
  it('during a backup: no file of that name, the store is usable, the next backup works', async () => {
    const target = at('killed.tar');
    const other = await preparedStore('embedded');
    const child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli.js'), 'backup', target], {
      env: { ...process.env, ...other.environment, SANGDAM_CHAT_MODEL: 'none' },
    });
    await appears(folder.path, 'killed.tar.partial');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(existsSync(target)).toBe(false);
    expect(await sangdam(['backup', target], '', other.environment)).toMatchObject({ code: 0 });
    expect(existsSync(`${target}.partial`)).toBe(false);
    await other.remove();
  });

  it('during a restore: the old store is there as it was, and the next restore works', async () => {
    const other = await preparedStore('embedded');
    const child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli.js'), 'restore', '--replace', file], {
      env: { ...process.env, ...other.environment },
    });
    await appears(other.folder, 'restore.partial');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(await conversations(other.folder)).toBe(0);
    expect(await restore(other.folder, file, '--replace')).toMatchObject({ code: 0 });
    expect(await conversations(other.folder)).toBe(1);
    expect(readdirSync(other.folder).filter((name) => name.startsWith('restore'))).toEqual([]);
    await other.remove();
  });

  it('between putting the old store away and bringing the new one: the next start has the new one and its keys', async () => {
    const data = at('settling');
    expect(await restore(join(data, 'restore.ready'))).toMatchObject({ code: 0 });
    mkdirSync(join(data, 'restore.replaced'));
    writeFileSync(join(data, 'secret'), 'old');
    expect(await conversations(data)).toBe(1);
    for (const name of ['secret', 'master-key'])
      expect(readFileSync(join(data, name), 'utf8')).toBe(readFileSync(join(store.folder, name), 'utf8'));
    expect(readdirSync(data).toSorted()).toEqual(['master-key', 'secret', 'service.lock', 'store']);
  });

  // What is on the disk after so many of the renames.
  it.each([0, 1, 2, 3, 4])('after %i steps of putting the new store in its place: it is carried through', (steps) => {
    const data = testFolder();
    const inFolder = (...names: string[]): string => join(data, ...names);
    for (const name of ['store', 'restore.ready/store']) mkdirSync(inFolder(name), { recursive: true });
    for (const [name, age] of [
      ['store/age', 'old'],
      ['secret', 'old'],
      ['restore.ready/store/age', 'new'],
      ['restore.ready/secret', 'new'],
      ['restore.ready/master-key', 'new'],
    ] as const)
      writeFileSync(inFolder(name), age);
    const renames = [
      ['store', 'restore.replaced'],
      ['restore.ready/store', 'store'],
      ['restore.ready/secret', 'secret'],
      ['restore.ready/master-key', 'master-key'],
    ] as const;
    for (const [from, to] of renames.slice(0, steps)) renameSync(inFolder(from), inFolder(to));

    settleRestore(data);
    expect([readFileSync(inFolder('store', 'age'), 'utf8'), readFileSync(inFolder('secret'), 'utf8')]).toEqual([
      'new',
      'new',
    ]);
    expect(readFileSync(inFolder('master-key'), 'utf8')).toBe('new');
    expect(readdirSync(data).toSorted()).toEqual(['master-key', 'secret', 'store']);
  });
});

/** Resolves when a name appears in a folder. */
async function appears(path: string, name: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(path, () => {
      if (!existsSync(join(path, name))) return;
      watcher.close();
      resolve();
    });
  });
}

async function conversations(data: string): Promise<number> {
  const database = await EmbeddedDatabase.open(data);
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM conversations');
  await database.close();
  return row!.count;
}
