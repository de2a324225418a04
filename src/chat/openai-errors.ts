import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '../config/app-error.js';
import { localeOf } from '../config/texts.js';

/** Errors in OpenAI's shape, so that its clients raise their own typed ones: as a response, or as an event of a stream that has begun. */
@Catch()
export class OpenAiErrors implements ExceptionFilter {
  readonly #logger = new Logger('api');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    if (response.closed) return; // the client went away, and what it had asked for was aborted
    const error = AppError.from(thrown);
    if (error.code === 'internal')
      this.#logger.error(error.cause instanceof Error ? error.cause.stack : 'unknown error');
    const { code, message, field = null } = error.body(localeOf(request.headers['accept-language']));
    const body = { error: { message, type: typeOf(error.status), param: field, code } };
    if (response.headersSent) {
      response.end(`data: ${JSON.stringify(body)}\n\n`);
      return;
    }
    const { seconds } = error.params;
    if (error.status === 429) response.setHeader('retry-after', seconds ?? 1);
    // What is left of a body that was not read is not waited for.
    if (!request.complete) response.setHeader('connection', 'close');
    response.status(error.status).json(body);
  }
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 429:
      return 'rate_limit_error';
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}
