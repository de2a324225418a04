import type { Response } from 'express';
import { once } from 'node:events';

/** How often something is sent while nothing is to say, ms: proxies cut connections that are silent for a minute, some for 15 s. */
const HEARTBEAT = 10_000;

/**
 * Server-sent events as OpenAI's clients read them. Headers go out with the first event or heartbeat, so that what fails
 * before is an HTTP error.
 */
export class EventStream {
  readonly #closed: Promise<void>;

  constructor(private readonly response: Response) {
    const heartbeat = setInterval(() => this.#write(': waiting\n\n'), HEARTBEAT);
    this.#closed = new Promise((resolve) =>
      response.once('close', () => {
        clearInterval(heartbeat);
        resolve();
      }),
    );
  }

  /** Resolves when the client reads fast enough for the next one, or is gone. */
  async send(data: object): Promise<void> {
    if (this.#write(`data: ${JSON.stringify(data)}\n\n`) || this.response.closed) return;
    await Promise.race([once(this.response, 'drain'), this.#closed]);
  }

  end(): void {
    this.#write('data: [DONE]\n\n');
    this.response.end();
  }

  #write(event: string): boolean {
    if (!this.response.headersSent)
      this.response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no', // nginx would hold the events back
      });
    return this.response.write(event);
  }
}
