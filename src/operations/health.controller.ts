import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { Response } from 'express';
import { timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { Health, type Readiness } from './health.js';

/** For load balancers and people: whether the process lives, and whether it can serve. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly settings: Settings,
  ) {}

  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** 200 when customers can be answered, 503 else. What is inside is told on the loopback address or to the operator. */
  @Get('ready')
  async ready(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Readiness | Pick<Readiness, 'status'>> {
    const readiness = await this.health.readiness();
    response.status(readiness.status === 'unavailable' ? 503 : 200);
    return this.#entitled(authorization) ? readiness : { status: readiness.status };
  }

  #entitled(authorization: string | undefined): boolean {
    const { operatorToken, production, behindProxy, host } = this.settings;
    if (operatorToken === undefined) return !production && !behindProxy && isLoopback(host);
    const given = Buffer.from(authorization?.replace(/^Bearer /, '') ?? '');
    const expected = Buffer.from(operatorToken);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
