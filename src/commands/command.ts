import type { INestApplicationContext } from '@nestjs/common';
import { Audit } from '../accounts/index.js';
import type { Locale } from '../config/texts.js';

/** One JSON object of input, with its line number for errors. */
export interface InputLine {
  line: number;
  value: unknown;
}

export interface CommandOption {
  /** As commander reads it: `-k, --k <number>`. */
  flags: string;
  description: string;
  default?: string | boolean;
}

export type Options = Readonly<Record<string, unknown>>;

/** What a command works with. `signal` is aborted when the caller goes away. */
export interface CommandRequest {
  /** Positional arguments, paths already absolute. */
  args: readonly string[];
  options: Options;
  input: AsyncIterable<InputLine>;
  locale: Locale;
  signal: AbortSignal;
}

/** A line of output: one JSON object. `{progress}` lines go to the progress bar instead. */
export type OutputLine = object;

export type Needs = 'nothing' | 'application';

/**
 * A command of the command line. It runs in the program itself, or in the running service when that holds the store
 * (the same code, through the loopback admin API).
 */
export interface Command {
  /** Words of the command: `retrieve`, `models fetch`, `eval run`. */
  name: string;
  description: string;
  /** Positional arguments as commander reads them: `<path...>`. */
  args?: string;
  /** Arguments are paths and are made absolute where the command was typed. */
  paths?: boolean;
  options?: readonly CommandOption[];
  /** Progress is output too where nobody watches a bar: for work that takes hours. */
  pipesProgress?: boolean;
  /** An operator's act: in the audit log before it runs. Commands that have more to say than their name record it themselves. */
  audited?: boolean;
  /** Whether JSON Lines are read from standard input. */
  reads: boolean;
  /** Whether it needs the application (store, models); else it runs by itself. */
  needs: Needs | ((args: readonly string[]) => Needs);
  run(request: CommandRequest, application: INestApplicationContext | undefined): AsyncIterable<OutputLine>;
}

/**
 * Runs a command in an application, on record where it has to be.
 * @throws AppError `audit.unavailable`
 */
export async function* runOnRecord(
  command: Command,
  request: CommandRequest,
  application: Pick<INestApplicationContext, 'get'>,
): AsyncGenerator<OutputLine> {
  if (command.audited) await application.get(Audit, { strict: false }).record({ stage: 'admin', action: command.name });
  yield* command.run(request, application as INestApplicationContext);
}

/** A progress report on a command's output stream; shown on a terminal, never printed into a pipe. */
export interface ProgressLine {
  progress: { what: string; done: number; of: number };
}

export function isProgress(line: OutputLine): line is ProgressLine {
  return 'progress' in line;
}

export function needsOf(command: Command, args: readonly string[]): Needs {
  return typeof command.needs === 'function' ? command.needs(args) : command.needs;
}
