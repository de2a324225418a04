import { AppError } from '../config/app-error.js';
import { LEVELS, ServiceLevel } from '../conversation/service-level.js';
import type { Command } from './command.js';

/** Changes that are listed. */
const SHOWN = 10;

/** Without an argument one line for each change, the newest first; with one the change that was made. */
export const levelCommand: Command = {
  name: 'level',
  description: `Show or set how far the service goes: ${LEVELS.toReversed().join(', ')}; holds from the next sentence on`,
  args: '[level]',
  options: [{ flags: '--reason <text>', description: 'why, for the history' }],
  reads: false,
  needs: 'application',
  async *run({ args: [wanted], options }, application) {
    const service = application!.get(ServiceLevel, { strict: false });
    if (wanted === undefined) {
      const changes = await service.history(SHOWN);
      yield* changes.length > 0 ? changes : [{ level: service.current }];
      return;
    }
    const level = LEVELS.find((known) => known === wanted);
    if (!level) throw AppError.of('command.usage', { expected: `level: ${LEVELS.join(', ')}` });
    yield await service.set(level, 'command', typeof options.reason === 'string' ? options.reason : undefined);
  },
};
