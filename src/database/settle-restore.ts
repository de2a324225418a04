import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A restored store, complete and checked: from here on the restore is carried through, by the next start if need be. */
export const READY = 'restore.ready';
/** The store that was there before, while it is being put away. */
const REPLACED = 'restore.replaced';

/** Carries through a restore that was complete when its process ended. For whoever holds the folder's lock, before the store is opened. */
export function settleRestore(dataFolder: string): void {
  const at = (...names: string[]): string => join(dataFolder, ...names);
  if (existsSync(at(READY, 'store'))) {
    rmSync(at(REPLACED), { recursive: true, force: true });
    if (existsSync(at('store'))) renameSync(at('store'), at(REPLACED));
    renameSync(at(READY, 'store'), at('store'));
  }
  for (const name of ['secret', 'master-key']) if (existsSync(at(READY, name))) renameSync(at(READY, name), at(name));
  for (const name of [READY, REPLACED]) rmSync(at(name), { recursive: true, force: true });
}
