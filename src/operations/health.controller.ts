import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Health } from './health.js';
import { OperatorAccess } from './operator-access.js';
import type { Readiness } from './report.js';

/** For load balancers and people: whether the process lives, and whether it can serve. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly access: OperatorAccess,
  ) {}

  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** 200 when customers can be answered, 503 else. What is inside is told to operators alone. */
  @Get('ready')
  async ready(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Readiness | Pick<Readiness, 'status'>> {
    const readiness = await this.health.readiness();
    response.status(readiness.status === 'unavailable' ? 503 : 200);
    return (await this.access.entitled(request)) ? readiness : { status: readiness.status };
  }
}
