import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { AppError, type ErrorCode } from '../config/app-error.js';
import type { Settings } from '../config/settings.js';
import { Knowledge } from '../knowledge/index.js';
import { FolderLock, readServiceRecord, type ServiceRecord } from '../database/folder-lock.js';
import { needsOf, runOnRecord, type Command, type CommandRequest, type OutputLine } from './command.js';
import { CommandsModule } from './commands.module.js';

/**
 * Runs a command where it has to run: by itself; in an application of its own; or, where a running service holds the data folder,
 * in that service through its loopback admin API.
 */
export async function* runCommand(
  command: Command,
  request: CommandRequest,
  settings: Settings,
): AsyncGenerator<OutputLine> {
  if (needsOf(command, request.args) === 'nothing') return yield* command.run(request, undefined);
  const service = settings.databaseUrl === undefined ? runningService(settings.dataFolder) : undefined;
  if (service) return yield* runInService(command, request, service);
  const application = await openApplication(settings);
  try {
    yield* runOnRecord(command, request, application);
  } finally {
    await application.close();
  }
}

async function openApplication(settings: Settings): Promise<INestApplicationContext> {
  const application = await NestFactory.createApplicationContext(CommandsModule.with(settings), {
    logger: ['error', 'fatal'],
    bufferLogs: true,
    autoFlushLogs: false, // the command line tells why it could not be opened
    abortOnError: false,
  });
  application.flushLogs();
  await application.get(Knowledge, { strict: false }).prepare();
  return application;
}

/** The service that holds the folder's lock, where it tells a port; undefined where nobody holds it. */
function runningService(folder: string): Required<ServiceRecord> | undefined {
  const record = readServiceRecord(folder);
  if (record?.port === undefined || record.token === undefined) return undefined;
  try {
    FolderLock.acquire(folder).release();
    return undefined; // left over from a killed process
  } catch {
    return record as Required<ServiceRecord>;
  }
}

async function* runInService(
  command: Command,
  request: CommandRequest,
  service: Required<ServiceRecord>,
): AsyncGenerator<OutputLine> {
  const body = new RequestBody(request);
  const response = await fetch(`http://127.0.0.1:${service.port}/admin/commands/${encodeURIComponent(command.name)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/x-ndjson' },
    body: body.stream,
    duplex: 'half',
    signal: request.signal,
  }).catch((error: unknown) => {
    throw body.fault ?? error;
  });
  if (!response.ok || !response.body) throw AppError.of('internal', {}, { cause: `admin API: ${response.status}` });
  try {
    for await (const line of linesOf(response.body)) yield outputOf(line);
  } catch (error) {
    throw body.fault ?? error;
  }
}

/** A line of the service's answer; an error of the command is thrown here as it was thrown there. */
function outputOf(line: string): OutputLine {
  const value = JSON.parse(line) as OutputLine & {
    error?: { code: ErrorCode; params?: Record<string, string | number> };
  };
  if (value.error?.params) throw AppError.of(value.error.code, value.error.params);
  return value;
}

/** Header and input lines of a request as JSON Lines, sent while they are read. */
class RequestBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** What was wrong with the input; `fetch` would only tell that it failed. */
  fault: unknown;

  constructor(request: CommandRequest) {
    this.stream = ReadableStream.from(this.#lines(request));
  }

  async *#lines({ args, options, locale, input }: CommandRequest): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    yield encoder.encode(`${JSON.stringify({ args, options, locale })}\n`);
    try {
      for await (const { line, value } of input) yield encoder.encode(`${JSON.stringify({ line, value })}\n`);
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}
