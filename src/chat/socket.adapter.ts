import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { IncomingMessage } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';
import type { Settings } from '../config/settings.js';

/** A message of 4,000 characters is at most 12 KB of UTF-8; escapes and the envelope fit beside it. */
const MAX_PAYLOAD = 64 * 1024;

/** Socket.IO with the product's limits and the check of the page's origin. */
export class ChatSocketAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly settings: Settings,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const limits: Partial<ServerOptions> = {
      maxHttpBufferSize: MAX_PAYLOAD,
      serveClient: false,
      pingInterval: 20_000,
      pingTimeout: 20_000,
      cors: { origin: [...this.settings.origins] },
      allowRequest: (request, decide) => decide(null, this.#mayConnect(request)),
    };
    return super.createIOServer(port, { ...options, ...limits } as ServerOptions);
  }

  /** Our own pages and the listed origins. Programs that are no browser send no origin. */
  #mayConnect(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    if (this.settings.origins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}
