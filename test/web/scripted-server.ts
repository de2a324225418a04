import { Ajv } from 'ajv';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket as Wire } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { Server, type Socket } from 'socket.io';
import type {
  CitedSource,
  ConversationEvent,
  Finish,
  NewEvent,
  Origin,
  Signal,
} from '../../src/conversation/events.js';

/** As strict as a bank's own page may be. */
const CSP = "default-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; require-trusted-types-for 'script'";

export const AI_NOTICE =
  '이 상담은 인공지능(AI)이 답변합니다. 답변은 은행이 승인한 자료를 바탕으로 하며, 원하시면 언제든지 상담사와 상담하실 수 있습니다.';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

interface ErrorBody {
  code: string;
  message: string;
  safeText?: string;
  phones?: readonly { name: string; number: string }[];
}

type Acknowledge = (body: object) => void;
/** What the server does about one customer message; `held` until the test lets go. */
export type Script = (turn: ScriptedTurn) => void | Promise<void>;

const ajv = new Ajv({ strict: false });
ajv.addSchema(
  JSON.parse(readFileSync(new URL('../../src/chat/protocol.schema.json', import.meta.url), 'utf8')) as object,
);

/**
 * The service as the widget sees it, with the answers and the faults that a test asks for: serves the built files under a
 * strict CSP, speaks the protocol of `/chat`, checks both directions against the schemas. Knows one conversation at a time.
 */
export class ScriptedServer {
  /** Payloads that were not as the schemas say, in either direction. */
  readonly violations: string[] = [];
  /** Requests in order of arrival. */
  readonly received: { name: string; body: Record<string, unknown> }[] = [];
  readonly #http: HttpServer;
  readonly #wires = new Set<Wire>();
  readonly #io: Server;
  readonly #scripts = new Map<string, Script>();
  readonly #pages = new Map<string, { body: string; csp: string }>();
  readonly #faults = new Map<string, ErrorBody | 'silence' | 'lost-acknowledgement'>();
  #conversation = newConversation();
  #turn: ScriptedTurn | undefined;
  #beginning: readonly NewEvent[] = [{ type: 'notice', origin: 'system', data: { kind: 'ai', text: AI_NOTICE } }];
  #away = false;
  #webSockets: 'passed' | 'refused' | 'swallowed' = 'passed';
  #refusal: ErrorBody | undefined;
  #skipped: number | undefined;

  private constructor(private readonly folder: string) {
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.on('connection', (wire) => {
      this.#wires.add(wire);
      wire.once('close', () => this.#wires.delete(wire));
    });
    this.#io = new Server(this.#http, {
      serveClient: false,
      allowRequest: (request, decide) => {
        const webSocket = request.url?.includes('transport=websocket') ? this.#webSockets : 'passed';
        if (webSocket !== 'swallowed') decide(null, !this.#away && webSocket === 'passed');
      },
    });
    this.#io.of('/chat').on('connection', (socket) => this.#connected(socket));
  }

