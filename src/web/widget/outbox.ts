import type { ServerError } from './protocol.js';

/** A message on its way. It is shown until its committed event is. */
export interface Outgoing {
  /** The clientMessageId: the same one at every attempt, so that the server takes the message once. */
  id: string;
  text: string;
  /** `sending` for as long as it is on its way or waits for a connection. */
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

  add(id: string, text: string): void {
    this.#messages = [...this.#messages, { id, text, state: 'sending', emitted: false }];
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
   * Nobody acknowledged it in time. A message whose event is shown did arrive, whatever became of the acknowledgement.
   */
  timedOut(id: string, lastSeq: number): void {
    const message = this.#messages.find((candidate) => candidate.id === id);
    if (!message || message.acknowledged) return;
    if (message.seq !== undefined && message.seq <= lastSeq) this.discard(id);
    else this.#edit(id, (late) => ({ ...late, state: 'failed' }));
  }

  retry(id: string): void {
    this.#edit(id, ({ error: _error, ...message }) => ({ ...message, state: 'sending' }));
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

  /**
   * The conversation has ended: its numbers mean nothing any more, and whether what was still on its way belongs into the
   * next one is for its writer to say.
   */
  conversationEnded(): void {
    this.#messages = this.#messages
      .filter(({ acknowledged }) => !acknowledged)
      .map(({ seq: _old, ...message }) => ({ ...message, emitted: false, state: 'failed' }));
  }

  #edit(id: string, edit: (message: Outgoing) => Outgoing): void {
    this.#messages = this.#messages.map((message) => (message.id === id ? edit(message) : message));
  }
}
