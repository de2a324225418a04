import { Command as Program } from 'commander';
import type { Command, CommandRequest, InputLine } from './commands/command.js';
import { isProgress } from './commands/command.js';
import { commands } from './commands/commands.js';
import { readJsonLines } from './commands/json-lines.js';
import { ProgressBar } from './commands/progress-bar.js';
import { runCommand } from './commands/runner.js';
import { AppError } from './config/app-error.js';
import { absolute, Settings } from './config/settings.js';
import { localeOf } from './config/texts.js';

/** Exit codes: 0 done, 1 the work failed, 2 bad usage. */
const FAILED = 1;
const BAD_USAGE = 2;

const locale = localeOf(process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG);

// A reader that closes the pipe (`| head`) has had enough; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : FAILED));

function fail(thrown: unknown): never {
  const error = AppError.from(thrown);
  process.stderr.write(`sangdam: ${error.body(locale).message} (${error.code})\n`);
  if (error.code === 'internal') process.stderr.write(`${(error.cause as Error)?.stack ?? String(error.cause)}\n`);
  const usage =
    error.code === 'command.usage' || error.code === 'config.invalid' || error.code === 'eval.unknown-suite';
  process.exit(usage ? BAD_USAGE : FAILED);
}

async function* nothing(): AsyncGenerator<InputLine> {}

async function execute(command: Command, args: readonly string[], options: Record<string, unknown>): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const request: CommandRequest = {
    args: command.paths ? args.map(absolute) : args,
    options,
    input: command.reads ? readJsonLines(process.stdin) : nothing(),
    locale,
    signal: interrupted.signal,
  };
  const bar = new ProgressBar(process.stderr);
  let failed = false;
  for await (const line of runCommand(command, request, Settings.read())) {
    const shown = isProgress(line) && bar.show(line.progress);
    if (!isProgress(line) || (command.pipesProgress && !shown)) process.stdout.write(`${JSON.stringify(line)}\n`);
    failed ||= 'failed' in line && line.failed === true;
  }
  bar.clear();
  if (failed || interrupted.signal.aborted) process.exitCode = FAILED;
}

/** Registers `models fetch` below `models`. */
function register(program: Program, command: Command): void {
  const words = command.name.split(' ');
  const last = words.pop()!;
  let parent = program;
  for (const word of words)
    parent = parent.commands.find((known) => known.name() === word) ?? parent.command(word).description(`${word} …`);
  const own = parent.command(last).description(command.description);
  if (command.args) own.arguments(command.args);
  for (const option of command.options ?? []) own.option(option.flags, option.description, option.default);
  own.action(async (...given: unknown[]) => {
    const args = own.args;
    await execute(command, args, given.at(-2) as Record<string, unknown>);
  });
}

const program = new Program('sangdam').description(
  'Counselling service for banks: commands read and write JSON Lines.',
);
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : BAD_USAGE));
for (const command of commands) register(program, command);
process.removeAllListeners('warning'); // the store's lock uses node:sqlite, which Node 24 still calls experimental
try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  fail(error);
}
