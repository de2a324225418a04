import { io, type Socket } from 'socket.io-client';
import { v4 as uuid } from 'uuid';
import type { ErrorBody } from '../../src/config/app-error.js';
import type { ConversationEvent, ConversationState } from '../../src/conversation/events.js';

export interface OpenedReply {
  ok: true;
  conversationId: string;
  resumeToken: string;
  state: ConversationState;
  events: ConversationEvent[];
}
export type Reply<Extra = Record<never, never>> = ({ ok: true } & Extra) | { ok: false; error: ErrorBody };

/** A customer on a real socket. Keeps every character that arrived, events in the order of arrival. */
export class ChatClient {
  readonly events: ConversationEvent[] = [];
  readonly signals: { type: string; data: unknown }[] = [];
  /** Every frame as it came, for tests that search what reached the wire. */
  readonly wire: string[] = [];
  conversationId = '';
  resumeToken = '';
  #waiting: { test: (event: ConversationEvent) => boolean; resolve: (event: ConversationEvent) => void }[] = [];

  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('event', (event: ConversationEvent) => this.#take(event));
    socket.on('signal', (signal: { type: string; data: unknown }) => this.signals.push(signal));
    socket.onAny((...frame: unknown[]) => this.wire.push(JSON.stringify(frame)));
  }

  static async connect(url: string, headers: Record<string, string> = {}): Promise<ChatClient> {
    const socket = io(`${url}/chat`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: headers,
    });
    const client = new ChatClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('connect_error', reject);
    });
    return client;
  }

  /** Connects and opens a conversation, or goes on with one. */
  static async open(
    url: string,
    earlier?: { conversationId: string; resumeToken: string; after?: number },
  ): Promise<ChatClient> {
    const client = await ChatClient.connect(url);
    const { conversationId, resumeToken, after = 0 } = earlier ?? {};
    const request = earlier ? { conversationId, resumeToken, after } : {};
    const reply = await client.call<Omit<OpenedReply, 'ok'>>('conversation:open', request);
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    client.conversationId = reply.conversationId;
    client.resumeToken = reply.resumeToken;
    for (const event of reply.events) client.#take(event);
    return client;
  }

  async call<Extra = Record<never, never>>(name: string, payload: unknown = {}): Promise<Reply<Extra>> {
    const reply = (await this.socket.timeout(30_000).emitWithAck(name, payload)) as Reply<Extra>;
    this.wire.push(JSON.stringify(reply));
    return reply;
  }

  async send(text: string, clientMessageId: string = uuid()): Promise<number> {
    const reply = await this.call<{ seq: number }>('message:send', { clientMessageId, text });
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    return reply.seq;
  }

  /** Sends and waits for the end of the turn; the turn's events. */
  async ask(text: string): Promise<ConversationEvent[]> {
    const turn = await this.send(text);
    await this.completed(turn);
    return this.turn(turn);
  }

  turn(turn: number): ConversationEvent[] {
    return this.events.filter((event) => 'turn' in event.data && event.data.turn === turn);
  }

  /** The sentences of a turn, joined. */
  answer(turn: number): string {
    return this.turn(turn)
      .flatMap((event) => (event.type === 'answer.sentence' ? [event.data.text] : []))
      .join(' ');
  }

  completed(turn: number): Promise<ConversationEvent> {
    return this.until((event) => event.type === 'answer.completed' && event.data.turn === turn);
  }

  /** The first event, arrived or to come, that passes. */
  until(test: (event: ConversationEvent) => boolean): Promise<ConversationEvent> {
    const found = this.events.find(test);
    if (found) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  /** Resolves when the server has ended the connection. */
  disconnected(): Promise<void> {
    if (this.socket.disconnected) return Promise.resolve();
    return new Promise((resolve) => this.socket.once('disconnect', () => resolve()));
  }

  close(): void {
    this.socket.disconnect();
  }

  #take(event: ConversationEvent): void {
    this.events.push(event);
    for (const waiting of this.#waiting.filter(({ test }) => test(event))) waiting.resolve(event);
    this.#waiting = this.#waiting.filter(({ test }) => !test(event));
  }
}
