import { channel, type Channel } from 'node:diagnostics_channel';

/**
 * Something that rooms tell about their work, for whoever counts it: durations, counts and values of closed sets, never a
 * customer's text. Who tells does not know who listens, and where nobody does it costs nothing (Node's diagnostics channels).
 * A channel belongs to the process: two applications in one process hear each other.
 */
export class Observation<Value extends object> {
  readonly #channel: Channel;

  constructor(name: string) {
    this.#channel = channel(`sangdam:${name}`);
  }

  tell(value: Value): void {
    this.#channel.publish(value);
  }

  /** Returns the way to stop. */
  listen(listener: (value: Value) => void): () => void {
    const heard = (value: unknown): void => listener(value as Value);
    this.#channel.subscribe(heard);
    return () => void this.#channel.unsubscribe(heard);
  }
}
