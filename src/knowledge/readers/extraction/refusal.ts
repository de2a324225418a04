import type { Refused } from './protocol.ts';

/** Thrown where a file is not to be read. */
export class Refusal extends Error {
  readonly why: Refused;

  constructor(why: Refused) {
    super(why.reason);
    this.why = why;
  }
}
