import { createHmac } from 'node:crypto';

/** Under which a conversation belongs to a signed-in customer. Without the service's secret it says nothing about who that is. */
export class IdentityHash {
  constructor(private readonly secret: string) {}

  /** @param customer the bank's number of the customer, as its identity tokens say it */
  of(customer: string): Uint8Array {
    // The prefix keeps these hashes apart from those of resume tokens, which have the same key.
    return createHmac('sha256', this.secret).update(`identity\0${customer}`).digest();
  }
}
