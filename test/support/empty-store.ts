import { Audit } from '../../src/accounts/index.js';
import { SystemClock, UuidIds, type Clock } from '../../src/config/clock.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { freshDatabase } from './postgres.js';
import type { StoreKind } from './prepared-store.js';
import { tempFolder } from './temp-folder.js';

/** A migrated store without contents, of this test's own. */
export async function emptyStore(
  kind: StoreKind = 'embedded',
): Promise<{ database: Database; remove(): Promise<void> }> {
  if (kind === 'postgres') {
    const { url, drop } = await freshDatabase();
    const database = await openDatabase({ databaseUrl: url, dataFolder: '' });
    return { database, remove: () => database.close().then(drop) };
  }
  const folder = tempFolder();
  const database = await openDatabase({ dataFolder: folder.path });
  return { database, remove: () => database.close().then(folder.remove) };
}

/** A chain of the audit log, begun. */
export async function auditOf(database: Database, clock: Clock = new SystemClock()): Promise<Audit> {
  const audit = new Audit(database, clock, new UuidIds());
  await audit.anchor('begin');
  return audit;
}

/** The time of day, so many milliseconds later. */
export class ShiftedClock extends SystemClock {
  constructor(public shift: number) {
    super();
  }

  override now(): Date {
    return new Date(super.now().getTime() + this.shift);
  }
}
