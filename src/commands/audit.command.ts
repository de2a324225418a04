import { AuditTrail } from '../accounts/index.js';
import { AppError } from '../config/app-error.js';
import type { Command } from './command.js';
import { UUID } from './fields.js';

/** Every fault of the audit log as a line, then the summary, which has `failed` where there was one. */
export const auditVerifyCommand: Command = {
  name: 'audit verify',
  description: 'Prove that no line of the audit log was changed, removed or moved: one line a fault, then a summary',
  options: [{ flags: '--chain <id>', description: 'one chain alone' }],
  reads: false,
  needs: 'application',
  async *run({ options }, application) {
    const trail = application!.get(AuditTrail, { strict: false });
    for await (const line of trail.verify(optional(options.chain, UUID, '--chain: a UUID')?.toLowerCase()))
      yield 'lines' in line && line.faults > 0 ? { ...line, failed: true } : line;
  },
};

export const auditExportCommand: Command = {
  name: 'audit export',
  description: 'The lines of the audit log as they were hashed',
  options: [
    { flags: '--since <time>', description: 'from this time on (ISO 8601)' },
    { flags: '--conversation <id>', description: 'of one conversation' },
  ],
  reads: false,
  needs: 'application',
  async *run({ options }, application) {
    const since = optional(options.since, ISO, '--since: a time such as 2026-11-25T09:00:00Z');
    const conversation = optional(options.conversation, UUID, '--conversation: a UUID');
    yield* application!.get(AuditTrail, { strict: false }).export({
      ...(since === undefined ? {} : { since: new Date(since) }),
      ...(conversation === undefined ? {} : { conversation }),
    });
  },
};

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

function optional(given: unknown, shape: RegExp, expected: string): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && shape.test(given)) return given;
  throw AppError.of('command.usage', { expected });
}
