import { Audit, readRetention, Retention } from '../accounts/index.js';
import { AppError } from '../config/app-error.js';
import { SystemClock, UuidIds } from '../config/clock.js';
import { shipped } from '../config/package-root.js';
import { readMasterKey, Settings } from '../config/settings.js';
import { openDatabase } from '../database/open-database.js';
import { MasterKey, Vault } from '../privacy/index.js';
import type { Command } from './command.js';
import { UUID } from './fields.js';

export const eraseCommand: Command = {
  name: 'erase',
  description:
    'Erase a conversation: its vault key, its masked values and its events; the audit log keeps that it was done',
  args: '<conversation>',
  reads: false,
  needs: 'application',
  async *run({ args: [conversation] }, application) {
    if (!UUID.test(conversation!)) throw AppError.of('command.usage', { expected: '<conversation>: a UUID' });
    const erased = await application!.get(Retention, { strict: false }).erase(conversation!, 'command');
    yield { conversation, ...erased };
  },
};

export const retentionRunCommand: Command = {
  name: 'retention run',
  description: 'Remove what is older than its term (guardrails/retention.yaml); a service does it by itself every day',
  options: [{ flags: '--dry-run', description: 'only count', default: false }],
  reads: false,
  needs: 'application',
  async *run({ options, signal }, application) {
    yield* application!.get(Retention, { strict: false }).run(options.dryRun === true, signal);
  },
};

/** By itself, since nothing else can use the store before: an application would refuse the new key. The service must not run. */
export const vaultRewrapCommand: Command = {
  name: 'vault rewrap',
  description: 'Lock the vault with the configured master key after it was replaced; goes on where it was stopped',
  options: [{ flags: '--old-key-file <file>', description: 'the master key before' }],
  reads: false,
  pipesProgress: true,
  needs: 'nothing',
  async *run({ options }) {
    if (typeof options.oldKeyFile !== 'string')
      throw AppError.of('command.usage', { expected: '--old-key-file <file>: the master key before' });
    const old = new MasterKey(readMasterKey(options.oldKeyFile, '--old-key-file'));
    const settings = Settings.read();
    const database = await openDatabase(settings);
    try {
      const master = new MasterKey(settings.masterKey);
      const vault = new Vault(database, master);
      const [clock, ids] = [new SystemClock(), new UuidIds()];
      const audit = new Audit(database, clock, ids);
      await audit.record({ stage: 'admin', action: 'rewrap', detail: { from: old.id, to: master.id } });
      let keys = 0;
      for await (const { done } of vault.rewrap(old)) keys = done;
      const terms = readRetention(shipped('guardrails'));
      const checkpoints = await new Retention(database, vault, master, audit, clock, terms).resign(old);
      yield { keys, checkpoints };
    } finally {
      await database.close();
    }
  },
};
