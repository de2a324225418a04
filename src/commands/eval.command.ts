import type { INestApplicationContext } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { Clock, SystemClock } from '../config/clock.js';
import { Settings } from '../config/settings.js';
import { Turn } from '../conversation/turn.js';
import { ChatModel } from '../models/chat-model.js';
import { openEmbedder } from '../models/open-embedder.js';
import { runAnswersSuite } from '../quality/answers-suite.js';
import { runStatutesSuite } from '../quality/statutes-suite.js';
import { chatModelSettled } from './chat-model-settled.js';
import type { Command, CommandRequest } from './command.js';

interface Report {
  passed: boolean;
}

const SUITES: Record<
  string,
  (request: CommandRequest, application: INestApplicationContext | undefined) => Promise<Report>
> = { statutes, answers };

/** Prints a suite's figures in one line; the line has `failed` where a gate is missed, so that the exit code is 1. */
export const evalRunCommand: Command = {
  name: 'eval run',
  description: `Run evaluation suites: ${Object.keys(SUITES).join(', ')}`,
  args: '<suite...>',
  options: [{ flags: '--limit <number>', description: 'the first questions only (answers)', default: '20' }],
  reads: false,
  needs: (args) => (args.includes('answers') ? 'application' : 'nothing'),
  async *run(request, application) {
    for (const name of request.args)
      if (!SUITES[name])
        throw AppError.of('eval.unknown-suite', { suite: name, known: Object.keys(SUITES).join(', ') });
    for (const name of request.args) {
      const report = await SUITES[name]!(request, application);
      yield { ...report, ...(report.passed ? {} : { failed: true }) };
    }
  },
};

/** In a store of its own, so that it needs nothing of the application. */
async function statutes({ signal }: CommandRequest): Promise<Report> {
  const embedder = await openEmbedder(Settings.read());
  try {
    return await runStatutesSuite({ embedder, clock: new SystemClock(), signal });
  } finally {
    await embedder.close();
  }
}

async function answers(
  { options, signal }: CommandRequest,
  application: INestApplicationContext | undefined,
): Promise<Report> {
  const chatModel = application!.get(ChatModel, { strict: false });
  await chatModelSettled(chatModel, signal);
  const turn = application!.get(Turn, { strict: false });
  const clock = application!.get(Clock, { strict: false });
  return runAnswersSuite({ turn, chatModel, clock }, Number(options.limit), signal);
}
