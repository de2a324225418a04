import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OsLock } from '../config/os-lock.js';

/** How often a waiting process looks again, ms. */
const POLL_MS = 250;

/** Runs `work` alone among all processes of this machine that name the same lock; waits for its turn. */
export async function withLock<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let lock = OsLock.tryTake(path);
  while (!lock) {
    await delay(POLL_MS, undefined, signal ? { signal } : {});
    lock = OsLock.tryTake(path);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}
