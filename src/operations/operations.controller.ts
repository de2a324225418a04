import { Body, Controller, Delete, Get, HttpCode, Post, Put, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { AppError } from '../config/app-error.js';
import { localeOf } from '../config/texts.js';
import { LEVELS, ServiceLevel, type Level } from '../conversation/service-level.js';
import { Metrics } from './metrics.js';
import { OperatorAccess, OperatorGuard, refuseForeign } from './operator-access.js';
import { Overview } from './overview.js';
import { ProblemDetails } from './problem-details.js';
import type { OperationsReport } from './report.js';

/** A token of 32 characters is not guessed at ten tries a minute; who mistypes it gets on. */
const SESSIONS_PER_MINUTE = 10;

/** For operators: what the page /operations shows and does, and the figures for Prometheus. */
@Controller()
@UseFilters(ProblemDetails)
export class OperationsController {
  readonly #sessions = new RateLimiterMemory({ points: SESSIONS_PER_MINUTE, duration: 60 });

  constructor(
    private readonly overview: Overview,
    private readonly metrics: Metrics,
    private readonly level: ServiceLevel,
    private readonly access: OperatorAccess,
  ) {}

  @Get('api/operations')
  @UseGuards(OperatorGuard)
  async report(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<OperationsReport> {
    response.setHeader('cache-control', 'no-store');
    const report = await this.overview.report(localeOf(request.headers['accept-language']));
    return { ...report, signedIn: await this.access.inSession(request) };
  }

  @Put('api/operations/level')
  @UseGuards(OperatorGuard)
  async setLevel(@Body() body: unknown): Promise<{ level: Level }> {
    const { level, reason } = parseLevel(body);
    return this.level.set(level, 'operations page', reason);
  }

  /** The token against a session cookie that no script can read. */
  @Post('api/operations/session')
  @HttpCode(204)
  async openSession(
    @Req() request: Request,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    if (!this.access.exists(request)) throw AppError.of('operator.absent');
    refuseForeign(request);
    await this.#sessions.consume(request.ip ?? '').catch(() => {
      throw AppError.of('limit.rate', { seconds: 60 });
    });
    const token = (body as { token?: unknown } | undefined)?.token;
    const { name, value, maxAge, secure } = await this.access.openSession(typeof token === 'string' ? token : '');
    response.cookie(name, value, { httpOnly: true, sameSite: 'strict', path: '/', maxAge, secure });
  }

  @Delete('api/operations/session')
  @HttpCode(204)
  closeSession(@Req() request: Request, @Res({ passthrough: true }) response: Response): void {
    refuseForeign(request);
    response.clearCookie(this.access.sessionCookie, { path: '/' });
  }

  @Get('metrics')
  @UseGuards(OperatorGuard)
  async figures(@Res() response: Response): Promise<void> {
    response.setHeader('content-type', this.metrics.contentType);
    response.send(await this.metrics.text());
  }
}

/** @throws AppError `input.invalid` */
function parseLevel(body: unknown): { level: Level; reason?: string } {
  const { level, reason } = (body ?? {}) as Record<string, unknown>;
  const known = LEVELS.find((candidate) => candidate === level);
  if (!known) throw AppError.of('input.invalid', { field: 'level', expected: LEVELS.join(', ') });
  if (reason !== undefined && typeof reason !== 'string')
    throw AppError.of('input.invalid', { field: 'reason', expected: 'a string' });
  return { level: known, ...(reason === undefined ? {} : { reason }) };
}
