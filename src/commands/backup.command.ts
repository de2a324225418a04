import { Audit } from '../accounts/index.js';
import { AppError } from '../config/app-error.js';
import { Clock, SystemClock, UuidIds } from '../config/clock.js';
import { Settings } from '../config/settings.js';
import { writeBackup, type BackupProgress } from '../database/backup.js';
import { Database } from '../database/database.js';
import { EmbeddedDatabase } from '../database/embedded-database.js';
import { restoreBackup } from '../database/restore.js';
import type { Command, OutputLine } from './command.js';

/** The embedded store and the secret in one file, while the service runs or not. */
export const backupCommand: Command = {
  name: 'backup',
  description: 'Write the embedded store and the generated secret into one file (PostgreSQL: pg_dump)',
  args: '<file>',
  paths: true,
  audited: true,
  reads: false,
  needs: 'application',
  async *run({ args, signal }, application) {
    const file = args[0]!;
    const database = application!.get(Database, { strict: false });
    if (!(database instanceof EmbeddedDatabase)) throw AppError.of('backup.postgres', { tool: 'pg_dump' });
    const { dataFolder } = application!.get(Settings, { strict: false });
    const now = application!.get(Clock, { strict: false }).now();
    const written = yield* shown(file, writeBackup(database, dataFolder, file, now, signal), signal);
    if (written) yield { file, bytes: written.bytes, sha256: written.sha256, rows: written.manifest.rows };
  },
};

/** Takes the data folder for itself, so that no service can run meanwhile. */
export const restoreCommand: Command = {
  name: 'restore',
  description: 'Put a backup into the data folder; the service must not run (PostgreSQL: pg_restore)',
  args: '<file>',
  paths: true,
  options: [{ flags: '--replace', description: 'in the place of the store that is there', default: false }],
  reads: false,
  needs: 'nothing',
  async *run({ args, options, signal }) {
    const file = args[0]!;
    const { dataFolder, databaseUrl } = Settings.read();
    if (databaseUrl !== undefined) throw AppError.of('backup.postgres', { tool: 'pg_restore' });
    const replace = options.replace === true;
    const note = (database: Database, { at }: { at: string }): Promise<void> =>
      new Audit(database, new SystemClock(), new UuidIds()).record({
        stage: 'admin',
        action: 'restore',
        detail: { at },
      });
    const manifest = yield* shown(file, restoreBackup(dataFolder, file, { replace, signal, note }), signal);
    if (manifest)
      yield { folder: dataFolder, from: file, at: manifest.at, product: manifest.product, rows: manifest.rows };
  },
};

/** Passes progress on to the progress bar, and gives the result; undefined where the caller went away. */
async function* shown<Result>(
  what: string,
  work: AsyncGenerator<BackupProgress, Result>,
  signal: AbortSignal,
): AsyncGenerator<OutputLine, Result | undefined> {
  try {
    for (;;) {
      const step = await work.next();
      if (step.done) return step.value;
      yield { progress: { what, ...step.value } };
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    await work.return(undefined as never);
  }
}
