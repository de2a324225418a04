import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../config/app-error.js';
import { OsLock } from '../config/os-lock.js';

/** What a running service tells the commands: where its loopback admin API listens and the token it takes. */
export interface ServiceRecord {
  pid: number;
  port?: number;
  token?: string;
}

/** Exclusive use of a data folder, for the life of the process. */
export class FolderLock {
  private constructor(
    private readonly folder: string,
    private readonly lock: OsLock,
  ) {}

  /** @throws AppError `store.locked` where another process holds the folder. */
  static acquire(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = OsLock.tryTake(join(folder, 'service.lock'));
    if (!lock) throw AppError.of('store.locked', { folder, pid: readServiceRecord(folder)?.pid ?? '?' });
    const held = new FolderLock(folder, lock);
    held.describe({ pid: process.pid });
    return held;
  }

  /** Writes the record that commands read (mode 0600: it holds a token). */
  describe(record: ServiceRecord): void {
    writeFileSync(recordPath(this.folder), JSON.stringify(record), { mode: 0o600 });
    chmodSync(recordPath(this.folder), 0o600);
  }

  release(): void {
    rmSync(recordPath(this.folder), { force: true });
    this.lock.release();
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
