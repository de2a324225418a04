import type { Clock } from '../config/clock.js';
import { Observation } from '../config/observation.js';
import type { PolicyCategory } from '../guardrails/index.js';
import type { EventBody, Finish } from './events.js';

/** A turn has ended. Milliseconds from the moment when its message was committed, waiting for earlier turns included. */
export const turnEnded = new Observation<{ finish: Finish; firstSentence?: number; total: number }>('turn');
/** A customer's message was judged by the input rails. */
export const messageJudged = new Observation<{ category: PolicyCategory | 'none' }>('message');
/** A sentence came to the one way out; `category` is of the finding that decided. */
export const sentenceChecked = new Observation<{
  action: 'release' | 'withhold';
  category: PolicyCategory | 'none';
}>('sentence');
/** Personal data was found in a customer's message. */
export const personalDataMasked = new Observation<{ types: readonly string[] }>('personal-data');
/** Sources were looked for; milliseconds. */
export const sourcesRetrieved = new Observation<{ total: number }>('retrieval');
/** An event was committed; milliseconds, waiting for a store that was away included. */
export const eventAppended = new Observation<{ total: number }>('append');

/** Follows one turn and tells its end. */
export class TurnMeter {
  readonly #asked: number;
  #firstSentence: number | undefined;

  constructor(private readonly clock: Clock) {
    this.#asked = clock.monotonic();
  }

  /** To be called with each event of the turn. */
  event(event: EventBody): void {
    const total = this.clock.monotonic() - this.#asked;
    if (event.type === 'answer.sentence') this.#firstSentence ??= total;
    if (event.type !== 'answer.completed') return;
    const first = this.#firstSentence;
    turnEnded.tell({ finish: event.data.finish, total, ...(first === undefined ? {} : { firstSentence: first }) });
  }
}
