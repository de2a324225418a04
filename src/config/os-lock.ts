import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/**
 * A lock of the operating system on a file, held by one process at a time: SQLite's lock on an empty database. It ends with
 * its holder however that ends, so it is never stale and needs no taking over.
 */
export class OsLock {
  private constructor(private readonly file: DatabaseSync) {}

  /** The lock, or undefined while another process holds it. The folder of `path` must exist. */
  static tryTake(path: string): OsLock | undefined {
    const file = new DatabaseSync(path);
    try {
      file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return new OsLock(file);
    } catch (error) {
      file.close();
      if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
      throw error;
    }
  }

  release(): void {
    this.file.close();
  }
}