  static async start(folder: string): Promise<ScriptedServer> {
    const server = new ScriptedServer(folder);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  /** Serves a page (or, by its ending, another file) of the test's own under the strict policy, or under another one. */
  page(path: string, html: string, csp = CSP): string {
    const body = extname(path) ? html : `<!doctype html><html lang="ko"><meta charset="utf-8">${html}`;
    this.#pages.set(path, { body, csp });
    return new URL(path, this.url).href;
  }

  get events(): readonly ConversationEvent[] {
    return this.#conversation.events;
  }

  /** Requests of that name. */
  requests(name: string): Record<string, unknown>[] {
    return this.received.filter((request) => request.name === name).map(({ body }) => body);
  }

  /** The conversation that the next opening without a token begins with. */
  startWith(events: readonly NewEvent[]): void {
    this.#beginning = events;
  }

  /** What happens when a customer sends exactly this text. */
  on(text: string, script: Script): void {
    this.#scripts.set(text, script);
  }

  /** The turn under way. */
  get turn(): ScriptedTurn {
    if (!this.#turn) throw new Error('no turn is under way');
    return this.#turn;
  }

  /** The next request of that name fails, is never answered, or is carried out without an acknowledgement. */
  failNext(name: string, fault: ErrorBody | 'silence' | 'lost-acknowledgement'): void {
    this.#faults.set(name, fault);
  }

  /** The next connection is refused as the gateway refuses one over the limits. */
  refuseNext(error: ErrorBody): void {
    this.#refusal = error;
  }

  /** The next event is committed but not delivered, as if it had got lost. */
  skipNextDelivery(): void {
    this.#skipped = this.#conversation.events.length + 1;
  }

  /** Nobody can connect any more; what is connected is cut. */
  goAway(): void {
    this.#away = true;
    for (const socket of this.#io.of('/chat').sockets.values()) socket.conn.close();
  }

  comeBack(): void {
    this.#away = false;
  }

  /** What a proxy in between does with WebSockets; `swallowed`: takes them and never answers. */
  webSockets(fate: 'passed' | 'refused' | 'swallowed'): void {
    this.#webSockets = fate;
  }

  /** The conversation and its token are forgotten. */
  expire(): void {
    this.#conversation = newConversation();
  }

  commit(event: NewEvent): ConversationEvent {
    const { events } = this.#conversation;
    const committed = { ...event, seq: events.length + 1, at: new Date().toISOString() } as ConversationEvent;
    this.#check('event', committed);
    events.push(committed);
    if (committed.seq !== this.#skipped) this.#io.of('/chat').to('conversation').emit('event', committed);
    return committed;
  }

  signal(signal: Signal): void {
    this.#check('signal', signal);
    this.#io.of('/chat').to('conversation').emit('signal', signal);
  }

  async close(): Promise<void> {
    // Those that were taken for WebSockets are no connections of HTTP any more.
    for (const wire of this.#wires) wire.destroy();
    await this.#io.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path === '/favicon.ico') return void response.writeHead(204).end();
    const own = this.#pages.get(path);
    try {
      const body = own?.body ?? (await readFile(join(this.folder, path === '/' ? 'index.html' : path)));
      response.writeHead(200, {
        'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream',
        'content-security-policy': own?.csp ?? CSP,
        // As the service does: pages of other origins import the widget's parts.
        'access-control-allow-origin': '*',
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  #connected(socket: Socket): void {
    if (this.#refusal) {
      socket.emit('refused', this.#refusal);
      this.#refusal = undefined;
      socket.disconnect(true);
      return;
    }
    socket.onAny((name: string, body: Record<string, unknown>, acknowledge: Acknowledge) => {
      this.received.push({ name, body });
      this.#check(name, body);
      const fault = this.#faults.get(name);
      this.#faults.delete(name);
      if (fault === 'silence') return;
      if (fault && fault !== 'lost-acknowledgement') return acknowledge({ ok: false, error: fault });
      const reply = this.#carryOut(socket, name, body);
      this.#check(name === 'conversation:open' && reply.ok ? 'opened' : 'acknowledgement', reply);
      if (!fault) acknowledge(reply);
    });
  }

  #carryOut(socket: Socket, name: string, body: Record<string, unknown>): { ok: boolean } & Record<string, unknown> {
    switch (name) {
      case 'conversation:open':
        return this.#open(socket, body);
      case 'message:send':
        return { ok: true, seq: this.#send(String(body['clientMessageId']), String(body['text'])) };
      case 'turn:stop':
        this.#turn?.completed('stopped');
        return { ok: true };
      case 'handoff:request':
        this.commit({ type: 'handoff.queued', origin: 'system', data: { reason: 'requested' } });
        return { ok: true };
      case 'handoff:cancel':
        this.commit({ type: 'handoff.ended', origin: 'system', data: { reason: 'cancelled' } });
        return { ok: true };
      default:
        return { ok: true };
    }
  }

  #open(socket: Socket, body: Record<string, unknown>): { ok: boolean } & Record<string, unknown> {
    const { conversationId, resumeToken } = body;
    if (conversationId === undefined) {
      this.#conversation = newConversation();
      for (const event of this.#beginning) this.commit(event);
    } else if (conversationId !== this.#conversation.id || resumeToken !== this.#conversation.resumeToken)
      return {
        ok: false,
        error: { code: 'conversation.expired', message: '대화가 만료되었습니다. 새 대화를 시작해 주세요.' },
      };
    void socket.join('conversation');
    const { id, resumeToken: token, events } = this.#conversation;
    const after = Number(body['after'] ?? 0);
    return { ok: true, conversationId: id, resumeToken: token, state: 'assistant', events: events.slice(after) };
  }

  #send(clientMessageId: string, text: string): number {
    const earlier = this.#conversation.messages.get(clientMessageId);
    if (earlier !== undefined) return earlier;
    const { seq } = this.commit({ type: 'message', origin: 'customer', data: { text } });
    this.#conversation.messages.set(clientMessageId, seq);
    this.#turn = new ScriptedTurn(this, seq);
    const script = this.#scripts.get(text) ?? ((turn) => turn.answer(`“${text}”에 대한 답변입니다.`));
    void script(this.#turn);
    return seq;
  }

  #check(definition: string, payload: unknown): void {
    const validate = ajv.getSchema(`sangdam:chat#/definitions/${definition}`);
    if (!validate) this.violations.push(`no schema for ${definition}`);
    else if (!validate(payload)) this.violations.push(`${definition}: ${ajv.errorsText(validate.errors)}`);
  }
}

/** The answer to one message, step by step. */
export class ScriptedTurn {
  #index = 0;
  #completed = false;

  constructor(
    private readonly server: ScriptedServer,
    readonly seq: number,
  ) {}

  sentence(text: string, { origin = 'ai', sources = [] }: { origin?: Origin; sources?: CitedSource[] } = {}): void {
    const data = { turn: this.seq, index: this.#index++, text, sources };
    this.server.commit({ type: 'answer.sentence', origin, data });
  }

  withheld(text: string): void {
    this.server.commit({ type: 'answer.withheld', origin: 'system', data: { turn: this.seq, text } });
  }

  completed(finish: Finish, choices?: string[]): void {
    if (this.#completed) return;
    this.#completed = true;
    const data = { turn: this.seq, finish, ...(choices ? { choices } : {}) };
    this.server.commit({ type: 'answer.completed', origin: 'system', data });
  }

  answer(...sentences: string[]): void {
    for (const text of sentences) this.sentence(text, { origin: 'exemplar' });
    this.completed('exemplar');
  }
}

interface ScriptedConversation {
  id: string;
  resumeToken: string;
  events: ConversationEvent[];
  messages: Map<string, number>;
}

function newConversation(): ScriptedConversation {
  return { id: randomUUID(), resumeToken: randomUUID(), events: [], messages: new Map() };
}
