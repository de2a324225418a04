import type { ConversationEvent } from '../../conversation/events.js';

/** Puts events into their order: each number once, none before the one below it. */
export class EventInbox {
  readonly #held = new Map<number, ConversationEvent>();
  #lastSeq = 0;

  /** Number of the last event that was given out; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Whether events are held because one below them is missing. */
  get gap(): boolean {
    return this.#held.size > 0;
  }

  /** Takes events in any order and any number of times; returns those that are now in turn. */
  receive(events: Iterable<ConversationEvent>): ConversationEvent[] {
    for (const event of events) if (event.seq > this.#lastSeq) this.#held.set(event.seq, event);
    const ready: ConversationEvent[] = [];
    for (let next = this.#take(); next; next = this.#take()) ready.push(next);
    return ready;
  }

  /** Another conversation begins. */
  reset(): void {
    this.#held.clear();
    this.#lastSeq = 0;
  }

  #take(): ConversationEvent | undefined {
    const event = this.#held.get(this.#lastSeq + 1);
    if (event && this.#held.delete(event.seq)) this.#lastSeq = event.seq;
    return event;
  }
}
