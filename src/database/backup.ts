import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../config/app-error.js';
import { VERSION } from '../config/version.js';
import type { Queryable } from './database.js';
import type { EmbeddedDatabase } from './embedded-database.js';
import { contentOf, copyBuffer, TAR_END, tarHeader, tarPadding, type TarEntry } from './tar.js';

/**
 * A backup of the embedded store is one tar archive: `manifest.json` first, then `secret` and
 * `master-key` (where the data folder has them: resume tokens are hashed with one, personal data is locked with the other) and the files of `store/`, last `sha256sums` over all of them, as `sha256sum -c` reads it.
 */
export interface BackupManifest {
  format: 'sangdam-backup';
  formatVersion: 1;
  /** Of the product that wrote it. */
  product: string;
  at: string;
  /** Version of the embedded PostgreSQL. */
  engine: string;
  migrations: { name: string; sha256: string }[];
  /** Rows of each table. */
  rows: Record<string, number>;
}

export const MANIFEST = 'manifest.json';
export const CHECKSUMS = 'sha256sums';

export interface BackupProgress {
  done: number;
  of: number;
}

export interface BackupResult {
  file: string;
  bytes: number;
  /** Of the whole file. */
  sha256: string;
  manifest: BackupManifest;
}

/**
 * Writes the store as it is at one moment; statements wait meanwhile. The file gets its name only when it is complete and on the
 * disk; nothing is left of one that is not.
 * @throws AppError `backup.exists`, `backup.disk-full`, `backup.unwritable`
 */
export async function* writeBackup(
  database: EmbeddedDatabase,
  dataFolder: string,
  file: string,
  now: Date,
  signal: AbortSignal,
): AsyncGenerator<BackupProgress, BackupResult> {
  if (existsSync(file)) throw AppError.of('backup.exists', { file });
  const partial = `${file}.partial`;
  const still = await database.holdStill();
  try {
    const manifest = await describe(still, now);
    const archive = await ArchiveFile.create(partial, now);
    try {
      await archive.text(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
      yield* addFolder(archive, dataFolder, signal);
      await archive.end();
    } finally {
      await archive.close();
    }
    await rename(partial, file);
    await syncPath(dirname(file));
    return { file, bytes: archive.bytes, sha256: archive.sha256, manifest };
  } catch (error) {
    await rm(partial, { force: true });
    throw writeFault(file, error);
  } finally {
    still.release();
  }
}

/** Makes a file, or the names in a folder, survive a power cut. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/** An error of writing `file`, in the words of the catalogue. */
export function writeFault(file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return AppError.of('backup.disk-full', { file }, { cause: error });
  if (/^E[A-Z]+$/.test(code ?? '')) return AppError.of('backup.unwritable', { file, error: code! }, { cause: error });
  return error;
}

/** Rows of each table of the store. */
export async function rowCounts(store: Pick<Queryable, 'query'>): Promise<Record<string, number>> {
  const tables = await store.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await store.query<{ count: string }>(`SELECT count(*) AS count FROM ${name}`);
    counts[name] = Number(row!.count);
  }
  return counts;
}

async function describe(store: Pick<Queryable, 'query'>, now: Date): Promise<BackupManifest> {
  const [engine] = await store.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  const migrations = await store.query<{ name: string; sha256: string }>(
    'SELECT name, sha256 FROM migrations ORDER BY name',
  );
  return {
    format: 'sangdam-backup',
    formatVersion: 1,
    product: VERSION,
    at: now.toISOString(),
    engine: engine!.version,
    migrations,
    rows: await rowCounts(store),
  };
}

async function* addFolder(archive: ArchiveFile, folder: string, signal: AbortSignal): AsyncGenerator<BackupProgress> {
  const entries = await entriesOf(folder);
  const of = entries.reduce((sum, { size }) => sum + size, 0);
  for (const entry of entries) {
    signal.throwIfAborted();
    if (entry.kind === 'folder') await archive.folder(entry.name);
    else await archive.file(entry, join(folder, entry.name));
    yield { done: archive.bytes, of };
  }
}

/** What belongs to a backup, folders before what is in them. */
async function entriesOf(folder: string): Promise<TarEntry[]> {
  const names = await readdir(join(folder, 'store'), { recursive: true });
  const secrets = ['secret', 'master-key'].filter((name) => existsSync(join(folder, name)));
  const paths = [...secrets, 'store', ...names.toSorted().map((name) => join('store', name))];
  return Promise.all(
    paths.map(async (name): Promise<TarEntry> => {
      const found = await stat(join(folder, name));
      return found.isDirectory() ? { name, kind: 'folder', size: 0 } : { name, kind: 'file', size: found.size };
    }),
  );
}

/** The archive while it is written; counts and hashes what goes into it. */
class ArchiveFile {
  readonly #hash = createHash('sha256');
  readonly #checksums: string[] = [];
  readonly #buffer = copyBuffer();
  #bytes = 0;
  #sha256 = '';

  private constructor(
    private readonly handle: FileHandle,
    private readonly modified: Date,
  ) {}

  static async create(path: string, modified: Date): Promise<ArchiveFile> {
    return new ArchiveFile(await open(path, 'w', 0o600), modified);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sha256(): string {
    return this.#sha256;
  }

  folder(name: string): Promise<void> {
    return this.#write(tarHeader({ name, kind: 'folder', size: 0 }, this.modified));
  }

  async text(name: string, text: string): Promise<void> {
    const content = Buffer.from(text);
    await this.#add({ name, kind: 'file', size: content.length }, [content]);
  }

  async file(entry: TarEntry, path: string): Promise<void> {
    const source = await open(path, 'r');
    await this.#add(entry, contentOf(source, 0, entry.size, this.#buffer)).finally(() => source.close());
  }

  /** Adds the checksums and brings everything onto the disk. */
  async end(): Promise<void> {
    await this.text(CHECKSUMS, this.#checksums.join(''));
    await this.#write(TAR_END);
    await this.handle.sync();
    this.#sha256 = this.#hash.digest('hex');
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  async #add(entry: TarEntry, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const hash = createHash('sha256');
    await this.#write(tarHeader(entry, this.modified));
    for await (const piece of content) {
      hash.update(piece);
      await this.#write(piece);
    }
    await this.#write(tarPadding(entry.size));
    this.#checksums.push(`${hash.digest('hex')}  ${entry.name}\n`);
  }

  async #write(piece: Buffer): Promise<void> {
    this.#hash.update(piece);
    for (let at = 0; at < piece.length;) at += (await this.handle.write(piece, at)).bytesWritten;
    this.#bytes += piece.length;
  }
}
