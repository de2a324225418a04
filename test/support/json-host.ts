import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface JsonRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** What a host does with a request; `hang`: takes it and never answers; `drop`: cuts the connection. */
export type JsonReply =
  { status?: number; headers?: Record<string, string>; body?: unknown; text?: string } | 'hang' | 'drop';

/** An HTTP server of models that does what a test says: for faults that a real one cannot be brought to. */
export class JsonHost {
  readonly requests: JsonRequest[] = [];

  private constructor(
    private readonly server: Server,
    public reply: (request: JsonRequest) => JsonReply | Promise<JsonReply>,
  ) {}

  static async start(reply: JsonHost['reply']): Promise<JsonHost> {
    const server = createServer();
    const host = new JsonHost(server, reply);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        const received = { path: request.url ?? '', headers: request.headers, body };
        host.requests.push(received);
        void Promise.resolve(host.reply(received)).then((reply) => {
          if (reply === 'hang') return;
          if (reply === 'drop') return void response.destroy();
          response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
          response.end(reply.text ?? JSON.stringify(reply.body ?? {}));
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return host;
  }

  /** Base address with `/v1`. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
