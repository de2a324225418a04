import { Audit, Retention } from '../accounts/index.js';
import { readMasterKey } from '../config/settings.js';
import { MasterKey, Vault } from '../privacy/index.js';
import type { Command } from './command.js';

export const eraseCommand: Command = {
  name: 'erase',
  description:
    'Erase a conversation: its vault key, its masked values and its events; the audit log keeps that it was done',
  args: '<conversation>',
  reads: false,
  needs: 'application',
  async *run({ args: [conversation] }, application) {
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

/** The service must not run: it would go on with the old key. */
export const vaultRewrapCommand: Command = {
  name: 'vault rewrap',
  description: 'Lock the vault with the configured master key after it was replaced; goes on where it was stopped',
  options: [{ flags: '--old-key-file <file>', description: 'the master key before' }],
  reads: false,
  pipesProgress: true,
  needs: 'application',
  async *run({ options }, application) {
    const old = new MasterKey(readMasterKey(String(options.oldKeyFile ?? ''), '--old-key-file'));
    await application!
      .get(Audit, { strict: false })
      .record({ stage: 'admin', action: 'rewrap', detail: { from: old.id } });
    let keys = 0;
    for await (const { done } of application!.get(Vault, { strict: false }).rewrap(old)) keys = done;
    yield { rewrapped: keys };
  },
};
