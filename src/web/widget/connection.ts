import type { Socket } from 'socket.io-client';
import type { ConversationEvent, Signal } from '../../conversation/events.js';
import { EventInbox } from './event-inbox.js';
import { Outbox, type Outgoing } from './outbox.js';
import type { Acknowledged, Opened, Requests, ServerError } from './protocol.js';
import type { SessionStore } from './session-store.js';
import { socketClient } from './socket-client.js';

/**
 * `lost`: was there or should be, is being tried again. `refused`: the server does not want us now. `ended`: the
 * conversation cannot be gone on with; a new one begins at the customer's word. `unidentified`: the identity token has
 * expired; waits for another one.
 */
export type Phase = 'idle' | 'connecting' | 'open' | 'lost' | 'refused' | 'ended' | 'unidentified';

export interface ConnectionListener {
  /** Another conversation begins: what was shown belongs to the earlier one. */
  began(): void;
  /** Committed events in order, each once. `history`: the customer has seen them before (a reload). */
  events(events: readonly ConversationEvent[], history: boolean): void;
  signal(signal: Signal): void;
  /** Phase or outbox changed. */
  changed(): void;
  /** Something was refused or went wrong that the customer should know. */
  failed(error: ServerError): void;
}

export interface ConnectionOptions {
  /** Origin of the service. */
  server: string;
  /** Address of the script, beside which the rest of it is. */
  script: string;
  locale: 'ko' | 'en';
  /** A JWT that the bank's server made for its signed-in customer. */
  identity?: string | undefined;
  session: SessionStore;
  listener: ConnectionListener;
}

/** An acknowledgement that takes longer counts as none, milliseconds; a message is then shown as failed. */
const PATIENCE = 10_000;
/** An event below a later one is late for so long before everything after the last one is asked for again, milliseconds. */
const GAP_PATIENCE = 1_000;
/** The server closed the connection by itself (restart, limits): the pause before the next attempt, milliseconds. */
const REFUSED_PAUSE = 15_000;
const CLOSED_PAUSE = 2_000;

/** Errors by which the server says that the saved conversation cannot be gone on with. */
const GONE = new Set(['conversation.expired', 'conversation.forbidden', 'conversation.unknown']);

/**
 * One customer's conversation over one socket that may come and go. Whatever was acknowledged is never lost and nothing
 * is shown twice: resuming is "events after N", and a message keeps its id until it is acknowledged.
 */
