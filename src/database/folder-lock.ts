import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../config/app-error.js';

/** What a running service tells the commands: where its loopback admin API listens and the token it takes. */
export interface ServiceRecord {
  pid: number;
  port?: number;
  token?: string;
}

/**
 * Exclusive use of a data folder. The lock is SQLite's lock on an empty database file: a lock of the operating system,
 * so that it ends with the process however that ends, and can neither be stale nor be taken twice.
 */
export class FolderLock {
  readonly #lock: DatabaseSync;
  readonly #record: string;

  private constructor(folder: string, lock: DatabaseSync) {
    this.#lock = lock;
    this.#record = recordPath(folder);
  }

  /** @throws AppError `store.locked` where another process holds the folder. */
  static acquire(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(join(folder, 'service.lock'));
    try {
      lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (cause) {
      lock.close();
      throw AppError.of('store.locked', { folder, pid: readServiceRecord(folder)?.pid ?? '?' }, { cause });
    }
    const held = new FolderLock(folder, lock);
    held.describe({ pid: process.pid });
    return held;
  }

  /** Writes the record that commands read (mode 0600: it holds a token). */
  describe(record: ServiceRecord): void {
    writeFileSync(this.#record, JSON.stringify(record), { mode: 0o600 });
    chmodSync(this.#record, 0o600);
  }

  release(): void {
    rmSync(this.#record, { force: true });
    this.#lock.close();
  }
}

function recordPath(folder: string): string {
  return join(folder, 'service.json');
}

/** The record in a data folder, or undefined. It may be left over from a killed process: the lock alone is the truth. */
export function readServiceRecord(folder: string): ServiceRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(folder), 'utf8')) as ServiceRecord;
  } catch {
    return undefined;
  }
}
