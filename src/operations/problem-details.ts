import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { STATUS_CODES } from 'node:http';
import { AppError, errorMet } from '../config/app-error.js';
import { localeOf } from '../config/texts.js';

/** Errors of the operators' HTTP surface as problem details (RFC 9457), with the stable code of the catalogue in `code`. */
@Catch()
export class ProblemDetails implements ExceptionFilter {
  readonly #logger = new Logger('operations');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const error = thrown instanceof HttpException ? AppError.of('input.invalid', BODY) : AppError.from(thrown);
    errorMet.tell({ code: error.code });
    if (error.code === 'internal')
      this.#logger.error(error.cause instanceof Error ? error.cause.stack : 'unknown error');
    const { code, message, field } = error.body(localeOf(request.headers['accept-language']));
    if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
    response
      .status(error.status)
      .type('application/problem+json')
      .send({
        title: STATUS_CODES[error.status],
        status: error.status,
        code,
        detail: message,
        ...(field ? { field } : {}),
      });
  }
}

/** What Nest itself refuses here is a body that it cannot read. */
const BODY = { field: 'body', expected: 'JSON' };
