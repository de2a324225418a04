import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { jwtVerify, SignJWT } from 'jose';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { isLoopback } from '../config/environment.js';
import { Settings } from '../config/settings.js';

/** A working day: then the token is asked for again. */
const SESSION_SECONDS = 8 * 3600;
const COOKIE = 'sangdam_operations';
/** Headers that a proxy sets: the request comes from somewhere else than its socket says. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Who may see what only operators see. Without SANGDAM_OPERATOR_TOKEN that is this machine alone, and only while nothing
 * points to another: no production, no proxy, no forwarded header, no foreign host name. With it, who has the token: as a Bearer,
 * or as a session cookie that was given for it.
 */
@Injectable()
export class OperatorAccess {
  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Whether there is anything for this caller to ask for. */
  exists(request: Request): boolean {
    return this.settings.operatorToken !== undefined || this.#onThisMachine(request);
  }

  async entitled(request: Request): Promise<boolean> {
    const { operatorToken } = this.settings;
    if (operatorToken === undefined) return this.#onThisMachine(request);
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    return bearer === undefined ? this.inSession(request) : same(bearer, operatorToken);
  }

  /**
   * The cookie for who knows the token.
   * @throws AppError `operator.unauthorised`
   */
  async openSession(token: string): Promise<{ name: string; value: string; maxAge: number; secure: boolean }> {
    if (this.settings.operatorToken === undefined || !same(token, this.settings.operatorToken))
      throw AppError.of('operator.unauthorised');
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const value = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(COOKIE)
      .setIssuedAt(now)
      .setExpirationTime(now + SESSION_SECONDS)
      .sign(this.#sessionKey);
    return { name: COOKIE, value, maxAge: SESSION_SECONDS * 1000, secure: this.#encrypted };
  }

  get sessionCookie(): string {
    return COOKIE;
  }

  /** Whether it comes with a session cookie that holds. */
  async inSession(request: Request): Promise<boolean> {
    const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w.-]+)`).exec(request.headers.cookie ?? '')?.[1];
    if (cookie === undefined) return false;
    try {
      const options = { audience: COOKIE, algorithms: ['HS256'], currentDate: this.clock.now() };
      await jwtVerify(cookie, this.#sessionKey, options);
      return true;
    } catch {
      return false;
    }
  }

  #onThisMachine({ headers, socket }: Request): boolean {
    const { production, behindProxy, host } = this.settings;
    const safe = !production && !behindProxy && isLoopback(host) && isLoopback(plain(socket.remoteAddress));
    // A page may have its own name resolve to this machine; the Host header shows it.
    return safe && isLoopback(hostName(headers.host)) && FORWARDED.every((name) => headers[name] === undefined);
  }

  get #encrypted(): boolean {
    return this.settings.tls !== undefined || this.settings.behindProxy;
  }

  /** Of the token too: another token ends the sessions of the old one. */
  get #sessionKey(): Uint8Array {
    return createHmac('sha256', this.settings.secret).update(`operations\0${this.settings.operatorToken}`).digest();
  }
}

/**
 * Lets operators in, and only from our own pages: a change must come from the same origin and with a header that no form and no
 * page of another origin can send.
 */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(private readonly access: OperatorAccess) {}

  /** @throws AppError `operator.absent`, `operator.unauthorised`, `operator.cross-origin` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    if (!this.access.exists(request)) throw AppError.of('operator.absent');
    if (!(await this.access.entitled(request))) throw AppError.of('operator.unauthorised');
    if (request.method !== 'GET') refuseForeign(request);
    return true;
  }
}

/** @throws AppError `operator.cross-origin` */
export function refuseForeign({ headers }: Request): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const ownSite = site === undefined || site === 'same-origin' || site === 'none';
  const ownOrigin = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (!ownSite || !ownOrigin || headers['x-sangdam'] !== 'operations') throw AppError.of('operator.cross-origin');
}

/** In constant time, whatever the lengths. */
function same(given: string, expected: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function plain(address = ''): string {
  return address.replace(/^::ffff:/, '');
}

/** `localhost:8080`, `[::1]:8080` and `127.0.0.1` without their ports and brackets. */
function hostName(host = ''): string {
  return isIP(host) ? host : host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
