import { Audit } from '../accounts/index.js';
import { Quarantine } from '../guardrails/index.js';
import type { Command } from './command.js';

export const quarantineListCommand: Command = {
  name: 'quarantine list',
  description: 'Texts of the knowledge that are withheld because they speak to the assistant, and released ones',
  reads: false,
  needs: 'application',
  async *run(_, application) {
    yield* await application!.get(Quarantine, { strict: false }).list();
  },
};

export const quarantineScanCommand: Command = {
  name: 'quarantine scan',
  description: 'Look at every text that may be cited now, and list those that are withheld',
  reads: false,
  needs: 'application',
  async *run(_, application) {
    yield* application!.get(Quarantine, { strict: false }).scan();
  },
};

export const quarantineReleaseCommand: Command = {
  name: 'quarantine release',
  description: 'Use a withheld text again, for as long as its content is the same; on record in the audit log',
  args: '<id>',
  reads: false,
  needs: 'application',
  async *run({ args: [id] }, application) {
    await application!
      .get(Audit, { strict: false })
      .record({ stage: 'admin', action: 'quarantine-release', detail: { id: id! } });
    yield await application!.get(Quarantine, { strict: false }).release(id!, 'command');
  },
};
