import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../config/app-error.js';
import { Settings } from '../config/settings.js';

/** Events of any kind that a connection may send for each message that it may send: typing, feedback, stops. */
const EVENTS_PER_MESSAGE = 12;

/** Limits per connection, conversation and address. */
@Injectable()
export class Limits {
  readonly #messages: RateLimiterMemory;
  readonly #opens: RateLimiterMemory;
  readonly #events: RateLimiterMemory;
  readonly #connections = new Map<string, number>();

  constructor(private readonly settings: Settings) {
    this.#events = new RateLimiterMemory({ points: settings.messagesPerMinute * EVENTS_PER_MESSAGE, duration: 60 });
    this.#messages = new RateLimiterMemory({ points: settings.messagesPerMinute, duration: 60 });
    // A page that reloads opens again; four reloads a minute for each allowed connection is generous.
    this.#opens = new RateLimiterMemory({ points: settings.connectionsPerAddress * 4, duration: 60 });
  }

  /** Sockets that are open now. */
  get connections(): number {
    return [...this.#connections.values()].reduce((sum, count) => sum + count, 0);
  }

  /** False where the address has all the connections that it may have. */
  connect(address: string): boolean {
    const open = this.#connections.get(address) ?? 0;
    if (open >= this.settings.connectionsPerAddress) return false;
    this.#connections.set(address, open + 1);
    return true;
  }

  disconnect(address: string): void {
    const left = (this.#connections.get(address) ?? 1) - 1;
    if (left <= 0) this.#connections.delete(address);
    else this.#connections.set(address, left);
  }

  /** @throws AppError `limit.rate` */
  async event(connection: string): Promise<void> {
    await consume(this.#events, connection);
  }

  /** @throws AppError `limit.rate` */
  async open(address: string): Promise<void> {
    await consume(this.#opens, address);
  }

  /** @throws AppError `limit.rate` */
  async message(conversation: string): Promise<void> {
    await consume(this.#messages, conversation);
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    throw AppError.of('limit.rate', { seconds: Math.ceil(refused.msBeforeNext / 1000) });
  }
}
