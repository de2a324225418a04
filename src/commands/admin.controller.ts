import { Controller, Headers, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Request, Response } from 'express';
import { timingSafeEqual } from 'node:crypto';
import { AppError } from '../config/app-error.js';
import type { Locale } from '../config/texts.js';
import { runOnRecord, type CommandRequest, type InputLine, type Options } from './command.js';
import { commands } from './commands.js';
import { readJsonLines } from './json-lines.js';

/** The random token that the lock file tells to commands on this machine. */
export abstract class AdminToken {
  abstract readonly value: string;
}

interface Header {
  args: string[];
  options: Options;
  locale: Locale;
}

/**
 * Commands of this machine's command line, run in the service that holds the store. JSON Lines in (first a header with arguments
 * and options) and out. Loopback connections with the lock file's token only; anything that a browser would send is refused.
 */
@Controller('admin')
export class AdminController {
  constructor(
    @Inject(AdminToken) private readonly token: AdminToken,
    private readonly moduleRef: ModuleRef,
  ) {}

  @Post('commands/:name')
  async run(
    @Param('name') name: string,
    @Headers('authorization') authorization: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const command = commands.find((candidate) => candidate.name === name && candidate.needs !== 'nothing');
    if (!this.#entitled(authorization, request) || !command) {
      response.status(404).end();
      return;
    }
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.type('application/x-ndjson');
    const write = (line: object): void => void response.write(`${JSON.stringify(line)}\n`);
    try {
      const lines = readJsonLines(request);
      const header = (await lines.next()).value.value as Header;
      const call: CommandRequest = { ...header, input: unwrap(lines), signal: gone.signal };
      for await (const line of runOnRecord(command, call, this.moduleRef)) write(line);
    } catch (thrown) {
      const error = AppError.from(thrown);
      write({ error: { code: error.code, params: error.params } });
    }
    response.end();
  }

  #entitled(authorization: string | undefined, request: Request): boolean {
    const given = Buffer.from(authorization ?? '');
    const expected = Buffer.from(`Bearer ${this.token.value}`);
    const loopback = /^(::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? '');
    // Node's own fetch sends sec-fetch-mode; only browsers say from which site.
    const browser = request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;
    const forwarded = request.headers['x-forwarded-for'] !== undefined;
    return loopback && !browser && !forwarded && given.length === expected.length && timingSafeEqual(given, expected);
  }
}

/** The caller numbered its lines: errors name them by those numbers. */
async function* unwrap(lines: AsyncIterable<InputLine>): AsyncGenerator<InputLine> {
  for await (const { value } of lines) yield value as InputLine;
}
