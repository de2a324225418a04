import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { AppError } from '../config/app-error.js';
import type { InputLine } from './command.js';

/**
 * JSON Lines from a stream; empty lines are passed over.
 * @throws AppError `command.line` with the number of a line that is no JSON.
 */
export async function* readJsonLines(stream: Readable): AsyncGenerator<InputLine> {
  let line = 0;
  for await (const content of createInterface({ input: stream, crlfDelay: Infinity })) {
    line++;
    if (content.trim() === '') continue;
    yield { line, value: parseLine(content, line) };
  }
}

function parseLine(content: string, line: number): unknown {
  try {
    return JSON.parse(content.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw AppError.of('command.line', { line, expected: 'one JSON object a line' }, { cause });
  }
}
