import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

/** How often a waiting process looks again, ms. */
const POLL_MS = 250;

/**
 * Runs `work` alone among all processes of this machine that name the same lock; waits for its turn. The lock is SQLite's
 * lock on an empty database file, which the operating system releases however its holder ends: it is never stale.
 */
export async function withLock<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const lock = new DatabaseSync(path);
  try {
    while (!isTaken(lock)) await delay(POLL_MS, undefined, signal ? { signal } : {});
    return await work();
  } finally {
    lock.close();
  }
}

function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    const SQLITE_BUSY = 5;
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
