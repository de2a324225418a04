import type { ConversationEvent, Signal } from '../../conversation/events.js';
import { ChatConnection, type ConnectionListener, type ConnectionOptions, type Phase } from './connection.js';
import { apply, EMPTY_VIEW, type ConversationView } from './conversation-state.js';
import type { Outgoing } from './outbox.js';
import type { FeedbackReason, Phones, Rating, Requests, ServerError } from './protocol.js';
import { SessionStore } from './session-store.js';

export type ProgressStage = (Signal & { type: 'progress' })['data']['stage'];

/** All that is shown. Replaced as a whole at each change. */
export interface ChatSnapshot {
  phase: Phase;
  view: ConversationView;
  outbox: readonly Outgoing[];
  error?: ServerError;
  progress?: { turn: number; stage: ProgressStage };
  /** The counsellor is writing. */
  typing: boolean;
  /** Place in people's queue, from 1, and the expected wait in minutes. */
  queue?: (Signal & { type: 'queue' })['data'];
  /** The counsellor has read up to that number. */
  readUpTo: number;
  /** Lines to be called at once that came with an error: the conversation's own are in `view`. */
  phones?: Phones;
  /** The conversation is about to end for want of a sign of life, in so many seconds. */
  closingIn?: number;
  /** Answers and people's messages since the panel was closed. */
  unread: number;
  ratings: ReadonlyMap<number, Rating>;
}

/** A sign of life while typing is told once in so many milliseconds. */
const TYPING_INTERVAL = 20_000;

/** The conversation in this window: what the pages show, and what they may ask for. */
export class Chat implements ConnectionListener {
  readonly #connection: ChatConnection;
  readonly #listeners = new Set<() => void>();
  readonly #news = new Set<(events: readonly ConversationEvent[]) => void>();
  #snapshot: ChatSnapshot = {
    phase: 'idle',
    view: EMPTY_VIEW,
    outbox: [],
    typing: false,
    readUpTo: 0,
    unread: 0,
    ratings: new Map(),
  };
  #visible = false;
  #typedAt = 0;

  constructor(options: Omit<ConnectionOptions, 'session' | 'listener'>) {
    const session = new SessionStore(`sangdam ${options.server}`);
    this.#connection = new ChatConnection({ ...options, session, listener: this });
    // An earlier conversation goes on at once, so that answers are counted while the panel is closed.
    if (session.read()) this.#connection.open();
  }

  get snapshot(): ChatSnapshot {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events that the customer has not met before, for the announcer. */
  onNews(listener: (events: readonly ConversationEvent[]) => void): () => void {
    this.#news.add(listener);
    return () => this.#news.delete(listener);
  }

  /** The panel was opened or closed. The first opening connects. */
  show(visible: boolean): void {
    this.#visible = visible;
    if (!visible) return;
    this.#connection.open();
    this.#set({ unread: 0 });
  }

  /** The token of a customer who signed in; undefined after signing out. */
  setIdentity(identity: string | undefined): void {
    this.#connection.setIdentity(identity);
  }

  send(text: string): void {
    this.#drop('closingIn', 'error');
    this.#connection.send(text);
  }

  retry(id: string): void {
    this.#drop('error');
    this.#connection.retry(id);
  }

  discard(id: string): void {
    this.#connection.discard(id);
  }

  stop(): void {
    void this.#connection.request('turn:stop', {});
  }

  requestHandoff(): void {
    void this.#connection.request('handoff:request', {});
  }

  cancelHandoff(): void {
    void this.#connection.request('handoff:cancel', {});
  }

  continue(): void {
    void this.#connection.request('conversation:continue', {}).then((done) => done && this.#drop('closingIn'));
  }

  /** Rates the answer whose turn ended with event `seq`. */
  rate(seq: number, rating: Rating, reason?: FeedbackReason): void {
    const body: Requests['feedback:give'] = { seq, rating, ...(reason ? { reason } : {}) };
    void this.#connection.request('feedback:give', body).then((done) => {
      if (done) this.#set({ ratings: new Map(this.#snapshot.ratings).set(seq, rating) });
    });
  }

  /** The customer is typing: a sign of life. */
  typing(): void {
    this.#drop('closingIn');
    const now = Date.now();
    if (now - this.#typedAt < TYPING_INTERVAL) return;
    this.#typedAt = now;
    void this.#connection.request('typing', {});
  }

  startOver(): void {
    this.#drop('error');
    this.#connection.startOver();
  }

  reconnect(): void {
    this.#drop('error');
    this.#connection.reconnect();
  }

  dismissError(): void {
    this.#drop('error');
  }

  close(): void {
    this.#connection.close();
  }

  began(): void {
    this.#drop('progress', 'queue', 'closingIn', 'phones');
    this.#set({ view: EMPTY_VIEW, typing: false, readUpTo: 0, unread: 0, ratings: new Map() });
  }

  events(events: readonly ConversationEvent[], history: boolean): void {
    const view = events.reduce(apply, this.#snapshot.view);
    const { progress } = this.#snapshot;
    if (progress && events.some((event) => endsProgress(event, progress.turn))) this.#drop('progress');
    if (view.state !== 'queued') this.#drop('queue');
    if (!history) this.#drop('closingIn');
    const unread = this.#visible || history ? 0 : this.#snapshot.unread + events.filter(counts).length;
    this.#set({ view, unread, outbox: this.#connection.outbox, typing: false });
    if (!history) for (const listener of this.#news) listener(events);
  }

  signal(signal: Signal): void {
    switch (signal.type) {
      case 'progress':
        return this.#set({ progress: signal.data });
      case 'typing':
        return this.#set({ typing: signal.data.from === 'counsellor' && signal.data.on });
      case 'queue':
        return this.#set({ queue: signal.data });
      case 'read':
        return this.#set({ readUpTo: signal.data.seq });
      case 'closing':
        return this.#set({ closingIn: signal.data.seconds });
      case 'service':
        return;
      default:
        return void (signal satisfies never);
    }
  }

  changed(): void {
    this.#set({ phase: this.#connection.phase, outbox: this.#connection.outbox });
  }

  failed(error: ServerError): void {
    this.#set({ error, ...(error.phones ? { phones: error.phones } : {}) });
  }

  #set(change: Partial<ChatSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }

  #drop(...facts: ('error' | 'progress' | 'queue' | 'closingIn' | 'phones')[]): void {
    if (facts.every((fact) => this.#snapshot[fact] === undefined)) return;
    const next = { ...this.#snapshot };
    for (const fact of facts) delete next[fact];
    this.#snapshot = next;
    this.#set({});
  }
}

function endsProgress(event: ConversationEvent, turn: number): boolean {
  return event.type.startsWith('answer.') && (event.data as { turn: number }).turn === turn;
}

/** What the badge counts: ends of answers, people's messages, people joining. */
function counts({ type, origin }: ConversationEvent): boolean {
  return type === 'answer.completed' || type === 'handoff.joined' || (type === 'message' && origin !== 'customer');
}
