import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What was asked at `/v1/chat/completions`. */
export interface HostRequest {
  body: { model: string; messages: { role: string; content: string }[]; [name: string]: unknown };
  headers: IncomingMessage['headers'];
}

/** Answers one request as it likes. */
export type HostAnswer = (response: ServerResponse, request: HostRequest) => Promise<void> | void;

/** An OpenAI-compatible server that does what a real one does only on a bad day. */
export class ChatHost {
  readonly requests: HostRequest[] = [];
  answer: HostAnswer = say('안녕하세요.');
  /** Names of `/v1/models`. */
  models: string[] = ['test'];
  /** Status of `/health`. */
  health = 200;
  #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(private listening = 0) {}

  static async start(answer?: HostAnswer): Promise<ChatHost> {
    const host = new ChatHost();
    if (answer) host.answer = answer;
    await host.restore();
    return host;
  }

  get port(): number {
    return this.listening;
  }

  /** For SANGDAM_CHAT_URLS. */
  get url(): string {
    return `http://127.0.0.1:${this.listening}/v1`;
  }

  /** Resets every connection and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Takes connections again, on the same port. */
  async restore(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.listening, '127.0.0.1', resolve));
    this.listening = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/health') return void response.writeHead(this.health).end();
    if (request.url === '/v1/models') return sendJson(response, 200, { data: this.models.map((id) => ({ id })) });
    if (request.url !== '/v1/chat/completions') return void response.writeHead(404).end();
    const body = JSON.parse(await textOf(request)) as HostRequest['body'];
    const asked = { body, headers: request.headers };
    this.requests.push(asked);
    await this.answer(response, asked);
  }
}

/** Streams the pieces, each when the one before is under way, and ends as servers do. */
export function say(...pieces: string[]): HostAnswer {
  return async (response) => {
    for (const piece of pieces) await sendPiece(response, piece);
    end(response);
  };
}

/** The same with a pause before each piece, ms. */
export function saySlowly(pauseMs: number, ...pieces: string[]): HostAnswer {
  return async (response) => {
    for (const piece of pieces) {
      await delay(pauseMs);
      await sendPiece(response, piece);
    }
    end(response);
  };
}

/** Through a proxy that holds everything back until it is complete. */
export function sayAtOnce(...pieces: string[]): HostAnswer {
  return (response) => void response.end(`${pieces.map(event).join('')}${FINISH}${DONE}`);
}

/** Says the pieces, then does something else than going on. */
export function sayThen(pieces: readonly string[], then: (response: ServerResponse) => void): HostAnswer {
  return async (response) => {
    for (const piece of pieces) await sendPiece(response, piece);
    then(response);
  };
}

/** Takes the request and never answers. */
export const hang: HostAnswer = () => {};

export function refuse(status: number, headers: Record<string, string> = {}, error: object = {}): HostAnswer {
  return (response) => sendJson(response, status, { error }, headers);
}

export const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const DONE = 'data: [DONE]\n\n';

function event(piece: string): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] })}\n\n`;
}

async function sendPiece(response: ServerResponse, piece: string): Promise<void> {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  await new Promise((resolve) => response.write(event(piece), resolve));
}

function end(response: ServerResponse): void {
  response.end(`${FINISH}${DONE}`);
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
