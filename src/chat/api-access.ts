import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../config/app-error.js';
import { isLoopback } from '../config/environment.js';
import { Settings } from '../config/settings.js';

/** Who may use /v1, and how much of it: the bank's own systems, with one token; never a browser, which could not keep it. */
@Injectable()
export class ApiAccess {
  readonly #rate: RateLimiterMemory;
  #running = 0;

  constructor(private readonly settings: Settings) {
    this.#rate = new RateLimiterMemory({ points: settings.apiRequestsPerMinute, duration: 60 });
  }

  /** @throws AppError `api.browser`, `api.unauthorized` */
  check(request: Request): void {
    const { origin, 'sec-fetch-site': site } = request.headers;
    // Node's own fetch sends sec-fetch-mode; only browsers say from which site.
    if (origin !== undefined || site !== undefined) throw AppError.of('api.browser');
    if (!this.#entitled(request)) throw AppError.of('api.unauthorized');
  }

  /**
   * Counts a request that may begin.
   * @returns what is to be called when it is over
   * @throws AppError `limit.rate`, `limit.concurrent`
   */
  async begin(): Promise<() => void> {
    const limit = this.settings.apiConcurrency;
    if (this.#running >= limit) throw AppError.of('limit.concurrent', { limit, seconds: 1 });
    this.#running++;
    try {
      await this.#rate.consume('token');
    } catch (refused) {
      this.#running--;
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw AppError.of('limit.rate', { seconds: Math.ceil(refused.msBeforeNext / 1000) });
    }
    return () => void this.#running--;
  }

  #entitled({ headers, socket }: Request): boolean {
    const { apiToken, production, behindProxy, host } = this.settings;
    if (apiToken !== undefined) return sameSecret(headers.authorization ?? '', `Bearer ${apiToken}`);
    const forwarded = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
    const local = /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
    return !production && !behindProxy && isLoopback(host) && local && !forwarded;
  }
}

/** In a time that does not tell how much of it was right, nor how long it is. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