export class ChatConnection {
  readonly #inbox = new EventInbox();
  readonly #outbox = new Outbox();
  /** Events that came before the acknowledgement of the opening. */
  #early: ConversationEvent[] = [];
  #opened = false;
  #socket: Socket | undefined;
  #phase: Phase = 'idle';
  #gapTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #identity: string | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.#identity = options.identity;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get outbox(): readonly Outgoing[] {
    return this.#outbox.shown(this.#inbox.lastSeq);
  }

  /** Connects and opens the saved conversation or a new one. Does nothing where that is under way. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    addEventListener('online', this.#online);
    this.reconnect();
  }

  async #connect(): Promise<void> {
    const client = await socketClient(this.options.script).catch(() => undefined);
    if (!this.#opened || this.#socket) return;
    if (!client) {
      this.#setPhase('lost');
      return this.#tryAgainIn(CLOSED_PAUSE);
    }
    const socket = client.io(new URL('/chat', this.options.server).href, {
      // WebSocket at once; where a proxy blocks it, long polling.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelayMax: 5_000,
      timeout: PATIENCE,
      forceNew: true,
    });
    this.#socket = socket;
    socket.on('connect', () => void this.#begin());
    socket.on('connect_error', (error) => this.#unreachable(socket, error));
    socket.on('disconnect', (reason) => this.#ended(reason));
    socket.on('refused', (error: ServerError) => this.#refused(error));
    socket.on('event', (event: ConversationEvent) => this.#arrived(event));
    socket.on('signal', (signal: Signal) => this.options.listener.signal(signal));
  }

  /** The customer signed in, or, without a token, out: then nobody at this computer goes on with the conversation. */
  setIdentity(identity: string | undefined): void {
    const signedOut = this.#identity !== undefined && identity === undefined;
    this.#identity = identity;
    if (signedOut) this.startOver();
    else if (this.#phase === 'unidentified') this.reconnect();
  }

  /** Connects at once instead of at the next attempt. */
  reconnect(): void {
    clearTimeout(this.#retryTimer);
    this.#setPhase('connecting');
    if (this.#socket) this.#socket.disconnect().connect();
    else void this.#connect();
  }

  /** Shows the message as sending and sends it as soon as there is a connection. */
  send(text: string): void {
    const id = randomId();
    this.#outbox.add(id, text);
    this.#dispatch(id, text);
  }

  /** Sends it again under the same id. */
  retry(id: string): void {
    this.#outbox.retry(id);
    const message = this.#outbox.unacknowledged().find((candidate) => candidate.id === id);
    if (message) this.#dispatch(id, message.text);
  }

  discard(id: string): void {
    this.#outbox.discard(id);
    this.options.listener.changed();
  }

  /** False (and told to the listener) where it was refused or there is no connection. */
  async request<Name extends keyof Requests>(name: Name, body: Requests[Name]): Promise<boolean> {
    if (this.#phase !== 'open') return false;
    const reply = await this.#ask(name, body);
    if (reply && !reply.ok) this.options.listener.failed(reply.error);
    return reply?.ok ?? false;
  }

  /** Leaves the conversation for a new one. */
  startOver(): void {
    this.options.session.forget();
    this.#outbox.conversationEnded();
    if (this.#phase === 'unidentified') this.#identity = undefined;
    this.#clear();
    if (this.#opened) this.reconnect();
  }

  close(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#gapTimer);
    removeEventListener('online', this.#online);
    this.#socket?.removeAllListeners().disconnect();
    this.#socket = undefined;
    this.#opened = false;
  }

  async #begin(): Promise<void> {
    const { session, locale } = this.options;
    const saved = session.read();
    // A signed-in customer's: the page may not have had the time to say who is there.
    if (saved?.identified && this.#identity === undefined) return this.#pause('unidentified');
    const after = this.#inbox.lastSeq;
    this.#early = [];
    const identity = this.#identity === undefined ? {} : { identity: this.#identity };
    const earlier = saved && { conversationId: saved.conversationId, resumeToken: saved.resumeToken, after };
    const request = { ...earlier, ...identity, locale };
    const reply = await this.#ask<Opened>('conversation:open', request);
    if (!reply) return this.#socket?.connected ? this.reconnect() : undefined;
    if (!reply.ok) return this.#openingRefused(reply.error);
    if (!saved) this.#clear();
    const identified = this.#identity !== undefined;
    session.write({ conversationId: reply.conversationId, resumeToken: reply.resumeToken, identified });
    this.#setPhase('open');
    this.#receive([...reply.events, ...this.#early.splice(0)], saved !== undefined && after === 0);
    for (const { id, text } of this.#outbox.unacknowledged()) void this.#hand(id, text);
  }

  #openingRefused(error: ServerError): void {
    this.options.listener.failed(error);
    if (error.code === 'identity.expired') return this.#pause('unidentified');
    if (error.code.startsWith('identity.')) {
      // The page's fault. Who is not known can still be answered.
      this.#identity = undefined;
      return void this.#begin();
    }
    if (GONE.has(error.code) && this.options.session.read()) return this.#gone();
    this.#setPhase('refused');
    this.#tryAgainIn(REFUSED_PAUSE);
  }

  /** The saved conversation is over. One that is not shown, after a reload, makes place for a new one. */
  #gone(): void {
    this.options.session.forget();
    if (this.#inbox.lastSeq === 0) return void this.#begin();
    this.#outbox.conversationEnded();
    this.#pause('ended');
  }

  /** Until somebody decides, there is nothing to be connected for. */
  #pause(phase: 'ended' | 'unidentified'): void {
    clearTimeout(this.#retryTimer);
    this.#socket?.disconnect();
    this.#setPhase(phase);
  }

  /** A proxy that takes WebSockets and lets nothing through is met only by the time-out: then long polling comes first. */
  #unreachable(socket: Socket, { message }: Error): void {
    if (message === 'timeout') socket.io.opts.transports = ['polling', 'websocket'];
    this.#setPhase('lost');
  }

  readonly #online = (): void => {
    if (this.#phase === 'lost') this.reconnect();
  };

  /** The server says why and then disconnects; Socket.IO does not come back by itself after that. */
  #refused(error: ServerError): void {
    this.#setPhase('refused');
    this.options.listener.failed(error);
  }

  #ended(reason: Socket.DisconnectReason): void {
    clearTimeout(this.#gapTimer);
    if (reason === 'io client disconnect') return;
    const refused = this.#phase === 'refused';
    if (!refused) this.#setPhase('lost');
    if (reason === 'io server disconnect') this.#tryAgainIn(refused ? REFUSED_PAUSE : CLOSED_PAUSE);
  }

  #tryAgainIn(pause: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.reconnect(), pause);
  }

  #arrived(event: ConversationEvent): void {
    if (this.#phase === 'open') this.#receive([event], false);
    else this.#early.push(event);
  }

  #receive(events: readonly ConversationEvent[], history: boolean): void {
    const ready = this.#inbox.receive(events);
    for (const event of ready)
      if (event.type === 'message' && event.origin === 'customer') this.#outbox.arrived(event.seq, event.data.text);
    this.#outbox.settle(this.#inbox.lastSeq);
    if (ready.length > 0) this.options.listener.events(ready, history);
    clearTimeout(this.#gapTimer);
    if (this.#inbox.gap) this.#gapTimer = setTimeout(() => this.reconnect(), GAP_PATIENCE);
  }

  /** Without a connection it waits for one, for as long as the conversation lives. */
  #dispatch(id: string, text: string): void {
    this.options.listener.changed();
    if (this.#phase === 'open') void this.#hand(id, text);
  }

  async #hand(id: string, text: string): Promise<void> {
    this.#outbox.emitted(id);
    const reply = await this.#ask<{ seq: number }>('message:send', { clientMessageId: id, text });
    // Where the connection was lost it is handed over again after the next opening.
    if (!reply && this.#phase !== 'open') return;
    if (!reply) this.#outbox.timedOut(id, this.#inbox.lastSeq);
    else if (reply.ok) this.#outbox.acknowledged(id, reply.seq, this.#inbox.lastSeq);
    else {
      // The message itself shows why; a text that helps at once (crisis, fraud) is told above everything.
      this.#outbox.refused(id, reply.error);
      if (reply.error.safeText) this.options.listener.failed(reply.error);
    }
    this.options.listener.changed();
  }

  /** The acknowledgement; undefined where none came in time or the connection was lost. */
  async #ask<Extra extends object>(name: string, body: object): Promise<Acknowledged<Extra> | undefined> {
    try {
      return (await this.#socket?.timeout(PATIENCE).emitWithAck(name, body)) as Acknowledged<Extra> | undefined;
    } catch {
      return undefined;
    }
  }

  #clear(): void {
    this.#inbox.reset();
    this.options.listener.began();
  }

  #setPhase(phase: Phase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.options.listener.changed();
  }
}

/** 128 random bits. crypto.randomUUID needs a secure context, which a bank's intranet page may not be. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
