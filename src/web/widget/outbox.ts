import type { ServerError } from './protocol.js';

/** A message on its way. It is shown until its committed event is. */
export interface Outgoing {
  /** The clientMessageId: the same one at every attempt, so that the server takes the message once. */
  id: string;
  text: string;
  /** When it was last handed over for sending, milliseconds since 1970. */
  at: number;
  state: 'sending' | 'failed';
  /** Whether it has left this page at least once. */
  emitted: boolean;
  /** The number that it got: presumed from an event that came before the acknowledgement, certain once `acknowledged`. */
  seq?: number;
  acknowledged?: true;
  error?: ServerError;
}

/** Messages that are not yet shown as committed events. Knows nothing of sockets and timers. */
export class Outbox {
  #messages: readonly Outgoing[] = [];

  /** Those without a committed event up to `lastSeq`. */
  shown(lastSeq: number): readonly Outgoing[] {
    return this.#messages.filter(({ seq }) => seq === undefined || seq > lastSeq);
  }

  /** Those that still have to be handed over or acknowledged, in order of writing. */
  unacknowledged(): readonly Outgoing[] {
    return this.#messages.filter((message) => message.state === 'sending' && !message.acknowledged);
  }

  add(id: string, text: string, at: number): void {
    this.#messages = [...this.#messages, { id, text, at, state: 'sending', emitted: false }];
  }

  emitted(id: string): void {
    this.#edit(id, (message) => ({ ...message, emitted: true }));
  }

  acknowledged(id: string, seq: number, lastSeq: number): void {
    this.#edit(id, ({ error: _error, ...message }) => ({ ...message, state: 'sending', seq, acknowledged: true }));
    this.settle(lastSeq);
  }

  /** The server refused it. */
  refused(id: string, error: ServerError): void {
    this.#edit(id, ({ seq: _presumed, ...message }) => ({ ...message, state: 'failed', error }));
  }

  /**
   * Nobody answered the attempt of that moment in time. A message whose event is shown did arrive, whatever became of the
   * acknowledgement.
   */
  timedOut(id: string, attempt: number, lastSeq: number): void {
    const message = this.#messages.find((candidate) => candidate.id === id);
    if (!message || message.acknowledged || message.at !== attempt || message.state === 'failed') return;
    if (message.seq !== undefined && message.seq <= lastSeq) this.discard(id);
    else this.#edit(id, (late) => ({ ...late, state: 'failed' }));
  }

  retry(id: string, at: number): void {
    this.#edit(id, ({ error: _error, ...message }) => ({ ...message, state: 'sending', at }));
  }

  discard(id: string): void {
    this.#messages = this.#messages.filter((message) => message.id !== id);
  }

  /**
   * A customer's event arrived: before its acknowledgement, or instead of one that got lost. The server masks texts, so
   * an equal text decides, else the oldest message that left. The acknowledgement corrects a wrong guess.
   */
  arrived(seq: number, text: string): void {
    if (this.#messages.some((message) => message.seq === seq)) return;
    const open = this.#messages.filter((message) => message.emitted && message.seq === undefined);
    const match = open.find((message) => message.text === text) ?? open.find((message) => message.state === 'sending');
    if (match) this.#edit(match.id, (message) => ({ ...message, seq }));
  }

  /** Drops what is certain and shown as an event. */
  settle(lastSeq: number): void {
    this.#messages = this.#messages.filter(
      ({ acknowledged, seq }) => !acknowledged || seq === undefined || seq > lastSeq,
    );
  }

  /** Another conversation begins: numbers of the old one mean nothing in it. */
  moveToNewConversation(): void {
    this.#messages = this.#messages
      .filter(({ acknowledged }) => !acknowledged)
      .map(({ seq: _old, ...message }) => ({ ...message, emitted: false }));
  }

  #edit(id: string, edit: (message: Outgoing) => Outgoing): void {
    this.#messages = this.#messages.map((message) => (message.id === id ? edit(message) : message));
  }
}
