import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../config/app-error.js';
import { CHECKSUMS, MANIFEST, rowCounts, syncPath, writeFault } from './backup.js';
import type { BackupManifest, BackupProgress } from './backup.js';
import type { Database } from './database.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { FolderLock } from './folder-lock.js';
import { migrate, shippedMigrations } from './migrations.js';
import { READY, settleRestore } from './settle-restore.js';
import { readTar, type TarEntry } from './tar.js';

/** Writes into the store that is brought, before it takes its place, that it was restored. */
type RestoreNote = (database: Database, manifest: BackupManifest) => Promise<void>;

/** What is being unpacked; worth nothing until it is complete. */
const PARTIAL = 'restore.partial';
const FLUSHED_AT_ONCE = 64;

/**
 * Puts a backup into a data folder. Everything is unpacked beside the store, its hashes are checked, and it is opened and counted
 * before anything that is there is touched; then names change. Killed at any moment it leaves the old store or the new one, whole.
 * @throws AppError `backup.store-exists` without `replace`; `backup.invalid`, `backup.newer`, `backup.unreadable`,
 * `backup.disk-full`, `backup.unwritable`; `store.locked` while a service runs.
 */
export async function* restoreBackup(
  dataFolder: string,
  file: string,
  options: { replace: boolean; signal: AbortSignal; note?: RestoreNote },
): AsyncGenerator<BackupProgress, BackupManifest> {
  const archive = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw AppError.of('backup.unreadable', { file, error: cause.code ?? '' }, { cause });
  });
  const partial = join(dataFolder, PARTIAL);
  let lock: FolderLock | undefined;
  try {
    lock = FolderLock.acquire(dataFolder);
    settleRestore(dataFolder);
    if (existsSync(join(dataFolder, 'store')) && !options.replace)
      throw AppError.of('backup.store-exists', { folder: dataFolder });
    await rm(partial, { recursive: true, force: true });
    const manifest = yield* unpack(new Archive(archive, file), partial, options.signal);
    await checkOpens(partial, file, manifest, options.note);
    await rename(partial, join(dataFolder, READY));
    await syncPath(dataFolder);
    settleRestore(dataFolder);
    await syncPath(dataFolder);
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw writeFault(dataFolder, error);
  } finally {
    await archive.close();
    lock?.release();
  }
}

/** A backup as it is read: every fault names the file and what was expected. */
class Archive {
  constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
  ) {}

  async *entries(): AsyncGenerator<TarEntry & { content: AsyncGenerator<Buffer> }> {
    for await (const entry of readTar(this.handle)) yield entry ?? this.fail('a complete archive');
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  /** Refuses what this version cannot read. */
  manifest(text: string): BackupManifest {
    const manifest = parse(text);
    if (manifest?.format !== 'sangdam-backup') return this.fail(`${MANIFEST} of a backup`);
    if (manifest.formatVersion !== 1) throw AppError.of('backup.newer', { file: this.file, product: manifest.product });
    const known = new Map(shippedMigrations().map(({ name, sha256 }) => [name, sha256]));
    if (manifest.migrations.some(({ name, sha256 }) => known.get(name) !== sha256))
      throw AppError.of('backup.newer', { file: this.file, product: manifest.product });
    return manifest;
  }

  fail(expected: string): never {
    throw AppError.of('backup.invalid', { file: this.file, expected });
  }
}

async function* unpack(
  archive: Archive,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<BackupProgress, BackupManifest> {
  const of = await archive.size();
  const checksums = new Map<string, string>();
  const made: string[] = [];
  let manifest: BackupManifest | undefined;
  let listed: string | undefined;
  let done = 0;
  for await (const { name, kind, size, content } of archive.entries()) {
    signal.throwIfAborted();
    if (!manifest) {
      if (name !== MANIFEST) archive.fail(`${MANIFEST} first`);
      const text = await textOf(content);
      manifest = archive.manifest(text);
      checksums.set(name, createHash('sha256').update(text).digest('hex'));
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } else if (name === CHECKSUMS) listed = await textOf(content);
    else if (!/^(secret|master-key|store(\/[\w.-]+)*)$/.test(name) || name.split('/').includes('..'))
      archive.fail('secret, master-key and store/ only');
    else if (kind === 'folder') {
      await mkdir(join(folder, name), { mode: 0o700 });
      made.push(name);
    } else {
      checksums.set(name, await writeFile(join(folder, name), content));
      made.push(name);
    }
    yield { done: (done += size), of };
  }
  const found = [...checksums].map(([name, sha256]) => `${sha256}  ${name}\n`).join('');
  if (!manifest || listed !== found) archive.fail(`the sha256 of every file as ${CHECKSUMS} says`);
  await flush([folder, ...made.map((name) => join(folder, name))]);
  return manifest;
}

/** The sha256 of what was written. */
async function writeFile(path: string, content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const piece of content) {
      hash.update(piece);
      for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** Brings files and folders onto the disk; many at a time, which the file system does in one go. */
async function flush(paths: readonly string[]): Promise<void> {
  for (let at = 0; at < paths.length; at += FLUSHED_AT_ONCE)
    await Promise.all(paths.slice(at, at + FLUSHED_AT_ONCE).map(syncPath));
}

/** The proof that it is a store: it opens, and has the rows that the manifest counted. */
async function checkOpens(
  folder: string,
  file: string,
  manifest: BackupManifest,
  note: RestoreNote | undefined,
): Promise<void> {
  const database = await EmbeddedDatabase.open(folder).catch((cause: unknown) => {
    throw AppError.of('backup.invalid', { file, expected: `a store of PostgreSQL ${manifest.engine}` }, { cause });
  });
  try {
    if (!isDeepStrictEqual(await rowCounts(database), manifest.rows))
      throw AppError.of('backup.invalid', { file, expected: 'the rows that its manifest counts' });
    if (note) {
      await migrate(database);
      await note(database, manifest);
    }
  } finally {
    await database.close();
  }
}

async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(content, (piece) => Buffer.from(piece))).toString();
}

function parse(text: string): BackupManifest | undefined {
  try {
    return JSON.parse(text) as BackupManifest;
  } catch {
    return undefined;
  }
}
